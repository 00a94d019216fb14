package config

import (
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"epistle/internal/newsletter"
)

// Secret is text that never prints: neither by fmt nor in JSON, TOML or a log.
type Secret string

// hidden stands wherever a secret would be printed.
const hidden = "…"

// Reveal gives the secret itself. Hand it only to what needs it.
func (s Secret) Reveal() string { return string(s) }

// String hides the secret, and says whether there is one.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString keeps %#v from printing the secret.
func (s Secret) GoString() string { return `config.Secret("` + s.String() + `")` }

// MarshalText gives String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON gives String.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// LogValue gives String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// UnmarshalText takes the secret as it is.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret(b)
	return nil
}

// Host is the host of the public address without its port, in ASCII: the H of the
// newsletter that `epistle init` makes.
func (w Web) Host() string {
	u, err := url.Parse(w.PublicURL)
	if err != nil {
		return "" // Load has refused such an address
	}
	return u.Hostname()
}

// Secure says whether readers reach the pages by https, which one-click
// unsubscribing needs (RFC 8058 §3.1).
func (w Web) Secure() bool { return strings.HasPrefix(w.PublicURL, "https://") }

// Signs says whether messages are signed.
func (d DKIM) Signs() bool { return d.Domain != "" }

// Slog gives the level as package slog knows it.
func (l Log) Slog() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return slog.LevelInfo // Load has refused such a level
	}
	return level
}

func minutes(n int) newsletter.Duration {
	return newsletter.Duration(time.Duration(n) * time.Minute)
}
