// Package judge lets tests ask public tools what they think of a bulletin:
// Chromium with axe-core for what a reader sees, the W3C's Nu validator and
// html-validate for the HTML, SpamAssassin for the whole message. It also reads
// the words and links of a page as a reader would meet them.
//
// It is for tests only. Every tool is optional on a newcomer's machine: a test
// whose tool is absent says so and is skipped, unless the environment has
// CI=true, where absence fails. Nothing here reaches the network.
package judge

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Root is the folder of go.mod.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}

// program finds the first of several names in PATH.
func program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	absent(t, names[0])
	return ""
}

// tool finds a file of the judges' npm project, .ci/node_modules.
func tool(t testing.TB, path ...string) string {
	t.Helper()
	file := filepath.Join(append([]string{Root(t), ".ci", "node_modules"}, path...)...)
	if _, err := os.Stat(file); err != nil {
		absent(t, path[0]+" (run npm ci in .ci)")
	}
	return file
}

func absent(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed here, and CI needs it", what)
	}
	t.Skipf("%s is not installed here", what)
}

// writePage writes HTML to a file of the test.
func writePage(t testing.TB, html string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
