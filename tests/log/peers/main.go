// Package main is other people's Go beside ours: it checks what we wrote, and signs what we check.
//
// Input is one JSON value on standard input, output one on standard output. `go run . check` answers with a list of
// what is wrong in each case (empty: nothing), `go run . sign` with a signed and cosigned checkpoint and its keys.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type check struct {
	Proof   []byte   // a .tlog-proof file
	Entry   []byte   // what it proves
	Origin  string   // of which log
	Keys    []string // every vkey that must have signed
	Policy  string   // who must have cosigned
	OldSize int64    // the log began with
	OldRoot []byte   // this tree,
	Growth  [][]byte // as this proves
}

type signed struct {
	Note      []byte
	Logs      []string
	Witnesses []string
}

func main() {
	var answer any
	switch os.Args[1] {
	case "check":
		var cases []check
		must(json.NewDecoder(os.Stdin).Decode(&cases))
		wrong := make([]string, len(cases))
		for i, each := range cases {
			if err := each.run(); err != nil {
				wrong[i] = err.Error()
			}
		}
		answer = wrong
	case "sign":
		var text string
		must(json.NewDecoder(os.Stdin).Decode(&text))
		answer = sign(text)
	}
	must(json.NewEncoder(os.Stdout).Encode(answer))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func (c check) run() error {
	var p proof.TLogProof
	if err := p.Unmarshal(c.Proof); err != nil {
		return err
	}
	if string(p.Marshal()) != string(c.Proof) {
		return fmt.Errorf("the proof is written differently")
	}
	var verifiers []note.Verifier
	for _, key := range c.Keys {
		v, err := fnote.NewVerifier(key)
		if err != nil {
			return fmt.Errorf("vkey: %w", err)
		}
		verifiers = append(verifiers, v)
	}
	point, rest, opened, err := log.ParseCheckpoint(p.Checkpoint, c.Origin, verifiers[0], verifiers[1:]...)
	if err != nil {
		return err
	}
	if len(rest) != 0 || len(opened.Sigs) != len(c.Keys) || len(opened.UnverifiedSigs) != 0 {
		return fmt.Errorf("%d of %d keys signed", len(opened.Sigs), len(c.Keys))
	}
	group, err := witness.ParsePolicy([]byte(c.Policy))
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	if !group.Satisfied(p.Checkpoint) {
		return fmt.Errorf("not witnessed")
	}
	return c.trees(p, hash(point.Hash), int64(point.Size))
}

func (c check) trees(p proof.TLogProof, root tlog.Hash, size int64) error {
	var way tlog.RecordProof
	for _, each := range p.Hashes {
		way = append(way, tlog.Hash(each))
	}
	if err := tlog.CheckRecord(way, size, root, int64(p.Index), tlog.RecordHash(c.Entry)); err != nil {
		return fmt.Errorf("inclusion: %w", err)
	}
	if c.OldSize == 0 {
		return nil
	}
	var growth tlog.TreeProof
	for _, each := range c.Growth {
		growth = append(growth, hash(each))
	}
	if err := tlog.CheckTree(growth, size, root, c.OldSize, hash(c.OldRoot)); err != nil {
		return fmt.Errorf("consistency: %w", err)
	}
	return nil
}

func hash(data []byte) tlog.Hash {
	var found tlog.Hash
	copy(found[:], data)
	return found
}

func sign(text string) signed {
	plain, plainKey, err := note.GenerateKey(rand.Reader, "go.example/log")
	must(err)
	one, err := note.NewSigner(plain)
	must(err)
	quantum, quantumKey, err := fnote.GenerateMLDSAKey("go.example/log")
	must(err)
	two, err := fnote.NewMLDSASigner(quantum)
	must(err)
	other, otherKey, err := note.GenerateKey(rand.Reader, "go.example/witness")
	must(err)
	cosigner, err := fnote.NewSignerForCosignatureV1(other)
	must(err)
	otherKey, err = fnote.VKeyToCosignatureV1(otherKey)
	must(err)
	data, err := note.Sign(&note.Note{Text: text}, one, two, cosigner)
	must(err)
	return signed{Note: data, Logs: []string{plainKey, quantumKey}, Witnesses: []string{otherKey}}
}
