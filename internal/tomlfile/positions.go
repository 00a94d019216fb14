package tomlfile

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
)

// Limits of a file that a person writes. They keep hostile input from taking more
// memory than its own size warrants; the positions of keys are stored with their
// whole path.
const (
	// MaxBytes is the longest file that is read.
	MaxBytes = 1 << 20

	maxKeys    = 10_000 // keys in one file
	maxKeySize = 64     // bytes of one part of a key
	maxDepth   = 8      // parts of a key, or lists and tables inside each other
)

// File is a file that Decode has read: its name and where its keys stand.
type File struct {
	Name string

	data    []byte
	offsets map[string]int // key → byte where it begins
}

// Has says whether the key stands in the file.
func (f *File) Has(key string) bool {
	_, ok := f.offsets[key]
	return ok
}

// Position gives the line and column of a key, counted from 1, the column in
// characters. For a key that is not there it gives the place of the table that
// would hold it, and 0, 0 when that is missing too.
func (f *File) Position(key string) (line, column int) {
	for key != "" {
		if offset, ok := f.offsets[key]; ok {
			return lineColumn(f.data, offset)
		}
		key = parent(key)
	}
	return 0, 0
}

// Place gives "file:line:column: key" for the fault of a value.
func (f *File) Place(key string) string {
	line, column := f.Position(key)
	return place(f.Name, line, column, key)
}

// parent is the key without its last part: "a[2].b" → "a[2]" → "a" → "".
func parent(key string) string { return key[:max(0, strings.LastIndexAny(key, ".["))] }

func join(path, part string) string {
	if path == "" {
		return part
	}
	return path + "." + part
}

func element(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func lineColumn(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1
}

// scanner walks the syntax tree for the positions of keys. It stops at a limit,
// and silently at a fault of syntax, which the decoder reports better.
type scanner struct {
	file   *File
	parser unstable.Parser
	table  string         // the key of the table that the current line belongs to
	counts map[string]int // elements of each list of tables so far
	fault  *Fault
}

// scan fills file.offsets and gives the limit that was broken, if any.
func scan(file *File) *Fault {
	s := &scanner{file: file, counts: map[string]int{}}
	s.parser.Reset(file.data)
	for s.fault == nil && s.parser.NextExpression() {
		node := s.parser.Expression()
		switch node.Kind {
		case unstable.Table, unstable.ArrayTable:
			s.header(node)
		case unstable.KeyValue:
			s.keyValue(s.table, node, 1)
		default: // comments carry no key
		}
	}
	return s.fault
}

// header enters the table of a [header] or the next element of a [[header]].
func (s *scanner) header(node *unstable.Node) {
	path := ""
	for keys := node.Key(); keys.Next(); {
		// A header below a list of tables belongs to the list's last element.
		if n := s.counts[path]; n > 0 {
			path = element(path, n)
		}
		path = s.step(path, keys.Node())
	}
	if node.Kind == unstable.ArrayTable {
		offset := s.file.offsets[path]
		s.counts[path]++
		path = element(path, s.counts[path])
		s.file.offsets[path] = offset
	} else if n := s.counts[path]; n > 0 {
		path = element(path, n)
	}
	s.table = path
}

func (s *scanner) keyValue(path string, node *unstable.Node, depth int) {
	for keys := node.Key(); keys.Next(); {
		path = s.step(path, keys.Node())
	}
	s.value(path, node.Value(), depth)
}

// value goes into inline tables and lists of them.
func (s *scanner) value(path string, node *unstable.Node, depth int) {
	if node.Kind != unstable.Array && node.Kind != unstable.InlineTable {
		return
	}
	if depth > maxDepth {
		s.limit(s.file.offsets[path], fmt.Sprintf("the value is nested more than %d levels deep", maxDepth))
		return
	}
	i := 0
	for children := node.Children(); s.fault == nil && children.Next(); {
		i++
		switch child := children.Node(); child.Kind {
		case unstable.KeyValue:
			s.keyValue(path, child, depth+1)
		case unstable.InlineTable:
			s.file.offsets[element(path, i)] = int(child.Raw.Offset)
			s.value(element(path, i), child, depth+1)
		default:
			s.value(path, child, depth+1)
		}
	}
}

// step adds one part to a path and notes where it was written. A table is noted
// anew at each header, so that the last one counts.
func (s *scanner) step(path string, key *unstable.Node) string {
	offset := int(key.Raw.Offset)
	switch {
	case len(key.Data) > maxKeySize:
		s.limit(offset, fmt.Sprintf("a key is longer than %d bytes", maxKeySize))
		return path
	case path != "" && strings.Count(path, ".")+1 >= maxDepth:
		s.limit(offset, fmt.Sprintf("a key has more than %d parts", maxDepth))
		return path
	case len(s.file.offsets) >= maxKeys:
		s.limit(offset, fmt.Sprintf("the file has more than %d keys", maxKeys))
		return path
	}
	path = join(path, string(key.Data))
	s.file.offsets[path] = offset
	return path
}

func (s *scanner) limit(offset int, message string) {
	if s.fault != nil {
		return
	}
	line, column := lineColumn(s.file.data, offset)
	s.fault = &Fault{
		File: s.file.Name, Line: line, Column: column, Message: message,
		Remedy: "No key of this file needs that; compare it with the example.",
	}
}
