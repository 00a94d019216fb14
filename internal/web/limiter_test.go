package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

// tick is a clock that the test moves.
type tick struct{ time.Time }

func (t *tick) now() time.Time { return t.Time }

func newTick() *tick { return &tick{time.Unix(1_800_000_000, 0)} }

func TestLimiterGivesABurstAndThenOneEachTime(t *testing.T) {
	t.Parallel()
	clock := newTick()
	l := NewLimiter(3, time.Minute, clock.now)
	for i := range 3 {
		if wait := l.Take("a"); wait != 0 {
			t.Errorf("number %d has to wait %v", i+1, wait)
		}
	}
	// A refusal costs nothing: the wait does not grow with impatience.
	for range 5 {
		if wait := l.Take("a"); wait != time.Minute {
			t.Errorf("the fourth has to wait %v, want a minute", wait)
		}
	}
	if wait := l.Take("b"); wait != 0 {
		t.Errorf("another key has to wait %v", wait)
	}
	clock.Time = clock.Add(time.Minute)
	if l.Take("a") != 0 || l.Take("a") == 0 {
		t.Error("a minute did not bring one more, and one only")
	}
	clock.Time = clock.Add(time.Hour)
	for range 3 {
		if wait := l.Take("a"); wait != 0 {
			t.Errorf("the bucket is not full after an hour: %v", wait)
		}
	}
}

func TestLimiterForgetsWhoWasQuietLongest(t *testing.T) {
	t.Parallel()
	l := NewLimiter(1, time.Hour, newTick().now)
	l.keys = 10
	for i := range 10 {
		l.Take(fmt.Sprint(i))
	}
	l.Take("0") // refused, but heard of
	l.Take("new")
	if len(l.buckets) != 10 || l.recent.Len() != 10 {
		t.Errorf("%d keys in %d places, want 10", len(l.buckets), l.recent.Len())
	}
	if l.Take("0") == 0 {
		t.Error("the key that was just heard of was forgotten")
	}
	if l.Take("1") != 0 {
		t.Error("the key that was quiet longest was kept")
	}
}

func TestNetworkIsWhatOneVisitorHas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.7":             "192.0.2.7/32",
		"::ffff:192.0.2.7":      "192.0.2.7/32",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1::/56",
		"2001:db8:1:ff:ffff::1": "2001:db8:1::/56",
		"2001:db8:1:100::1":     "2001:db8:1:100::/56",
		"fe80::1%eth0":          "fe80::/56",
		"0.0.0.0":               "0.0.0.0/32",
	} {
		if got := Network(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	if got := Network(netip.Addr{}); got != "unknown" {
		t.Errorf("nobody: %s", got)
	}
}

func TestLimitedAnswersWithAPageAndWhenToComeBack(t *testing.T) {
	t.Parallel()
	k := New(Options{})
	l := NewLimiter(1, 90*time.Second, newTick().now)
	h := k.Protect(k.Handle(k.Limited(l, func(w http.ResponseWriter, _ *http.Request) error { return Write(w, PlainText, "done") })))
	var last *httptest.ResponseRecorder
	for _, want := range []int{200, 429} {
		last = httptest.NewRecorder()
		h.ServeHTTP(last, httptest.NewRequest("POST", "/", nil))
		if last.Code != want {
			t.Errorf("status %d, want %d", last.Code, want)
		}
	}
	if last.Header().Get("Retry-After") != "90" || !contains(last, "<h1>One thing after another, please</h1>") {
		t.Errorf("Retry-After %q: %s", last.Header().Get("Retry-After"), last.Body)
	}
	other := httptest.NewRequest("POST", "/", nil)
	other.RemoteAddr = "[2001:db8::1]:4000"
	rec := httptest.NewRecorder()
	if h.ServeHTTP(rec, other); rec.Code != 200 {
		t.Errorf("another network gets status %d", rec.Code)
	}
	if got := retryAfter(1500 * time.Millisecond); got != "2" {
		t.Errorf("a second and a half is %s seconds", got)
	}
	if got := Status(TooMany(time.Second)); got != 429 || newsletter.KindOf(TooMany(1)) != newsletter.Failed {
		t.Errorf("status %d", got)
	}
}
