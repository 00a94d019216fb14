package audience

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"epistle/internal/address"
)

// A list of a million people is brought into the order of its addresses outside
// of memory: sorted runs in one file without a name, then merged. In that order
// duplicates stand side by side, and the indexes of the database grow at their
// end instead of everywhere.

// runRows is how many rows are sorted at a time: some 10 MB.
const runRows = 32 << 10

// taken is one row of a list that can be taken.
type taken struct {
	line int
	key  string
	Entry
}

// spill gathers rows in runs.
type spill struct {
	file *os.File
	out  *bufio.Writer
	at   int64
	runs [][2]int64 // where each begins and ends in the file
	rows []taken
	n    int
	buf  []byte
}

// newSpill makes the file in a folder and removes its name at once, so that a
// kill leaves no addresses behind.
func newSpill(dir string) (*spill, error) {
	f, err := os.CreateTemp(dir, ".epistle-import-*")
	if err != nil {
		return nil, fmt.Errorf("make a file to sort in: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("hide the file to sort in: %w", err), f.Close())
	}
	return &spill{file: f, out: bufio.NewWriterSize(f, 256<<10)}, nil
}

func (s *spill) close() error { return s.file.Close() }

func (s *spill) add(rows ...taken) error {
	s.n += len(rows)
	s.rows = append(s.rows, rows...)
	if len(s.rows) >= runRows {
		return s.flush()
	}
	return nil
}

// flush sorts what is in memory and writes it as a run.
func (s *spill) flush() error {
	slices.SortFunc(s.rows, func(a, b taken) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return a.line - b.line
	})
	begin := s.at
	for i := range s.rows {
		s.buf = s.rows[i].append(s.buf[:0])
		size := binary.AppendUvarint(nil, uint64(len(s.buf)))
		if _, err := s.out.Write(size); err != nil {
			return fmt.Errorf("sort the list: %w", err)
		}
		if _, err := s.out.Write(s.buf); err != nil {
			return fmt.Errorf("sort the list: %w", err)
		}
		s.at += int64(len(size) + len(s.buf))
	}
	s.runs = append(s.runs, [2]int64{begin, s.at})
	s.rows = s.rows[:0]
	return nil
}

// sorted gives all rows by address, those of one address by line.
func (s *spill) sorted() (*merge, error) {
	if err := errors.Join(s.flush(), s.out.Flush()); err != nil {
		return nil, err
	}
	s.rows = nil
	m := &merge{}
	for _, r := range s.runs {
		reader := &run{in: bufio.NewReaderSize(io.NewSectionReader(s.file, r[0], r[1]-r[0]), 32<<10)}
		ok, err := reader.advance()
		if err != nil {
			return nil, err
		}
		if ok {
			m.runs = append(m.runs, reader)
		}
	}
	heap.Init(m)
	return m, nil
}

// append writes a row as lengths and bytes.
func (t *taken) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(t.line))
	b = binary.AppendVarint(b, consentMillis(t.ConsentAt))
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, s := range []string{t.key, t.Address.Local, t.Address.Domain, t.Person.Name, t.Person.Language, t.Person.TimeZone} {
		text(s)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Person.Tags)))
	for _, s := range t.Person.Tags {
		text(s)
	}
	b = binary.AppendUvarint(b, uint64(len(t.Person.Fields)))
	if len(t.Person.Fields) == 0 {
		return b
	}
	for _, name := range slices.Sorted(maps.Keys(t.Person.Fields)) {
		text(name)
		text(t.Person.Fields[name])
	}
	return b
}

func consentMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// decode is the inverse of append. The bytes are our own, so they are not checked.
func decode(data string) (t taken) {
	number := func() uint64 {
		var v uint64
		for shift := 0; ; shift += 7 {
			c := data[0]
			data = data[1:]
			v |= uint64(c&0x7f) << shift
			if c < 0x80 {
				return v
			}
		}
	}
	text := func() (s string) {
		n := number()
		s, data = data[:n], data[n:]
		return s
	}
	t.line = int(number())
	if u := number(); u != 0 {
		t.ConsentAt = time.UnixMilli(int64(u>>1) ^ -int64(u&1)).UTC()
	}
	t.key, t.Address = text(), address.Address{Local: text(), Domain: text()}
	t.Person.Name, t.Person.Language, t.Person.TimeZone = text(), text(), text()
	for range number() {
		t.Person.Tags = append(t.Person.Tags, text())
	}
	if n := number(); n > 0 {
		t.Person.Fields = make(map[string]string, n)
		for range n {
			name := text()
			t.Person.Fields[name] = text()
		}
	}
	return t
}

// run reads one sorted run.
type run struct {
	in   *bufio.Reader
	head taken
	buf  []byte
}

func (r *run) advance() (bool, error) {
	size, err := binary.ReadUvarint(r.in)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the sorted list: %w", err)
	}
	r.buf = slices.Grow(r.buf[:0], int(size))[:size]
	if _, err := io.ReadFull(r.in, r.buf); err != nil {
		return false, fmt.Errorf("read the sorted list: %w", err)
	}
	r.head = decode(string(r.buf))
	return true, nil
}

// merge is a heap of runs by their next row.
type merge struct{ runs []*run }

func (m *merge) Len() int      { return len(m.runs) }
func (m *merge) Swap(i, j int) { m.runs[i], m.runs[j] = m.runs[j], m.runs[i] }
func (m *merge) Push(any)      {} // runs are only taken away
func (m *merge) Pop() any {
	m.runs = m.runs[:len(m.runs)-1]
	return nil
}

func (m *merge) Less(i, j int) bool {
	a, b := &m.runs[i].head, &m.runs[j].head
	if a.key != b.key {
		return a.key < b.key
	}
	return a.line < b.line
}

// next gives the next row; ok is false at the end.
func (m *merge) next() (t taken, ok bool, err error) {
	if len(m.runs) == 0 {
		return taken{}, false, nil
	}
	t = m.runs[0].head
	more, err := m.runs[0].advance()
	switch {
	case err != nil:
		return taken{}, false, err
	case more:
		heap.Fix(m, 0)
	default:
		heap.Pop(m)
	}
	return t, true, nil
}
