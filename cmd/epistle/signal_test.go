package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestServeEndsCleanlyOnSIGTERM starts the program as an init system does and ends
// it as one does.
func TestServeEndsCleanlyOnSIGTERM(t *testing.T) {
	t.Parallel()
	epistle, err := exec.LookPath("epistle") // TestMain put the program there
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), epistle, "serve")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "EPISTLE_SMTP_HOST=127.0.0.1", "EPISTLE_SMTP_TLS=none", "EPISTLE_WEB_LISTEN=127.0.0.1:0")
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	var told []string
	for lines.Scan() {
		told = append(told, lines.Text())
		if strings.Contains(lines.Text(), "msg=serving") {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			// The contract allows ten seconds; a program that hangs is killed here
			// and fails the test by its exit code.
			time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("serve ends with: %v", err)
	}
	if log := strings.Join(told, "\n"); !strings.Contains(log, "msg=stopped") || strings.Contains(log, "level=ERROR") {
		t.Errorf("its log is\n%s", log)
	}
	if stdout.Len() > 0 {
		t.Errorf("on standard output it says %q", stdout.String())
	}
	if _, err := os.Stat(filepath.Join(dir, "epistle.db-wal")); err == nil {
		t.Error("the database was not closed: its journal is still there")
	}
}
