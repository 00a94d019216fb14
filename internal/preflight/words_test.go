package preflight

import (
	"strings"
	"testing"
)

func plainWords(s string) (words []word) {
	for _, w := range split(s) {
		words = append(words, word{text: w})
	}
	return words
}

func TestDiffer(t *testing.T) {
	t.Parallel()
	const content = "Who lights a lamp. Give thanks for 12 schools (Read more), and write to us"
	for _, c := range []struct{ name, got, want string }{
		{"the same", content, ""},
		{"capitals, wraps, bullets and quotes", "Title\n=====\nNo. 3\n\n  “WHO LIGHTS\n  A LAMP”\n\n• Give thanks for\n  12 schools (read more), and write to us\n-- \nYou get this", ""},
		{"numbered links", "Who lights a lamp. Give thanks for 12 schools (Read more [1]), and write to us [2]\n[1] https://lantern.example/a\n", ""},
		{"addresses in between", "Who lights a lamp. Give thanks for 12 schools (Read more <https://lantern.example/a?b=c>), and write to us <office@lantern.example>", ""},
		{"a numbered list", "• 1. Who lights a lamp.\n2. Give thanks for 12 schools\n 3) (Read more), and write to us", ""},
		{"a lost word", "Who lights a lamp. Give thanks for schools (Read more), and write to us", `after "lamp give thanks for" it says "schools" where the bulletin says "12"`},
		{"an invented word", "Who lights a lamp. Give great thanks for 12 schools (Read more), and write to us", `after "lights a lamp give" it says "great" where the bulletin says "thanks"`},
		{"words in another order", "Give thanks for 12 schools (Read more), and write to us. Who lights a lamp.", `after "who lights a lamp" it ends where the bulletin says "give"`},
		{"an end too soon", "Who lights a lamp. Give thanks for 12 schools (Read", `after "for 12 schools read" it ends where the bulletin says "more"`},
		{"nothing of it", "Something else", `the content does not begin with "who"`},
		{"nothing at all", "—", "there are no words in it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := differ(plainWords(content), chunks(c.got)); got != c.want {
				t.Errorf("differ = %q\nwant     %q", got, c.want)
			}
		})
	}
}

func TestSplitBringsCapitalsTogether(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{
		"Straße":                  "STRAẞE",
		"φῶς":                     "ΦῶΣ",
		"ışık":                    "IŞIK",
		"don’t":                   "DON’T",
		"Lights,  lamps — & more": "lights LAMPS more",
		"cafe\u0301":              "CAFE\u0301",
		"港の学校カード night":           "港の学\n校カ\nード NIGHT",
	} {
		if x, y := strings.Join(split(a), "|"), strings.Join(split(b), "|"); x != y || x == "" {
			t.Errorf("%q gives %s, %q gives %s", a, x, b, y)
		}
	}
}

func TestReadPageSeesWhatAReaderSees(t *testing.T) {
	t.Parallel()
	p, err := readPage(`<html><head><title>no</title><style>no{}</style></head><body>
		<div style="display: none; max-height:0">no</div><p hidden>no</p><!--[if mso]><p>no</p><![endif]-->
		<p>for<em>ty</em> nights<br>and</p><p>days <img alt="a lamp" src="x"></p>
		<a href="https://a.example/?x=1&amp;y=2">leave</a><a href="https://b.example/"> </a>
		<span style="visibility:hidden"><a href="https://c.example/">no</a></span></body></html>`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(split(p.text), " "), "forty nights and days a lamp leave"; got != want {
		t.Errorf("sees %q, want %q", got, want)
	}
	for href, want := range map[string]bool{"https://a.example/?x=1&y=2": true, "https://b.example/": false, "https://c.example/": false} {
		if p.linksTo(href) != want {
			t.Errorf("linksTo(%q) = %v", href, !want)
		}
	}
}

func TestIsHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"lantern.example": true, "xn--bcher-kva.example": true, "bücher.example.": true, "192.0.2.7": true, "2001:db8::1": true, "localhost": true,
		"": false, "a..example": false, "a b.example": false, ".example": false, strings.Repeat("x", 64) + ".example": false,
	} {
		if isHost(host) != want {
			t.Errorf("isHost(%q) = %v", host, !want)
		}
	}
}

func TestIsMailbox(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]bool{
		"a@lantern.example": true, "a@lantern.example,b@lantern.example": true, "a%40lantern.example": true,
		"": false, "a": false, "@lantern.example": false, "a@": false, "a@lantern.example,": false, "%zz@lantern.example": false,
	} {
		if isMailbox(to) != want {
			t.Errorf("isMailbox(%q) = %v", to, !want)
		}
	}
}
