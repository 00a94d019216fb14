package bounce

import (
	"io"
	"mime"
	"strings"
)

// field is one header field, its name in lower case and its value unfolded.
type field struct{ name, value string }

// header is the fields of a message or a part, in their order.
type header []field

// lookup gives the first field of a name.
func (h header) lookup(name string) (string, bool) {
	for _, f := range h {
		if f.name == name {
			return f.value, true
		}
	}
	return "", false
}

// get gives the value of the first field of a name, or nothing.
func (h header) get(name string) string {
	value, _ := h.lookup(name)
	return value
}

// all gives the values of every field of a name.
func (h header) all(name string) []string {
	var values []string
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// splitHeader parts a message or part at its first empty line. A text that does
// not begin with a field has no header.
func splitHeader(text string) (head, body string) {
	if strings.HasPrefix(text, "\n") {
		return "", text[1:]
	}
	first, _, _ := strings.Cut(text, "\n")
	if _, _, ok := splitField(first); !ok {
		return "", text
	}
	if head, body, ok := strings.Cut(text, "\n\n"); ok {
		return head, body
	}
	return text, ""
}

// parseHeader reads fields. A line that is neither a field nor a continuation is
// taken as a continuation, because broken folding is common and a lost field is
// worse.
func parseHeader(head string, l Limits) header {
	var h header
	for line := range strings.Lines(head[:min(len(head), l.Header)]) {
		line = strings.TrimRight(line, "\n \t")
		name, value, ok := splitField(line)
		switch {
		case ok && len(h) < l.Fields:
			h = append(h, field{strings.ToLower(name), value})
		case !ok && len(h) > 0 && line != "" && len(h[len(h)-1].value)+len(line) < maxField:
			h[len(h)-1].value += " " + strings.TrimLeft(line, " \t")
		}
	}
	return h
}

// maxField is where an unfolded value stops growing, in bytes.
const maxField = 16 << 10

// splitField parts "Name: value". A name is printable ASCII without a colon
// (RFC 5322 §2.2); white space before the colon is old syntax (RFC 5322 §4.5).
func splitField(line string) (name, value string, ok bool) {
	i := strings.IndexByte(line, ':')
	if i < 1 || i > 100 {
		return "", "", false
	}
	name = strings.TrimRight(line[:i], " \t")
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f {
			return "", "", false
		}
	}
	return name, strings.Trim(line[i+1:], " \t"), name != ""
}

// decodeWords decodes the encoded words of a value (RFC 2047 §2). Bytes beyond
// ASCII that are not UTF-8 become Latin-1.
func decodeWords(value string) string {
	d := mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
		b, err := io.ReadAll(io.LimitReader(in, maxField))
		return strings.NewReader(toUTF8(b, charset)), err
	}}
	if s, err := d.DecodeHeader(value); err == nil {
		value = s
	}
	return toUTF8([]byte(value), "")
}

// identifier gives what stands in the angle brackets of a Message-ID.
func identifier(value string) string {
	_, rest, ok := strings.Cut(value, "<")
	if !ok {
		rest = value
	}
	id, _, _ := strings.Cut(rest, ">")
	return clip(strings.Join(strings.Fields(id), ""), 998)
}

// mediaType reads a Content-Type as far as it can be read: the standard
// library's reader refuses what mail is full of.
func mediaType(value string) (kind string, params map[string]string) {
	params = map[string]string{}
	kind, rest, _ := strings.Cut(value, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if first, more, found := strings.Cut(kind, " "); found { // a lost semicolon
		kind, rest = first, more+";"+rest
	}
	for rest != "" && len(params) < 20 {
		var name, v string
		name, rest, _ = strings.Cut(rest, "=")
		rest = strings.TrimLeft(rest, " \t")
		if strings.HasPrefix(rest, `"`) {
			v, rest, _ = strings.Cut(rest[1:], `"`)
			_, rest, _ = strings.Cut(rest, ";")
		} else {
			v, rest, _ = strings.Cut(rest, ";")
		}
		if i := strings.LastIndexByte(name, ';'); i >= 0 {
			name = name[i+1:]
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := params[name]; !twice {
			params[name] = strings.TrimSpace(v)
		}
	}
	return kind, params
}

// oneLine folds all white space to single spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens a text to n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
