//go:build linux

package terminal

import (
	"bytes"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pseudoTerminal opens a real terminal of the given width: what is written to
// side is read from the other end by the returned function, which also closes it.
func pseudoTerminal(t *testing.T, columns int) (side, keyboard *os.File, shown func() string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatalf("unlock the pseudo terminal: %v", err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatalf("number of the pseudo terminal: %v", err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(columns)}); err != nil {
		t.Fatalf("size of the pseudo terminal: %v", err)
	}
	side, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatalf("open the pseudo terminal: %v", err)
	}
	read := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(master) // ends with EIO when the other side is closed
		read <- string(b)
	}()
	t.Cleanup(func() { _ = side.Close(); _ = master.Close() })
	return side, master, func() string {
		_ = side.Close()
		return strings.ReplaceAll(<-read, "\r\n", "\n")
	}
}

func TestOnARealTerminal(t *testing.T) {
	t.Parallel()
	table := func(term *Terminal) {
		term.Table([]Column{{Title: "Title", Flexible: true}, {Title: "State", Style: func(string) Style { return Good }}},
			[][]string{{"A title that is far too long for a terminal of thirty columns", "approved"}})
	}
	for _, c := range []struct {
		name, want string
		env        []string
	}{
		{"is coloured and fits the width", "\x1b[2mTitle\x1b[0m                 \x1b[2mState\x1b[0m\n" +
			"A title that is far…  \x1b[32mapproved\x1b[0m\n", []string{"TERM=xterm"}},
		{"keeps colour away under NO_COLOR", "Title                 State\nA title that is far…  approved\n", []string{"TERM=xterm", "NO_COLOR=1"}},
		{"takes an empty NO_COLOR for none", "\x1b[2mTitle\x1b[0m                 \x1b[2mState\x1b[0m\n" +
			"A title that is far…  \x1b[32mapproved\x1b[0m\n", []string{"NO_COLOR="}},
		{"keeps colour away on a dumb terminal", "Title                 State\nA title that is far…  approved\n", []string{"TERM=dumb"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			side, _, shown := pseudoTerminal(t, 30)
			term := New(Options{Stdin: side, Stdout: side, Stderr: side, Env: c.env})
			if !term.IsTerminal() || term.Width() != 30 {
				t.Errorf("IsTerminal %v, Width %d; want true, 30", term.IsTerminal(), term.Width())
			}
			table(term)
			if got := shown(); got != c.want {
				t.Errorf("shown %q\nwant  %q", got, c.want)
			}
		})
	}
}

func TestTableFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for name, width := range map[string]int{"table-70": 70, "table-120": 120, "table-20": 20} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			side, _, shown := pseudoTerminal(t, width)
			term := New(Options{Stdout: side, Stderr: side, Env: []string{"NO_COLOR=1"}})
			term.Table(tableColumns, tableRows)
			got := shown()
			golden(t, name, got)
			for _, l := range strings.Split(got, "\n") {
				if width >= 70 && Columns(l) > width {
					t.Errorf("a line of %d columns: %q", Columns(l), l)
				}
			}
		})
	}
}

func TestRunningTextIsWrappedOnATerminal(t *testing.T) {
	t.Parallel()
	side, _, shown := pseudoTerminal(t, 72)
	term := New(Options{Stdout: side, Stderr: side, Env: []string{"TERM=dumb"}})
	term.Checks([]Check{
		{"ok", "html-size", Problem{Message: "the HTML is small enough to be shown whole"}},
		{"warning", "postal-address", Problem{"newsletter.toml", "the footer has no postal address", "Set postal_address; many countries ask for it in bulk mail."}},
	})
	term.Paragraph("Bulletin 214 of The Weekly Lantern went to 12 391 of 12 408 readers in 2 min 28 s; 9 are tried again, 6 failed.")
	golden(t, "running-text", shown())
}

func TestBarOnATerminal(t *testing.T) {
	t.Parallel()
	for name, width := range map[string]int{"bar-100": 100, "bar-40": 40} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			side, _, shown := pseudoTerminal(t, width)
			clock := time.Date(2027, 3, 12, 8, 0, 0, 0, time.UTC)
			term := New(Options{Stdout: &bytes.Buffer{}, Stderr: side, Env: []string{"TERM=xterm"}, Now: func() time.Time { return clock }})
			p := term.Progress(12408, "Sending")
			p.Set(0)
			clock = clock.Add(10 * time.Second)
			p.Set(840, Tally{"sent", 839}, Tally{"deferred", 1})
			p.Set(841, Tally{"sent", 840}, Tally{"deferred", 1}) // too soon for another frame
			term.Warn("one address was refused")
			clock = clock.Add(10 * time.Second)
			p.Set(6204, Tally{"sent", 6203}, Tally{"deferred", 1})
			clock = clock.Add(10 * time.Second)
			p.Set(12408, Tally{"sent", 12407}, Tally{"failed", 1})
			p.Close()
			p.Close()
			term.Note("done")
			frames := strings.NewReplacer("\r", "\n<CR>", "\x1b", "<ESC>").Replace(shown())
			golden(t, name, frames)
		})
	}
}

func TestConfirmOnATerminal(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]bool{"y\n": true, "YES\n": true, "n\n": false, "\n": false, "yesterday\n": false, "\x04": false} {
		t.Run(strconv.Quote(typed), func(t *testing.T) {
			t.Parallel()
			side, keyboard, shown := pseudoTerminal(t, 80)
			term := New(Options{Stdin: side, Stdout: side, Stderr: side})
			if _, err := keyboard.WriteString(typed); err != nil {
				t.Fatal(err)
			}
			got, err := term.Confirm(t.Context(), "Send bulletin 214 to 12 408 readers?")
			if err != nil || got != want {
				t.Errorf("Confirm = %v, %v; want %v", got, err, want)
			}
			if text := shown(); !strings.Contains(text, "Send bulletin 214 to 12 408 readers? [y/N] ") {
				t.Errorf("the question was not asked: %q", text)
			}
		})
	}
}
