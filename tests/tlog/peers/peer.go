// The other side of tests/tlog/peers/run: the same orders as peer.cpp, by Go's golang.org/x/mod and filippo.io/torchwood.
package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	orders := map[string]func([]string) error{
		"keys": keys, "sign": sign, "open": open, "policy": policy, "prove": prove, "proof": proof,
	}
	order, ok := orders[os.Args[1]]
	if !ok {
		order = func([]string) error { return errors.New("no such order") }
	}
	if err := order(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func input() []byte {
	all, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	return all
}

// keys NAME SEED: the log's skey and vkey, the cosigner's vkey.
func keys(words []string) error {
	seed, err := hex.DecodeString(words[1])
	if err != nil {
		return err
	}
	private := ed25519.NewKeyFromSeed(seed)
	skey, vkey, err := note.GenerateKey(strings.NewReader(string(seed)), words[0])
	if err != nil {
		return err
	}
	if other, err := note.NewEd25519VerifierKey(words[0], private.Public().(ed25519.PublicKey)); err != nil || other != vkey {
		return errors.New("GenerateKey did not take the seed")
	}
	cosigner, err := torchwood.NewCosignatureSigner(words[0], private)
	if err != nil {
		return err
	}
	fmt.Printf("%s\n%s\n%s\n", skey, vkey, cosigner.Verifier())
	return nil
}

// sign SKEY <TEXT: the note.
func sign(words []string) error {
	signer, err := note.NewSigner(words[0])
	if err != nil {
		return err
	}
	signed, err := note.Sign(&note.Note{Text: string(input())}, signer)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(signed)
	return err
}

func verifier(vkey string) (note.Verifier, error) {
	if v, err := note.NewVerifier(vkey); err == nil {
		return v, nil
	}
	return torchwood.NewCosignatureVerifier(vkey)
}

// open VKEY... <NOTE: name and ID of each that signed.
func open(words []string) error {
	var known []note.Verifier
	for _, vkey := range words {
		v, err := verifier(vkey)
		if err != nil {
			return err
		}
		known = append(known, v)
	}
	opened, err := note.Open(input(), note.VerifierList(known...))
	if err != nil {
		return err
	}
	for _, sig := range opened.Sigs {
		fmt.Printf("%s %08x\n", sig.Name, sig.Hash)
	}
	return nil
}

func policyOf(file string) (torchwood.Policy, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return torchwood.ParsePolicy(text)
}

// policy FILE <NOTE: does the checkpoint satisfy it?
func policy(words []string) error {
	p, err := policyOf(words[0])
	if err != nil {
		return err
	}
	_, _, err = torchwood.VerifyCheckpoint(input(), p)
	return err
}

type memory struct{ hashes []tlog.Hash }

func (m *memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		out[i] = m.hashes[at]
	}
	return out, nil
}

func entry(n int64) []byte { return []byte(fmt.Sprintf("entry %d", n)) }

// prove SKEY SIZE INDEX: the proof that "entry INDEX" is in the log of "entry 0" to "entry SIZE-1".
func prove(words []string) error {
	signer, err := note.NewSigner(words[0])
	if err != nil {
		return err
	}
	size, _ := strconv.ParseInt(words[1], 10, 64)
	index, _ := strconv.ParseInt(words[2], 10, 64)
	m := &memory{}
	for n := int64(0); n < size; n++ {
		more, err := tlog.StoredHashes(n, entry(n), m)
		if err != nil {
			return err
		}
		m.hashes = append(m.hashes, more...)
	}
	root, err := tlog.TreeHash(size, m)
	if err != nil {
		return err
	}
	hashes, err := tlog.ProveRecord(size, index, m)
	if err != nil {
		return err
	}
	text := torchwood.Checkpoint{Origin: signer.Name(), Tree: tlog.Tree{N: size, Hash: root}}.String()
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(torchwood.FormatProofWithExtraData(index, []byte("extra"), hashes, signed))
	return err
}

// proof FILE INDEX <PROOF: is "entry INDEX" where it says, by the policy?
func proof(words []string) error {
	p, err := policyOf(words[0])
	if err != nil {
		return err
	}
	index, _ := strconv.ParseInt(words[1], 10, 64)
	return torchwood.VerifyProof(p, tlog.RecordHash(entry(index)), input())
}
