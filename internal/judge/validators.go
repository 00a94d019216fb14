package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// outlook is what the Nu validator says of constructs that only Outlook for
// Windows reads, of attributes that old mail programs need, and of the slashes
// that the inliner's serializer writes.
const outlook = `.*(mso-|xmlns:|supported-color-schemes|obsolete|Trailing slash|xml:lang).*`

// Vnu gives the errors that the W3C's Nu validator finds in each page, without
// those that Outlook's constructs cause. It starts Java, so hand it all pages at
// once.
func Vnu(t testing.TB, pages ...string) []string {
	t.Helper()
	java := program(t, "java")
	jar := tool(t, "vnu-jar", "build", "dist", "vnu.jar")
	args := []string{"-jar", jar, "--errors-only", "--stdout", "--exit-zero-always", "--format", "gnu", "--filterpattern", outlook}
	return complaints(run(t, exec.Command(java, append(args, writePages(t, pages)...)...)))
}

// mailRules switches off what html-validate demands of pages and mail cannot
// give: styles stand in the elements, Outlook reads conditional comments.
const mailRules = `{"extends":["html-validate:standard"],"rules":{"no-inline-style":"off","no-deprecated-attr":"off",
"void-style":"off","doctype-style":"off","attr-quotes":"off","no-trailing-whitespace":"off","no-conditional-comment":"off"}}`

// HTMLValidate gives the errors that html-validate finds in each page.
func HTMLValidate(t testing.TB, pages ...string) []string {
	t.Helper()
	node := program(t, "node")
	script := tool(t, "html-validate", "bin", "html-validate.mjs")
	config := filepath.Join(t.TempDir(), "rules.json")
	if err := os.WriteFile(config, []byte(mailRules), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{script, "--config", config, "--formatter", "json"}
	out := run(t, exec.Command(node, append(args, writePages(t, pages)...)...))
	var results []struct {
		FilePath string
		Messages []struct {
			RuleID, Message string
			Line, Column    int
		}
	}
	if err := json.Unmarshal([]byte(out), &results); err != nil {
		t.Fatalf("read html-validate's answer %q: %v", out, err)
	}
	var found []string
	for _, r := range results {
		for _, m := range r.Messages {
			found = append(found, fmt.Sprintf("%s:%d:%d: %s (%s)", filepath.Base(r.FilePath), m.Line, m.Column, m.Message, m.RuleID))
		}
	}
	return found
}

var spamScore = regexp.MustCompile(`(?m)^X-Spam-Status: \w+, score=(-?[0-9.]+) required=\S+ tests=((?:.|\n[ \t])*)`)

// SpamAssassin gives a message's score by local rules alone, and the rules that
// fired. Lower is better; mail is marked at 5.
func SpamAssassin(t testing.TB, message []byte) (score float64, rules string) {
	t.Helper()
	cmd := exec.Command(program(t, "spamassassin"), "-L")
	cmd.Stdin = bytes.NewReader(message)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out := run(t, cmd)
	m := spamScore.FindStringSubmatch(out)
	if m == nil {
		t.Fatalf("SpamAssassin gave no score:\n%.2000s", out)
	}
	score, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return score, strings.Join(strings.Fields(m[2]), "")
}

// run gives a program's output. A judge that finds faults may exit with one;
// a judge that says nothing at all and fails was not able to judge.
func run(t testing.TB, cmd *exec.Cmd) string {
	t.Helper()
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil && len(out) == 0 {
		t.Fatalf("%s: %v\n%s", filepath.Base(cmd.Path), err, complaint.String())
	}
	return string(out)
}

func complaints(out string) []string {
	var lines []string
	for _, line := range strings.Split(out, "\n") {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func writePages(t testing.TB, pages []string) []string {
	t.Helper()
	dir := t.TempDir()
	var files []string
	for i, html := range pages {
		file := filepath.Join(dir, fmt.Sprintf("page%d.html", i+1))
		if err := os.WriteFile(file, []byte(html), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
