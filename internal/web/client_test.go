package web

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func contains(rec *httptest.ResponseRecorder, text string) bool {
	return strings.Contains(rec.Body.String(), text)
}

func proxies(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func TestClientIsTheLastHopThatNoTrustedProxyWrote(t *testing.T) {
	t.Parallel()
	trusted := proxies("127.0.0.1/32", "10.0.0.0/8", "2001:db8:aaaa::/48")
	for name, tt := range map[string]struct {
		peer      string
		forwarded []string
		want      string
	}{
		"no proxy":                        {"203.0.113.9:1234", nil, "203.0.113.9"},
		"a stranger's claim":              {"203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		"behind the proxy":                {"127.0.0.1:9", []string{"198.51.100.1"}, "198.51.100.1"},
		"a claim in front of the proxy's": {"127.0.0.1:9", []string{"1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		"in two fields":                   {"127.0.0.1:9", []string{"1.1.1.1", "198.51.100.1"}, "198.51.100.1"},
		"behind two proxies":              {"127.0.0.1:9", []string{"198.51.100.1, 10.1.2.3"}, "198.51.100.1"},
		"a proxy that says nothing":       {"127.0.0.1:9", nil, "127.0.0.1"},
		"an empty field":                  {"127.0.0.1:9", []string{""}, "127.0.0.1"},
		"nothing but proxies":             {"127.0.0.1:9", []string{"10.0.0.1,10.0.0.2"}, "10.0.0.1"},
		"nonsense":                        {"127.0.0.1:9", []string{"198.51.100.1, unknown"}, "127.0.0.1"},
		"nonsense behind a proxy":         {"127.0.0.1:9", []string{"198.51.100.1, _hidden, 10.1.2.3"}, "10.1.2.3"},
		"with a port":                     {"127.0.0.1:9", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		"IPv6":                            {"[2001:db8:aaaa::1]:9", []string{"2001:db8:1::2"}, "2001:db8:1::2"},
		"IPv6 with brackets and port":     {"127.0.0.1:9", []string{"[2001:db8:1::2]:443"}, "2001:db8:1::2"},
		"IPv6 with brackets":              {"127.0.0.1:9", []string{"[2001:db8:1::2]"}, "2001:db8:1::2"},
		"mapped peer":                     {"[::ffff:127.0.0.1]:9", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tt.peer
			r.Header["X-Forwarded-For"] = tt.forwarded
			if got := New(Options{Proxies: trusted}).Client(r); got.String() != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

func TestStrangeProxyIsToldOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	k := New(Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 3 {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		if got := k.Client(r).String(); got != "192.0.2.1" {
			t.Errorf("the client is %s", got)
		}
	}
	if n := strings.Count(log.String(), "web.trusted_proxies"); n != 1 {
		t.Errorf("told %d times: %s", n, log.String())
	}
}

func FuzzClient(f *testing.F) {
	f.Add("198.51.100.1, 10.0.0.1")
	f.Add("[::1]:8, ::ffff:1.2.3.4,,unknown")
	f.Add("fe80::1%eth0")
	f.Fuzz(func(t *testing.T, forwarded string) {
		k := New(Options{Proxies: proxies("127.0.0.0/8")})
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X-Forwarded-For"] = []string{forwarded}
		// From a stranger it counts for nothing, and an own last entry always wins.
		if got := k.Client(r).String(); got != "192.0.2.1" {
			t.Errorf("a stranger is %s", got)
		}
		r.RemoteAddr = "127.0.0.1:1"
		r.Header["X-Forwarded-For"] = []string{forwarded + ", 203.0.113.5"}
		if got := k.Client(r).String(); got != "203.0.113.5" {
			t.Errorf("the visitor became %s", got)
		}
		r.Header["X-Forwarded-For"] = []string{forwarded}
		if Network(k.Client(r)) == "" {
			t.Error("no network")
		}
	})
}
