package message

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

func TestLoadSigner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// A checkout's modes are not ours; the warnings need exact ones.
	copied := func(name string, mode fs.FileMode) string {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, tt := range map[string]struct {
		file    string
		warning string
	}{
		"RSA in PKCS #8 is accepted":          {copied("rsa.pem", 0o600), ""},
		"Ed25519 is accepted":                 {copied("ed25519.pem", 0o400), ""},
		"RSA of 1024 in PKCS #1 is warned of": {copied("rsa-1024.pem", 0o600), "1024 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := LoadSigner("Lantern.example", "key-2027.a", tt.file)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.Warnings(), " "); (got == "") != (tt.warning == "") || !strings.Contains(got, tt.warning) {
				t.Errorf("warnings: %q", got)
			}
			if s.Domain() != "lantern.example" || s.Selector() != "key-2027.a" {
				t.Errorf("d=%s s=%s", s.Domain(), s.Selector())
			}
			if got := verify(t, compose(t, bulletin(), s).Bytes(), records(s)); !all(got, true, 1) {
				t.Errorf("signature valid: %v", got)
			}
		})
	}
	t.Run("a file that others can read is warned of", func(t *testing.T) {
		s, err := LoadSigner("lantern.example", "s", copied("rsa.pem", 0o640))
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Warnings()) != 1 || !strings.Contains(s.Warnings()[0], "0640") {
			t.Errorf("warnings: %q", s.Warnings())
		}
	})
}

func TestLoadSignerRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rsa := filepath.Join("testdata", "rsa.pem")
	for name, tt := range map[string]struct{ domain, selector, file, want string }{
		"RSA of 512 bits":      {"lantern.example", "s", filepath.Join("testdata", "rsa-512.pem"), ""},
		"ECDSA":                {"lantern.example", "s", filepath.Join("testdata", "ecdsa.pem"), "neither RSA nor Ed25519"},
		"no file":              {"lantern.example", "s", filepath.Join(dir, "none"), "cannot be read"},
		"a folder":             {"lantern.example", "s", dir, "no key file"},
		"a huge file":          {"lantern.example", "s", file("huge", strings.Repeat("x", maxKeyFile+1)), "no key file"},
		"an empty file":        {"lantern.example", "s", file("empty", ""), "not PEM"},
		"words":                {"lantern.example", "s", file("words", "a lantern"), "not PEM"},
		"a public key":         {"lantern.example", "s", file("public", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), "not a private key"},
		"an encrypted key":     {"lantern.example", "s", file("enc", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"), "not a private key"},
		"a broken key":         {"lantern.example", "s", file("broken", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), "cannot be used"},
		"no domain":            {"", "s", rsa, "not a domain"},
		"a domain with spaces": {"lantern example", "s", rsa, "not a domain"},
		"a domain with CRLF":   {"lantern.example\r\nX: y", "s", rsa, "not a domain"},
		"no selector":          {"lantern.example", "", rsa, "not a DKIM selector"},
		"a selector with ;":    {"lantern.example", "a; d=x", rsa, "not a DKIM selector"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := LoadSigner(tt.domain, tt.selector, tt.file)
			if err == nil || s != nil {
				t.Fatalf("accepted: %v", s)
			}
			if newsletter.KindOf(err) != newsletter.Usage || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want Usage with %q", err, tt.want)
			}
		})
	}
}

func TestGeneratedKeysWork(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rsaFile, edFile := filepath.Join(dir, "rsa.pem"), filepath.Join(dir, "ed.pem")
	if err := errors.Join(GenerateRSA(rsaFile, 2048), GenerateEd25519(edFile)); err != nil {
		t.Fatal(err)
	}
	for file, form := range map[string]string{
		rsaFile: `^v=DKIM1; k=rsa; p=[A-Za-z0-9+/]{390,}=*$`,
		edFile:  `^v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=$`, // RFC 8463 §4.2
	} {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", file, info.Mode())
		}
		s, err := LoadSigner("lantern.example", "new", file)
		if err != nil {
			t.Fatal(err)
		}
		name, value := s.Record()
		if name != "new._domainkey.lantern.example" || !regexp.MustCompile(form).MatchString(value) || len(s.Warnings()) > 0 {
			t.Errorf("record %s = %s; warnings %q", name, value, s.Warnings())
		}
		if got := verify(t, compose(t, bulletin(), s).Bytes(), records(s)); !all(got, true, 1) {
			t.Errorf("%s: signature valid: %v", file, got)
		}
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := GenerateEd25519(file); newsletter.KindOf(err) != newsletter.Conflict {
			t.Errorf("an existing key: %v", err)
		}
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
			t.Errorf("an existing key was touched: %v", err)
		}
	}
}

func TestGenerateRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, bits := range []int{-1, 0, 512, 1024, 2047, 4097, 1 << 20} {
		if err := GenerateRSA(filepath.Join(dir, "key"), bits); newsletter.KindOf(err) != newsletter.Usage {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
	if err := GenerateEd25519(filepath.Join(dir, "no", "folder")); err == nil {
		t.Error("wrote into a folder that does not exist")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestZoneRecord(t *testing.T) {
	t.Parallel()
	for _, s := range bothSigners(t) {
		name, value := s.Record()
		line, found := strings.CutPrefix(s.ZoneRecord(), name+". IN TXT (")
		if !found {
			t.Fatalf("zone line %q", s.ZoneRecord())
		}
		joined := ""
		for _, quoted := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(line, -1) {
			if len(quoted[1]) > 255 || quoted[1] == "" {
				t.Errorf("a string of %d octets", len(quoted[1]))
			}
			joined += quoted[1]
		}
		if joined != value {
			t.Errorf("joined %q, want %q", joined, value)
		}
	}
}

func TestCheckRecord(t *testing.T) {
	t.Parallel()
	s, other := signer(t, "lantern.example", "a", "rsa.pem"), signer(t, "lantern.example", "a", "ed25519.pem")
	_, good := s.Record()
	_, wrong := other.Record()
	key := good[strings.Index(good, "p=")+2:]
	for name, tt := range map[string]struct {
		published []string
		want      string // empty: accepted
	}{
		"as it is":             {[]string{good}, ""},
		"without version":      {[]string{"k=rsa; p=" + key}, ""},
		"without kind":         {[]string{"v=DKIM1;p=" + key + ";"}, ""},
		"with spaces":          {[]string{"v=DKIM1; k=rsa; s=email; p=" + key[:200] + " " + key[200:]}, ""},
		"nothing":              {nil, "no DKIM record"},
		"two":                  {[]string{good, good}, "2 TXT records"},
		"revoked":              {[]string{"v=DKIM1; p="}, "revoked"},
		"words":                {[]string{"a lantern"}, "revoked"},
		"another kind of key":  {[]string{wrong}, "another one"},
		"another key":          {[]string{"v=DKIM1; k=rsa; p=AAAA"}, "another one"},
		"a key under its kind": {[]string{"v=DKIM1; k=ed25519; p=" + key}, "another one"},
		"another version":      {[]string{"v=DKIM2; k=rsa; p=" + key}, "version"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := s.CheckRecord(tt.published)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || newsletter.KindOf(err) != newsletter.Refused):
				t.Errorf("got %v, want Refused with %q", err, tt.want)
			}
		})
	}
}
