package message

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"epistle/internal/newsletter"
)

func TestUnusualFormsAreSlowAndRight(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]Parts{
		"HTML of a gap alone":          {Text: pieces("leave: §\n"), HTML: pieces("¶")},
		"a text of a gap alone":        {Text: pieces("§"), HTML: pieces("<p>§")},
		"a gap in a line break":        {Text: pieces("one\r§\ntwo"), HTML: pieces("<p>")},
		"a boundary in the fixed text": {Text: pieces("leave: §\n" + boundary(reader().MessageID, 0)), HTML: pieces("<p>")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := NewForm(bulletin(), p, nil)
			if err != nil {
				t.Fatal(err)
			}
			if f.Slow() == "" {
				t.Error("the form is not slow")
			}
			for _, value := range []string{"", "\n", "leave"} {
				wantSame(t, f, reader(value, ""))
			}
		})
	}
}

func TestFormNoticesThatItIsWrong(t *testing.T) {
	t.Parallel()
	p := Parts{Text: pieces("leave: §\n"), HTML: pieces("<p>\n<a href=\"§\">leave</a>")}
	for name, spoil := range map[string]func(*Form){
		"dates":            func(f *Form) { f.dates = strings.ToUpper(f.dates) },
		"senders":          func(f *Form) { f.senders = "" },
		"opening":          func(f *Form) { f.opening, f.closing = f.closing, f.opening },
		"closing":          func(f *Form) { f.closing += "X-Mailer: none\r\n" },
		"UTF8":             func(f *Form) { f.utf8 = true },
		"text":             func(f *Form) { f.text.rest.wire = []byte("stay") },
		"html":             func(f *Form) { f.html.stretches[0].gaps[0].tail += " " },
		"canonical body":   func(f *Form) { f.html.stretches[0].ready.canonical = nil },
		"signed fields":    func(f *Form) { f.signed = f.signed[1:] },
		"a signer's name":  func(f *Form) { f.signers[0].domain += "." },
		"a signer's kind":  func(f *Form) { f.signers[1].kind = "rsa" },
		"a signer's key":   func(f *Form) { f.signers[0].key = f.signers[1].key },
		"a signer missing": func(f *Form) { f.signers[0].key = brokenKey{f.signers[0].key} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := form(t, bulletin(), p, bothSigners(t)...)
			if spoil(f); f.check() == "" {
				t.Error("not noticed")
			}
		})
	}
}

func TestNewFormRefusesWhatComposeRefuses(t *testing.T) {
	t.Parallel()
	p := Parts{Text: pieces("leave: §\n"), HTML: pieces("<p>§")}
	good := signer(t, "lantern.example", "rsa", "rsa.pem")
	broken := &Signer{domain: "lantern.example", selector: "x", key: brokenKey{good.key}}
	if _, err := NewForm(bulletin(), p, []*Signer{good, broken}); !errors.Is(err, errPulled) {
		t.Errorf("a broken signer: %v", err)
	}
	m := bulletin()
	m.Subject, m.Help = "one\r\ntwo", "nowhere"
	var faults newsletter.Faults
	if _, err := NewForm(m, p, nil); !errors.As(err, &faults) || len(faults) != 2 {
		t.Errorf("two bad fields: %v", err)
	}
	for _, text := range [][]Piece{pieces("\x00"), {{Text: "a gap in a character: \xc3"}, {Gap: 1}, {Text: "\xa9"}}} {
		_, err := NewForm(bulletin(), Parts{Text: text, HTML: p.HTML}, nil)
		wantFault(t, err, "text")
	}
	for _, gap := range []int{-1, 1 << 40} {
		if _, err := NewForm(bulletin(), Parts{Text: []Piece{{Text: "a"}, {Gap: gap}}, HTML: p.HTML}, nil); err == nil {
			t.Errorf("gap %d: no error", gap)
		}
	}
}

func TestOpenGapIsAnError(t *testing.T) {
	t.Parallel()
	f := form(t, bulletin(), Parts{Text: pieces("§ and ¶"), HTML: pieces("<p>§")})
	for _, values := range [][]string{nil, {"one"}} {
		if m, err := f.Write(nil, reader(values...)); err == nil || m != nil {
			t.Errorf("with the values %q: %v, %v", values, m, err)
		}
	}
}

func TestFormUsesMemoryAgain(t *testing.T) {
	t.Parallel()
	f := form(t, bulletin(), benchParts(), bothSigners(t)...)
	first, err := f.Write(nil, reader("https://lantern.example/first"))
	if err != nil {
		t.Fatal(err)
	}
	kept, memory := first.Bytes(), first.own
	second, err := f.Write(first, reader("https://lantern.example/other"))
	if err != nil {
		t.Fatal(err)
	}
	if &second.own[0] != &memory[0] {
		t.Error("the memory was not used again")
	}
	third, err := f.Write(nil, reader("https://lantern.example/first"))
	if err != nil {
		t.Fatal(err)
	}
	// All but the signatures, whose time may be another.
	if _, a, _ := bytes.Cut(kept, []byte("\r\nDate: ")); !bytes.HasSuffix(third.Bytes(), a) {
		t.Error("what was written before can be seen")
	}
}

func TestFormIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	f := form(t, bulletin(), benchParts(), bothSigners(t)[1:]...)
	dns := records(f.signers...)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			var used *Message
			for n := range 40 {
				v := reader(fmt.Sprintf("https://lantern.example/u/%d", worker*1000+n*n*n))
				got, err := f.Write(used, v)
				if err != nil {
					t.Error(err)
					return
				}
				want, err := f.compose(v, nil)
				if err != nil || !bytes.HasSuffix(got.Bytes(), want.Bytes()) || !all(verify(t, got.Bytes(), dns), true, 1) {
					t.Errorf("worker %d, message %d differs or does not verify: %v", worker, n, err)
				}
				used = got
			}
		})
	}
	group.Wait()
}
