// Package terminal decides how the command line looks: tables without borders,
// the ledger that the eye can add up, lists of checks, progress, questions, and
// errors that say what, where, why and what now.
//
// Its rules: data goes to standard output, everything else to standard error;
// colour, truncation, bars and questions only on a terminal; colour is never
// alone in its meaning and stays away under NO_COLOR and TERM=dumb; whatever
// comes from outside (a subject, a server's reply) is stripped of control
// characters before it is shown.
//
// What is said is left to the commands: this package knows no newsletter, no
// error type and no exit code.
package terminal

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// defaultWidth is assumed of a terminal that does not tell its size.
const defaultWidth = 80

// Options say what a Terminal is made of.
type Options struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// Env is the environment in the form of os.Environ; NO_COLOR and TERM
	// are looked at.
	Env []string
	// Quiet silences notes and progress, never data, warnings and errors.
	Quiet bool
	// JSON says that standard output carries JSON: progress then shows
	// nothing, or events.
	JSON bool
	// Events, together with JSON, writes progress to standard error as one
	// JSON object a line.
	Events bool
	// Yes answers every question with yes.
	Yes bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Terminal is where a command reads and writes. Its methods may be called from
// several goroutines; each call's output stays together.
type Terminal struct {
	o      Options
	mu     sync.Mutex
	out    stream
	err    stream
	asks   bool // standard input is a terminal too
	now    func() time.Time
	frame  bool  // a bar stands on the line of the cursor
	failed error // the first failure to write standard output
}

// stream is one of the two outputs and what it can show.
type stream struct {
	w        io.Writer
	terminal bool
	// moves says that the cursor can be moved, which a dumb terminal cannot.
	moves  bool
	colour bool
}

// New looks at the three streams and the environment once.
func New(o Options) *Terminal {
	t := &Terminal{o: o, now: o.Now}
	if t.now == nil {
		t.now = time.Now
	}
	t.out = newStream(o.Stdout, o.Env)
	t.err = newStream(o.Stderr, o.Env)
	t.asks = isTerminal(o.Stdin) && t.err.terminal
	return t
}

func newStream(w io.Writer, env []string) stream {
	s := stream{w: w, terminal: isTerminal(w)}
	s.moves = s.terminal && lookup(env, "TERM") != "dumb"
	// https://no-color.org: present and not empty.
	s.colour = s.moves && lookup(env, "NO_COLOR") == ""
	return s
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && f != nil && term.IsTerminal(int(f.Fd()))
}

// width is the number of columns right now (a window can be resized); 0 for
// what is no terminal and so has no width.
func (s stream) width() int {
	if !s.terminal {
		return 0
	}
	if f, ok := s.w.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return defaultWidth
}

func lookup(env []string, name string) string {
	value := ""
	for _, entry := range env {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v // the last one wins, as for a process
		}
	}
	return value
}

// IsTerminal says whether standard output is a terminal.
func (t *Terminal) IsTerminal() bool { return t.out.terminal }

// Width is the number of columns of standard output, 0 when it is no terminal.
func (t *Terminal) Width() int { return t.out.width() }

// WantsJSON says whether the answer shall be JSON.
func (t *Terminal) WantsJSON() bool { return t.o.JSON }

// Stdin is what a FILE argument of "-" reads.
func (t *Terminal) Stdin() io.Reader { return t.o.Stdin }

// Stdout takes data byte for byte, such as an export. A failure to write is
// returned to the caller and kept for Err.
func (t *Terminal) Stdout() io.Writer { return outWriter{t} }

type outWriter struct{ t *Terminal }

func (w outWriter) Write(p []byte) (int, error) {
	w.t.mu.Lock()
	defer w.t.mu.Unlock()
	if w.t.out.terminal {
		w.t.clearFrame()
	}
	n, err := w.t.out.w.Write(p)
	if err != nil && w.t.failed == nil {
		w.t.failed = fmt.Errorf("write standard output: %w", err)
	}
	return n, err
}

// Err is the first failure to write standard output (a full disk, a closed
// pipe). A command asks once, at its end.
func (t *Terminal) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// print writes data; the failure is kept for Err.
func (t *Terminal) print(s string) {
	_, _ = io.WriteString(t.Stdout(), s)
}

// say writes to standard error. There is nowhere left to report a failure to.
func (t *Terminal) say(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.clearFrame()
	_, _ = io.WriteString(t.err.w, s)
}

// draw writes one frame of a bar, which the next output of any kind replaces.
func (t *Terminal) draw(frame string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frame = t.frame || frame != ""
	_, _ = io.WriteString(t.err.w, frame)
}

// clearFrame empties the line on which a bar stands.
func (t *Terminal) clearFrame() {
	if t.frame {
		t.frame = false
		_, _ = io.WriteString(t.err.w, "\r\x1b[2K")
	}
}

// Printf writes data to standard output as it is.
func (t *Terminal) Printf(format string, args ...any) { t.print(fmt.Sprintf(format, args...)) }

// Paragraph writes a text to standard output, wrapped for reading on a terminal
// and as one line elsewhere, so that it can be pasted into a mail.
func (t *Terminal) Paragraph(text string) {
	if t.out.terminal {
		text = Wrap(text, readable(t.out.width()))
	}
	t.print(Clean(text) + "\n")
}

// Note writes a line for the person to standard error, unless Quiet.
func (t *Terminal) Note(format string, args ...any) {
	if !t.o.Quiet {
		t.say(Clean(fmt.Sprintf(format, args...)) + "\n")
	}
}

// Warn writes "warning: …" to standard error, also when Quiet.
func (t *Terminal) Warn(format string, args ...any) {
	t.say(t.err.paint(Caution, "warning:") + " " + Clean(fmt.Sprintf(format, args...)) + "\n")
}

// JSON writes v to standard output as indented JSON with a final newline.
func (t *Terminal) JSON(v any) error {
	enc := json.NewEncoder(t.Stdout())
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
