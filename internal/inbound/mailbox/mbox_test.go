package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"epistle/internal/newsletter"
)

const from = "From MAILER-DAEMON Fri Mar 12 07:00:00 2027\n"

func split(t testing.TB, in io.Reader) []string {
	t.Helper()
	var got []string
	n, err := Split(in, func(m io.Reader) error {
		b, err := io.ReadAll(m)
		got = append(got, string(b))
		return err
	})
	if err != nil || n != len(got) {
		t.Fatal(n, err)
	}
	return got
}

func TestSplit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("lamp ", 50_000)
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"nothing":                       {"", nil},
		"empty lines":                   {"\n\r\n\n", nil},
		"one":                           {from + "Subject: a\n\nOne.\n\n", []string{"Subject: a\n\nOne.\n"}},
		"two":                           {from + "a: 1\n\nx\n\n" + from + "b: 2\n\ny\n", []string{"a: 1\n\nx\n", "b: 2\n\ny\n"}},
		"empty lines stay":              {from + "a: 1\n\n\n\nx\n\n\n" + from + "b: 2\n", []string{"a: 1\n\n\n\nx\n\n", "b: 2\n"}},
		"quoted lines":                  {from + "a: 1\n\n>From here\n>>From there\n> From x\n", []string{"a: 1\n\nFrom here\n>From there\n> From x\n"}},
		"a sentence":                    {from + "a: 1\n\nx\n\nFrom the tower one sees far.\n", []string{"a: 1\n\nx\n\nFrom the tower one sees far.\n"}},
		"a line without an empty one":   {from + "a: 1\n\nx\n" + from + "y\n", []string{"a: 1\n\nx\n" + from + "y\n"}},
		"carriage returns":              {"From x Fri Mar 12 07:00 2027\r\na: 1\r\n\r\nx\r\n\r\nFrom y Fri Mar 12 07:00:00 +0100 2027\r\nb: 2\r\n", []string{"a: 1\r\n\r\nx\r\n", "b: 2\r\n"}},
		"no end":                        {from + "a: 1\n\nx", []string{"a: 1\n\nx"}},
		"a message that is no mbox":     {"Subject: a\n\n>From x\n\n" + from + "y\n\n", []string{"Subject: a\n\n>From x\n\n" + from + "y\n\n"}},
		"a line longer than the buffer": {from + "a: 1\n\n" + long + "\n\n" + from + "b: 2\n", []string{"a: 1\n\n" + long + "\n", "b: 2\n"}},
		"a message without anything":    {from + "\n" + from + "b: 2\n", []string{"", "b: 2\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, in := range []io.Reader{strings.NewReader(test.file), iotest.OneByteReader(strings.NewReader(test.file))} {
				if got := split(t, in); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", test.want) {
					t.Errorf("%.300q, want %.300q", got, test.want)
				}
			}
		})
	}
}

func TestSplitSkipsWhatIsLeft(t *testing.T) {
	t.Parallel()
	n, err := Split(strings.NewReader(from+"a: 1\n\nx\n\n"+from+"b: 2\n"), func(io.Reader) error { return nil })
	if n != 2 || err != nil {
		t.Error(n, err)
	}
	broken := errors.New("broken")
	if n, err = Split(io.MultiReader(strings.NewReader(from+"a: 1\n"), failing{broken}), func(io.Reader) error { return nil }); !errors.Is(err, broken) || n != 1 {
		t.Error(n, err)
	}
	if n, err = Split(strings.NewReader(from+"a: 1\n\nx\n\n"+from), func(io.Reader) error { return broken }); !errors.Is(err, broken) || n != 0 {
		t.Error(n, err)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add(from + "a: 1\n\n>From x\n\n" + from + "b: 2\n")
	f.Add("Subject: a\n\nx")
	f.Add("\n\n" + from + "\n\n\n" + from)
	f.Fuzz(func(t *testing.T, file string) {
		total := 0
		for _, m := range split(t, strings.NewReader(file)) {
			total += len(m)
		}
		if total > len(file) {
			t.Fatalf("%d bytes of %d", total, len(file))
		}
	})
}

// mbox makes a file.
func mbox(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mbox")
	put(t, path, text)
	return path
}

func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func take(t *testing.T, m *Mbox, l *letters, want string) {
	t.Helper()
	l.got = nil
	n, err := m.Take(t.Context(), l.accept)
	if got := strings.Join(l.got, "|"); err != nil || n != len(l.got) || got != want {
		t.Errorf("%d, %v: %q, want %q", n, err, got, want)
	}
	if _, err := os.Stat(m.Path + ".lock"); err == nil {
		t.Error("the lock file is left")
	}
}

func TestMboxThatGrows(t *testing.T) {
	t.Parallel()
	path := mbox(t, from+"a: 1\n\n"+from+"b: 2\n\n")
	m, l := &Mbox{Path: path}, &letters{}
	take(t, m, l, "a: 1\n|b: 2\n")
	take(t, m, l, "")
	add(t, path, from+"c: 3\n\n")
	take(t, m, l, "c: 3\n")
	put(t, path, from+"d: 4\n\n") // somebody has taken the others out
	take(t, m, l, "d: 4\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	take(t, m, l, "")
	put(t, path, from+"e: 5\n\n")
	take(t, m, l, "e: 5\n")
	take(t, &Mbox{Path: path}, l, "e: 5\n") // a new process
	if got := read(t, path); got != from+"e: 5\n\n" {
		t.Errorf("the file has changed: %q", got)
	}
}

func TestMboxIsEmptied(t *testing.T) {
	t.Parallel()
	path := mbox(t, from+"a: 1\n\n"+from+"b: 2\n\n")
	m := &Mbox{Path: path, Delete: true}
	var got []string
	n, err := m.Take(t.Context(), func(_ context.Context, r io.Reader) error {
		b, err := io.ReadAll(r)
		if got = append(got, string(b)); len(got) == 2 {
			add(t, path, from+"c: 3\n\n") // it comes in while the others are taken
		}
		return err
	})
	if n != 3 || err != nil || strings.Join(got, "|") != "a: 1\n|b: 2\n|c: 3\n" || read(t, path) != "" {
		t.Errorf("%d, %v, %q, left %q", n, err, got, read(t, path))
	}
	add(t, path, from+"d: 4\n\n")
	take(t, m, &letters{}, "d: 4\n")
}

func TestMboxIsNotEmptiedBeforeAllWasKept(t *testing.T) {
	t.Parallel()
	text := from + "a: 1\n\n" + from + "b: 2\n\n" + from + "c: 3\n\n"
	path := mbox(t, text)
	m, l, full := &Mbox{Path: path, Delete: true}, &letters{}, errors.New("the disk is full")
	n, err := m.Take(t.Context(), func(ctx context.Context, r io.Reader) error {
		if len(l.got) == 1 {
			return full
		}
		return l.accept(ctx, r)
	})
	if n != 1 || !errors.Is(err, full) || read(t, path) != text {
		t.Fatalf("%d, %v, %q", n, err, read(t, path))
	}
	take(t, m, l, "b: 2\n|c: 3\n")
	if read(t, path) != "" {
		t.Error("it was not emptied at last")
	}
}

func TestMboxThatSomebodyWritesAnew(t *testing.T) {
	t.Parallel()
	path := mbox(t, from+"a: 1\n\n")
	m, l := &Mbox{Path: path}, &letters{}
	take(t, m, l, "a: 1\n")
	put(t, path, from+"x: a message that is longer than the one before it\n\n")
	take(t, m, l, "x: a message that is longer than the one before it\n")
}

func TestLockedMboxWaits(t *testing.T) {
	t.Parallel()
	path := mbox(t, from+"a: 1\n\n")
	put(t, path+".lock", "")
	m, l := &Mbox{Path: path}, &letters{}
	if n, err := m.Take(t.Context(), l.accept); n != 0 || newsletter.KindOf(err) != newsletter.Conflict {
		t.Errorf("%d, %v", n, err)
	}
	if err := os.Remove(path + ".lock"); err != nil {
		t.Fatal(err)
	}
	take(t, m, l, "a: 1\n")
}

func TestMboxCheck(t *testing.T) {
	t.Parallel()
	path := mbox(t, "Subject: no mbox\n\nx\n")
	for _, m := range []*Mbox{{Path: path}, {Path: path, Delete: true}, {Path: path + "2"}} {
		if err := m.Check(); err != nil {
			t.Error(err)
		}
	}
	if err := (&Mbox{Path: filepath.Dir(path)}).Check(); newsletter.KindOf(err) != newsletter.Unavailable {
		t.Error(err)
	}
	if _, err := (&Mbox{Path: path, Delete: true}).Take(t.Context(), (&letters{}).accept); newsletter.KindOf(err) != newsletter.Unavailable || read(t, path) == "" {
		t.Error("a file that is no mbox was taken: ", err)
	}
}
