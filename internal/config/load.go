package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/tomlfile"
)

// maxSecret is the longest file of a secret, in bytes.
const maxSecret = 4096

// SearchOrder is where the file is looked for when none is named.
func SearchOrder() []string { return []string{"./epistle.toml", "/etc/epistle/epistle.toml"} }

// Load reads the configuration. The path names the file, which must then exist;
// when it is empty the first of SearchOrder is taken, and when there is none of
// them, only defaults and environment count. The environment is given as
// os.Environ gives it. All faults come at once, as newsletter.Faults of kind Usage.
func Load(path string, env []string) (*Config, error) {
	name, data, err := find(path)
	if err != nil {
		return nil, err
	}
	r := read(name, data, env)
	r.secretFile("smtp.password_file", &r.config.SMTP.Password, &r.config.SMTP.PasswordFile)
	r.secretFile("imap.password_file", &r.config.IMAP.Password, &r.config.IMAP.PasswordFile)
	r.check()
	if err := r.faults.Err(); err != nil {
		return nil, err
	}
	return r.config, nil
}

// find reads the file that counts; an empty name says that there is none.
func find(path string) (name string, data []byte, err error) {
	if path != "" {
		data, err := readLimited(path, tomlfile.MaxBytes)
		if err != nil {
			return "", nil, newsletter.Errorf(newsletter.Usage, "the configuration file cannot be read: %w", err).
				At("--config " + path).With("Name a file that exists; `epistle init` writes one.")
		}
		return path, data, nil
	}
	for _, candidate := range SearchOrder() {
		data, err := readLimited(candidate, tomlfile.MaxBytes)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			// A file that is there but cannot be read is never passed over in
			// silence: the defaults would then be used by surprise.
			return "", nil, newsletter.Errorf(newsletter.Usage, "the configuration file cannot be read: %w", err).
				At(candidate).With("Let this user read it, or name another file with --config.")
		}
		return strings.TrimPrefix(candidate, "./"), data, nil
	}
	return "", nil, nil
}

// readLimited reads a file up to one byte more than the limit, so that the reader
// of the data can tell that there was too much.
func readLimited(path string, limit int64) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

// reader is one reading of the configuration, with all that is wrong in it.
type reader struct {
	config  *Config
	file    *tomlfile.File
	env     map[string]string // key → value of its variable
	faults  newsletter.Faults
	refused map[string]bool // keys whose value could not be read at all
}

// read takes defaults, file and environment; it opens no file.
func read(name string, data []byte, env []string) *reader {
	r := &reader{config: Default(), env: map[string]string{}, refused: map[string]bool{}}
	r.config.File = name
	file, faults := tomlfile.Decode(name, data, r.config)
	r.file = file
	for _, f := range faults {
		e := newsletter.Errorf(newsletter.Usage, "%s", f.Message).At(f.Place()).With(f.Remedy)
		if e.Err = f.Err; f.Remedy == "" {
			e.Remedy = newsletter.RemedyOf(f.Err)
		}
		r.faults = append(r.faults, e)
		r.refused[f.Key] = true
	}
	r.environment(env)
	return r
}

// fault notes what is wrong with a key's value, at the place where it was set.
func (r *reader) fault(key, remedy, format string, args ...any) {
	if r.refused[key] {
		return // its first fault is enough
	}
	r.refused[key] = true
	r.faults = append(r.faults, newsletter.Errorf(newsletter.Usage, format, args...).At(r.place(key)).With(remedy))
}

// place names the variable or the line that set a key, the section's line when the
// key is missing there, or the key alone when the file does not know its section.
func (r *reader) place(key string) string {
	for _, s := range r.config.settings() {
		if _, set := r.env[key]; set && s.name == key {
			return s.variable()
		}
	}
	if line, _ := r.file.Position(key); line > 0 {
		return r.file.Place(key)
	}
	return key
}

// secretFile reads the file that holds a secret. Where the environment names
// either the secret or its file, it beats both keys of the configuration file.
func (r *reader) secretFile(key string, secret *Secret, path *string) {
	direct := strings.TrimSuffix(key, "_file")
	_, envDirect := r.env[direct]
	_, envFile := r.env[key]
	switch {
	case envDirect && !envFile:
		*path = ""
	case envFile && !envDirect:
		*secret = ""
	}
	if *path == "" {
		return
	}
	if *secret != "" {
		r.fault(key, "Remove one of them.", "both %s and %s are given", direct, key)
		return
	}
	data, err := readLimited(*path, maxSecret)
	text := strings.TrimRight(string(data), "\r\n")
	switch {
	case err != nil:
		r.fault(key, "Name a file that this user may read.", "the file of the secret cannot be read: %w", err)
	case text == "":
		r.fault(key, "Write the secret into it.", "the file %s is empty", *path)
	case len(data) > maxSecret || strings.ContainsAny(text, "\r\n\x00"):
		r.fault(key, "The file may hold nothing but the secret, on one line.", "the file %s does not hold one secret", *path)
	default:
		*secret = Secret(text)
	}
}

// String is for messages while testing and debugging; secrets stay hidden.
func (c *Config) String() string {
	var b strings.Builder
	for _, s := range c.settings() {
		fmt.Fprintf(&b, "%s = %s\n", s.name, s.value())
	}
	return b.String()
}
