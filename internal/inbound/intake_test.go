package inbound_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"epistle/internal/inbound"
	"epistle/internal/inbound/bounce"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func TestSameMessageIsKeptOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
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
		fresh, err := w.Accept(t.Context(), "test", inbound.Envelope{}, strings.NewReader(c.message))
		if err != nil || fresh != c.fresh {
			t.Errorf("%s: fresh %v, %v; want %v", c.name, fresh, err, c.fresh)
		}
	}
	for _, want := range []int{2, 0} {
		if n, err := w.Work(t.Context()); err != nil || n != want {
			t.Errorf("worked on %d, %v; want %d", n, err, want)
		}
	}
}

// endless is a body that does not end by itself.
type endless struct{ left int64 }

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), e.left)
	for i := range b[:n] {
		b[i] = 'a' + byte(i%26)
	}
	e.left -= n
	return int(n), nil
}

func TestOfAHugeMessageOnlyTheBeginningIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.sent(w.weekly)
	head := w.bounced(b, 1, "5.1.1", "550 5.1.1 user unknown")
	body := io.MultiReader(strings.NewReader(head), &endless{left: 100 << 20})
	if _, err := w.Accept(t.Context(), "test", inbound.Envelope{}, body); err != nil {
		t.Fatal(err)
	}
	_, err := w.Work(t.Context())
	w.must(err)
	m, raw, err := w.store.InboundByID(t.Context(), 1)
	w.must(err)
	if !m.Cut || m.Size < 100<<20 || len(raw) != 4<<20 || w.standing(w.weekly, 1) != "suspended" {
		t.Errorf("%d bytes are kept of %+v", len(raw), m)
	}
}

func TestMessageThatBreaksOffIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 0)
	broken := errors.New("the line is dead")
	_, err := w.Accept(t.Context(), "test", inbound.Envelope{}, io.MultiReader(strings.NewReader("Subject: x\n"), &failing{broken}))
	if !errors.Is(err, broken) || w.word(`SELECT COUNT(*) FROM inbound`) != "0" {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func TestSeveralAtWorkActOnce(t *testing.T) {
	t.Parallel()
	const readers = 60
	w := newWorld(t, readers)
	b := w.sent(w.weekly)
	for i := range int64(readers) {
		_, err := w.Accept(t.Context(), "test", inbound.Envelope{}, strings.NewReader(w.bounced(b, i+1, "5.1.1", "550 user unknown")))
		w.must(err)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	worked := 0
	for range 4 {
		group.Go(func() {
			n, err := w.Work(t.Context())
			mu.Lock()
			defer mu.Unlock()
			if worked += n; err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if acts := w.word(`SELECT COUNT(*) FROM audit WHERE action = 'subscription.suspend'`); worked != readers || acts != fmt.Sprint(readers) {
		t.Errorf("worked on %d, %s suspended; want %d", worked, acts, readers)
	}
	w.balanced()
}

func TestMessageOnWhichNothingCanBeDoneBlocksNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	b := w.sent(w.weekly)
	// What makes the act fail: the database refuses to suspend the second reader.
	w.exec(`CREATE TRIGGER stubborn BEFORE UPDATE ON subscriptions WHEN OLD.subscriber_id = 2 BEGIN SELECT RAISE(ABORT, 'stubborn'); END`)
	for i := range int64(3) {
		_, err := w.Accept(t.Context(), "test", inbound.Envelope{}, strings.NewReader(w.bounced(b, i+1, "5.1.1", "550 user unknown")))
		w.must(err)
	}
	n, err := w.Work(t.Context())
	w.must(err)
	m, raw, err := w.store.InboundByID(t.Context(), 2)
	w.must(err)
	if n != 3 || m.State != store.InboundPerson || !strings.Contains(m.Reason, "stubborn") || len(raw) == 0 {
		t.Errorf("worked on %d: %+v", n, m)
	}
	if w.standing(w.weekly, 1) != "suspended" || w.standing(w.weekly, 3) != "suspended" || w.delivery(b, 2) != "sent" {
		t.Error("what failed is half done, or the others wait")
	}
}

func TestPileIsReadFromAFolderAsItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	b := w.sent(w.weekly)
	flat, maildir := t.TempDir(), t.TempDir()
	put := func(name, text string) {
		w.must(os.MkdirAll(filepath.Dir(name), 0o700))
		w.must(os.WriteFile(name, []byte(text), 0o600))
	}
	put(filepath.Join(flat, "1.eml"), w.bounced(b, 1, "5.1.1", "550 user unknown"))
	put(filepath.Join(flat, ".hidden"), "Subject: not this\n\n")
	put(filepath.Join(maildir, "new", "2"), w.bounced(b, 2, "5.1.1", "550 user unknown"))
	put(filepath.Join(maildir, "cur", "3:2,S"), w.bounced(b, 3, "5.2.2", "552 mailbox full"))
	put(filepath.Join(maildir, "tmp", "4"), w.bounced(b, 4, "5.1.1", "550 user unknown"))
	for dir, want := range map[string]string{flat: "map[unknown-user:1]", maildir: "map[mailbox-full:1 unknown-user:1]"} {
		items, err := inbound.Folder(dir)
		w.must(err)
		items = append(items, inbound.File(filepath.Join(dir, "missing")))
		done, err := w.Process(t.Context(), "test", slices.Values(items), nil)
		w.must(err)
		if fmt.Sprint(done.Classes) != want || done.Read != len(items)-1 || len(done.Failed) != 1 {
			t.Errorf("%+v, want %s", done, want)
		}
		again, err := w.Process(t.Context(), "test", slices.Values(items[:len(items)-1]), nil)
		if err != nil || again.Fresh != 0 || again.Known != len(items)-1 {
			t.Errorf("again: %+v, %v", again, err)
		}
	}
	if w.standing(w.weekly, 4) != "active" {
		t.Error("a message that is still being delivered was read")
	}
	if _, err := inbound.Folder(filepath.Join(flat, "nowhere")); newsletter.KindOf(err) != newsletter.Failed {
		t.Errorf("%v", err)
	}
}

func TestRunActsOnWhatIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.sent(w.weekly)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	_, err := w.Accept(t.Context(), "test", inbound.Envelope{}, strings.NewReader(w.bounced(b, 1, "5.1.1", "550 user unknown")))
	w.must(err)
	for w.standing(w.weekly, 1) != "suspended" { // a test that hangs is ended by its time-out
		runtime.Gosched()
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestBytesGoWhenTheyAreNotNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	b := w.sent(w.weekly)
	w.take(w.bounced(b, 1, "5.1.1", "550 user unknown"), w.human("r1@harbour.example", "weekly@lantern.example", "A question", "Who?"))
	w.clock.pass(inbound.RawFor)
	_, err := w.Work(t.Context())
	w.must(err)
	if got := w.word(`SELECT GROUP_CONCAT(inbound_id) FROM inbound_raw`); got != "2" {
		t.Errorf("the bytes of %s are kept, want those that a person has to decide", got)
	}
	_, err = w.Classify(t.Context(), 2, bounce.Automatic, "bea")
	w.must(err)
	w.clock.pass(inbound.RawFor)
	_, err = w.Work(t.Context())
	w.must(err)
	if got := w.word(`SELECT COUNT(*) FROM inbound_raw`); got != "0" {
		t.Errorf("the bytes of %s messages are kept", got)
	}
}

func TestErasureTakesWhatCameBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	b := w.sent(w.weekly)
	w.take(w.bounced(b, 1, "5.2.2", "552 r1@harbour.example is full"), w.bounced(b, 2, "5.2.2", "552 r2@harbour.example is full"),
		w.human("Somebody <R1@Harbour.example>", "weekly@lantern.example", "A question", "Who?"))
	_, err := w.people.Erase(t.Context(), mustParse(t, "r1@harbour.example"), "ana")
	w.must(err)
	list, err := w.store.ListInbound(t.Context(), store.InboundFilter{})
	w.must(err)
	if len(list) != 3 {
		t.Fatalf("%d messages", len(list))
	}
	for _, m := range list {
		_, raw, err := w.store.InboundByID(t.Context(), m.ID)
		w.must(err)
		if all := strings.ToLower(fmt.Sprintf("%+v", *m)); strings.Contains(all, "r1@") || bytes.Contains(bytes.ToLower(raw), []byte("r1@")) || (m.ID == 2) != (len(raw) > 0) {
			t.Errorf("%s, %d bytes", all, len(raw))
		}
	}
}

func TestPersonsWordActsAsAMessageDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		class    bounce.Class
		standing string
		delivery string
		state    store.InboundState
	}{
		"hard":             {bounce.UnknownUser, "suspended", "failed bounced: unknown user", store.InboundDone},
		"no second chance": {bounce.DomainGone, "suspended", "failed bounced: domain gone", store.InboundDone},
		"soft":             {bounce.MailboxFull, "active", "failed bounced: mailbox full", store.InboundDone},
		"the sender's":     {bounce.Policy, "active", "failed bounced: policy", store.InboundDone},
		"a complaint":      {bounce.Complained, "unsubscribed", "failed bounced: unknown", store.InboundDone},
		"leaving":          {bounce.Unsubscribed, "unsubscribed", "failed bounced: unknown", store.InboundDone},
		"put aside":        {bounce.Unknown, "active", "failed bounced: unknown", store.InboundDone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1)
			b := w.sent(w.weekly)
			w.take(w.bounced(b, 1, "5.0.0", "no"))
			m, err := w.Classify(t.Context(), 1, c.class, "bea")
			w.must(err)
			w.balanced()
			if got := w.delivery(b, 1); got != c.delivery || w.standing(w.weekly, 1) != c.standing || m.State != c.state || m.DecidedBy != "bea" {
				t.Errorf("the delivery is %q, the subscription %s, the message %+v", got, w.standing(w.weekly, 1), m)
			}
			if got := w.word(`SELECT actor || ' ' || detail FROM audit WHERE action = 'bounce.classify'`); got != "bea message 1: unknown → "+string(c.class) {
				t.Error(got)
			}
		})
	}
}
