package bounce

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

func complaint(fields, original string) string {
	return "From: feedback@harbour.example\nTo: abuse@lantern.example\nDate: Fri, 12 Mar 2027 06:00:00 +0000\nSubject: Feedback\nMIME-Version: 1.0\n" +
		"Content-Type: multipart/report; report-type=feedback-report; boundary=\"b1\"\n\n--b1\n\nSomebody has complained.\n--b1\n" +
		"Content-Type: message/feedback-report\n\n" + fields + "\n--b1\nContent-Type: message/rfc822\n\n" + original + "\n--b1--\n"
}

func TestComplaints(t *testing.T) {
	t.Parallel()
	k := keyring(t, 1)
	const abuse = "Feedback-Type: abuse\nUser-Agent: lamp/1\nVersion: 1\n"
	redacted := returned("undisclosed-recipients:;")
	for name, test := range map[string]struct {
		raw     string
		address string
		proved  bool
	}{
		"the recipient is named":         {complaint(abuse+"Original-Rcpt-To: <keeper@harbour.example>\n", redacted), keeper, false},
		"the sender's address is ours":   {complaint(abuse+"Original-Mail-From: <"+k.VERP(12, 345)+"@"+ours+">\n", redacted), "", true},
		"the returned message has a To":  {complaint(abuse, returned(keeper)), keeper, false},
		"nobody":                         {complaint(abuse, redacted), "", false},
		"Microsoft's old form":           {"From: staff@mail.example\nSubject: complaint about message from 192.0.2.1\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: <keeper@harbour.example>\n" + redacted + "\n--b--\n", keeper, false},
		"a folded field after the blank": {complaint(abuse+"\nRemoval-Recipient:\n keeper@harbour.example\n", redacted), keeper, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, New(options(t)), test.raw)
			if got.Kind != Complaint || got.Feedback != "abuse" {
				t.Fatalf("%s %q", got.Kind, got.Feedback)
			}
			if test.address == "" && !test.proved {
				if len(got.Recipients) != 0 || got.NotIdentifiable == "" {
					t.Errorf("%+v", got)
				}
				return
			}
			p := only(t, got)
			if p.Address != test.address || p.Verified != test.proved || p.Class != Complained || p.Hard {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestOtherFeedbackIsNoComplaint(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"not-spam", "virus", "auth-failure", "dmarc", "other", "unheard-of"} {
		got := read(t, New(options(t)), complaint("Feedback-Type: "+kind+"\nOriginal-Rcpt-To: keeper@harbour.example\n", returned(keeper)))
		if got.Kind != Other || len(got.Recipients) != 0 || got.NotIdentifiable == "" {
			t.Errorf("%s: %s %+v", kind, got.Kind, got.Recipients)
		}
	}
}

func TestCFBLIsBelievedOnlyWhenItsAuthorHasSigned(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	record := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
	o := options(t)
	o.LookupTXT = func(string) ([]string, error) { return []string{record}, nil }
	raw := complaint("Feedback-Type: abuse\nCFBL-Feedback-ID: lamp\n", returned(keeper))
	sign := func(domain string) string {
		var out bytes.Buffer
		err := dkim.Sign(&out, strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), &dkim.SignOptions{Domain: domain, Selector: "s", Signer: private, Hash: 5})
		if err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for name, test := range map[string]struct {
		raw     string
		aligned bool
		signers int
	}{
		"its author":            {sign("harbour.example"), true, 1},
		"with LF":               {strings.ReplaceAll(sign("harbour.example"), "\r", ""), true, 1},
		"somebody else":         {sign("other.example"), false, 1},
		"nobody":                {raw, false, 0},
		"another top level":     {sign("example"), false, 1},
		"its author, then bent": {strings.Replace(sign("harbour.example"), "lamp", "moth", 1), false, 0},
	} {
		got := read(t, New(o), test.raw)
		if !got.CFBL || got.Aligned != test.aligned || len(got.SignedBy) != test.signers || got.Kind != Complaint {
			t.Errorf("signed by %s: %s %v %v", name, got.Kind, got.Aligned, got.SignedBy)
		}
	}
}

func TestNotificationsOfSES(t *testing.T) {
	t.Parallel()
	const mail = `"mail":{"headers":[{"name":"Message-ID","value":"<abc12@lantern.example>"},{"name":"To","value":"keeper@harbour.example"}]}`
	bounced := func(kind, sub, more string) string {
		return `{"notificationType":"Bounce","bounce":{"bounceType":"` + kind + `","bounceSubType":"` + sub + `","bouncedRecipients":[{"emailAddress":"keeper@harbour.example"` + more + `}]},` + mail + `}`
	}
	for name, test := range map[string]struct {
		json string
		kind Kind
		want string
	}{
		"unknown user":     {bounced("Permanent", "General", `,"action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"`), Bounce, keeper + " unknown-user"},
		"no such mailbox":  {bounced("Permanent", "NoEmail", ""), Bounce, keeper + " unknown-user"},
		"full":             {bounced("Transient", "MailboxFull", ""), Bounce, keeper + " mailbox-full"},
		"too large":        {bounced("Transient", "MessageTooLarge", ""), Bounce, keeper + " too-big"},
		"content":          {bounced("Transient", "ContentRejected", ""), Bounce, keeper + " content-refused"},
		"transient":        {bounced("Transient", "General", ""), Bounce, keeper + " temporary"},
		"on their list":    {bounced("Permanent", "Suppressed", `,"status":"5.1.1"`), Bounce, keeper + " mailbox-disabled"},
		"undetermined":     {bounced("Undetermined", "Undetermined", ""), Bounce, keeper + " unknown"},
		"a complaint":      {`{"notificationType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"keeper@harbour.example"}],"complaintFeedbackType":"abuse"},` + mail + `}`, Complaint, keeper + " complaint"},
		"a delivery":       {`{"eventType":"Delivery","delivery":{"recipients":["keeper@harbour.example"],"smtpResponse":"250 ok"},` + mail + `}`, Delivered, keeper + " unknown"},
		"a delay":          {`{"eventType":"DeliveryDelay","deliveryDelay":{"delayType":"MailboxFull","delayedRecipients":[{"emailAddress":"keeper@harbour.example","status":"4.2.2"}]},` + mail + `}`, Delayed, keeper + " mailbox-full"},
		"something else":   {`{"notificationType":"Click"}`, Other, ""},
		"what is not JSON": {`{"notificationType":`, Other, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := "From: no-reply@sns.example\nSubject: Notification\n\n"
			wrapped := `{"Type":"Notification","Message":` + quoteJSON(test.json) + `}`
			for _, body := range []string{test.json, strings.Replace(test.json, `"notif`, "!\n \"notif", 1), test.json + "\n\n--\nTo stop these, write.\n", wrapped} {
				got := read(t, New(options(t)), head+body)
				if got.Kind != test.kind {
					t.Errorf("%s from %s", got.Kind, body)
				}
				same(t, got, test.want)
				if test.want != "" && got.ReturnedMessageID != "abc12@lantern.example" {
					t.Errorf("returned %q", got.ReturnedMessageID)
				}
			}
		})
	}
}

func quoteJSON(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) + `"`
}
