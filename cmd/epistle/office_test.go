package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"epistle/internal/smtp/smtptest"
)

// office is a folder with a newsletter, its readers and one approved bulletin, on
// which processes of the real program work, and the mail server they are given.
type office struct {
	t      testing.TB
	dir    string
	server *smtptest.Server
	env    []string // beside the usual; the last of a name counts
}

// newOffice sets all up for readers of reader(1) to reader(readers).
func newOffice(t testing.TB, readers int, options smtptest.Options, env ...string) *office {
	t.Helper()
	o := &office{t: t, dir: t.TempDir(), server: smtptest.Start(t, options)}
	o.env = append([]string{
		"HOME=" + o.dir,
		"GORACE=atexit_sleep_ms=0", // the race detector would have every process sleep for a second at its end
		"EPISTLE_SMTP_HOST=" + o.server.Host(), "EPISTLE_SMTP_PORT=" + strconv.Itoa(o.server.Port()), "EPISTLE_SMTP_TLS=none",
		"EPISTLE_WEB_LISTEN=127.0.0.1:0",
	}, env...)
	var list strings.Builder
	list.WriteString("email\n")
	for id := range readers {
		fmt.Fprintln(&list, reader(id+1))
	}
	o.write("readers.csv", list.String())
	o.write("bulletin.txt", "The Weekly Lantern\n\nGive thanks for three quiet nights at sea.\n")
	o.run("init")
	o.run("subscribers", "import", "readers.csv")
	o.run("bulletins", "import", "bulletin.txt", "--date", "2027-03-12")
	o.run("bulletins", "approve", "1")
	return o
}

func reader(id int) string { return fmt.Sprintf("reader%d@harbour.example", id) }

func (o *office) write(name, text string) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.dir, name), []byte(text), 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// command is the program, not yet started, that the end of the test kills.
func (o *office) command(args ...string) *exec.Cmd {
	o.t.Helper()
	epistle, err := exec.LookPath("epistle") // TestMain put the program there
	if err != nil {
		o.t.Fatal(err)
	}
	cmd := exec.CommandContext(o.t.Context(), epistle, args...)
	// EPISTLE_SHOTS is for the tests; the program knows all of its own settings.
	usual := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "EPISTLE_SHOTS=") })
	cmd.Dir, cmd.Env = o.dir, append(usual, o.env...)
	return cmd
}

// run runs the program to its end, which has to be a good one, and gives what it
// says on standard output.
func (o *office) run(args ...string) string {
	o.t.Helper()
	cmd := o.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		o.t.Fatalf("epistle %s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}

// process is the program at work.
type process struct {
	*exec.Cmd
	*transcript
	ended chan error // its end, once
}

// start starts the program. All it says is in its transcript.
func (o *office) start(args ...string) *process {
	o.t.Helper()
	p := &process{Cmd: o.command(args...), transcript: newTranscript(), ended: make(chan error, 1)}
	p.Stdout, p.Stderr = p.transcript, p.transcript
	if err := p.Start(); err != nil {
		o.t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	return p
}

// kill ends the process as a machine that fails does, and waits for that.
func (p *process) kill() error {
	if err := p.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	var exit *exec.ExitError // killed, or ended by itself a moment before
	if err := <-p.ended; err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// transcript is what a process says, and can be waited on.
type transcript struct {
	mu   sync.Mutex
	said bytes.Buffer
	more chan struct{} // closed, and made anew, with each word
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{})} }

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.more)
	s.more = make(chan struct{})
	return s.said.Write(b)
}

func (s *transcript) look() (said string, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String(), s.more
}

// await waits until a text has been said. The limit only ends a test that would
// hang.
func (s *transcript) await(t testing.TB, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		said, more := s.look()
		if strings.Contains(said, text) {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			t.Fatalf("waited in vain for %q; there was:\n%s", text, said)
		}
	}
}

// done waits for the good end of a process.
func (o *office) done(p *process) {
	o.t.Helper()
	if err := <-p.ended; err != nil {
		said, _ := p.look()
		o.t.Fatalf("epistle %s: %v\n%s", strings.Join(p.Args[1:], " "), err, said)
	}
}

// ledger is what `bulletins status --json` says.
type ledger struct {
	State    string
	Note     string
	Audience int
	States   map[string]int
}

// ledger reads the ledger, which has to balance at any moment.
func (o *office) ledger() (l ledger) {
	o.t.Helper()
	if err := json.Unmarshal([]byte(o.run("bulletins", "status", "1", "--json")), &l); err != nil {
		o.t.Fatal(err)
	}
	sum := 0
	for _, n := range l.States {
		sum += n
	}
	if sum != l.Audience {
		o.t.Errorf("the ledger does not balance: an audience of %d, and %v", l.Audience, l.States)
	}
	return l
}

// uncertain gives the addresses that `bulletins uncertain --json` lists.
func (o *office) uncertain() map[string]bool {
	o.t.Helper()
	var list []struct{ Email string }
	if err := json.Unmarshal([]byte(o.run("bulletins", "uncertain", "1", "--json")), &list); err != nil {
		o.t.Fatal(err)
	}
	set := map[string]bool{}
	for _, u := range list {
		set[u.Email] = true
	}
	return set
}

// accepted gives what the server took, by recipient, once nobody is connected.
func (o *office) accepted() map[string][]smtptest.Message {
	o.server.WaitClosed()
	taken := map[string][]smtptest.Message{}
	for _, m := range o.server.Accepted() {
		for _, to := range m.To {
			taken[to] = append(taken[to], m)
		}
	}
	return taken
}
