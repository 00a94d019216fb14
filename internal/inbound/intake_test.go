package inbound_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"epistle/internal/audience"
	"epistle/internal/database/databasetest"
	"epistle/internal/inbound"
	"epistle/internal/ledger"
	"epistle/internal/store"
)

func TestSameMessageIsKeptOnce(t *testing.T) {
	t.Parallel()
	db := databasetest.New(t)
	now := func() time.Time { return time.Date(2027, 3, 12, 9, 0, 0, 0, time.UTC) }
	s := store.New(db, now)
	l := ledger.New(db, now, slog.New(slog.DiscardHandler))
	secrets, err := s.Secrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := inbound.New(inbound.Options{Store: s, Ledger: l, Audience: audience.New(s, l, secrets.Address), Log: slog.New(slog.DiscardHandler)})
	const message = "From: ana@example.com\nTo: leave@example.org\nSubject: hello\nMessage-ID: <1@example.com>\n\nWords.\n"
	for _, c := range []struct {
		name, message string
		fresh         bool
	}{
		{"the first time", message, true},
		{"again", message, false},
		{"by another way", "Received: from a by b\r\n" + strings.ReplaceAll(message, "\n", "\r\n"), false},
		{"another one", strings.Replace(message, "Words", "More words", 1), true},
	} {
		fresh, err := i.Accept(t.Context(), "test", inbound.Envelope{}, strings.NewReader(c.message))
		if err != nil || fresh != c.fresh {
			t.Errorf("%s: fresh %v, %v; want %v", c.name, fresh, err, c.fresh)
		}
	}
	for _, want := range []int{2, 0} {
		if n, err := i.Work(t.Context()); err != nil || n != want {
			t.Errorf("worked on %d, %v; want %d", n, err, want)
		}
	}
}
