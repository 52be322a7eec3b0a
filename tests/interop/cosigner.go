// Cosignatures (c2sp.org/tlog-cosignature, type 0x04), which the Go project's
// note package does not know, on top of it.
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const typeCosignature = 4

// cosigner is a note.Verifier, and with a private key a note.Signer.
type cosigner struct {
	name    string
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	time    uint64
}

func (c *cosigner) Name() string { return c.name }

func (c *cosigner) typed() []byte {
	return append([]byte{typeCosignature}, c.public...)
}

func (c *cosigner) KeyHash() uint32 {
	h := sha256.Sum256(append([]byte(c.name+"\n"), c.typed()...))
	return binary.BigEndian.Uint32(h[:])
}

func (c *cosigner) vkey() string {
	return fmt.Sprintf("%s+%08x+%s", c.name, c.KeyHash(),
		base64.StdEncoding.EncodeToString(c.typed()))
}

func cosignedMessage(time uint64, text []byte) []byte {
	return append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), text...)
}

// Verify notes the time of what it verified.
func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	c.time = binary.BigEndian.Uint64(sig)
	return ed25519.Verify(c.public, cosignedMessage(c.time, text), sig[8:])
}

func (c *cosigner) Sign(text []byte) ([]byte, error) {
	sig := binary.BigEndian.AppendUint64(nil, c.time)
	return append(sig, ed25519.Sign(c.private, cosignedMessage(c.time, text))...), nil
}

// parseCosigner reads a vkey of type 0x04.
func parseCosigner(vkey string) *cosigner {
	parts := strings.SplitN(vkey, "+", 3)
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 1+ed25519.PublicKeySize || typed[0] != typeCosignature {
		log.Fatalf("no cosigner's key: %q", vkey)
	}
	c := &cosigner{name: parts[0], public: typed[1:]}
	if c.vkey() != vkey {
		log.Fatalf("the key's hash is not its own: %q", vkey)
	}
	return c
}

// cosign writes the note with one more signature, by a key of Go's, and its
// vkey, for our code to verify.
func cosign(n *note.Note) {
	private := ed25519.NewKeyFromSeed([]byte("thirty-two bytes, tests alone..!"))
	c := &cosigner{
		name:    "go.example/witness",
		public:  private.Public().(ed25519.PublicKey),
		private: private,
		time:    1767139200,
	}
	data, err := note.Sign(n, c)
	if err != nil {
		log.Fatal(err)
	}
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			log.Fatal(err)
		}
	}
	write("go.cosigned", data)
	write("go.vkey", []byte(c.vkey()))
}
