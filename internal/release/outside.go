package release

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// pictureTime is how long one image may take, its redirects included.
const pictureTime = 15 * time.Second

// mostRedirects is how often the server of an image may point elsewhere.
const mostRedirects = 3

// Outside gives a client for addresses that stand in a bulletin. Whoever writes an
// item chooses them, so it speaks to public addresses only: neither to this machine
// nor to its network, whatever name or redirect leads there. It uses no proxy,
// which would look names up by itself.
func Outside() *http.Client {
	dialer := &net.Dialer{Timeout: pictureTime, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address) // of what the name was resolved to
		if err != nil {
			return err
		}
		if !public(at.Addr()) {
			return fmt.Errorf("%s is not a public address", at.Addr())
		}
		return nil
	}}
	return &http.Client{
		Timeout:   pictureTime,
		Transport: &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			if len(before) > mostRedirects {
				return errors.New("the server points from one address to the next")
			}
			if next.URL.Scheme != "https" {
				return errors.New("the server points to an address without https")
			}
			return nil
		},
	}
}

// special are the ranges that look public and are not, or hide another address:
// shared, protocol, documentation, benchmarking and reserved ones, and the ways
// from IPv6 into IPv4 (IANA's registries of special-purpose addresses).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// public says whether an address is one of the open internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return !a.Is6() || ipv6Global.Contains(a)
}

// ipv6Global is all that IANA has given out of IPv6.
var ipv6Global = netip.MustParsePrefix("2000::/3")
