package bounce

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"epistle/internal/token"
)

const ours = "bounces.lantern.example"

var noon = time.Date(2027, 3, 12, 12, 0, 0, 0, time.UTC)

func keyring(t testing.TB, secret byte) *token.Keyring {
	t.Helper()
	k, err := token.NewKeyring(token.Key{ID: 7, Secret: bytes.Repeat([]byte{secret}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// options are those of the Lantern Network's own intake.
func options(t testing.TB) Options {
	t.Helper()
	k := keyring(t, 1)
	return Options{
		Domains: []string{ours}, VERP: k.ParseVERP,
		Unsubscribe:          LinkTokens(k, func() time.Time { return noon }),
		UnsubscribeAddresses: []string{"leave"},
	}
}

func read(t testing.TB, r *Reader, raw string) *Report {
	t.Helper()
	report, err := r.Read(strings.NewReader(raw), Envelope{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// only gives the one recipient of a report.
func only(t *testing.T, r *Report) Recipient {
	t.Helper()
	if len(r.Recipients) != 1 {
		t.Fatalf("%s names %d recipients: %+v (%s)", r.Kind, len(r.Recipients), r.Recipients, r.NotIdentifiable)
	}
	return r.Recipients[0]
}

// returned is a bulletin as it comes back.
func returned(to string) string {
	return "Received: from post.lantern.example by mx.harbour.example; Fri, 12 Mar 2027 06:00:00 +0000\n" +
		"From: The Weekly Lantern <weekly@lantern.example>\nTo: " + to + "\n" +
		"Subject: Number 12\nMessage-ID: <abc12@lantern.example>\n\nThe lamps are lit.\n"
}

// report is a delivery report for machines about one recipient.
func report(status, diagnostic string) string {
	return "Return-Path: <>\nFrom: Mail Delivery <MAILER-DAEMON@mx.harbour.example>\nTo: x@lantern.example\nSubject: Undelivered\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\n\n" +
		"--b1\n\nA letter came back.\n--b1\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; mx.harbour.example\n\nFinal-Recipient: rfc822; keeper@harbour.example\nAction: failed\n" +
		"Status: " + status + "\nDiagnostic-Code: smtp; " + strings.ReplaceAll(diagnostic, "\n", "\n ") + "\n\n" +
		"--b1\nContent-Type: text/rfc822-headers\n\n" + returned("keeper@harbour.example") + "\n--b1--\n"
}
