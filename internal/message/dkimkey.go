package message

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"epistle/internal/newsletter"
)

// Sizes of RSA keys in bits. RFC 8301 §3.2: signers must use 1024 and should use
// 2048 at least; verifiers need not check more than 4096.
const (
	leastRSA  = 1024
	shouldRSA = 2048
	mostRSA   = 4096
)

// maxKeyFile is far above any key; a wrong path may lead to anything.
const maxKeyFile = 64 << 10

// LoadSigner reads a private key from a PEM file, RSA in PKCS #1 or PKCS #8 or
// Ed25519 in PKCS #8. Errors are of kind Usage, with the file as their place: it
// is a setting that is wrong. Look at Warnings afterwards.
func LoadSigner(domain, selector, keyFile string) (*Signer, error) {
	ascii, err := asciiDomain(domain)
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Usage, "%q is not a domain that can sign: %w", domain, err).
			With("Write the domain of the From address, for example example.org.")
	}
	// RFC 6376 §3.1: a selector is one or more labels of a domain name.
	sel, err := asciiDomain(selector)
	if err != nil || sel != strings.ToLower(selector) {
		return nil, newsletter.Errorf(newsletter.Usage, "%q is not a DKIM selector", selector).
			With("Use letters, digits, hyphens and dots, for example epistle-2027.")
	}
	s := &Signer{domain: ascii, selector: selector}
	if err := s.load(keyFile); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Signer) load(keyFile string) error {
	info, err := os.Stat(keyFile)
	if err != nil {
		return newsletter.Errorf(newsletter.Usage, "the DKIM key cannot be read: %w", err).At(keyFile).
			With("Make one with `epistle dkim new`.")
	}
	if !info.Mode().IsRegular() || info.Size() > maxKeyFile {
		return newsletter.Errorf(newsletter.Usage, "this is no key file").At(keyFile)
	}
	data, err := os.ReadFile(keyFile)
	if err != nil {
		return newsletter.Errorf(newsletter.Usage, "the DKIM key cannot be read: %w", err).At(keyFile)
	}
	key, err := parseKey(data)
	if err != nil {
		return newsletter.Errorf(newsletter.Usage, "the DKIM key cannot be used: %w", err).At(keyFile).
			With("Use an RSA key of 2048 bits or an Ed25519 key, unencrypted, as PEM.")
	}
	s.key = key
	if s.kind, s.public, err = publicKey(key); err != nil {
		return newsletter.Errorf(newsletter.Usage, "the DKIM key cannot be used: %w", err).At(keyFile)
	}
	if info.Mode().Perm()&0o077 != 0 {
		s.warnings = append(s.warnings, fmt.Sprintf("The DKIM key %s can be read by others (mode %04o); set it to 0600.", keyFile, info.Mode().Perm()))
	}
	if k, ok := key.(*rsa.PrivateKey); ok && k.N.BitLen() < shouldRSA {
		s.warnings = append(s.warnings, fmt.Sprintf("The DKIM key %s has %d bits; make a new one of %d.", keyFile, k.N.BitLen(), shouldRSA))
	}
	return nil
}

func parseKey(data []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, errors.New("it is not PEM")
	}
	var key any
	var err error
	switch block.Type {
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("a PEM block %q is not a private key of this program's kinds", block.Type)
	}
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		// RFC 8301 §3.2
		if bits := k.N.BitLen(); bits < leastRSA || bits > mostRSA {
			return nil, fmt.Errorf("an RSA key of %d bits is not between %d and %d", bits, leastRSA, mostRSA)
		}
		return k, nil
	case ed25519.PrivateKey:
		return k, nil
	default:
		return nil, fmt.Errorf("a key of type %T is neither RSA nor Ed25519", key)
	}
}

// GenerateRSA makes a new RSA key of 2048 to 4096 bits and writes it to a new
// file that only its owner can read. 2048 fits one DNS answer everywhere. An
// existing file is never replaced: the error is then of kind Conflict.
func GenerateRSA(keyFile string, bits int) error {
	if bits < shouldRSA || bits > mostRSA {
		return newsletter.Errorf(newsletter.Usage, "an RSA key of %d bits is not between %d and %d", bits, shouldRSA, mostRSA).
			With("2048 is what every receiver accepts.")
	}
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return fmt.Errorf("make an RSA key: %w", err)
	}
	return writeKey(keyFile, key)
}

// GenerateEd25519 makes a new Ed25519 key and writes it like GenerateRSA.
func GenerateEd25519(keyFile string) error {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make an Ed25519 key: %w", err)
	}
	return writeKey(keyFile, key)
}

func writeKey(keyFile string, key any) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("write a DKIM key: %w", err)
	}
	f, err := os.OpenFile(keyFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return newsletter.Errorf(newsletter.Conflict, "the file exists already: %w", err).At(keyFile).
			With("Choose another name: the key in it may be in use.")
	}
	if err != nil {
		return newsletter.Errorf(newsletter.Failed, "the DKIM key cannot be written: %w", err).At(keyFile)
	}
	err = errors.Join(pem.Encode(f, &pem.Block{Type: "PRIVATE KEY", Bytes: der}), f.Sync(), f.Close())
	if err != nil {
		// Half a key is no key; the name becomes free for the next try.
		return newsletter.Errorf(newsletter.Failed, "the DKIM key cannot be written: %w", errors.Join(err, os.Remove(keyFile))).At(keyFile)
	}
	return nil
}

// publicKey gives the k= and p= of a key's record.
func publicKey(key crypto.Signer) (kind, public string, err error) {
	if k, ok := key.Public().(ed25519.PublicKey); ok {
		return "ed25519", base64.StdEncoding.EncodeToString(k), nil // RFC 8463 §4.2: the bare 32 bytes
	}
	// A SubjectPublicKeyInfo, as the openssl commands of RFC 6376 §C make it and
	// all verifiers read it.
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return "", "", fmt.Errorf("write the public key: %w", err)
	}
	return "rsa", base64.StdEncoding.EncodeToString(der), nil
}

// Record gives the TXT record under which verifiers find the public key: its
// name without the final dot, and its value in one piece (RFC 6376 §3.6.1,
// RFC 6376 §3.6.2.1).
func (s *Signer) Record() (name, value string) {
	return s.selector + "._domainkey." + s.domain, "v=DKIM1; k=" + s.kind + "; p=" + s.public
}

// maxTXT is the longest string inside a TXT record, in octets (RFC 1035 §3.3.14).
const maxTXT = 255

// ZoneRecord gives the record as a line for a zone file, its value in strings of
// at most 255 octets, which readers join without spaces (RFC 6376 §3.6.2.2).
func (s *Signer) ZoneRecord() string {
	name, value := s.Record()
	var b strings.Builder
	b.WriteString(name + ". IN TXT (")
	for len(value) > 0 {
		n := min(len(value), maxTXT)
		b.WriteString(` "` + value[:n] + `"`)
		value = value[n:]
	}
	b.WriteString(" )")
	return b.String()
}

// Published asks the DNS for the record and compares it with the key. Without an
// answer the error is Unavailable.
func (s *Signer) Published(ctx context.Context, resolver *net.Resolver) error {
	name, _ := s.Record()
	published, err := resolver.LookupTXT(ctx, name)
	var missing *net.DNSError
	switch {
	case errors.As(err, &missing) && missing.IsNotFound:
		return newsletter.Errorf(newsletter.Failed, "there is no record").At(name).With("Publish what `epistle dkim show` prints.")
	case err != nil:
		return newsletter.Errorf(newsletter.Unavailable, "the record cannot be looked up: %w", err).At(name).With("Check the network, or set dns.resolver.")
	}
	return s.CheckRecord(published)
}

// CheckRecord compares what DNS answered for the record's name, each TXT record
// joined into one string, with the key. The error is of kind Refused and says
// what a receiver would find wrong.
func (s *Signer) CheckRecord(published []string) error {
	name, value := s.Record()
	fault := func(format string, args ...any) error {
		return newsletter.Errorf(newsletter.Refused, format, args...).At(name).With("Publish the TXT record: " + value)
	}
	switch {
	case len(published) == 0:
		return fault("no DKIM record is published")
	case len(published) > 1:
		// RFC 6376 §3.6.2.2: with several, what verifiers do is undefined.
		return fault("%d TXT records are published where one must stand", len(published))
	}
	got := recordTags(published[0])
	if v, given := got["v"]; given && v != "DKIM1" {
		return fault("the record's version is %q", v)
	}
	if got["p"] == "" {
		return fault("the record's key is empty, which means revoked")
	}
	kind := got["k"]
	if kind == "" {
		kind = "rsa" // RFC 6376 §3.6.1: the default
	}
	if kind != s.kind || got["p"] != s.public {
		return fault("the published key is another one than the key that signs")
	}
	return nil
}

// recordTags reads a tag list; white space inside a value is ignored, because
// zone editors put it there.
func recordTags(record string) map[string]string {
	tags := map[string]string{}
	for tag := range strings.SplitSeq(record, ";") {
		if name, value, ok := strings.Cut(tag, "="); ok {
			tags[strings.TrimSpace(name)] = strings.Join(strings.Fields(value), "")
		}
	}
	return tags
}
