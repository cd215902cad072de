// Command go-verifier checks exported logs with Go's own transparency log code (golang.org/x/mod/sumdb), which shares
// nothing with this project. It reads a request as JSON from stdin and writes {"passed": n, "failed": [...]} to stdout.
//
// Build without network, from Debian's packages golang-go and golang-golang-x-mod-dev: GO111MODULE=off go build
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A request names log folders of an export, each with its key and the proofs that the project made for it.
type request struct {
	Logs []struct {
		Dir       string
		Vkey      string
		Inclusion []struct {
			Index int64
			Size  int64
			Proof [][]byte
		}
		Consistency []struct {
			Old   int64
			Size  int64
			Proof [][]byte
		}
		Notes []string // further signed checkpoints of this log
	}
}

type answer struct {
	Passed int      `json:"passed"`
	Failed []string `json:"failed"`
}

func (a *answer) check(err error, format string, args ...interface{}) bool {
	if err != nil {
		a.Failed = append(a.Failed, fmt.Sprintf(format, args...)+": "+err.Error())
		return false
	}
	a.Passed++
	return true
}

func main() {
	var req request
	if err := json.NewDecoder(os.Stdin).Decode(&req); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	res := answer{Failed: []string{}}
	for _, log := range req.Logs {
		data, err := ioutil.ReadFile(filepath.Join(log.Dir, "checkpoint"))
		if !res.check(err, "%s: read checkpoint", log.Dir) {
			continue
		}
		tree, err := openCheckpoint(data, log.Vkey)
		if !res.check(err, "%s: checkpoint", log.Dir) {
			continue
		}
		for _, text := range log.Notes {
			older, err := openCheckpoint([]byte(text), log.Vkey)
			if res.check(err, "%s: further checkpoint", log.Dir) {
				root, err := treeHash(log.Dir, tree, older.N)
				if err == nil && root != older.Hash {
					err = fmt.Errorf("another root")
				}
				res.check(err, "%s: root at size %d", log.Dir, older.N)
			}
		}
		res.check(checkEntries(log.Dir, tree), "%s: entries", log.Dir)
		reader := tlog.TileHashReader(tree, tiles{log.Dir})
		for _, p := range log.Inclusion {
			own, err := tlog.ProveRecord(p.Size, p.Index, reader)
			if err == nil {
				err = sameProof(own, p.Proof)
			}
			if res.check(err, "%s: leaf %d of %d, made by Go", log.Dir, p.Index, p.Size) {
				root, err1 := treeHash(log.Dir, tree, p.Size)
				leaf, err2 := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, p.Index)})
				if err1 == nil && err2 == nil {
					err1 = tlog.CheckRecord(hashes(p.Proof), p.Size, root, p.Index, leaf[0])
				}
				res.check(first(err1, err2), "%s: leaf %d of %d", log.Dir, p.Index, p.Size)
			}
		}
		for _, p := range log.Consistency {
			own, err := tlog.ProveTree(p.Size, p.Old, reader)
			if err == nil {
				err = sameProof(own, p.Proof)
			}
			if res.check(err, "%s: from %d to %d, made by Go", log.Dir, p.Old, p.Size) {
				now, err1 := treeHash(log.Dir, tree, p.Size)
				was, err2 := treeHash(log.Dir, tree, p.Old)
				if err1 == nil && err2 == nil {
					err1 = tlog.CheckTree(hashes(p.Proof), p.Size, now, p.Old, was)
				}
				res.check(first(err1, err2), "%s: from %d to %d", log.Dir, p.Old, p.Size)
			}
		}
	}
	json.NewEncoder(os.Stdout).Encode(res)
}

func openCheckpoint(data []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	n, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("not an origin, a size and a root: %q", n.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || lines[1] != strconv.FormatInt(size, 10) {
		return tlog.Tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func treeHash(dir string, tree tlog.Tree, size int64) (tlog.Hash, error) {
	return tlog.TreeHash(size, tlog.TileHashReader(tree, tiles{dir}))
}

// checkEntries compares every entry of every bundle with the authenticated leaf hashes.
func checkEntries(dir string, tree tlog.Tree) error {
	reader := tlog.TileHashReader(tree, tiles{dir})
	for start := int64(0); start < tree.N; start += 256 {
		width := tree.N - start
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: 8, L: -1, N: start / 256, W: int(width)}
		data, err := ioutil.ReadFile(filepath.Join(dir, strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)))
		if err != nil {
			return err
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, start+int64(i))
		}
		want, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i, hash := range want {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("%s ends before entry %d", tile.Path(), start+int64(i))
			}
			size := 2 + int(binary.BigEndian.Uint16(data))
			if tlog.RecordHash(data[2:size]) != hash {
				return fmt.Errorf("entry %d is not what the tree holds", start+int64(i))
			}
			data = data[size:]
		}
		if len(data) > 0 {
			return fmt.Errorf("%s holds more than %d entries", tile.Path(), width)
		}
	}
	return nil
}

// tiles reads tiles of height 8 from a log folder in the C2SP layout, which leaves the height out of the path.
type tiles struct{ dir string }

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range list {
		data, err := ioutil.ReadFile(filepath.Join(t.dir, strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func hashes(raw [][]byte) []tlog.Hash {
	out := make([]tlog.Hash, len(raw))
	for i := range raw {
		copy(out[i][:], raw[i])
	}
	return out
}

func sameProof(own []tlog.Hash, given [][]byte) error {
	if len(own) != len(given) {
		return fmt.Errorf("%d hashes, Go has %d", len(given), len(own))
	}
	for i := range own {
		if !bytes.Equal(own[i][:], given[i]) {
			return fmt.Errorf("hash %d is %s, Go has %s", i, base64.StdEncoding.EncodeToString(given[i]), own[i])
		}
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
