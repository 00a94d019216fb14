package audience

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"epistle/internal/address"
	"epistle/internal/newsletter"
)

// String gives the counts as a clause for people and the audit log.
func (c Counts) String() string {
	text := fmt.Sprintf("%d new people, %d new subscriptions, %d already known", c.Added, c.Subscribed, c.Known)
	for _, more := range []struct {
		n    int
		what string
	}{{c.Changed, "changed"}, {c.Revived, "came back"}, {c.Refused, "refused"}} {
		if more.n > 0 {
			text += fmt.Sprintf(", %d %s", more.n, more.what)
		}
	}
	return text
}

// Refusal is one row of a list that cannot be taken, and why.
type Refusal struct {
	Line   int    `json:"line"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

// ReadList reads people from CSV with a header row. The columns email, name,
// language, time_zone, tags (separated by commas) and consent_date are known;
// every other becomes a custom field. Rows without a usable address, rows whose
// cells nobody could show, and duplicates within the file are refused one by one
// with their line; rows without any cell are passed over.
func ReadList(name string, r io.Reader) ([]Entry, []Refusal, error) {
	reader := csv.NewReader(skipBOM(r))
	reader.FieldsPerRecord = -1
	reader.TrimLeadingSpace = true
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, newsletter.Errorf(newsletter.Invalid, "the list is empty").At(name).
			With("It needs a header row, for example: email,name,language")
	}
	if err != nil {
		return nil, nil, badCSV(name, err)
	}
	columns, err := readHeader(name, header)
	if err != nil {
		return nil, nil, err
	}
	l := &list{columns: columns, seen: map[string]int{}}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return l.entries, l.refused, nil
		}
		if err != nil {
			return nil, nil, badCSV(name, err)
		}
		line, _ := reader.FieldPos(0)
		l.row(line, record)
	}
}

func badCSV(name string, err error) error {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return newsletter.Errorf(newsletter.Invalid, "the list cannot be read: %w", parse.Err).
			At(fmt.Sprintf("%s:%d:%d", name, parse.Line, parse.Column)).With("Mend the row; nothing was imported.")
	}
	return newsletter.Errorf(newsletter.Failed, "the list cannot be read: %w", err).At(name)
}

func skipBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	if start, err := b.Peek(3); err == nil && bytes.Equal(start, []byte("\xef\xbb\xbf")) {
		_, _ = b.Discard(3) // three bytes were just seen
	}
	return b
}

func readHeader(name string, header []string) ([]string, error) {
	columns := make([]string, len(header))
	for i, h := range header {
		columns[i] = strings.ToLower(strings.TrimSpace(h))
		if columns[i] != "" && slices.Contains(columns[:i], columns[i]) {
			return nil, newsletter.Errorf(newsletter.Invalid, "the header row has the column %q twice", columns[i]).At(name + ":1").
				With("Remove or rename one of them; nothing was imported.")
		}
	}
	if slices.Contains(columns, "email") {
		return columns, nil
	}
	remedy := "Name the columns in the first row, for example: email,name,language"
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		remedy = "Separate the columns by commas: save the file as CSV with commas."
	}
	return nil, newsletter.Errorf(newsletter.Invalid, "the header row has no column email").At(name + ":1").With(remedy)
}

// list gathers the rows of one file.
type list struct {
	columns []string
	seen    map[string]int
	entries []Entry
	refused []Refusal
}

func (l *list) row(line int, record []string) {
	if strings.TrimSpace(strings.Join(record, "")) == "" {
		return // spreadsheets write rows of commas at the end
	}
	e := Entry{}
	e.Person.Fields = map[string]string{}
	for i, value := range record {
		value = strings.TrimSpace(value)
		if value == "" {
			continue
		}
		if i >= len(l.columns) {
			l.refuse(line, value, "the row has more columns than the header")
			return
		}
		if err := e.set(l.columns[i], value); err != nil {
			l.refuse(line, value, reason(err))
			return
		}
	}
	if e.Address.Local == "" {
		l.refuse(line, "", "there is no address in the row")
		return
	}
	key := e.Address.Key()
	if first, twice := l.seen[key]; twice {
		l.refuse(line, e.Address.String(), fmt.Sprintf("the address stands in line %d already", first))
		return
	}
	l.seen[key] = line
	l.entries = append(l.entries, e)
}

func (l *list) refuse(line int, value, reason string) {
	l.refused = append(l.refused, Refusal{Line: line, Value: value, Reason: reason})
}

// reason says why a cell cannot be taken and, for an address, how to write it.
func reason(err error) string {
	var fault *address.Error
	if errors.As(err, &fault) && fault.Remedy != "" {
		return err.Error() + " (" + strings.TrimSuffix(fault.Remedy, ".") + ")"
	}
	return err.Error()
}

// set stores one cell.
func (e *Entry) set(column, value string) (err error) {
	if err := legible(value); err != nil {
		return err
	}
	switch column {
	case "":
		return errors.New("the cell's column has no name in the header")
	case "email":
		e.Address, err = address.Parse(value)
	case "name":
		e.Person.Name = value
	case "language":
		if !newsletter.ValidLanguage(value) {
			return fmt.Errorf("%q is not a language tag such as en or pt-BR", value)
		}
		e.Person.Language = value
	case "time_zone":
		if _, err = time.LoadLocation(value); err != nil || value == "Local" {
			return fmt.Errorf("%q is not a time zone such as Europe/Berlin", value)
		}
		e.Person.TimeZone = value
	case "tags":
		for _, tag := range strings.Split(value, ",") {
			if tag = strings.TrimSpace(tag); tag != "" && !slices.Contains(e.Person.Tags, tag) {
				e.Person.Tags = append(e.Person.Tags, tag)
			}
		}
	case "consent_date":
		e.ConsentAt, err = consentDate(value)
	default:
		e.Person.Fields[column] = value
	}
	return err
}

// legible refuses what cannot stand in a mail's header or on a page.
func legible(value string) error {
	switch {
	case !utf8.ValidString(value):
		return errors.New("its characters are not in UTF-8; save the list as UTF-8")
	case strings.ContainsFunc(value, unicode.IsControl):
		return errors.New("there is a line break or a control character in the cell")
	}
	return nil
}

// consentDate reads a day or an instant. A day before 1970 is a mistake, and what
// spreadsheets make of an empty cell.
func consentDate(value string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil && t.Unix() > 0 {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date such as 2026-03-12", value)
}
