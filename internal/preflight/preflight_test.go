package preflight

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/render"
	"epistle/internal/smtp"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// clean is a bulletin in which there is nothing to mend.
func clean() Input {
	doc := &newsletter.Document{
		Format: newsletter.DocumentFormat,
		Identity: newsletter.Identity{
			Slug: "weekly", Name: "The Weekly Lantern",
			From:   newsletter.Address{Name: "The Weekly Lantern", Email: "bulletin@lantern.example"},
			ListID: "weekly.lantern.example", Language: "en",
			PostalAddress: "Lantern Network\n3 Quay Street\nPort Ellin",
			PseudonymNote: "Names were changed to protect people.",
		},
		Number: 214, Date: newsletter.Date{Year: 2027, Month: time.March, Day: 12},
		Subject: "The lamps of Port Ellin", Preheader: "Three keepers, one winter, and a school by night.",
		Content: newsletter.Content{
			Title:    "Lantern Requests",
			Epigraph: &newsletter.Epigraph{Text: "Who lights a lamp\nlights it for *everyone*.", Source: "a keeper's log, 1911"},
			Sections: []newsletter.ContentSection{
				{Key: newsletter.LeadKey, Items: []newsletter.ContentItem{{ID: 1, Text: "Thank Marisol\\* and her crew, who kept the light for *forty* nights."}}},
				{
					Key: "harbour-schools", Heading: "Harbour Schools & Friends", Introduction: "The network has schools in 12 towns.",
					Items: []newsletter.ContentItem{
						{ID: 2, Text: "The night class reopened ([read more](https://lantern.example/night?a=1&b=2)).\n\n1. One lamp\n2. Two lamps\n\n> Said the **keeper**: stay."},
						{ID: 3, Text: "Write to [the office](mailto:office@lantern.example), or see https\\://plain.example in words.\n\n![A lamp on a quay](https://lantern.example/lamp.jpg)\n\n- first [1]\n- second (2)"},
					},
				},
			},
		},
		Pseudonyms: []string{"Marisol"},
	}
	return Input{
		Newsletter: &newsletter.Newsletter{Slug: "weekly", Pseudonyms: []string{"Marisol", "Ana Luz"}},
		Document:   doc,
		Items:      []ItemState{{1, newsletter.ItemUsed, "lead", false}, {2, newsletter.ItemApproved, "harbour-schools", false}},
		PublicURL:  "https://lists.lantern.example/", SignerDomains: []string{"lantern.example"}, Audience: 12408,
		Online: &Online{
			Keys:   map[string]error{"lamp._domainkey.lantern.example": nil},
			Images: map[string]Picture{"https://lantern.example/lamp.jpg": {Bytes: 80_000, Width: 1200}},
		},
		Previous: []Previous{{Audience: 12391, Document: &newsletter.Document{
			Number: 213, Date: newsletter.Date{Year: 2027, Month: time.March, Day: 5},
			Content: newsletter.Content{Epigraph: &newsletter.Epigraph{Text: "Another word", Source: "another log"}},
		}}},
	}
}

// check renders the document as it then is, unless it cannot be rendered.
func checked(t *testing.T, in Input) []Result {
	t.Helper()
	rendered, err := render.Render(in.Document)
	if err == nil {
		in.Rendered = rendered
	}
	return Check(in)
}

func TestNothingToMend(t *testing.T) {
	t.Parallel()
	results := checked(t, clean())
	for _, r := range results {
		if r.Verdict != OK || r.Remedy != "" {
			t.Errorf("%+v", r)
		}
	}
	if len(results) != len(Docs()) {
		t.Errorf("%d results of %d checks", len(results), len(Docs()))
	}
	if w := Worst(results); w != OK {
		t.Errorf("the worst is %s", w)
	}
}

// TestEachFault breaks one thing and wants exactly one check to fall.
func TestEachFault(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("The keepers of the coast light their lamps before dusk. ", 40)
	for _, c := range []struct {
		name    string
		check   string
		verdict Verdict
		place   string
		says    string
		spoil   func(*Input)
	}{
		{"a draft", "unapproved-items", Error, "item 2 in harbour-schools", "a draft", func(in *Input) { in.Items[1].State = newsletter.ItemDraft }},
		{"a withdrawn item", "unapproved-items", Error, "item 1 in lead", "withdrawn", func(in *Input) { in.Items[0].State = newsletter.ItemWithdrawn }},
		{"an expired item", "unapproved-items", Error, "item 2 in harbour-schools", "no longer valid", func(in *Input) { in.Items[1].Expired = true }},
		{"HTML that is cut off", "html-size", Error, "HTML", "102 KB", func(in *Input) { lengthen(in, long, 44) }},
		{"HTML that is nearly cut off", "html-size", Warning, "HTML", "102 KB", func(in *Input) { lengthen(in, long, 33) }},
		{"no way to leave", "unsubscribe-link", Error, "footer", "no reader can leave", func(in *Input) { in.PublicURL = "" }},
		{"a link without host", "malformed-link", Error, "Harbour Schools & Friends, item 1 (number 2), at 1:27", "without a host", func(in *Input) { link(in, "https:///night") }},
		{"a host that is none", "malformed-link", Error, "Harbour Schools & Friends, item 1 (number 2)", "names no host", func(in *Input) { link(in, "https://lantern..example/") }},
		{"a host of one's own", "malformed-link", Warning, "Harbour Schools & Friends, item 1 (number 2)", "your own network", func(in *Input) { link(in, "https://night/") }},
		{"a mailto without address", "malformed-link", Error, "Harbour Schools & Friends, item 1 (number 2)", "no e-mail address", func(in *Input) { link(in, "mailto:@lantern.example") }},
		{"a broken escape", "malformed-link", Error, "Harbour Schools & Friends, item 1 (number 2), at 1:27", "malformed address", func(in *Input) { link(in, "https://lantern.example/%zz") }},
		{"a link in the introduction", "http-link", Warning, "introduction of Harbour Schools & Friends", "not encrypted", func(in *Input) {
			in.Document.Content.Sections[1].Introduction = "See [here](http://lantern.example/)."
		}},
		{"a link in the epigraph", "http-link", Warning, "source of the epigraph", "not encrypted", func(in *Input) {
			in.Document.Content.Epigraph.Source = "[a log](http://lantern.example/)"
		}},
		{"a link in the footnote", "http-link", Warning, "footnote", "not encrypted", func(in *Input) {
			in.Document.Content.Note = "Names were changed, [why](http://lantern.example/)."
		}},
		{"an image without words", "image-alt", Warning, "Harbour Schools & Friends, item 1 (number 2)", "alternative text", func(in *Input) {
			in.Document.Content.Sections[1].Items[0].Text += "\n\n![](https://lantern.example/quay.jpg)"
		}},
		{"a link lost in copying", "lost-link-targets", Warning, "", "Read more about the class", func(in *Input) {
			in.Document.Content.Sections[1].Items[0].Text += " (Read more about the class)"
		}},
		{"no postal address", "postal-address", Warning, "newsletter.toml", "no postal address", func(in *Input) { in.Document.Identity.PostalAddress = " \n" }},
		{"a postal address that came later", "postal-address", Warning, "footer", "before the newsletter had", func(in *Input) {
			in.Newsletter.PostalAddress, in.Document.Identity.PostalAddress = in.Document.Identity.PostalAddress, ""
		}},
		{"no key", "signing-key", Warning, "epistle.toml", "no signing key", func(in *Input) { in.SignerDomains = nil }},
		{"a key for another domain", "signing-key", Warning, "dkim.domain", "for other.example only", func(in *Input) { in.SignerDomains = []string{"other.example"} }},
		{"no epigraph", "epigraph", Warning, "epigraph", "no epigraph", func(in *Input) { in.Document.Content.Epigraph = nil }},
		{"an epigraph from nowhere", "epigraph", Warning, "epigraph", "no source", func(in *Input) { in.Document.Content.Epigraph.Source = "" }},
		{"an epigraph again", "repeated-epigraph", Warning, "epigraph", "bulletin 213 of 2027-03-05", func(in *Input) {
			in.Previous[0].Document.Content.Epigraph.Text = "“Who lights a lamp — lights it for everyone!”"
		}},
		{"an item again", "same-content", Warning, "Harbour Schools & Friends, item 2 (number 3)", "the same words stood in bulletin 213 of 2027-03-05", func(in *Input) {
			text := in.Document.Content.Sections[1].Items[1].Text
			in.Previous[0].Document.Content.Sections = []newsletter.ContentSection{{Key: "lead", Items: []newsletter.ContentItem{{ID: 9, Text: "*" + text}}}}
		}},
		{"a pseudonym without its asterisk", "pseudonyms", Warning, "Harbour Schools & Friends, item 1 (number 2)", `"Ana Luz" stands there first`, func(in *Input) {
			in.Document.Content.Sections[1].Items[0].Text += " Ask Ana Luz and Ana Luz\\*."
		}},
		{"a misspelt pseudonym", "pseudonyms", Warning, "lead, item 1 (number 1)", `"Marisoll" is nearly the pseudonym "Marisol"`, func(in *Input) {
			in.Document.Content.Sections[0].Items[0].Text = "Thank Marisoll\\* and her crew."
		}},
		{"a name that is not registered", "pseudonyms", Warning, "lead, item 1 (number 1)", "Teodora* carries an asterisk", func(in *Input) {
			in.Document.Content.Sections[0].Items[0].Text += " Thank Teodora\\* too."
		}},
		{"an image that is gone", "image-size", Warning, "https://lantern.example/lamp.jpg", "the server answers 404", func(in *Input) {
			in.Online.Images["https://lantern.example/lamp.jpg"] = Picture{Err: errors.New("the server answers 404")}
		}},
		{"a heavy image", "image-size", Warning, "https://lantern.example/lamp.jpg", "2.5 MB", func(in *Input) {
			in.Online.Images["https://lantern.example/lamp.jpg"] = Picture{Bytes: 2_500_000}
		}},
		{"a wide image", "image-size", Warning, "https://lantern.example/lamp.jpg", "4000 pixels", func(in *Input) {
			in.Online.Images["https://lantern.example/lamp.jpg"] = Picture{Bytes: 2_500, Width: 4000}
		}},
		{"a key that is not published", "published-key", Warning, "lamp._domainkey.lantern.example", "there is no record", func(in *Input) {
			in.Online.Keys["lamp._domainkey.lantern.example"] = newsletter.Errorf(newsletter.Failed, "there is no record").At("x")
		}},
		{"an accent that cannot be read", "colour-contrast", Warning, "design.accent", "is shown as #", func(in *Input) { in.Document.Identity.Design.Accent = "#ffee00" }},
		{"a change that the newsletter cares for", "audience", Warning, "audience", "17 more", func(in *Input) {
			in.Newsletter.Policy.AudienceChange, in.Audience, in.Previous[0].Audience = 5, 117, 100
		}},
		{"an empty subject", "subject-length", Warning, "subject", "empty", func(in *Input) { in.Document.Subject = " " }},
		{"a long subject", "subject-length", Warning, "subject", "71 characters", func(in *Input) { in.Document.Subject = strings.Repeat("é", 71) }},
		{"an answer to nothing", "deceptive-subject", Warning, "subject", `"Re:"`, func(in *Input) { in.Document.Subject = "Re: the lamps" }},
		{"a forwarded nothing", "deceptive-subject", Warning, "subject", `"FWD [2]:"`, func(in *Input) { in.Document.Subject = "FWD [2]: the lamps" }},
		{"a shout", "deceptive-subject", Warning, "subject", "capitals", func(in *Input) { in.Document.Subject = "LAMPS ARE OUT AT PORT ELLIN" }},
		{"an exclamation", "deceptive-subject", Warning, "subject", "punctuation", func(in *Input) { in.Document.Subject = "Lamps!!" }},
		{"no preheader", "preheader", Warning, "preheader", "no preheader", func(in *Input) { in.Document.Preheader = "" }},
		{"a long preheader", "preheader", Warning, "preheader", "111 characters", func(in *Input) { in.Document.Preheader = strings.Repeat("x", 111) }},
		{"the subject twice", "preheader", Warning, "preheader", "repeats", func(in *Input) { in.Document.Preheader = in.Document.Subject + "!" }},
		{"nobody to read it", "audience", Warning, "audience", "nobody", func(in *Input) { in.Audience = 0 }},
		{"many fewer readers", "audience", Warning, "audience", "2479 fewer", func(in *Input) { in.Audience = 12391 - 2479 }},
		{"many more readers", "audience", Warning, "audience", "2479 more", func(in *Input) { in.Audience = 12391 + 2479 }},
		{"no https", "list-headers", Warning, "web.public_url", "does not say how to leave", func(in *Input) { in.PublicURL = "http://lists.lantern.example" }},
		{"no https, but an intake", "list-headers", Warning, "web.public_url", "one click", func(in *Input) {
			in.PublicURL, in.UnsubscribeMailto = "", true
		}},
		{"a header without list", "list-headers", Warning, "List-Id", "which list", func(in *Input) {
			in.Message = &message.Message{Body: smtp.Whole([]byte("List-Unsubscribe: <https://a.example/>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n"))}
		}},
		{"a header without the one click", "list-headers", Warning, "List-Unsubscribe-Post", "one click", func(in *Input) {
			in.Message = &message.Message{Body: smtp.Whole([]byte("List-Id: <a.example>\r\nList-Unsubscribe: <https://a.example/>\r\n\r\n"))}
		}},
		{"a header without a way to leave", "list-headers", Warning, "List-Unsubscribe", "does not say", func(in *Input) {
			in.Message = &message.Message{Body: smtp.Whole([]byte("List-Id: <a.example>\r\n\r\n"))}
		}},
		{"the same again", "same-content", Warning, "", "bulletin 212 of 2027-02-26", func(in *Input) {
			again := *in.Document
			again.Number, again.Date, again.Content.Title = 212, newsletter.Date{Year: 2027, Month: time.February, Day: 26}, "Another Title"
			again.Content.Sections = []newsletter.ContentSection{again.Content.Sections[0], again.Content.Sections[1]}
			again.Content.Sections[0].Items = []newsletter.ContentItem{{ID: 99, Text: again.Content.Sections[0].Items[0].Text}}
			in.Previous = append(in.Previous, Previous{Document: &again, Audience: 1})
		}},
		{"an asterisk that only we explain", "pseudonym-footnote", Warning, "newsletter.toml", "general footnote", func(in *Input) { in.Document.Identity.PseudonymNote = " " }},
		{"an asterisk that nobody noticed", "pseudonym-footnote", Warning, "", "nothing explains", func(in *Input) { in.Document.Pseudonyms = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := clean()
			c.spoil(&in)
			var fallen []Result
			for _, r := range checked(t, in) {
				if r.Verdict != OK {
					fallen = append(fallen, r)
				}
			}
			// The same content has the same epigraph.
			fallen = slices.DeleteFunc(fallen, func(r Result) bool { return c.check == "same-content" && r.Name == "repeated-epigraph" })
			if len(fallen) != 1 {
				t.Fatalf("want %s alone, got %+v", c.check, fallen)
			}
			r := fallen[0]
			if r.Name != c.check || r.Verdict != c.verdict || r.Place != c.place || !strings.Contains(r.Message, c.says) || r.Remedy == "" {
				t.Errorf("got %+v, want %s %s at %q saying %q with a remedy", r, c.check, c.verdict, c.place, c.says)
			}
			if w := Worst(fallen); w != c.verdict {
				t.Errorf("the worst is %s, want %s", w, c.verdict)
			}
		})
	}
}

// lengthen gives the bulletin more items of the same text.
func lengthen(in *Input, text string, n int) {
	s := &in.Document.Content.Sections[1]
	for range n {
		s.Items = append(s.Items, newsletter.ContentItem{Text: text})
	}
}

// link changes the target of the link in the second section's first item.
func link(in *Input, target string) {
	item := &in.Document.Content.Sections[1].Items[0]
	item.Text = strings.Replace(item.Text, "https://lantern.example/night?a=1&b=2", target, 1)
}

// TestRenderingThatLostSomething damages what the e-mail template would have made.
func TestRenderingThatLostSomething(t *testing.T) {
	t.Parallel()
	rendered, err := render.Render(clean().Document)
	if err != nil {
		t.Fatal(err)
	}
	in := clean()
	in.Rendered = rendered
	for _, c := range []struct {
		name, html, text string // what is taken out
		run              func(*bulletin) []finding
		place, says      string
	}{
		{"a word of the HTML", "forty", "", textHTMLSame, "HTML", `says "nights" where the bulletin says "forty"`},
		{"a word of the text", "", "reopened", textHTMLSame, "plain text", `where the bulletin says "reopened"`},
		{"the title of the text", "", "Lantern Requests", textHTMLSame, "plain text", "the title is missing"},
		{"the link of the text", "", "https://lists.lantern.example/unsubscribe", unsubscribeLink, "plain text", "the link to leave is missing"},
		{"the link of the HTML", "https://lists.lantern.example/unsubscribe", "", unsubscribeLink, "HTML", "missing or hidden"},
		{"the postal address of the HTML", "3 Quay Street", "", postalAddress, "HTML", "the postal address is missing"},
		{"the postal address of the text", "", "3 Quay Street", postalAddress, "plain text", "the postal address is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBulletin(in)
			if !strings.Contains(b.html, c.html) || !strings.Contains(b.text, c.text) {
				t.Fatalf("%q and %q are not there to be taken out", c.html, c.text)
			}
			b.text = strings.ReplaceAll(b.text, c.text, "")
			page, err := readPage(strings.ReplaceAll(b.html, c.html, ""))
			if err != nil {
				t.Fatal(err)
			}
			b.page = page
			found := c.run(b)
			if len(found) != 1 || found[0].place != c.place || !strings.Contains(found[0].message, c.says) {
				t.Errorf("found %+v, want one at %q saying %q", found, c.place, c.says)
			}
		})
	}
}

func TestSmallListsComeAndGo(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Audience, in.Previous[0].Audience = 12, 4
	if w := Worst(checked(t, in)); w != OK {
		t.Errorf("8 more readers than 4 gave %s", w)
	}
}

func TestCheckedAgainAfterSending(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Previous = []Previous{{Document: in.Document, Audience: in.Audience}}
	if w := Worst(checked(t, in)); w != OK {
		t.Errorf("a bulletin repeats itself: %s", w)
	}
}

func TestWithoutRenderingThePageIsNotJudged(t *testing.T) {
	t.Parallel()
	for _, r := range Check(clean()) {
		if r.Name == "html-size" || r.Name == "unsubscribe-link" || r.Name == "text-html-same" {
			t.Errorf("%s was judged", r.Name)
		}
	}
}

func TestReference(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Reference(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "reference.md")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("the reference differs from %s (-update rewrites it):\n%s", path, b.String())
	}
}
