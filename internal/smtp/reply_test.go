package smtp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestReadReply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in    string
		reply Reply
		err   error
	}{
		{in: "250 2.0.0 queued as 7\r\n", reply: Reply{250, "2.0.0", "queued as 7"}},
		{in: "250\r\n", reply: Reply{250, "", ""}},
		{in: "250 \n", reply: Reply{250, "", ""}},
		{in: "550-5.1.1 no such\r\n550 5.1.1 user\r\n", reply: Reply{550, "5.1.1", "no such user"}},
		{in: "550 5.1.1\r\n", reply: Reply{550, "5.1.1", ""}},
		{in: "421 5.7.32 odd but real\r\n", reply: Reply{421, "5.7.32", "odd but real"}},
		{in: "550 5.1 is no code\r\n", reply: Reply{550, "", "5.1 is no code"}},
		{in: "550 5.1.1000 nor this\r\n", reply: Reply{550, "", "5.1.1000 nor this"}},
		{in: "550 3.1.1 nor this\r\n", reply: Reply{550, "", "3.1.1 nor this"}},
		{in: "550 a\tb\x00\x1b[31mc\u202ed\xff\u0085e\r\n", reply: Reply{550, "", "a b [31mcd? e"}},
		{in: "", err: io.EOF},
		{in: "250 ok", err: io.ErrUnexpectedEOF},
		{in: "250-ok\r\n", err: io.ErrUnexpectedEOF},
		{in: "250-ok\r\n251 ok\r\n", err: errNotSMTP},
		{in: "150 early\r\n", err: errNotSMTP},
		{in: "650 late\r\n", err: errNotSMTP},
		{in: "25O ok\r\n", err: errNotSMTP},
		{in: "250ok\r\n", err: errNotSMTP},
		{in: "\r\n", err: errNotSMTP},
		{in: strings.Repeat("250-x\r\n", maxReply/4), err: errNotSMTP},
		{in: "250 " + strings.Repeat("x", maxReply), err: errNotSMTP},
	} {
		got, err := readReply(bufio.NewReader(strings.NewReader(c.in)))
		if got != c.reply || !errors.Is(err, c.err) {
			t.Errorf("%.40q: %+v, %v; want %+v, %v", c.in, got, err, c.reply, c.err)
		}
	}
}

func TestLongTextIsCutAtACharacter(t *testing.T) {
	t.Parallel()
	in := "550 " + strings.Repeat("ü", 5000) + "\r\n250 next\r\n"
	r := bufio.NewReader(strings.NewReader(in))
	reply, err := readReply(r)
	if err != nil || len(reply.Text) > maxText || !strings.HasSuffix(reply.Text, "ü…") {
		t.Errorf("%d bytes, %v: %q", len(reply.Text), err, reply.Text)
	}
	if next, err := readReply(r); err != nil || next.Code != 250 {
		t.Errorf("the next reply is out of step: %+v, %v", next, err)
	}
}

func FuzzReadReply(f *testing.F) {
	for _, seed := range []string{
		"250 2.0.0 ok\r\n", "250-first\r\n250 last\r\n", "421\r\n", "550 5.1.1 <keeper@harbour.example>\r\n",
		"250-", "2", "<html>\r\n", "550 \x1b]0;title\x07\r\n", "550 \xff\xfe\u200b\u202e\r\n", "250-a\n250-b\n251 c\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		source := bytes.NewReader(in)
		reply, err := readReply(bufio.NewReader(source))
		if err != nil {
			if reply != (Reply{}) {
				t.Errorf("a reply beside an error: %+v", reply)
			}
			return
		}
		if reply.Code < 200 || reply.Code > 599 {
			t.Errorf("code %d", reply.Code)
		}
		if len(reply.Text) > maxText || !utf8.ValidString(reply.Text) || reply.Text != strings.TrimSpace(reply.Text) {
			t.Errorf("text %q", reply.Text)
		}
		if strings.ContainsFunc(reply.String(), func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }) {
			t.Errorf("%q can harm a terminal", reply)
		}
		e := &Error{Stage: Rcpt, Reply: reply, Outcome: outcomeOf(Rcpt, reply)}
		if strings.Contains(e.Error(), "@") || e.Class() == "" {
			t.Errorf("%q of class %q", e, e.Class())
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"plain words", " a", "a ", "a  b", "", "a\tb", "x\u200by", "\xff", "~!", strings.Repeat("long ", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		short, slow := clean(in, maxText), clean(in+"\t", maxText) // the tab takes the long way
		if len(in) <= maxText && short != slow && !strings.HasSuffix(slow, "…") {
			t.Errorf("%q becomes %q and %q", in, short, slow)
		}
		if len(short) > maxText || strings.ContainsFunc(short, unicode.IsControl) || short != strings.TrimSpace(short) {
			t.Errorf("%q is not clean", short)
		}
	})
}
