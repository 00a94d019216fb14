package judge

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		"Latin America & HQ, 1871": Words("LATIN AMERICA — hq (1871)"),
		"Große Straße":             Words("GROẞE STRAẞE"),
		"one two":                  {"ONE", "TWO"},
		"灯台a":                      {"灯", "台", "A"},
		" …— ":                     nil,
	}
	for in, want := range cases {
		if got := Words(in); !slices.Equal(got, want) {
			t.Errorf("Words(%q) = %q, want %q", in, got, want)
		}
	}
	if slices.Equal(Words("one two"), Words("onetwo")) || slices.Equal(Words("a b"), Words("b a")) {
		t.Error("different texts have the same words")
	}
}

func TestPageWordsAreWhatTheContentShows(t *testing.T) {
	t.Parallel()
	const page = `<html><head><title>no</title><style>no</style></head><body>
		<div style="display: none">no</div><h1>A<em>b</em>c</h1><p class="dateline">no</p><p>d<br>e</p>
		<ol start="7"><li>f<li>g</ol><img alt="h i" src=x><p class="text note">no</p><p class="small">no</p></body></html>`
	want := []string{"ABC", "D", "E", "7", "F", "8", "G", "H", "I"}
	if got := PageWords(t, page); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTextWordsAreWhatTheContentShows(t *testing.T) {
	t.Parallel()
	const rule = "------------------------------------------------------------------------"
	cases := map[string]string{
		"with everything":    "A\n=\nNo. 1 · no\n\n    “b”\n\nC\n-\n\n• d\n  https://no.example/x\n\n* no\n  no\n\n  no\n\n\n" + rule + "\n\nno\n",
		"without a dateline": "A\n=\n\nb\n\nC\n-\n\nd\n\n\n" + rule + "\n\nno\n",
		"with a rule inside": "A\n=\nno\n\nb\n\nc\n\n" + rule + "\n\nd\n\n" + rule + "\n\nno\n",
	}
	for name, text := range cases {
		if got, want := TextWords(text), []string{"A", "B", "C", "D"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	const page = `<body><a href="https://a.example/?x=1&amp;y=2">a</a><p><a href="mailto:b@c.example">b</a></p></body>`
	if got := PageLinks(t, page); !slices.Equal(got, []string{"https://a.example/?x=1&y=2", "mailto:b@c.example"}) {
		t.Errorf("page: %q", got)
	}
	const text = "See (https://a.example/b), or https://a.example/c_(d).\nhttp://e.example\nmailto:f@g.example"
	if got := TextLinks(text); !slices.Equal(got, []string{"https://a.example/b", "https://a.example/c_(d)", "http://e.example", "mailto:f@g.example"}) {
		t.Errorf("text: %q", got)
	}
}
