package audience

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"epistle/internal/newsletter"
)

// peek is how much of a list is looked at to find its charset and delimiter.
const peek = 64 << 10

// source reads the rows of a list in whatever form a spreadsheet has saved it:
// UTF-8, UTF-16 or Windows-1252; columns between commas, semicolons, tabs or bars.
type source struct {
	name    string
	columns []column
	csv     *csv.Reader
	charset charset
}

// charset is what the bytes of a cell mean. A list of plain ASCII fits both, so
// the first cell that is more decides.
type charset int

const (
	undecided charset = iota
	utf8Cells
	windows1252
)

// openSource finds out how the list is written and reads its header row. rename
// maps columns to fields, by name without regard to case.
func openSource(name string, r io.Reader, rename map[string]string) (*source, error) {
	b := bufio.NewReaderSize(r, peek)
	start, err := b.Peek(peek)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, newsletter.Errorf(newsletter.Failed, "the list cannot be read: %w", err).At(name)
	}
	s := &source{name: name}
	var text *bufio.Reader
	if order, ok := utf16Order(start); ok {
		s.charset = utf8Cells
		decoder := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
		text = bufio.NewReaderSize(decoder.Reader(b), peek)
		if start, err = text.Peek(peek / 4); err != nil && !errors.Is(err, io.EOF) {
			return nil, newsletter.Errorf(newsletter.Failed, "the list cannot be read: %w", err).At(name)
		}
	} else {
		text = b
		if rest, ok := bytes.CutPrefix(start, []byte("\xef\xbb\xbf")); ok {
			s.charset, start = utf8Cells, rest
			_, _ = b.Discard(3) // three bytes were just seen
		}
	}
	s.csv = csv.NewReader(text)
	s.csv.Comma = delimiter(start)
	s.csv.FieldsPerRecord = -1
	s.csv.TrimLeadingSpace = s.csv.Comma != '\t' // else an empty cell between tabs would vanish
	s.csv.ReuseRecord = true
	return s, s.readHeader(rename)
}

// utf16Order recognises UTF-16 by its byte order mark, or by the zero bytes that
// Latin letters have in it.
func utf16Order(start []byte) (unicode.Endianness, bool) {
	switch {
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}):
		return unicode.LittleEndian, true
	case bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return unicode.BigEndian, true
	}
	var zero [2]int
	for i, c := range start {
		if c == 0 {
			zero[i%2]++
		}
	}
	few := len(start) / 5
	return unicode.LittleEndian, zero[1] > few && zero[0] == 0
}

// delimiter is what most often stands between the names of the columns.
func delimiter(start []byte) rune {
	head, _, _ := bytes.Cut(start, []byte("\n"))
	best, most := ',', 0
	for _, d := range ",;\t|" {
		quoted, n := false, 0
		for _, c := range string(head) {
			switch {
			case c == '"':
				quoted = !quoted
			case c == d && !quoted:
				n++
			}
		}
		if n > most {
			best, most = d, n
		}
	}
	return best
}

func (s *source) readHeader(rename map[string]string) error {
	header, err := s.csv.Read()
	if errors.Is(err, io.EOF) {
		return newsletter.Errorf(newsletter.Invalid, "the list is empty").At(s.name).
			With("It needs a header row, for example: email,name,language")
	}
	if err != nil {
		return badCSV(s.name, err)
	}
	for i, cell := range header {
		if header[i], err = s.decode(cell); err != nil {
			return newsletter.Errorf(newsletter.Invalid, "the header row: %w", err).At(s.name + ":1")
		}
	}
	s.columns, err = readColumns(s.name, header, rename)
	return err
}

// next gives the next row that has any cell, decoded, with its line; the slice is
// used again. At the end the error is io.EOF.
func (s *source) next() (line int, record []string, err error) {
	for {
		record, err = s.csv.Read()
		if errors.Is(err, io.EOF) {
			return 0, nil, err
		}
		if err != nil {
			return 0, nil, badCSV(s.name, err)
		}
		empty := true
		for i, cell := range record {
			if record[i], err = s.decode(strings.TrimSpace(cell)); err != nil {
				record[i] = cell // legible refuses it
			}
			empty = empty && record[i] == ""
		}
		if !empty { // spreadsheets write rows of commas at the end
			line, _ = s.csv.FieldPos(0)
			return line, record, nil
		}
	}
}

// decode turns a cell into UTF-8, and takes away what an export put before a cell
// that a spreadsheet would compute.
func (s *source) decode(cell string) (string, error) {
	if !ascii(cell) {
		if s.charset == undecided {
			s.charset = windows1252
			if utf8.ValidString(cell) {
				s.charset = utf8Cells
			}
		}
		if s.charset == windows1252 {
			text, err := charmap.Windows1252.NewDecoder().String(cell)
			if err != nil || strings.ContainsRune(text, utf8.RuneError) {
				return "", errors.New("its characters are in no charset that is known; save the list as UTF-8")
			}
			cell = text
		}
	}
	return unguard(cell), nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// column is one column of a list: what its cells become.
type column struct {
	title string // as the header has it
	field string // email, name … or a custom field; "-": left out
}

// Columns with which refused rows are written: they say what is to be mended and
// are passed over when the list is read again.
const (
	lineColumn   = "refused_line"
	reasonColumn = "refused_reason"
)

var emailTitles = []string{"e-mail", "email address", "e-mail address", "email_address"}

func readColumns(name string, header []string, rename map[string]string) ([]column, error) {
	columns := make([]column, len(header))
	used := map[string]bool{}
	seen := map[string]bool{}
	exported := isExport(header)
	for i, h := range header {
		title := strings.ToLower(strings.TrimSpace(h))
		field, mapped := rename[title]
		switch {
		case mapped:
			used[title] = true
		case slices.Contains(emailTitles, title):
			field = "email"
		case title == lineColumn || title == reasonColumn || exported && slices.Contains(ExportColumns(), title):
			field = "-"
		default:
			field = title
		}
		if field != "" && field != "-" && seen[field] {
			return nil, newsletter.Errorf(newsletter.Invalid, "the header row has the column %q twice", field).At(name + ":1").
				With("Remove or rename one of them; nothing was imported.")
		}
		seen[field] = true
		columns[i] = column{strings.TrimSpace(h), field}
	}
	for title := range rename {
		if !used[title] {
			return nil, newsletter.Errorf(newsletter.Usage, "--map: the list has no column %q", title).At(name + ":1").
				With("Its columns are " + strings.Join(header, ", ") + ".")
		}
	}
	if !seen["email"] {
		return nil, newsletter.Errorf(newsletter.Invalid, "the header row has no column email").At(name + ":1").
			With("Name the columns in the first row, for example: email,name,language; or say which holds the addresses: --map COLUMN=email")
	}
	return columns, nil
}

// isExport says whether a list is one of our own exports: all of its last columns
// are there.
func isExport(header []string) bool {
	tail := ExportColumns()
	return len(header) > len(tail) && slices.Equal(header[len(header)-len(tail):], tail)
}

// entry reads one row. refused is empty when it can be taken; value is the cell
// that the refusal is about.
func (s *source) entry(record []string) (e Entry, value, refused string) {
	for i, cell := range record {
		if cell == "" {
			continue
		}
		if i >= len(s.columns) {
			return e, cell, "the row has more columns than the header"
		}
		field := s.columns[i].field
		if field == "-" {
			continue
		}
		if e.Person.Fields == nil && !known(field) {
			e.Person.Fields = map[string]string{}
		}
		if err := e.set(field, cell); err != nil {
			return e, cell, reason(err)
		}
	}
	if e.Address.Local == "" {
		return e, "", "there is no address in the row"
	}
	return e, "", ""
}

// known says whether a column is one of those that every list may have.
func known(field string) bool {
	switch field {
	case "email", "name", "language", "time_zone", "tags", "consent_date":
		return true
	}
	return false
}

// fields gives the names under which the columns would be read without --map.
func (s *source) fields() []string {
	var list []string
	for _, c := range s.columns {
		list = append(list, c.field)
	}
	return list
}

// ParseMap reads --map values of the form COLUMN=FIELD. A FIELD of "-" leaves the
// column out.
func ParseMap(pairs []string) (map[string]string, error) {
	rename := map[string]string{}
	for _, p := range pairs {
		title, field, ok := strings.Cut(p, "=")
		title, field = strings.ToLower(strings.TrimSpace(title)), strings.ToLower(strings.TrimSpace(field))
		if !ok || title == "" || field == "" {
			return nil, newsletter.Errorf(newsletter.Usage, "--map: %q is not COLUMN=FIELD", p).
				With(`Write it like --map "E-mail 1=email"; a field of - leaves the column out.`)
		}
		if _, twice := rename[title]; twice {
			return nil, newsletter.Errorf(newsletter.Usage, "--map names the column %q twice", title).With("Keep one of them.")
		}
		rename[title] = field
	}
	return rename, nil
}
