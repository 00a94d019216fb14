package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// finding is what Python's email package and dkimpy see in a message. They share
// no code with what wrote it.
type finding struct {
	Defects    []string          `json:"defects"`
	Signatures []bool            `json:"signatures"`
	Bodies     map[string][]byte `json:"bodies"` // by subtype
	Subject    string            `json:"subject"`
	Names      map[string]string `json:"names"`
}

// ask shows messages to testdata/oracle.py, all in one run.
func ask(t *testing.T, dns map[string]string, messages ...[]byte) []finding {
	t.Helper()
	// Debian's python3-dkim and python3-nacl are seen by Debian's Python alone.
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import dkim, nacl").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("python3-dkim and python3-nacl must be installed: %v", err)
		}
		t.Skip("needs the Debian packages python3-dkim and python3-nacl")
	}
	type question struct {
		Message []byte            `json:"message"`
		Records map[string]string `json:"records"`
	}
	var questions []question
	for _, m := range messages {
		questions = append(questions, question{m, dns})
	}
	in, err := json.Marshal(questions)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-X", "utf8", "testdata/oracle.py")
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("oracle.py: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var findings []finding
	if err := json.Unmarshal(out, &findings); err != nil {
		t.Fatal(err)
	}
	if len(findings) != len(messages) {
		t.Fatalf("%d findings for %d messages", len(findings), len(messages))
	}
	return findings
}

func TestPythonVerifiesSignatures(t *testing.T) {
	t.Parallel()
	signers := bothSigners(t)
	dns := records(signers...)
	raw := compose(t, bulletin(), signers...).Bytes()
	names, messages := []string{"bulletin", "notice", "arabic"},
		[][]byte{raw, compose(t, notice(), signers...).Bytes(), compose(t, arabic(), signers...).Bytes()}
	genuine := len(names)
	for name, changed := range tampering(raw) {
		names, messages = append(names, name), append(messages, changed)
	}
	for i, f := range ask(t, dns, messages...) {
		if !all(f.Signatures, i < genuine, 2) {
			t.Errorf("%s: signatures valid: %v", names[i], f.Signatures)
		}
	}
}

func TestPythonReadsTheSame(t *testing.T) {
	t.Parallel()
	// Python counts a local part beyond ASCII as a defect in any message.
	plain := arabic()
	plain.To.Email = "keeper@ميناء.example"
	names, mails := []string{"bulletin", "notice", "arabic"}, []*Mail{bulletin(), notice(), plain}
	for name, text := range texts() {
		m := bulletin()
		m.Subject, m.From.Name, m.To.Name, m.ReplyTo.Name, m.ListName = text, text, text, text, text
		m.Text, m.HTML = text+"\r.\n"+text, "<p>"+text+"</p> \n"
		names, mails = append(names, name), append(mails, m)
	}
	var messages [][]byte
	for _, m := range mails {
		messages = append(messages, compose(t, m).Bytes())
	}
	for i, f := range ask(t, nil, messages...) {
		m := mails[i]
		if len(f.Defects) > 0 {
			t.Errorf("%s: defects %q in\n%s", names[i], f.Defects, messages[i])
		}
		if f.Subject != m.Subject {
			t.Errorf("%s: subject %q, want %q", names[i], f.Subject, m.Subject)
		}
		if got := f.Names["From"]; got != m.From.Name {
			t.Errorf("%s: From %q, want %q", names[i], got, m.From.Name)
		}
		if got := f.Names["To"]; got != m.To.Name {
			t.Errorf("%s: To %q, want %q", names[i], got, m.To.Name)
		}
		if got := string(f.Bodies["plain"]); got != canonical(m.Text) {
			t.Errorf("%s: text %q, want %q", names[i], got, m.Text)
		}
		if got := string(f.Bodies["html"]); got != canonical(m.HTML) {
			t.Errorf("%s: HTML %q, want %q", names[i], got, m.HTML)
		}
	}
}
