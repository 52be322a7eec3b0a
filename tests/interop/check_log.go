// check_log FOLDER: checks what emit_log wrote with the Go project's own code
// for transparency logs, and that the same code refuses it with a bit flipped.
package main

import (
	"bytes"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height     = 8 // of tiles
	leaves     = 700
	cosignedAt = 1700000000
)

var folder string

func read(path string) []byte {
	data, err := os.ReadFile(filepath.Join(folder, path))
	if err != nil {
		log.Fatal(err)
	}
	return data
}

// tiles reads c2sp.org/tlog-tiles by Go's names for them, which differ only in
// that they give the height.
type tiles struct {
	spoil bool // flip a bit of every tile
	read  int
}

func (t *tiles) Height() int { return height }

func (t *tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, w := range wanted {
		path := strings.TrimPrefix(w.Path(), "tile/8/")
		data := read("tile/" + path)
		if t.spoil {
			data[5] ^= 1
		}
		all = append(all, data)
		t.read++
	}
	return all, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func parseHash(line string) tlog.Hash {
	h, err := tlog.ParseHash(line)
	if err != nil {
		log.Fatal(err)
	}
	return h
}

// openCheckpoint verifies the log's signature and the witness's cosignature.
func openCheckpoint(data []byte) (*note.Note, error) {
	verifier, err := note.NewVerifier(string(read("vkey")))
	if err != nil {
		log.Fatal(err)
	}
	witness := parseCosigner(string(read("witness.vkey")))
	n, err := note.Open(data, note.VerifierList(verifier, witness))
	if err != nil {
		return nil, err
	}
	if len(n.Sigs) != 2 || len(n.UnverifiedSigs) != 0 {
		return nil, fmt.Errorf("%d and %d signatures", len(n.Sigs), len(n.UnverifiedSigs))
	}
	if n.Sigs[1].Name != witness.Name() || witness.time != cosignedAt {
		return nil, fmt.Errorf("cosigned by %s at %d", n.Sigs[1].Name, witness.time)
	}
	return n, nil
}

func readHead(n *note.Note) tlog.Tree {
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != n.Sigs[0].Name {
		log.Fatalf("checkpoint reads %q", n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	return tlog.Tree{N: size, Hash: parseHash(lines[2])}
}

// readReceipt splits a c2sp.org/tlog-proof.
func readReceipt(i int64, checkpoint []byte) tlog.RecordProof {
	data := read(fmt.Sprintf("receipt/%d", i))
	head, rest, _ := bytes.Cut(data, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" || lines[1] != fmt.Sprintf("index %d", i) {
		log.Fatalf("receipt %d begins %q", i, lines[:2])
	}
	if !bytes.Equal(rest, checkpoint) {
		log.Fatalf("receipt %d has another checkpoint", i)
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		proof = append(proof, parseHash(line))
	}
	return proof
}

func readConsistency(size int64) tlog.TreeProof {
	var proof tlog.TreeProof
	for _, line := range strings.Fields(string(read(fmt.Sprintf("consistency/%d", size)))) {
		proof = append(proof, parseHash(line))
	}
	return proof
}

func checkReceipt(head tlog.Tree, i int64, proof tlog.RecordProof) {
	leaf := tlog.RecordHash([]byte(fmt.Sprintf("entry %d", i)))
	if err := tlog.CheckRecord(proof, head.N, head.Hash, i, leaf); err != nil {
		log.Fatalf("receipt %d: %v", i, err)
	}
	for k := range proof {
		proof[k][k%tlog.HashSize] ^= 0x20
		if tlog.CheckRecord(proof, head.N, head.Hash, i, leaf) == nil {
			log.Fatalf("receipt %d: a flipped bit was accepted", i)
		}
		proof[k][k%tlog.HashSize] ^= 0x20
	}
}

func checkConsistency(head tlog.Tree, size int64, old tlog.Hash, proof tlog.TreeProof) {
	if err := tlog.CheckTree(proof, head.N, head.Hash, size, old); err != nil {
		log.Fatalf("consistency from %d: %v", size, err)
	}
	for k := range proof {
		proof[k][k%tlog.HashSize] ^= 0x20
		if tlog.CheckTree(proof, head.N, head.Hash, size, old) == nil {
			log.Fatalf("consistency from %d: a flipped bit was accepted", size)
		}
		proof[k][k%tlog.HashSize] ^= 0x20
	}
}

// checkNegatives shows that the checks above can fail.
func checkNegatives(head tlog.Tree, checkpoint []byte) {
	text := bytes.Index(checkpoint, []byte("\n\n"))
	line := bytes.LastIndexByte(checkpoint[:len(checkpoint)-1], '\n')
	line += bytes.LastIndexByte(checkpoint[line:], ' ') + 1
	for i := range checkpoint {
		// All of the text, and of the cosignature but its last bits.
		if i >= text && (i < line || i > len(checkpoint)-6) {
			continue
		}
		spoilt := append([]byte(nil), checkpoint...)
		spoilt[i] ^= 1
		if _, err := openCheckpoint(spoilt); err == nil {
			log.Fatalf("checkpoint: a flipped bit in byte %d was accepted", i)
		}
	}
	reader := tlog.TileHashReader(head, &tiles{spoil: true})
	if _, err := tlog.TreeHash(head.N/2, reader); err == nil {
		log.Fatal("tiles: a flipped bit was accepted")
	}
}

func main() {
	log.SetFlags(0)
	folder = os.Args[1]
	checkpoint := read("checkpoint")
	signed, err := openCheckpoint(checkpoint)
	if err != nil {
		log.Fatal(err)
	}
	head := readHead(signed)
	if head.N != leaves {
		log.Fatalf("the log has %d entries", head.N)
	}
	source := &tiles{}
	reader := tlog.TileHashReader(head, source)
	for i := int64(0); i < head.N; i++ {
		old, err := tlog.TreeHash(i+1, reader)
		if err != nil {
			log.Fatal(err)
		}
		checkReceipt(head, i, readReceipt(i, checkpoint))
		checkConsistency(head, i+1, old, readConsistency(i+1))
	}
	checkNegatives(head, checkpoint)
	cosign(signed)
	fmt.Printf("%d receipts and consistency proofs, %d reads of tiles\n", head.N, source.read)
}
