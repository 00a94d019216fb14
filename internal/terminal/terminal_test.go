package terminal

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// sheet is a Terminal whose two outputs are kept, and a clock that is set by hand.
type sheet struct {
	*Terminal
	out, err bytes.Buffer
	clock    time.Time
}

func newSheet(o Options) *sheet {
	s := &sheet{clock: time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)}
	o.Stdin, o.Stdout, o.Stderr = strings.NewReader(""), &s.out, &s.err
	o.Now = func() time.Time { return s.clock }
	s.Terminal = New(o)
	return s
}

// golden compares with testdata/NAME.txt, or writes it under -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (-update rewrites it)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestLedger(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, title string
		audience    int
		rows        []Row
	}{
		{"ledger-balanced", "Bulletin 214 · The Weekly Lantern · 12 March 2027", 12408, []Row{
			{"sent", 12391, ""},
			{"deferred", 9, "next try 10:42"},
			{"failed", 6, "5 unknown user, 1 domain gone"},
			{"uncertain", 2, "epistle bulletins uncertain 214"},
			{"skipped", 0, ""},
		}},
		{"ledger-small", "Bulletin 1 · The Weekly Lantern · 5 March 2027", 3, []Row{{"sent", 2, ""}, {"pending", 1, ""}}},
		{"ledger-does-not-balance", "Bulletin 2 · The Weekly Lantern · 12 March 2027", 10, []Row{{"sent", 9999, ""}, {"awaiting a person", 1, "\x1b[31mfrom outside\n"}}},
		{"ledger-of-nobody", "Bulletin 3 · The Weekly Lantern · 19 March 2027", 0, []Row{{"sent", 0, ""}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSheet(Options{})
			s.Ledger(c.title, c.audience, c.rows)
			golden(t, c.name, s.out.String())
		})
	}
}

var tableColumns = []Column{
	{Title: "No.", Right: true},
	{Title: "Title", Flexible: true},
	{Title: "Readers", Right: true},
	{Title: "When"},
}

var tableRows = [][]string{
	{"214", "The lamps of Köln, née Cologne", "12 408", "Fri 12 Mar 2027 08:00 CET"},
	{"215", "港の学校の窓にあかりが戻る夜", "9", ""},
	{"1", "e\u0301 is one character, 👩‍🚒 too", "0"},
	{"2", "an escape \x1b[2J, a\nbreak and \u202eturned text", "1 000", "Fri 5 Mar 2027 08:00 CET", "beyond the columns"},
}

func TestTable(t *testing.T) {
	t.Parallel()
	t.Run("is never cut without a terminal", func(t *testing.T) {
		t.Parallel()
		s := newSheet(Options{})
		s.Table(tableColumns, tableRows)
		golden(t, "table-uncut", s.out.String())
	})
	t.Run("is nothing without rows", func(t *testing.T) {
		t.Parallel()
		s := newSheet(Options{})
		s.Table(tableColumns, nil)
		if s.out.Len() != 0 {
			t.Errorf("wrote %q", s.out.String())
		}
	})
}

func TestError(t *testing.T) {
	t.Parallel()
	shared := `Write the date as YYYY-MM-DD.`
	for name, problems := range map[string][]Problem{
		"error-one":                {{"epistle.toml:3:1", `the key "smpt.host" is not known`, `Did you mean "smtp.host"?`}},
		"error-bare":               {{Message: "the database is in use"}},
		"error-place-said-already": {{"--date", `--date: "soon" is not a date`, shared}},
		"error-several": {
			{"newsletter.toml:2:8", `"soon" is not a language tag`, `Write a tag like "en", "de" or "pt-BR".`},
			{"newsletter.toml:9:1", "a section has no name", "The lead needs no entry; every other section needs a name."},
			{"newsletter.toml:9:1", "a section has no name", "The lead needs no entry; every other section needs a name."},
			{Message: "the server said:\n550 5.1.1 \x1b]0;owned\x07 no such user"},
		},
		"error-shared-remedy": {{"a.txt:1:1", `"x" is not a date`, shared}, {"b.txt:1:1", `"y" is not a date`, shared}},
		"error-long-remedy": {{"", "the bulletin was changed after it was approved", "Look at what changed with `epistle bulletins diff 214`, " +
			"then approve it again with `epistle bulletins approve 214`; 12 408 readers wait.\nOr take it off the schedule with `epistle bulletins unschedule 214`."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSheet(Options{Quiet: true})
			s.Error(problems...)
			golden(t, name, s.err.String())
			if s.out.Len() > 0 {
				t.Errorf("standard output got %q", s.out.String())
			}
		})
	}
	t.Run("no problem, no word", func(t *testing.T) {
		t.Parallel()
		s := newSheet(Options{})
		s.Error()
		if s.err.Len() > 0 {
			t.Errorf("wrote %q", s.err.String())
		}
	})
}

func TestChecks(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{})
	s.Checks([]Check{
		{"ok", "html-size", Problem{"", "the HTML is 41 KB", "never shown beside ok"}},
		{"warning", "postal-address", Problem{"newsletter.toml", "the footer has no postal address", "Set postal_address.\nMany countries ask for it."}},
		{"error", "malformed-link", Problem{"South Asia, item 2", `the link "htps:/x" cannot be followed`, ""}},
	})
	golden(t, "checks", s.out.String())
}

func TestQuietSilencesNotesOnly(t *testing.T) {
	t.Parallel()
	for quiet, want := range map[bool]string{false: "3 items\nwarning: no key\n", true: "warning: no key\n"} {
		s := newSheet(Options{Quiet: quiet})
		s.Note("%d items", 3)
		s.Warn("no %s", "key")
		s.Printf("%s\n", "data")
		if s.err.String() != want || s.out.String() != "data\n" {
			t.Errorf("quiet %v: standard error %q, want %q; standard output %q", quiet, s.err.String(), want, s.out.String())
		}
	}
}

func TestJSONIsIndentedAndNotEscaped(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{JSON: true})
	if err := s.JSON(map[string]any{"subject": "Lamps & <lights>", "audience": 12408}); err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"audience\": 12408,\n  \"subject\": \"Lamps & <lights>\"\n}\n"
	if s.out.String() != want {
		t.Errorf("wrote %q, want %q", s.out.String(), want)
	}
	if err := s.JSON(func() {}); err == nil {
		t.Error("a value that has no JSON was accepted")
	}
}

func TestConfirmWithoutTerminal(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{})
	if ok, err := s.Confirm(t.Context(), "Send?"); ok || !errors.Is(err, ErrCannotAsk) {
		t.Errorf("Confirm = %v, %v; want no and ErrCannotAsk", ok, err)
	}
	s = newSheet(Options{Yes: true})
	if ok, err := s.Confirm(t.Context(), "Send?"); !ok || err != nil || s.err.Len() > 0 {
		t.Errorf("Confirm with Yes = %v, %v and wrote %q; want yes and not a word", ok, err, s.err.String())
	}
}

func TestConfirmEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newSheet(Options{})
	silent, _ := io.Pipe()
	s.Terminal.asks, s.o.Stdin = true, silent
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := s.Confirm(ctx, "Send?"); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("Confirm = %v, %v; want no and context.Canceled", ok, err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestErrKeepsTheFirstFailedWrite(t *testing.T) {
	t.Parallel()
	term := New(Options{Stdout: fullDisk{}, Stderr: &bytes.Buffer{}})
	if err := term.Err(); err != nil {
		t.Fatalf("before anything was written: %v", err)
	}
	term.Printf("lost")
	term.Printf("also lost")
	if err := term.Err(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("Err = %v", err)
	}
}
