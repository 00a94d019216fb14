package bounce

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// toUTF8 decodes text whose character set is named by its sender. Text that is
// UTF-8 already is taken as such whatever the name says: other text is hardly
// ever valid UTF-8 by chance, and wrong names are common. Never fails; what
// cannot be decoded becomes U+FFFD.
func toUTF8(b []byte, charset string) string {
	charset = strings.ToLower(strings.Trim(charset, " \t\"'"))
	if !shifts(b, charset) && utf8.Valid(b) {
		return string(b)
	}
	switch e := encodingOf(charset); {
	case charset == "iso-2022-kr":
		return unshiftKorean(b)
	case e != nil:
		if text, err := e.NewDecoder().Bytes(b); err == nil {
			return strings.ToValidUTF8(string(text), "\ufffd")
		}
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(text)
}

// shifts says whether the bytes need decoding although they are ASCII: the
// seven-bit sets of East Asia switch with escape sequences.
func shifts(b []byte, charset string) bool {
	return bytes.ContainsAny(b, "\x1b\x0e") || strings.HasPrefix(charset, "hz") && bytes.Contains(b, []byte("~{"))
}

// encodingOf knows the names of the web's standard, and those that mail adds.
func encodingOf(charset string) encoding.Encoding {
	switch charset {
	case "", "utf-8", "us-ascii", "ascii", "unknown-8bit", "8bit", "default":
		return nil
	case "iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-ms", "cp50220", "cp50221", "jis", "csiso2022jp":
		return japanese.ISO2022JP
	case "cp932", "ms932", "shift-jis", "x-sjis-jp", "windows-932":
		return japanese.ShiftJIS
	case "eucjp-ms", "ujis":
		return japanese.EUCJP
	case "hz", "hz-gb-2312":
		return simplifiedchinese.HZGB2312
	case "cp936", "ms936":
		return simplifiedchinese.GBK
	case "cp949", "uhc", "ms949":
		return korean.EUCKR
	}
	if strings.HasPrefix(charset, "cp125") {
		charset = "windows-" + charset[2:]
	}
	e, err := htmlindex.Get(charset)
	if err != nil || e == encoding.Replacement {
		return nil
	}
	return e
}

// unshiftKorean decodes ISO-2022-KR (RFC 1557 §2): between SO and SI each byte
// is one of EUC-KR without its eighth bit.
func unshiftKorean(b []byte) string {
	b = bytes.ReplaceAll(b, []byte("\x1b$)C"), nil)
	out := make([]byte, 0, len(b))
	high := false
	for _, c := range b {
		switch {
		case c == 0x0e:
			high = true
		case c == 0x0f || c == '\n':
			high = false
			if c == '\n' {
				out = append(out, c)
			}
		case high && c > ' ':
			out = append(out, c|0x80)
		default:
			out = append(out, c)
		}
	}
	text, err := korean.EUCKR.NewDecoder().Bytes(out)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(text)
}
