package message

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wneessen/go-mail"
)

// part gives a text with CRLF for each of its line ends, whichever they were: the
// canonical form that both encodings start from (RFC 2045 §6.7, §6.8). NUL has
// no place in mail (RFC 5322 §2.3 and RFC 2045 §2.7).
func (h *header) part(place, text string) string {
	h.check(utf8.ValidString(text), place, "the text is not UTF-8", "")
	h.check(!strings.ContainsRune(text, 0), place, "the text holds a NUL character", "Remove it.")
	return lineEnds(text)
}

func lineEnds(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	return strings.ReplaceAll(text, "\n", "\r\n")
}

// encoding chooses quoted-printable, which stays readable in the source, unless
// base64 is shorter, as for Arabic, Hindi or Chinese. Both are ASCII with lines
// of at most 76 characters, so that no server on the way has a reason to
// re-encode a part and break the signature (RFC 6376 §5.3).
func encoding(text string) mail.Encoding {
	return encodingOf(len(text), escapes(text))
}

func encodingOf(length, escapes int) mail.Encoding {
	if length+2*escapes > base64.StdEncoding.EncodedLen(length) {
		return mail.EncodingB64
	}
	return mail.EncodingQP
}

// escapes counts the octets that take three in quoted-printable.
func escapes(text string) int {
	n := 0
	for i := range len(text) {
		if c := text[i]; c == '=' || c > '~' || c < ' ' && c != '\r' && c != '\n' && c != '\t' {
			n++
		}
	}
	return n
}

// boundary derives the separator of a message's parts from Mail.Separator or its
// Message-ID: as unique as that, and the same whenever the message is composed. It is
// a token, which Content-Type may hold without quotation marks (RFC 2045 §5.1), of 36
// of the 70 characters allowed (RFC 2046 §5.1.1).
func boundary(separator string, try int) string {
	sum := sha256.Sum256([]byte("epistle boundary " + strconv.Itoa(try) + " " + separator))
	return "part" + hex.EncodeToString(sum[:16])
}
