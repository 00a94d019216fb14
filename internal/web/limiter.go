package web

import (
	"container/list"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter bounds how often something may happen for each key, such as a visitor's
// network: every key has a bucket of tokens that fills again with time. Its memory
// is bounded too: with more keys than it holds, the one that was quiet longest is
// forgotten, and with it what it had used up. It is safe for concurrent use.
//
// What it knows ends with the process. A limit that must outlive a restart is
// counted in rows of the database.
type Limiter struct {
	every time.Duration
	burst int
	keys  int
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]*list.Element // of *bucket
	recent  *list.List               // the latest first
}

type bucket struct {
	key    string
	tokens *rate.Limiter
}

// LimiterKeys is how many keys a Limiter remembers; each takes some 300 bytes.
const LimiterKeys = 50_000

// NewLimiter lets a key do burst things at once and one more each time that every
// has passed. now is the clock; nil means time.Now.
func NewLimiter(burst int, every time.Duration, now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{every: every, burst: burst, keys: LimiterKeys, now: now, buckets: map[string]*list.Element{}, recent: list.New()}
}

// Take lets the key do one more thing and gives 0, or gives how long it must wait
// for that; a refusal costs the key nothing.
func (l *Limiter) Take(key string) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	r := l.of(key).tokens.ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// of gives the key's bucket, a full one for a key that is not known.
func (l *Limiter) of(key string) *bucket {
	if e, known := l.buckets[key]; known {
		l.recent.MoveToFront(e)
		return e.Value.(*bucket)
	}
	if len(l.buckets) >= l.keys {
		quiet := l.recent.Back()
		delete(l.buckets, l.recent.Remove(quiet).(*bucket).key)
	}
	b := &bucket{key: key, tokens: rate.NewLimiter(rate.Every(l.every), l.burst)}
	l.buckets[key] = l.recent.PushFront(b)
	return b
}

// Network is the key of a visitor's network: a whole IPv4 address, and of an IPv6
// address the first 56 bits, which is what many providers give to one household;
// with less, one visitor would have millions of keys.
func Network(addr netip.Addr) string {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 56
	}
	prefix, err := addr.Prefix(bits)
	if err != nil || !prefix.IsValid() {
		return "unknown" // all that cannot be told apart share one bucket
	}
	return prefix.String()
}

// TooMany is the error of a visitor who must wait (RFC 6585 §4).
func TooMany(wait time.Duration) error {
	return &Problem{Status: http.StatusTooManyRequests, RetryAfter: wait}
}

// Limited lets a visitor's network call h as often as the limiter allows, and
// answers with status 429 beyond that.
func (k *Kit) Limited(l *Limiter, h HandlerFunc) HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if wait := l.Take(Network(k.Client(r))); wait > 0 {
			return TooMany(wait)
		}
		return h(w, r)
	}
}

// retryAfter writes whole seconds, rounded up (RFC 9110 §10.2.3).
func retryAfter(wait time.Duration) string {
	return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
}
