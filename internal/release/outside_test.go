package release

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

func TestOnlyPublicAddressesAreSpokenTo(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "::ffff:93.184.216.34": true,
		"127.0.0.1": false, "::1": false, "10.0.0.1": false, "172.16.3.4": false, "192.168.1.1": false, "169.254.169.254": false,
		"100.64.0.1": false, "0.0.0.0": false, "255.255.255.255": false, "224.0.0.1": false, "198.18.0.1": false,
		"fe80::1": false, "fd00::1": false, "::ffff:127.0.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::": false, "::7f00:1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %t", address, got)
		}
	}
}

func TestAnImageOnThisMachineIsNotAskedFor(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 8)
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer server.Close()
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", "[::ffff:127.0.0.1]"} {
		p := Network{Client: Outside()}.picture(t.Context(), "https://"+host+":"+port+"/secret")
		if p.Err == nil || !strings.Contains(p.Err.Error(), "not a public address") {
			t.Errorf("%s: %v", host, p.Err)
		}
	}
	if len(asked) != 0 {
		t.Errorf("the server was asked for %s", <-asked)
	}
}

func TestRedirectsEnd(t *testing.T) {
	t.Parallel()
	var server *httptest.Server
	server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		target := server.URL + r.URL.Path + "/again"
		if strings.HasPrefix(r.URL.Path, "/plain") {
			target = "http://" + server.Listener.Addr().String() + "/picture"
		}
		http.Redirect(w, r, target, http.StatusFound)
	}))
	defer server.Close()
	client := server.Client()
	client.CheckRedirect = Outside().CheckRedirect
	for path, want := range map[string]string{"/plain": "without https", "/round": "from one address to the next"} {
		if p := (Network{Client: client}).picture(t.Context(), server.URL+path); p.Err == nil || !strings.Contains(p.Err.Error(), want) {
			t.Errorf("%s: %v", path, p.Err)
		}
	}
}
