package inbound_test

import (
	"context"
	"strings"
	"testing"

	"epistle/internal/database"
	"epistle/internal/inbound"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
)

func TestDoorPutsOffWhatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	signed := w.verp(w.sent(w.weekly), 1)
	room := func(from, to string) bool {
		ok, err := w.Door().Room(t.Context(), from, to)
		w.must(err)
		return ok
	}
	leave := "leave@" + w.weekly.BounceDomain()
	waiting := func(n int, size int64) {
		w.exec(`DELETE FROM inbound`)
		w.exec(`WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO inbound (identity, source, received_at, size, enveloped, state) SELECT printf('%064d', i), 'test', 1, $2, 0, 'person' FROM n`, n, size)
	}
	for name, c := range map[string]struct {
		messages                int
		size                    int64
		fromSome, fromNone, own bool
	}{
		"a few":            {10, 1000, true, true, true},
		"many":             {inbound.BacklogMessages, 10, false, true, true},
		"too many":         {2 * inbound.BacklogMessages, 10, false, false, true},
		"large ones":       {inbound.BacklogBytes >> 22, 100 << 20, false, true, true},
		"too large by now": {inbound.BacklogBytes >> 21, 100 << 20, false, false, true},
	} {
		waiting(c.messages, c.size)
		if a, b, own := room("keeper@harbour.example", leave), room("", leave), room("keeper@harbour.example", signed); a != c.fromSome || b != c.fromNone || own != c.own {
			t.Errorf("%s: from somebody %v, from nobody %v, to a signed address %v", name, a, b, own)
		}
	}
}

func TestForgedAddressesAreCountedAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	door := w.Door()
	forged := strings.Replace(w.verp(w.sent(w.weekly), 1), "b-", "b-a", 1)
	for _, to := range []string{forged, forged, "nobody@" + w.weekly.BounceDomain()} {
		if known, err := door.Known(t.Context(), to); known || err != nil {
			t.Errorf("%s: %v, %v", to, known, err)
		}
	}
	ended, stop := context.WithCancel(t.Context())
	stop()
	w.must(w.Run(ended)) // it writes the count before it ends
	refused, _, err := w.store.Forged(t.Context(), w.store.Now().AddDate(0, 0, -1))
	if err != nil || refused != 2 {
		t.Errorf("%d are counted, %v", refused, err)
	}
}

func TestMessageIDOfANoticeProvesWhoseItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.write(func(tx *database.Tx) error {
		_, err := w.ledger.AddNoticeTx(tx, &ledger.Notice{
			Key: "confirm/1", Kind: "confirm", NewsletterID: w.weekly.ID, Email: "r1@harbour.example", SubscriberID: 1, MadeBy: "test",
			Letter: &newsletter.Letter{Language: "en", Subject: "Words", Heading: "Words"},
		})
		return err
	})
	w.exec(`UPDATE notices SET state = 3`)
	report := func(reader string) string {
		id := w.secrets.MessageID.MessageID("notice", 1, 0) + "@lantern.example"
		return strings.Replace(w.dsn("weekly@lantern.example", reader, "failed", "5.1.1", "550 5.1.1 user unknown"),
			"\n--b1--", "\n--b1\nContent-Type: text/rfc822-headers\n\nFrom: weekly@lantern.example\nMessage-ID: <"+id+">\nSubject: Words\n--b1--", 1)
	}
	if m := w.take(report("r2@harbour.example")); m.Verified || w.standing(w.weekly, 2) != "active" {
		t.Errorf("a notice to somebody else proves something: %+v", m)
	}
	m := w.take(report("r1@harbour.example"))
	if !m.Verified || m.NoticeID != 1 || m.FoundBy != "message-id" || w.standing(w.weekly, 1) != "suspended" {
		t.Errorf("%+v; the subscription is %s", m, w.standing(w.weekly, 1))
	}
	if state := w.word(`SELECT state FROM notices`); state != "4" {
		t.Errorf("the notice is in state %s", state)
	}
}

func TestErasureFindsEverybodyAMessageNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	both := strings.Replace(w.dsn("weekly@lantern.example", "x@elsewhere.example", "failed", "5.1.1", "550 5.1.1 user unknown"),
		"\n--b1--", "\n\nFinal-Recipient: rfc822; r2@harbour.example\nAction: failed\nStatus: 5.1.1\n--b1--", 1)
	if m := w.take(both); len(m.Recipients) != 2 {
		t.Fatalf("%+v", m.Recipients)
	}
	w.exec(`DELETE FROM inbound_raw`)
	w.must(w.store.EraseInboundRaw(t.Context(), "r2@harbour.example", 10))
	if left := w.word(`SELECT recipients FROM inbound`); left != "[]" {
		t.Error(left)
	}
}
