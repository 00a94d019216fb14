package delivery

import (
	"strings"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
	"epistle/internal/store"
)

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) read(b *store.Bulletin) *store.Bulletin {
	o.t.Helper()
	now, err := o.store.BulletinByID(o.t.Context(), b.ID)
	o.must(err)
	return now
}

func (o *office) change(query string, args ...any) {
	o.t.Helper()
	o.must(o.db.Write(o.t.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	}))
}

// TestAnOldCopyIsHeld starts a sender on a database that nobody worked on for
// longer than the limit of 6 hours, in every way that it may look.
func TestAnOldCopyIsHeld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(o *office, b *store.Bulletin)
		held    bool
	}{
		"worked on a while ago": {func(o *office, _ *store.Bulletin) {
			o.must(o.ledger.Seen(t.Context()))
			o.clock.advance(5 * time.Hour)
		}, false},
		"worked on too long ago": {func(o *office, _ *store.Bulletin) {
			o.must(o.ledger.Seen(t.Context()))
			o.clock.advance(6*time.Hour + time.Minute)
		}, true},
		"a reader left on the copy": {func(o *office, _ *store.Bulletin) {
			o.must(o.ledger.Freeze(t.Context(), 1))
			o.must(o.ledger.Seen(t.Context()))
			o.clock.advance(7 * time.Hour)
			_, err := o.audience.Leave(t.Context(), 2, o.newsletter.ID, "page", "reader")
			o.must(err)
		}, true},
		"its deliveries lay still while a sender was at work": {func(o *office, _ *store.Bulletin) {
			o.must(o.ledger.Freeze(t.Context(), 1))
			o.clock.advance(20 * time.Hour)
			o.must(o.ledger.Seen(t.Context()))
			o.clock.advance(time.Hour)
		}, false},
		"begun and never worked on": {func(o *office, _ *store.Bulletin) { o.clock.advance(7 * time.Hour) }, true},
		"a person let it go on just now": {func(o *office, b *store.Bulletin) {
			o.must(o.ledger.Seen(t.Context()))
			o.clock.advance(7 * time.Hour)
			o.move(b, newsletter.BulletinPaused)
			o.move(b, newsletter.BulletinSending)
		}, false},
		"a pause that would end by itself": {func(o *office, b *store.Bulletin) {
			o.must(o.store.PauseBulletin(t.Context(), b.ID, "421", o.clock.now().Add(time.Minute), systemActor))
			o.must(o.ledger.Seen(t.Context()))
			o.clock.advance(7 * time.Hour)
		}, true},
		"from before senders wrote that they are at work, with a delivery of late": {func(o *office, _ *store.Bulletin) {
			o.must(o.ledger.Freeze(t.Context(), 1))
			o.clock.advance(7 * time.Hour)
			o.change(`UPDATE deliveries SET state = 3, at = $1 WHERE subscriber_id = 1`, o.clock.now().Add(-time.Hour).UnixMilli())
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, smtptest.Options{})
			o.crowd(3)
			b := o.leaving()
			c.prepare(o, b)
			s := o.start(1)
			if !c.held {
				s.await(t, 1, "bulletin sent")
				return
			}
			s.await(t, 1, "a bulletin is held")
			s.stop()
			now := o.read(b)
			if now.State != newsletter.BulletinPaused || !now.Guarded || !strings.Contains(now.Note, "restored or copied") {
				t.Fatalf("the bulletin is %+v", now)
			}
			if n := len(o.server.Accepted()); n != 0 {
				t.Fatalf("%d messages left", n)
			}
			// It stays so for the next sender, until a person lets it go on.
			again := o.start(1)
			o.clock.advance(time.Second)
			again.stop()
			if now = o.read(b); now.State != newsletter.BulletinPaused || !now.Guarded {
				t.Fatalf("after another start the bulletin is %+v", now)
			}
			o.move(b, newsletter.BulletinSending)
			o.sendAll(1)
			if now = o.read(b); now.Guarded || len(o.server.Accepted()) == 0 {
				t.Errorf("it did not go on: %+v", now)
			}
		})
	}
}
