#!/bin/bash
# The program without a command, on a terminal: one passphrase, then what is
# done every day, by numbers.
# usage: menu.sh FOLDER_OF_BINARIES
BIN=$(realpath "$1")
command -v jq >/dev/null || { echo "no jq: skipped"; exit 77; }
command -v python3 >/dev/null || { echo "no python3: skipped"; exit 77; }
# shellcheck source=tests/flow/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$scratch"
found
as coord items add rice --unit sack --quiet >/dev/null
as coord places add S-12 --quiet >/dev/null
enrol k1
as k1 sync --quiet >/dev/null

# Nobody to ask: as before.
fails 2 "$BIN/waybill" --dir k1 </dev/null
says "no command was given"
fails 2 "$BIN/waybill" --dir k1 --json </dev/null

cat >menu.py <<'END'
import os, pty, select, signal, sys

class Terminal:
    def __init__(self, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(words[0], words)
        self.said = ""

    def until(self, text):
        """What was said up to and with `text`, since the last time."""
        while text not in self.said:
            if not select.select([self.fd], [], [], 60)[0]:
                sys.exit("not said: %s, but %s" % (text, self.said))
            try:
                self.said += os.read(self.fd, 4096).decode()
            except OSError:
                sys.exit("it ended before %s: %s" % (text, self.said))
        end = self.said.index(text) + len(text)
        part, self.said = self.said[:end], self.said[end:]
        return part

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        try:
            while data := os.read(self.fd, 4096):
                self.said += data.decode()
        except OSError:
            pass
        return os.waitpid(self.pid, 0)[1]

def need(true, what):
    if not true:
        sys.exit(what)

waybill, scratch, case = sys.argv[1:]
who = "coord" if case == "coordinator" else "k1"
phrase = open(scratch + "/" + who + ".pass").read()
t = Terminal(waybill, "--dir", scratch + "/" + who)
t.until("Passphrase: ")
t.type(phrase)
first = t.until("or q to leave: ")
if case == "coordinator":
    need("5  totals" in first, "no totals: " + first)
    t.type("4\n")
    t.until("Opened 2 batches")
    t.until("leave: ")
    t.type("totals\n")
    need("rice  sack          2" in t.until("leave: "), "the totals")
    t.type("q\n")
    need(t.end() == 0, "it did not end well")
elif case == "field":
    need("totals" not in first, "a field device is offered totals")
    t.type("1\n")
    t.until("Item: ")
    t.type("rcie\n")
    t.until('near it: "rice"')
    t.until("Item: ")
    t.type("rice\n")
    t.until("2.5sack: ")
    t.type("2sack\n")
    t.until("nothing): ")
    t.type("S-12\n")
    t.until("Saved K1-1 ")
    t.until("leave: ")
    t.type("list\n")
    need("rice 2 sack" in t.until("leave: "), "the list")
    for wrong in "5", "0", "", "log rice", "x" * 300:
        t.type(wrong + "\n")
        need("1  log" in t.until("leave: "), "no help for " + wrong)
    t.type("1\n")
    t.until("Item: ")
    t.type("\x04")
    need("Nothing was saved" in t.until("leave: "), "an entry left off")
    t.type("4\n")
    t.until("Sent 1 record")
    t.until("leave: ")
    t.type("3\n")
    need("1 stored" in t.until("leave: "), "the status")
    need("assphrase" not in t.said, "asked twice")
    t.type("\x04")
    need(t.end() == 0, "the end of input is no failure")
elif case == "offline":
    t.type("4\n")
    t.until("no connection")
    t.until("leave: ")
    t.type("1\n")
    t.until("Item: ")
    t.type("\x03")
    status = t.end()
    need(os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGINT,
         "Ctrl-C: %r" % status)
    need("what was saved before is safe" in t.said, t.said)
END
menu() {
	timeout 120 python3 menu.py "$BIN/waybill" "$scratch" "$1" ||
		die "the menu: $1"
}
menu field
same "K1-1" "$(as k1 list --json | jq -r '.records[].id')" "what was saved"
menu coordinator
stop_server
menu offline
same "K1-1" "$(as k1 list --json | jq -r '.records[].id')" "after Ctrl-C"
