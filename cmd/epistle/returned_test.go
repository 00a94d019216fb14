package main

import (
	"bytes"
	"fmt"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// original is a message that was sent, as far as what comes back of it repeats it.
type original struct {
	envelope, to, head string
	leave              string // the address in List-Unsubscribe
}

// dsn is a report of RFC 3464 that says so of it.
func (m original) dsn(id, action, status, words string) string {
	return "Return-Path: <>\nFrom: MAILER-DAEMON@mx.harbour.example\nTo: " + m.envelope + "\nSubject: Undelivered Mail Returned to Sender\nMessage-ID: <" + id + "@mx.harbour.example>\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b1\n\n--b1\n\nThe mail could not be delivered.\n--b1\n" +
		"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.harbour.example\n\nFinal-Recipient: rfc822; " + m.to +
		"\nAction: " + action + "\nStatus: " + status + "\nDiagnostic-Code: smtp; " + words + "\n--b1\nContent-Type: text/rfc822-headers\n\n" + m.head + "\n--b1--\n"
}

// complaint is a report of RFC 5965 from which the operator took the address.
func (m original) complaint(id string) string {
	return "From: feedback@harbour.example\nTo: abuse@news.example.org\nSubject: complaint\nMessage-ID: <" + id + "@harbour.example>\n" +
		"Content-Type: multipart/report; report-type=feedback-report; boundary=b1\n\n--b1\n\nA complaint.\n--b1\nContent-Type: message/feedback-report\n\n" +
		"Feedback-Type: abuse\nUser-Agent: harbour/1\nVersion: 1\n--b1\nContent-Type: message/rfc822\n\n" +
		strings.ReplaceAll(m.head, m.to, "(hidden)") + "\n\nWords\n--b1--\n"
}

func (m original) human(id, to, subject, head, text string) string {
	return head + "Return-Path: <" + m.to + ">\nFrom: " + m.to + "\nTo: " + to + "\nSubject: " + subject + "\nMessage-ID: <" + id + "@harbour.example>\n\n" + text + "\n"
}

// returned FILE DIR ADDRESS WHAT [STATUS WORDS]: writes what comes back of the
// newest message to an address in a catcher's folder: failed, delayed or delivered
// (with the server's words), complaint, vacation, leave (a mail to the address in
// List-Unsubscribe) or question.
func returned(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 4 {
		ts.Fatalf("usage: returned FILE DIR ADDRESS WHAT [STATUS WORDS]")
	}
	m, err := newestTo(ts.MkAbs(args[1]), args[2])
	ts.Check(err)
	id := strings.NewReplacer("/", ".", "@", ".").Replace(args[0])
	text := ""
	switch what := args[3]; what {
	case "failed", "delayed", "delivered":
		if len(args) < 6 {
			ts.Fatalf("%s needs a status and words", what)
		}
		text = m.dsn(id, what, args[4], strings.Join(args[5:], " "))
	case "complaint":
		text = m.complaint(id)
	case "vacation":
		text = m.human(id, m.envelope, "Out of office", "Auto-Submitted: auto-replied\n", "I am away.")
	case "leave":
		if m.leave == "" {
			ts.Fatalf("the message names no address to leave by:\n%s", m.head)
		}
		text = m.human(id, m.leave, "unsubscribe", "", "")
	case "question":
		text = m.human(id, "bulletin@news.example.org", "A question", "", "When is the next meeting?")
	default:
		ts.Fatalf("%q is not what can come back", what)
	}
	ts.Check(writeFile(ts.MkAbs(args[0]), []byte(text)))
}

func newestTo(dir, address string) (m original, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.eml"))
	if err != nil {
		return m, err
	}
	for i := len(files) - 1; i >= 0; i-- {
		raw, err := os.ReadFile(files[i])
		if err != nil {
			return m, err
		}
		if m, err = originalOf(raw); err != nil {
			return m, err
		}
		if m.to == address {
			return m, nil
		}
	}
	return m, fmt.Errorf("nothing was sent to %s", address)
}

// originalOf reads a message as a catcher keeps it.
func originalOf(raw []byte) (m original, err error) {
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m, err
	}
	to, err := mail.ParseAddress(parsed.Header.Get("To"))
	if err != nil {
		return m, err
	}
	head, _, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
	m = original{envelope: strings.Trim(parsed.Header.Get("Return-Path"), "<>"), to: to.Address, head: head}
	for _, way := range strings.Split(parsed.Header.Get("List-Unsubscribe"), ",") {
		if u, err := url.Parse(strings.Trim(way, " <>")); err == nil && u.Scheme == "mailto" {
			m.leave = u.Opaque
		}
	}
	return m, nil
}
