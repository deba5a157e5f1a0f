// A witness of C2SP tlog-witness in as few lines as it takes, out of other people's parts: the note and tlog packages
// that check Go's own module log, and transparency-dev's cosignatures. It remembers one log, in memory.
//
// Usage: witness LOG-VKEY WITNESS-PRIVATE-KEY; prints the address it listens on.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type witness struct {
	mutex    sync.Mutex
	verifier note.Verifier
	signer   note.Signer
	held     tlog.Tree
}

// parse takes a request apart: the old size, the proof, the note.
func parse(body string) (int64, tlog.TreeProof, string, error) {
	head, rest, found := strings.Cut(body, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || !strings.HasPrefix(lines[0], "old ") {
		return 0, nil, "", fmt.Errorf("no old size")
	}
	old, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "old "), 10, 64)
	if err != nil {
		return 0, nil, "", err
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return 0, nil, "", err
		}
		proof = append(proof, hash)
	}
	return old, proof, rest, nil
}

// parseTree reads the size and root of a checkpoint's text.
func parseTree(text string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return tlog.Tree{}, fmt.Errorf("not a checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

func (w *witness) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, 64*1024))
	old, proof, signed, err2 := parse(string(body))
	if err != nil || err2 != nil {
		http.Error(response, "malformed", http.StatusBadRequest)
		return
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(w.verifier))
	if err != nil {
		http.Error(response, err.Error(), http.StatusForbidden)
		return
	}
	tree, err := parseTree(opened.Text)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	if old != w.held.N {
		response.Header().Set("Content-Type", "text/x.tlog.size")
		response.WriteHeader(http.StatusConflict)
		fmt.Fprintf(response, "%d\n", w.held.N)
		return
	}
	if old > 0 && old < tree.N {
		err = tlog.CheckTree(proof, tree.N, tree.Hash, old, w.held.Hash)
	} else if old > tree.N || (old == tree.N && old > 0 && tree.Hash != w.held.Hash) {
		err = fmt.Errorf("it did not only grow")
	}
	if err != nil {
		http.Error(response, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.held = tree
	cosigned, err := note.Sign(&note.Note{Text: opened.Text}, w.signer)
	if err != nil {
		http.Error(response, err.Error(), http.StatusInternalServerError)
		return
	}
	_, line, _ := strings.Cut(string(cosigned), "\n\n")
	io.WriteString(response, line)
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	signer, err := fnote.NewSignerForCosignatureV1(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s/\n", listener.Addr())
	http.Handle("POST /add-checkpoint", &witness{verifier: verifier, signer: signer})
	log.Fatal(http.Serve(listener, nil))
}
