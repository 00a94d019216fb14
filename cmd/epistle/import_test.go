package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// program runs a command of epistle in a folder and gives what it says and its
// exit code.
func program(t *testing.T, dir string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "epistle", args...) // TestMain put the program there
	cmd.Dir = dir
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return out.String(), log.String(), code
}

// TestImportThatIsStoppedLeavesNothing stops an import in its middle, as a person
// does and as a machine does that has no memory left.
func TestImportThatIsStoppedLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		signal os.Signal
		says   string
		state  string
	}{
		{"Ctrl-C", os.Interrupt, "nothing was imported", `"state": "stopped"`},
		{"kill -9", syscall.SIGKILL, "", `"state": "applying"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if _, said, code := program(t, dir, "init", "--quiet"); code != 0 {
				t.Fatal(said)
			}
			cmd := exec.CommandContext(t.Context(), "epistle", "subscribers", "import", "-")
			cmd.Dir = dir
			var said bytes.Buffer
			cmd.Stderr = &said
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			// More than the pipe and the reader's buffer hold: when it is written, the
			// program is reading rows.
			list := "email\n" + strings.Repeat("no address\n", 100_000)
			if _, err := in.Write([]byte(list)); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil || !strings.Contains(said.String(), c.says) {
				t.Errorf("it ends with %v and says %q", err, said.String())
			}
			if out, _, _ := program(t, dir, "subscribers", "imports", "--json"); !strings.Contains(out, c.state) {
				t.Errorf("imports says %s, want %s", out, c.state)
			}
			if _, said, code := program(t, dir, "subscribers", "import", list1(t, dir)); code != 0 || !strings.Contains(said, "1 new people") {
				t.Errorf("the next import exits with %d and says %q", code, said)
			}
			if out, _, _ := program(t, dir, "subscribers", "imports", "--json"); !strings.Contains(out, `"state": "stopped"`) {
				t.Errorf("afterwards imports says %s", out)
			}
		})
	}
}

// list1 writes a list of one person and gives its name.
func list1(t *testing.T, dir string) string {
	t.Helper()
	name := dir + "/one.csv"
	if err := os.WriteFile(name, []byte("email\nana@example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
