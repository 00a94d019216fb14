package rehearsal

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/render"
	"epistle/internal/store"
	"epistle/internal/token"
)

const site = "https://news.example.org"

var noon = time.Date(2027, 3, 12, 12, 0, 0, 0, time.UTC)

// hall is an examiner with two readers and the means to write them messages.
type hall struct {
	t       *testing.T
	doc     *newsletter.Document
	links   *token.Keyring
	signer  *message.Signer
	left    int // how often somebody left
	status  int // of the pages
	choices map[int64]Choice
}

func newHall(t *testing.T) *hall {
	t.Helper()
	links, err := token.NewKeyring(token.Key{ID: 1, Secret: bytes.Repeat([]byte("k"), token.MinSecret)})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := message.LoadSigner("lantern.example.org", "test", "../message/testdata/rsa.pem")
	if err != nil {
		t.Fatal(err)
	}
	return &hall{t: t, links: links, signer: signer, status: http.StatusOK, doc: &newsletter.Document{
		Format: newsletter.DocumentFormat, Number: 7, Date: newsletter.Date{Year: 2027, Month: 3, Day: 12}, Subject: "The lamp is lit",
		Identity: newsletter.Identity{
			Slug: "weekly", Name: "The Weekly Lantern", Language: "en", ListID: "weekly.lantern.example.org",
			From: newsletter.Address{Name: "The Weekly Lantern", Email: "bulletin@lantern.example.org"}, PostalAddress: "1 Harbour Street",
		},
		Pseudonyms: []string{"Inês"},
		Content: newsletter.Content{
			Epigraph: &newsletter.Epigraph{Text: "A lamp is *not* put under a bowl.", Source: "An old saying"},
			Sections: []newsletter.ContentSection{
				{Key: "lead", Items: []newsletter.ContentItem{{Text: "The lamp is lit. Read [the story](https://lantern.example.org/story)."}}},
				{Key: "south", Heading: "Southern Towns", Introduction: "Two towns.", Items: []newsletter.ContentItem{
					{Text: "Inês* opened the night clinic.\n\n1. First\n2. Second"}, {Text: "![A quay](https://lantern.example.org/quay.png) The quay is mended."},
				}},
			},
		},
	}}
}

func (h *hall) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	h.left++
	w.WriteHeader(h.status)
}

func (h *hall) examiner() *examiner {
	name, value := h.signer.Record()
	return &examiner{
		Facts: Facts{
			Newsletter: 1, Bulletin: 2, Document: h.doc, Links: h.links, Senders: h.links, PublicURL: site,
			Records: map[string]string{name: value}, Pages: h,
		},
		readers: newReaders([]store.Reader{{ID: 3, Email: "ana@example.org"}, {ID: 4, Email: "rui@example.org"}}, h.choices, func() time.Time { return noon }),
		proven:  map[[32]byte]bool{},
	}
}

// letter is one message with everything that a test may spoil.
type letter struct {
	to, sender, leave, page string
	html, text              string
	signers                 []*message.Signer
}

func (h *hall) letter(id int64, to string) *letter {
	h.t.Helper()
	rendered, err := render.Render(h.doc)
	if err != nil {
		h.t.Fatal(err)
	}
	leave := site + "/u/" + h.links.Sign(token.Unsubscribe, token.Claims{Newsletter: 1, Bulletin: 2, Subscriber: id}, time.Time{})
	page := site + "/choose/" + h.links.Sign(token.Choose, token.Claims{Newsletter: 1, Subscriber: id}, time.Time{})
	l := &letter{to: to, sender: h.links.VERP(2, id) + "@lantern.example.org", leave: leave, page: page, signers: []*message.Signer{h.signer}}
	l.html, l.text = rendered.For(render.Personal{UnsubscribeURL: leave, ChooseURL: page, BrowserURL: site + "/v/x"})
	return l
}

func (h *hall) write(l *letter) []byte {
	h.t.Helper()
	id := h.doc.Identity
	m, err := message.Compose(&message.Mail{
		From: id.From, To: newsletter.Address{Email: l.to}, EnvelopeFrom: l.sender, Subject: h.doc.Subject, Date: noon,
		MessageID: "abc@lantern.example.org", ListID: id.ListID, ListName: id.Name, UnsubscribeURL: l.leave, HTML: l.html, Text: l.text,
	}, l.signers)
	if err != nil {
		h.t.Fatal(err)
	}
	return m.Bytes()
}

func TestASoundMessagePasses(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	x := h.examiner()
	for id, to := range map[int64]string{3: "ana@example.org", 4: "rui@example.org"} {
		l := h.letter(id, to)
		if err := x.examine(t.Context(), l.sender, []string{to}, h.write(l)); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	if h.left != 2 || len(x.proven) != 2 {
		t.Errorf("%d left, %d renderings were compared in depth", h.left, len(x.proven))
	}
}

func TestWhatAReaderChosePasses(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	h.choices = map[int64]Choice{3: {Key: "part", TextOnly: true, Gets: func(key string) bool { return key != "south" }}}
	x := h.examiner()
	all := h.doc.Content.Sections
	h.doc.Content.Sections = all[:1]
	l := h.letter(3, "ana@example.org")
	h.doc.Content.Sections, l.html = all, ""
	if err := x.examine(t.Context(), l.sender, []string{"ana@example.org"}, h.write(l)); err != nil {
		t.Error(err)
	}
}

func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	both := func(l *letter, old, now string) {
		l.html, l.text = strings.ReplaceAll(l.html, old, now), strings.ReplaceAll(l.text, old, now)
	}
	for name, c := range map[string]struct {
		spoil func(h *hall, l *letter)
		bytes func(raw []byte) []byte
		want  string
	}{
		"a word is changed":              {spoil: func(_ *hall, l *letter) { both(l, "night clinic", "day clinic") }, want: "missing or changed"},
		"a word is added":                {spoil: func(_ *hall, l *letter) { both(l, "Southern Towns", "New Southern Towns") }, want: "stands there and not in the frozen"},
		"a section is missing in HTML":   {spoil: func(_ *hall, l *letter) { l.html = strings.ReplaceAll(l.html, "The quay is mended.", "") }, want: "in the HTML"},
		"a word is missing in the text":  {spoil: func(_ *hall, l *letter) { l.text = strings.ReplaceAll(l.text, "Two towns.", "Towns.") }, want: "in the text"},
		"an alternative text is missing": {spoil: func(_ *hall, l *letter) { l.html = strings.ReplaceAll(l.html, `alt="A quay"`, `alt=""`) }, want: "in the HTML"},
		"a placeholder is left":          {spoil: func(_ *hall, l *letter) { both(l, "1 Harbour Street", "{{.Postal}}") }, want: "placeholder"},
		"the link is somebody else's": {spoil: func(h *hall, l *letter) {
			other := h.letter(4, "rui@example.org")
			l.leave, l.html, l.text = other.leave, other.html, other.text
		}, want: "belongs to somebody else"},
		"the text has another's link": {spoil: func(h *hall, l *letter) {
			l.text = strings.ReplaceAll(l.text, l.leave, h.letter(4, "rui@example.org").leave)
		}, want: "in the text: somebody else's"},
		"the page is somebody else's": {spoil: func(h *hall, l *letter) { both(l, l.page, h.letter(4, "rui@example.org").page) }, want: "in the text: the link to the reader's page belongs to somebody else"},
		"the page is no link of ours": {spoil: func(h *hall, l *letter) { both(l, l.page, site+"/choose/AAAA") }, want: "in the text: the link to the reader's page belongs to somebody else"},
		"the HTML has no link to it":  {spoil: func(_ *hall, l *letter) { l.html = strings.ReplaceAll(l.html, l.page, "https://example.org/") }, want: "in the HTML: the link to the reader's page is missing"},
		"a section was declined by another": {spoil: func(h *hall, l *letter) {
			h.choices = map[int64]Choice{4: {Gets: func(key string) bool { return key != "south" }}}
			all := h.doc.Content.Sections
			h.doc.Content.Sections = all[:1]
			part := h.letter(3, "ana@example.org")
			h.doc.Content.Sections = all
			l.html, l.text = part.html, part.text
		}, want: "missing or changed"},
		"text only was not wanted":      {spoil: func(_ *hall, l *letter) { l.html = "" }, want: "text only"},
		"the HTML has no link to leave": {spoil: func(_ *hall, l *letter) { l.html = strings.ReplaceAll(l.html, l.leave, "https://example.org/") }, want: "in the HTML: the reader's link"},
		"the link does not work":        {spoil: func(h *hall, _ *letter) { h.status = http.StatusNotFound }, want: "status 404"},
		"a bounce would name another":   {spoil: func(h *hall, l *letter) { l.sender = h.links.VERP(2, 4) + "@lantern.example.org" }, want: "a bounce to the envelope sender"},
		"a signature is missing":        {spoil: func(_ *hall, l *letter) { l.signers = nil }, want: "0 signatures"},
		"a signature is broken":         {bytes: func(b []byte) []byte { return bytes.Replace(b, []byte("Subject: The"), []byte("Subject: A"), 1) }, want: "does not verify"},
		"To names another": {bytes: func(b []byte) []byte {
			return bytes.Replace(b, []byte("To: ana@"), []byte("To: eva@"), 1)
		}, want: "the field To"},
		"a line ends in LF":     {bytes: func(b []byte) []byte { return bytes.Replace(b, []byte("\r\n\r\n"), []byte("\r\n\r\nx\n"), 1) }, want: "lone"},
		"a line is too long":    {bytes: func(b []byte) []byte { return append([]byte("X: "+strings.Repeat("x", 1000)+"\r\n"), b...) }, want: "octets"},
		"a field stands twice":  {bytes: func(b []byte) []byte { return append([]byte("Subject: again\r\n"), b...) }, want: "Subject stands there 2 times"},
		"the body is cut":       {bytes: func(b []byte) []byte { return b[:len(b)/2] }, want: ""},
		"eight bits unencoded":  {bytes: func(b []byte) []byte { return bytes.Replace(b, []byte("Harbour"), []byte("Härbour"), 1) }, want: "not ASCII"},
		"one-click is no field": {bytes: func(b []byte) []byte { return bytes.Replace(b, []byte("One-Click"), []byte("Two-Click"), 1) }, want: "List-Unsubscribe-Post"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHall(t)
			l := h.letter(3, "ana@example.org")
			if c.spoil != nil {
				c.spoil(h, l)
			}
			raw := h.write(l)
			if c.bytes != nil {
				raw = c.bytes(raw)
			}
			err := h.examiner().examine(t.Context(), l.sender, []string{"ana@example.org"}, raw)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("found %v, want %q", err, c.want)
			}
		})
	}
}

func TestStrangersAndRepetitionsAreFound(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	x := h.examiner()
	l := h.letter(3, "ana@example.org")
	raw := h.write(l)
	if err := x.examine(t.Context(), l.sender, []string{"eva@example.org"}, raw); err == nil || x.readers.strange != 1 {
		t.Errorf("a stranger: %v", err)
	}
	if err := x.examine(t.Context(), l.sender, []string{"ana@example.org", "rui@example.org"}, raw); err == nil {
		t.Error("two recipients in one transaction pass")
	}
	if err := x.examine(t.Context(), l.sender, []string{"ana@example.org"}, raw); err != nil {
		t.Error(err)
	}
	if err := x.examine(t.Context(), l.sender, []string{"ana@example.org"}, raw); err == nil || x.readers.seen[3] != 2 {
		t.Errorf("a second message to the same reader: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("From: a@example.org\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nwords\r\n"))
	f.Add([]byte("Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\nYQ==\r\n--b--\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := parse(raw)
		if err != nil {
			return
		}
		if err := p.checkHeader(); err == nil {
			if _, err := p.oneClick(); err != nil && p.header.Get("List-Unsubscribe") == "" {
				t.Error("a header without a link to leave passes")
			}
		}
		if _, err := readPage(p.html); err != nil {
			t.Error(err)
		}
	})
}
