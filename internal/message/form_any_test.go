package message

import (
	"bytes"
	"io"
	"math/rand"
	"mime/quotedprintable"
	"strings"
	"testing"
	"testing/quick"
	"testing/synctest"

	"epistle/internal/newsletter"
)

// formTexts are a random pair of parts and values for two gaps.
type formTexts struct{ text, html, one, two string }

func randomForm(r *rand.Rand) formTexts {
	some := func(size int) string { return string(text("").Generate(r, size).Interface().(text)) }
	gapped := func() string {
		s := some(12)
		for range r.Intn(5) {
			s += []string{"§", "¶", "§¶"}[r.Intn(3)] + some(6)[1:]
		}
		return s
	}
	value := func() string {
		return strings.NewReplacer("\r", "", "\n", " ").Replace(some(3))[1:]
	}
	return formTexts{gapped(), gapped(), value(), value()}
}

func TestAnyFormWritesWhatComposeWrites(t *testing.T) {
	t.Parallel()
	quickly := 0
	err := quick.Check(func(seed int64) bool {
		r := rand.New(rand.NewSource(seed))
		texts := randomForm(r)
		parts := Parts{pieces(texts.text), pieces(texts.html)}
		if seed%3 == 0 {
			parts.HTML = nil
		}
		m := bulletin()
		if seed%2 == 0 {
			m = shared()
		}
		f, err := NewForm(m, parts, nil)
		if err != nil {
			t.Fatal(err)
		}
		if f.Slow() == "" {
			quickly++
		}
		for range 5 {
			v := reader(texts.one, texts.two)
			v.HTML = []string{texts.two, texts.one + texts.one}
			wantSame(t, f, v)
			again := randomForm(r)
			texts.one, texts.two = again.one, again.two
		}
		return !t.Failed()
	}, &quick.Config{MaxCount: 1500})
	if err != nil {
		t.Error(err)
	}
	if quickly < 1000 {
		t.Errorf("only %d of the forms were not slow", quickly)
	}
}

func FuzzForm(f *testing.F) {
	f.Add("Dear ¶,\nleave: §\n\n\n", "", "https://lantern.example/u/a", "Ana", "Ana", "ana@harbour.example", "id@lantern.example", "https://lantern.example/u")
	f.Add("Dear ¶,\nleave: §\n", "<a href=\"§\">", "https://lantern.example/u/a", "Ana", "Ana", "ana@harbour.example", "id@lantern.example", "https://lantern.example/u")
	f.Add("§\r", "\n§¶ =", " ", "=", "Ü", "jürgen@bücher.example", "a@b", "http://localhost")
	f.Add(strings.Repeat("x", 70)+"§", strings.Repeat("灯塔", 40)+"¶\n.", "\n", "\x00", "a\r", "a", "", "mailto:a@b")
	f.Fuzz(func(t *testing.T, text, html, one, two, name, email, id, link string) {
		synctest.Test(t, func(t *testing.T) {
			for _, m := range []*Mail{bulletin(), shared()} {
				form, err := NewForm(m, Parts{pieces(text), pieces(html)}, bothSigners(t)[1:])
				if err != nil {
					return
				}
				v := reader(one, two)
				v.To, v.MessageID, v.UnsubscribeURL = newsletter.Address{Name: name, Email: email}, id, link
				if got := wantSame(t, form, v); got != nil && form.Slow() == "" {
					checkWire(t, got)
				}
			}
		})
	})
}

func FuzzQuoted(f *testing.F) {
	f.Add("A night clinic opens. \r\n.é=\r\n\t", 3)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		text = lineEnds(text)
		var want bytes.Buffer
		w := quotedprintable.NewWriter(&want)
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		cut = min(max(cut, 0), len(text))
		if strings.HasSuffix(text[:cut], "\r") {
			cut--
		}
		got, column := appendQuoted(nil, 0, text[:cut])
		got, column = appendQuoted(got, column, text[cut:])
		if got = endQuoted(got, column); !bytes.Equal(got, want.Bytes()) {
			t.Errorf("got %q, want %q", got, want.Bytes())
		}
	})
}
