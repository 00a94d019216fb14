package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/net/dns/dnsmessage"

	"epistle/data"
)

// patience bounds every wait; it is only met when something is broken.
const patience = 20 * time.Second

// scriptCommands are the words that scripts have beyond testscript's own.
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":    exits,
		"ports":    ports,
		"await":    await,
		"json":     jsonHas,
		"count":    count,
		"letter":   letter,
		"capture":  capture,
		"http":     request,
		"term":     term,
		"ready":    ready,
		"filled":   filled,
		"dns":      nameServer,
		"locked":   locked,
		"returned": returned,
	}
}

// scriptSetup gives every script its own world: no configuration of this machine,
// and the sample data in $DATA.
func scriptSetup(e *testscript.Env) error {
	e.Setenv("DATA", filepath.Join(e.WorkDir, ".data"))
	// The race detector by itself lets every process sleep for a second at its end.
	e.Setenv("GORACE", "atexit_sleep_ms=0")
	for name, content := range map[string][]byte{
		"newsletter.toml": data.Newsletter(), "subscribers.csv": data.Subscribers(),
	} {
		if err := writeFile(filepath.Join(e.WorkDir, ".data", name), content); err != nil {
			return err
		}
	}
	return os.CopyFS(filepath.Join(e.WorkDir, ".data", "bulletins"), os.DirFS("../../data/bulletins"))
}

// scriptCondition knows [root]: whether the tests run as the user who may read
// everything.
func scriptCondition(name string) (bool, error) {
	if name == "root" {
		return os.Geteuid() == 0, nil
	}
	return false, fmt.Errorf("the condition %q is not known", name)
}

func writeFile(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644)
}

// exits CODE COMMAND [ARG]…: runs a command that must end with exactly this code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG]…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// ports NAME…: puts an address on a free port of this machine into each variable.
// SMTP and WEB are also what the program is configured with.
func ports(ts *testscript.TestScript, _ bool, names []string) {
	for _, name := range names {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ts.Setenv(name, l.Addr().String())
		switch name {
		case "SMTP":
			ts.Setenv("EPISTLE_SMTP_HOST", "127.0.0.1")
			ts.Setenv("EPISTLE_SMTP_PORT", strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
			ts.Setenv("EPISTLE_SMTP_TLS", "none")
		case "WEB":
			ts.Setenv("EPISTLE_WEB_LISTEN", l.Addr().String())
			ts.Setenv("EPISTLE_WEB_PUBLIC_URL", "https://news.example.org")
		}
		ts.Check(l.Close())
	}
}

// await ADDRESS…: waits until programs in the background listen there.
func await(ts *testscript.TestScript, _ bool, addresses []string) {
	for _, address := range addresses {
		until(ts, address+" answers", func() bool {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				return false
			}
			return conn.Close() == nil
		})
	}
}

// until asks again and again whether something has come true.
func until(ts *testscript.TestScript, what string, true func() bool) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !true() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("waited %v in vain until %s", patience, what)
		}
	}
}

// ready PATTERN COMMAND [ARG]…: runs a command again and again until its output
// matches.
func ready(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: ready PATTERN COMMAND [ARG]…")
	}
	pattern, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	until(ts, args[0]+" is said", func() bool {
		_ = ts.Exec(args[1], args[2:]...) // it may fail until it is ready
		return pattern.MatchString(ts.ReadFile("stdout") + ts.ReadFile("stderr"))
	})
}

// json FILE|stdout [PATH=VALUE]…: demands one valid JSON value, without null lists
// or objects anywhere, and the given values in it; a path is made of keys and
// numbers, "states.sent=3"; "len" is the length of a list.
func jsonHas(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: json FILE|stdout [PATH=VALUE]…")
	}
	var root any
	decoder := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	decoder.UseNumber()
	if err := decoder.Decode(&root); err != nil {
		ts.Fatalf("%s is not JSON: %v", args[0], err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("%s holds more than one JSON value", args[0])
	}
	if where := null("", root); where != "" {
		ts.Fatalf("%s is null", where)
	}
	for _, arg := range args[1:] {
		path, want, ok := strings.Cut(arg, "=")
		if !ok {
			ts.Fatalf("%q is not PATH=VALUE", arg)
		}
		if got := fmt.Sprint(at(root, path)); got != want {
			ts.Fatalf("%s is %q, want %q", path, got, want)
		}
	}
}

func null(path string, v any) string {
	switch v := v.(type) {
	case nil:
		return "." + path
	case map[string]any:
		for k, inner := range v {
			if where := null(path+"."+k, inner); where != "" {
				return where
			}
		}
	case []any:
		for i, inner := range v {
			if where := null(fmt.Sprintf("%s.%d", path, i), inner); where != "" {
				return where
			}
		}
	}
	return ""
}

func at(v any, path string) any {
	for _, key := range strings.Split(path, ".") {
		switch node := v.(type) {
		case map[string]any:
			v = node[key]
		case []any:
			i, err := strconv.Atoi(key)
			switch {
			case key == "len":
				v = len(node)
			case err != nil || i < 0 || i >= len(node):
				return "(not there)"
			default:
				v = node[i]
			}
		default:
			return "(not there)"
		}
	}
	return v
}

// count N PATTERN: demands this many files.
func count(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: count N PATTERN")
	}
	files, err := filepath.Glob(ts.MkAbs(args[1]))
	ts.Check(err)
	if strconv.Itoa(len(files)) != args[0] {
		ts.Fatalf("%d files match %s, want %s", len(files), args[1], args[0])
	}
}

// letter DIR|FILE [ADDRESS]: writes the newest message to an address in a
// catcher's folder, or the message in a file, to stdout as a person would read it:
// every field of the header unfolded, then the plain text decoded.
func letter(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: letter DIR|FILE [ADDRESS]")
	}
	files := []string{ts.MkAbs(args[0])}
	if len(args) == 2 {
		var err error
		files, err = filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.eml"))
		ts.Check(err)
	}
	for i := len(files) - 1; i >= 0; i-- {
		raw, err := os.ReadFile(files[i])
		ts.Check(err)
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		ts.Check(err)
		if len(args) == 2 && !strings.Contains(m.Header.Get("To"), args[1]) {
			continue
		}
		ts.Check(readable(ts.Stdout(), m))
		return
	}
	ts.Fatalf("there is no such message among %d", len(files))
}

func readable(w io.Writer, m *mail.Message) error {
	for name, values := range m.Header {
		for _, v := range values {
			if decoded, err := new(mime.WordDecoder).DecodeHeader(v); err == nil {
				v = decoded
			}
			if _, err := fmt.Fprintf(w, "%s: %s\n", name, v); err != nil {
				return err
			}
		}
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return fmt.Errorf("the message is no multipart: %s, %w", kind, err)
	}
	p, err := multipart.NewReader(m.Body, params["boundary"]).NextRawPart()
	if err != nil {
		return err
	}
	var body io.Reader = p
	if strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(p)
	}
	_, err = io.Copy(w, body)
	return err
}

// capture NAME PATTERN: puts the first group of the match in stdout or stderr into
// a variable.
func capture(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: capture NAME PATTERN")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	for _, stream := range []string{"stdout", "stderr"} {
		if found := pattern.FindStringSubmatch(ts.ReadFile(stream)); len(found) > 1 {
			ts.Setenv(args[0], found[1])
			return
		}
	}
	ts.Fatalf("nothing matches %s", args[1])
}

// http METHOD URL [BODY [CONTENT-TYPE]]: makes one request, follows nothing, and
// writes status, header and body to stdout.
func request(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 || len(args) > 4 {
		ts.Fatalf("usage: http METHOD URL [BODY [CONTENT-TYPE]]")
	}
	body, kind := "", "application/x-www-form-urlencoded"
	if len(args) > 2 {
		body = args[2]
	}
	if len(args) > 3 {
		kind = args[3]
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, args[0], args[1], strings.NewReader(body))
	ts.Check(err)
	if body != "" {
		r.Header.Set("Content-Type", kind)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	ts.Check(err)
	defer response.Body.Close()
	_, err = fmt.Fprintf(ts.Stdout(), "%s\n", response.Status)
	ts.Check(err)
	ts.Check(response.Header.Write(ts.Stdout()))
	_, err = io.Copy(ts.Stdout(), response.Body)
	ts.Check(err)
}

// term VERB: sends SIGTERM to the program in the background that runs this command.
func term(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: term VERB")
	}
	for _, cmd := range ts.BackgroundCmds() {
		if len(cmd.Args) > 1 && cmd.Args[1] == args[0] {
			ts.Check(cmd.Process.Signal(syscall.SIGTERM))
			return
		}
	}
	ts.Fatalf("no %s runs in the background", args[0])
}

// filled FILE BYTES TEXT: writes a file of this size, made of a text again and again.
func filled(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: filled FILE BYTES TEXT")
	}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	text := strings.Repeat(args[2], size/len(args[2])+1)
	ts.Check(writeFile(ts.MkAbs(args[0]), []byte(text[:size])))
}

// locked FILE: waits until another process holds the lock on a file.
func locked(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: locked FILE")
	}
	until(ts, args[0]+" is locked", func() bool {
		lock := flock.New(ts.MkAbs(args[0]))
		free, err := lock.TryLock()
		ts.Check(errors.Join(err, lock.Close()))
		return !free
	})
}

// dns FILE: starts a name server that knows the records in a file of JSON, as
// `dkim new --json` writes them, and lets the program ask it.
func nameServer(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: dns FILE")
	}
	var records []struct{ Name, Value string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &records))
	known := map[string]string{}
	for _, r := range records {
		known[r.Name+"."] = r.Value
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { ts.Check(conn.Close()) })
	ts.Setenv("EPISTLE_DNS_RESOLVER", conn.LocalAddr().String())
	go func() {
		question := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return // closed
			}
			if answer, err := answerTXT(question[:n], known); err == nil {
				_, _ = conn.WriteTo(answer, from) // without an answer the program asks again
			}
		}
	}()
}

// answerTXT answers one question for a TXT record.
func answerTXT(question []byte, known map[string]string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(question); err != nil {
		return nil, err
	}
	m.Response, m.Additionals = true, nil
	value, ok := known[m.Questions[0].Name.String()]
	if !ok || m.Questions[0].Type != dnsmessage.TypeTXT {
		m.RCode = dnsmessage.RCodeNameError
		return m.Pack()
	}
	var parts []string
	for len(value) > 255 { // RFC 1035 §3.3
		parts, value = append(parts, value[:255]), value[255:]
	}
	m.Answers = []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET, TTL: 60},
		Body:   &dnsmessage.TXTResource{TXT: append(parts, value)},
	}}
	return m.Pack()
}
