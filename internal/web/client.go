package web

import (
	"net/http"
	"net/netip"
	"strings"
)

// Client is the address of the visitor: that of the connection's other end, or,
// when this is a trusted proxy, the last address in X-Forwarded-For that is none.
// What stands before that address was written by the visitor and proves nothing.
// The zero address means that it is not known.
func (k *Kit) Client(r *http.Request) netip.Addr {
	peer := connection(r)
	client := peer
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && k.trusts(client); i-- {
		hop, ok := hopAddress(hops[i])
		if !ok {
			break // nobody can say who that was: the nearest known one answers for it
		}
		client = hop
	}
	if client == peer && !k.trusts(peer) && len(r.Header.Values("X-Forwarded-For")) > 0 {
		k.strange.Do(func() {
			k.log.Warn("a proxy is in front that web.trusted_proxies does not name, so all its visitors count as one network",
				"proxy", peer.String())
		})
	}
	return client
}

// connection is the address of the connection's other end.
func connection(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return peer.Addr().Unmap()
}

func (k *Kit) trusts(addr netip.Addr) bool {
	addr = addr.WithZone("")
	for _, p := range k.proxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// hopAddress reads one entry of X-Forwarded-For. Some proxies add the port, and
// then brackets around an IPv6 address.
func hopAddress(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if addr, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return addr.Unmap(), true
	}
	pair, err := netip.ParseAddrPort(text)
	return pair.Addr().Unmap(), err == nil
}
