package bounce

import (
	"encoding/base64"
	"strings"
)

// part is a message or one of its MIME parts.
type part struct {
	header header
	kind   string // media type, lower case, "text/plain" when not said
	params map[string]string
	raw    string // the body as it stands in the message
	depth  int
	within string // media type of the part around
	parent *part
	// nested is set for all that stands inside a part that is a message itself: it was not
	// written by the reporting server.
	nested bool
	leaf   bool
}

// walker takes a message apart within the limits.
type walker struct {
	limits Limits
	parts  []*part
}

// parse gives the message itself and all parts in their order, the message
// first. Missing boundaries, headers and ends are forgiven.
func parse(text string, l Limits) (*part, []*part) {
	w := &walker{limits: l}
	root := w.walk(text, nil, false)
	return root, w.parts
}

func (w *walker) walk(text string, parent *part, nested bool) *part {
	head, body := splitHeader(text)
	p := &part{header: parseHeader(head, w.limits), raw: body, nested: nested, leaf: true, parent: parent}
	p.kind, p.params = mediaType(p.header.get("content-type"))
	if parent != nil {
		p.depth, p.within = parent.depth+1, parent.kind
	}
	if p.kind == "" {
		p.kind = "text/plain" // RFC 2045 §5.2
		if p.within == "multipart/digest" {
			p.kind = "message/rfc822" // RFC 2046 §5.1.5
		}
	}
	w.parts = append(w.parts, p)
	if p.depth < w.limits.Depth {
		w.descend(p)
	}
	return p
}

func (w *walker) descend(p *part) {
	switch {
	case strings.HasPrefix(p.kind, "multipart/"):
		children := splitParts(p.raw, p.params["boundary"], w.limits.Parts-len(w.parts))
		if len(children) == 0 {
			children = splitParts(p.raw, "", w.limits.Parts-len(w.parts))
		}
		for _, child := range children {
			if len(w.parts) >= w.limits.Parts {
				return
			}
			p.leaf = false
			w.walk(child, p, p.nested)
		}
	case p.kind == "message/rfc822" || p.kind == "message/global": // RFC 6532 §3.7
		if len(w.parts) >= w.limits.Parts {
			return
		}
		p.leaf = false
		body := p.raw
		if e := strings.ToLower(p.header.get("content-transfer-encoding")); e == "base64" || e == "quoted-printable" {
			body = string(transferDecode(body, e, w.limits.Text)) // forbidden by RFC 2046 §5.2.1, and seen
		}
		w.walk(dropEnvelopeLine(body), p, true)
	}
}

// splitParts parts a multipart body at its boundary (RFC 2046 §5.1.1). The text
// before the first boundary is no part; a missing last boundary is forgiven. When
// the boundary never occurs, the first line that looks like one is taken for it.
func splitParts(body, boundary string, limit int) []string {
	var parts []string
	start := -1
	for pos := 0; pos < len(body) && len(parts) < limit; {
		line, next := body[pos:], len(body)
		if i := strings.IndexByte(line, '\n'); i >= 0 {
			line, next = line[:i], pos+i+1
		}
		line = strings.TrimRight(line, " \t")
		if rest, ok := strings.CutPrefix(line, "--"); ok {
			if boundary == "" && start < 0 && looksLikeBoundary(rest) {
				boundary = rest
			}
			if rest == boundary || rest == boundary+"--" {
				if start >= 0 {
					parts = append(parts, strings.TrimSuffix(body[start:pos], "\n"))
				}
				start = next
				if rest != boundary {
					return parts
				}
			}
		}
		pos = next
	}
	if start >= 0 && start < len(body) && len(parts) < limit {
		parts = append(parts, body[start:])
	}
	return parts
}

func looksLikeBoundary(s string) bool {
	return len(s) >= 8 && len(s) <= 70 && !strings.ContainsAny(s, " \t") && strings.Trim(s, "-") != ""
}

// isText says whether a part can be read as words.
func (p *part) isText() bool {
	return p.leaf && (strings.HasPrefix(p.kind, "text/") || strings.HasPrefix(p.kind, "message/") ||
		strings.HasPrefix(p.kind, "multipart/") || !strings.Contains(p.kind, "/"))
}

// decoded gives the words of a part, at most n bytes of them before decoding the
// character set.
func (p *part) decoded(n int) string {
	b := transferDecode(p.raw, strings.ToLower(p.header.get("content-transfer-encoding")), n)
	return toUTF8(b, p.params["charset"])
}

// transferDecode undoes quoted-printable and base64 as far as they go, at most n
// bytes.
func transferDecode(raw, encoding string, n int) []byte {
	switch strings.TrimSpace(encoding) {
	case "base64":
		return decodeBase64(raw, n)
	case "quoted-printable":
		return decodeQuoted(raw[:min(len(raw), 3*n)], n)
	}
	return []byte(raw[:min(len(raw), n)])
}

// decodeBase64 skips what is not of the alphabet, and stops at the padding.
func decodeBase64(raw string, n int) []byte {
	clean := make([]byte, 0, min(len(raw), n*4/3+4))
	for i := 0; i < len(raw) && len(clean) < n*4/3; i++ {
		c := raw[i]
		switch {
		case 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/':
			clean = append(clean, c)
		case c == '=':
			i = len(raw)
		}
	}
	clean = clean[:len(clean)-boolInt(len(clean)%4 == 1)]
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	written, _ := base64.RawStdEncoding.Decode(out, clean) // only the last stray bits can be wrong
	return out[:written]
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// decodeQuoted leaves an escape that is none as it stands.
func decodeQuoted(raw string, n int) []byte {
	out := make([]byte, 0, min(len(raw), n))
	for i := 0; i < len(raw) && len(out) < n; i++ {
		if raw[i] != '=' {
			out = append(out, raw[i])
			continue
		}
		end := i + 1
		for end < len(raw) && (raw[end] == ' ' || raw[end] == '\t') {
			end++
		}
		hi, lo := -1, -1
		if i+2 < len(raw) {
			hi, lo = hexDigit(raw[i+1]), hexDigit(raw[i+2])
		}
		switch {
		case end == len(raw) || raw[end] == '\n': // a soft line break
			i = end
		case hi >= 0 && lo >= 0:
			out = append(out, byte(hi<<4|lo))
			i += 2
		default:
			out = append(out, '=')
		}
	}
	return out
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
