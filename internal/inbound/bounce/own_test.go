package bounce

import (
	"errors"
	"strings"
	"testing"
	"time"

	"epistle/internal/token"
)

func TestVERPNamesTheSubscriber(t *testing.T) {
	t.Parallel()
	k := keyring(t, 1)
	r := New(options(t))
	local := k.VERP(12, 345)
	want := Identity{Bulletin: 12, Subscriber: 345}
	to := func(address string) string {
		return strings.Replace(report("5.1.1", "550 user unknown"), "To: x@lantern.example", "To: "+address, 1)
	}
	for name, raw := range map[string]string{
		"in To":                         to(local + "@" + ours),
		"in upper case":                 to(strings.ToUpper(local) + "@" + strings.ToUpper(ours)),
		"at a domain of before":         to(local + "@post.lantern.example"),
		"with a BATV tag":               to("prvs=0123456789=" + local + "@" + ours),
		"in Delivered-To":               "Delivered-To: " + local + "@" + ours + "\n" + report("5.1.1", "550 user unknown"),
		"in the returned Return-Path":   strings.Replace(report("5.1.1", "550 user unknown"), "Received: from post", "Return-Path: <"+local+"@"+ours+">\nReceived: from post", 1),
		"in a report that names nobody": "Return-Path: <>\nTo: " + local + "@" + ours + "\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\nIt could not be delivered: user unknown.\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := only(t, read(t, r, raw))
			if !got.Verified || got.Identity != want || got.Source != FromVERP || !got.Hard || got.Class != UnknownUser {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("the envelope outweighs the header", func(t *testing.T) {
		t.Parallel()
		got, err := r.Read(strings.NewReader(to(k.VERP(1, 1)+"@"+ours)), Envelope{Known: true, To: []string{local + "@" + ours}})
		if err != nil || only(t, got).Identity != want || !got.NullSender {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestForgedTokensAreCountedAndProveNothing(t *testing.T) {
	t.Parallel()
	forged := keyring(t, 2).VERP(12, 345)
	raw := "Delivered-To: " + forged + "@" + ours + "\n" + report("5.1.1", "550 user unknown")
	got := read(t, New(options(t)), raw)
	if p := only(t, got); p.Verified || p.Source != FromFinal || got.ForgedTokens != 1 {
		t.Errorf("%d forged, %+v", got.ForgedTokens, p)
	}
	elsewhere := strings.ReplaceAll(raw, ours, "other.example")
	if got := read(t, New(options(t)), elsewhere); got.ForgedTokens != 0 {
		t.Error("an address of another domain counts as forged")
	}
}

func TestListUnsubscribeOfTheReturnedMessage(t *testing.T) {
	t.Parallel()
	tok := keyring(t, 1).Sign(token.Unsubscribe, token.Claims{Newsletter: 3, Bulletin: 12, Subscriber: 345}, time.Time{})
	for name, value := range map[string]string{
		"a URL": "<https://lantern.example/u/" + tok + ">, <mailto:leave@lantern.example>", "folded": "<https://lantern.example/u/\n " + tok + ">",
		"mailto": "<mailto:leave+" + tok + "@" + ours + ">", "subject": "<mailto:leave@lantern.example?subject=leave%20" + tok + ">",
	} {
		raw := strings.Replace(report("5.1.1", "550 user unknown"), "Received: from post", "List-Unsubscribe: "+value+"\nReceived: from post", 1)
		got := only(t, read(t, New(options(t)), raw))
		if !got.Verified || got.Source != FromToken || got.Identity != (Identity{3, 12, 345}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	expired := keyring(t, 1).Sign(token.Unsubscribe, token.Claims{Subscriber: 345}, noon.Add(-time.Hour))
	raw := strings.Replace(report("5.1.1", "550 no"), "Received: from post", "List-Unsubscribe: <https://lantern.example/u/"+expired+">\nReceived: from post", 1)
	if got := read(t, New(options(t)), raw); only(t, got).Verified || got.ForgedTokens != 1 {
		t.Errorf("an expired token: %+v", got)
	}
}

func TestTwoProofsOfOnePersonAddUp(t *testing.T) {
	t.Parallel()
	k := keyring(t, 1)
	raw := func(subscriber int64) string {
		tok := k.Sign(token.Unsubscribe, token.Claims{Newsletter: 3, Subscriber: subscriber}, time.Time{})
		return "Delivered-To: " + k.VERP(12, 345) + "@" + ours + "\n" +
			strings.Replace(report("5.1.1", "550 no"), "Received: from post", "List-Unsubscribe: <https://lantern.example/u/"+tok+">\nReceived: from post", 1)
	}
	if got := only(t, read(t, New(options(t)), raw(345))); got.Identity != (Identity{3, 12, 345}) {
		t.Errorf("%+v", got.Identity)
	}
	if got := only(t, read(t, New(options(t)), raw(999))); got.Identity != (Identity{0, 12, 345}) {
		t.Errorf("a token of somebody else is mixed in: %+v", got.Identity)
	}
}

func TestWithoutKeysNothingIsProved(t *testing.T) {
	t.Parallel()
	r := New(Options{Domains: []string{ours}})
	if got := only(t, read(t, r, "Delivered-To: "+keyring(t, 1).VERP(1, 2)+"@"+ours+"\n"+report("5.1.1", "550 no"))); got.Verified {
		t.Errorf("%+v", got)
	}
}

func TestReadGivesBackTheErrorOfReading(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	_, err := New(options(t)).Read(failing{broken}, Envelope{})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
