package config

import "testing"

func TestTrustedProxiesAreReadFromFileAndEnvironment(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		file string
		env  []string
		want string
	}{
		"none":               {"", nil, ""},
		"empty":              {"[web]\ntrusted_proxies = \"\"", nil, ""},
		"one":                {"[web]\ntrusted_proxies = \"127.0.0.1\"", nil, "127.0.0.1"},
		"several":            {"[web]\ntrusted_proxies = \"127.0.0.1, 10.0.0.0/8  2001:db8::/32\"", nil, "127.0.0.1 10.0.0.0/8 2001:db8::/32"},
		"with host bits":     {"[web]\ntrusted_proxies = \"10.1.2.3/8\"", nil, "10.0.0.0/8"},
		"mapped":             {"[web]\ntrusted_proxies = \"::ffff:10.0.0.1\"", nil, "10.0.0.1"},
		"of the environment": {"[web]\ntrusted_proxies = \"127.0.0.1\"", []string{"EPISTLE_WEB_TRUSTED_PROXIES=::1"}, "::1"},
	} {
		c, err := load(t, tt.file, tt.env...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := c.Web.TrustedProxies.String(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
	_, err := load(t, "[web]\ntrusted_proxies = \"127.0.0.1 proxy.example.org\"")
	want := `epistle.toml:2:1: web.trusted_proxies: "proxy.example.org" is not an IP network`
	if got := messages(t, err); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
