package mailbox

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

// letters is an Accept that remembers what it was handed.
type letters struct {
	got  []string
	fail error // after which it takes nothing
}

func (l *letters) accept(_ context.Context, r io.Reader) error {
	if l.fail != nil {
		return l.fail
	}
	b, err := io.ReadAll(r)
	if err == nil {
		l.got = append(l.got, string(b))
	}
	return err
}

// maildir makes a Maildir with files: "new/1" → its text.
func maildir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for _, sub := range []string{"new", "cur", "tmp"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range files {
		put(t, filepath.Join(dir, name), text)
	}
	return dir
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// all lists the files under a folder.
func all(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	for _, sub := range []string{"new", "cur", "tmp"} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, sub+"/"+e.Name())
		}
	}
	return strings.Join(names, " ")
}

func TestMaildirTakesWhatNobodyHasSeen(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"new/1": "one", "new/2:2,": "two", "cur/3:2,": "three", "cur/4:2,FR": "four", "cur/5:2,S": "seen",
		"cur/6:2,RS": "answered", "tmp/7": "half", "new/.8": "hidden",
	}
	for _, test := range []struct {
		name   string
		delete bool
		left   string
	}{
		{"and marks it", false, "new/.8 cur/1:2,S cur/2:2,S cur/3:2,S cur/4:2,FRS cur/5:2,S cur/6:2,RS tmp/7"},
		{"and removes it", true, "new/.8 cur/5:2,S cur/6:2,RS tmp/7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := maildir(t, files)
			m, l := &Maildir{Dir: dir, Delete: test.delete}, &letters{}
			if n, err := m.Take(t.Context(), l.accept); n != 4 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
			if got := strings.Join(l.got, " "); got != "one two three four" {
				t.Error(got)
			}
			if got := all(t, dir); got != test.left {
				t.Errorf("left %s, want %s", got, test.left)
			}
			if n, err := m.Take(t.Context(), l.accept); n != 0 || err != nil || len(l.got) != 4 {
				t.Errorf("the second time %d, %v", n, err)
			}
		})
	}
}

func TestMaildirKeepsWhatWasNotKept(t *testing.T) {
	t.Parallel()
	dir := maildir(t, map[string]string{"new/1": "one", "new/2": "two"})
	m, full := &Maildir{Dir: dir, Delete: true}, errors.New("the disk is full")
	if n, err := m.Take(t.Context(), (&letters{fail: full}).accept); n != 0 || !errors.Is(err, full) {
		t.Errorf("%d, %v", n, err)
	}
	if got := all(t, dir); got != "new/1 new/2" {
		t.Error(got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l := &letters{}
	n, err := m.Take(ctx, func(ctx context.Context, r io.Reader) error {
		cancel()
		return l.accept(ctx, r)
	})
	if n != 1 || !errors.Is(err, context.Canceled) || all(t, dir) != "new/2" {
		t.Errorf("after the stop: %d, %v, %s", n, err, all(t, dir))
	}
}

func TestMaildirPassesOverWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := maildir(t, map[string]string{"new/1": "one", "new/3": "three"})
	if err := os.Symlink("/nowhere", filepath.Join(dir, "new/0")); err != nil {
		t.Skip(err)
	}
	m, l := &Maildir{Dir: dir}, &letters{}
	broken := errors.New("a bad block")
	n, err := m.Take(t.Context(), func(ctx context.Context, r io.Reader) error {
		if w := r.(*watched); len(l.got) == 0 && w.failed == nil {
			w.in = io.MultiReader(strings.NewReader("o"), failing{broken})
			defer func() { l.got = append(l.got, "") }()
			_, err := io.ReadAll(r)
			return err
		}
		return l.accept(ctx, r)
	})
	if n != 1 || !errors.Is(err, broken) || newsletter.RemedyOf(err) == "" || l.got[1] != "three" {
		t.Errorf("%d, %v, %q", n, err, l.got)
	}
	if got := all(t, dir); got != "new/0 new/1 cur/3:2,S" {
		t.Error(got)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestMaildirLooksOnlyAtWhatHasChanged(t *testing.T) {
	t.Parallel()
	dir := maildir(t, map[string]string{"cur/1:2,S": "seen"})
	long := time.Now().Add(-time.Hour)
	for _, sub := range []string{"new", "cur"} {
		if err := os.Chtimes(filepath.Join(dir, sub), long, long); err != nil {
			t.Fatal(err)
		}
	}
	m, l := &Maildir{Dir: dir}, &letters{}
	for range 2 {
		if n, err := m.Take(t.Context(), l.accept); n != 0 || err != nil {
			t.Fatal(n, err)
		}
	}
	if len(m.looked) != 2 {
		t.Errorf("it remembers %v", m.looked)
	}
	put(t, filepath.Join(dir, "new/2"), "two")
	if n, err := m.Take(t.Context(), l.accept); n != 1 || err != nil {
		t.Errorf("after a change: %d, %v", n, err)
	}
}

func TestMaildirCheck(t *testing.T) {
	t.Parallel()
	dir := maildir(t, nil)
	if err := (&Maildir{Dir: dir}).Check(); err != nil || all(t, dir) != "" {
		t.Errorf("%v, left %s", err, all(t, dir))
	}
	for _, m := range []*Maildir{{Dir: filepath.Join(dir, "cur")}, {Dir: filepath.Join(dir, "nothing")}} {
		err := m.Check()
		if newsletter.KindOf(err) != newsletter.Unavailable || !strings.Contains(newsletter.RemedyOf(err), "inbound.maildir") {
			t.Errorf("%v", err)
		}
		if _, err := m.Take(t.Context(), (&letters{}).accept); newsletter.KindOf(err) != newsletter.Unavailable {
			t.Errorf("%v", err)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"1": "1:2,S", "1:2,": "1:2,S", "1:2,RT": "1:2,RST", "1:2,S": "1:2,S", "1:1,x": "1:2,S", "1,S=5:2,F": "1,S=5:2,FS"} {
		if got := seen(name); got != want {
			t.Errorf("%s becomes %s, want %s", name, got, want)
		}
	}
	if !slices.IsSorted([]byte(flags(seen("1:2,TFR")))) {
		t.Error("flags are out of order")
	}
}
