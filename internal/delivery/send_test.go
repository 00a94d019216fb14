package delivery

import (
	"path/filepath"
	"strings"
	"testing"

	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

func TestEveryReaderGetsExactlyOneMessage(t *testing.T) {
	t.Parallel()
	const readers = 620 // more than one chunk
	o := newOffice(t, smtptest.Options{})
	o.crowd(readers)
	b := o.leaving()
	o.sendAll(4)

	o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers})
	if state := o.state(b).State; state != newsletter.BulletinSent {
		t.Errorf("the bulletin is %s", state)
	}
	taken, ids, senders := o.accepted(), map[string]bool{}, map[string]bool{}
	for i := 1; i <= readers; i++ {
		got := taken[reader(i)]
		if len(got) != 1 || len(got[0].To) != 1 {
			t.Fatalf("%s got %d messages", reader(i), len(got))
		}
		ids[parse(t, got[0]).Header.Get("Message-ID")] = true
		senders[got[0].From] = true
		local, domain, _ := strings.Cut(got[0].From, "@")
		bulletin, subscriber, err := o.secrets.VERP.ParseVERP(local)
		if err != nil || bulletin != b.ID || subscriber != int64(i) || domain != "bounces.lantern.example.org" {
			t.Fatalf("the envelope sender of %s is %s (%v)", reader(i), got[0].From, err)
		}
	}
	if len(ids) != readers || len(senders) != readers {
		t.Errorf("%d readers have %d Message-IDs and %d envelope senders", readers, len(ids), len(senders))
	}
	if most := o.server.MostOpen(); most > 4 {
		t.Errorf("%d connections were open at once, 4 are allowed", most)
	}
	if n := o.server.Connections(); n > 4 {
		t.Errorf("%d connections were made, they are not reused", n)
	}
	o.server.WaitClosed()
}

func TestASecondDatabaseHasOtherMessageIDs(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for range 2 {
		o := newOffice(t, smtptest.Options{})
		o.crowd(2)
		o.leaving()
		o.sendAll(1)
		for _, m := range o.server.Accepted() {
			ids[parse(t, m).Header.Get("Message-ID")] = true
		}
	}
	if len(ids) != 4 {
		t.Errorf("two databases with the same numbers have %d different Message-IDs, want 4", len(ids))
	}
}

func TestTheHeaderOfABulletin(t *testing.T) {
	t.Parallel()
	key := filepath.Join(t.TempDir(), "dkim.pem")
	if err := message.GenerateRSA(key, 2048); err != nil {
		t.Fatal(err)
	}
	signer, err := message.LoadSigner("lantern.example.org", "lamp", key)
	if err != nil {
		t.Fatal(err)
	}
	common := map[string]string{
		"From":     `The Weekly Lantern <bulletin@lantern.example.org>`,
		"Reply-To": `Lantern editors <editors@lantern.example.org>`,
		"To":       reader(1), "Subject": "The Weekly Lantern",
		"Date":           "Fri, 12 Mar 2027 08:00:00 +0000",
		"List-Id":        `The Weekly Lantern <weekly.lantern.example.org>`,
		"List-Help":      "<mailto:help@lantern.example.org>",
		"List-Post":      "NO",
		"Auto-Submitted": "", "Precedence": "",
	}
	for name, c := range map[string]struct {
		links Links
		want  map[string]string // a prefix of the value; "" for absent
		from  string            // of the envelope, its end
	}{
		"https offers one click": {Links{PublicURL: httpsURL}, map[string]string{
			"List-Unsubscribe": "<" + httpsURL + "/u/", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "List-Archive": "<" + httpsURL + "/v/",
		}, "@bounces.lantern.example.org"},
		"http offers no link to programs": {Links{PublicURL: "http://lantern.example.org"}, map[string]string{
			"List-Unsubscribe": "", "List-Unsubscribe-Post": "", "List-Archive": "<http://lantern.example.org/v/",
		}, "@bounces.lantern.example.org"},
		"an intake offers mailto": {Links{PublicURL: "http://lantern.example.org", UnsubscribeMailbox: "leave"}, map[string]string{
			"List-Unsubscribe": "<mailto:leave+b-", "List-Unsubscribe-Post": "",
		}, "@bounces.lantern.example.org"},
		"a fixed envelope": {Links{PublicURL: httpsURL, FixedEnvelope: true}, map[string]string{
			"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		}, "bulletin@lantern.example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, smtptest.Options{}, func(n *newsletter.Newsletter) { n.TimeZone = "Europe/London" })
			o.links, o.signers = c.links, []*message.Signer{signer}
			o.crowd(1)
			o.leaving()
			o.sendAll(1)
			taken := o.server.Accepted()[0]
			header := parse(t, taken).Header
			for _, list := range []map[string]string{common, c.want} {
				for field, want := range list {
					got := header.Get(field)
					if !strings.HasPrefix(got, want) || want == "" && got != "" {
						t.Errorf("%s: %q, want %q", field, got, want)
					}
				}
			}
			if header.Get("Dkim-Signature") == "" || header.Get("Feedback-Id") == "" || !strings.HasSuffix(header.Get("Message-Id"), "@lantern.example.org>") {
				t.Errorf("signature, Feedback-ID or Message-ID is missing: %v", header)
			}
			if !strings.HasSuffix(taken.From, c.from) {
				t.Errorf("the envelope sender is %s, want …%s", taken.From, c.from)
			}
		})
	}
}
