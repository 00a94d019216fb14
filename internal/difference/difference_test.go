package difference

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

func TestWordsThatChanged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing", "The lamp is lit.", "The lamp is lit.", "The lamp is lit."},
		{"a word", "The lamp is lit.", "The light is lit.", "The [-lamp-]{+light+} is lit."},
		{"a word came", "The lamp is lit.", "The old lamp is lit.", "The {+old +}lamp is lit."},
		{"a word went", "The old lamp is lit.", "The lamp is lit.", "The [-old -]lamp is lit."},
		{"all of it", "", "The lamp.", "{+The lamp.+}"},
		{"none of it", "The lamp.", "", "[-The lamp.-]"},
		{"punctuation", "The lamp. It is lit", "The lamp, it is lit", "The lamp[-.-]{+,+} [-It-]{+it+} is lit"},
		{"a character of a script without spaces", "灯台は新しい", "灯台は古い", "灯台は[-新し-]{+古+}い"},
		{"an accent", "Ana Maria", "Ana María", "Ana [-Maria-]{+María+}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Inline(Words(c.before, c.after)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// sides puts the two texts together again from their comparison.
func sides(list []Piece) (before, after string) {
	var a, b strings.Builder
	for _, p := range list {
		if p.Op != Added {
			a.WriteString(p.Text)
		}
		if p.Op != Removed {
			b.WriteString(p.Text)
		}
	}
	return a.String(), b.String()
}

func FuzzWordsLoseNothing(f *testing.F) {
	for _, s := range [][2]string{{"", ""}, {"a b c", "a c"}, {"灯台", "灯"}, {"\xff", "x"}, {"a\n\nb", "a b"}, {"e\u0301", "e"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		before, after = strings.ToValidUTF8(before, "?"), strings.ToValidUTF8(after, "?")
		a, b := sides(Words(before, after))
		if a != before || b != after {
			t.Fatalf("%q and %q became %q and %q", before, after, a, b)
		}
	})
}

func TestLongTextsAreComparedAsAWhole(t *testing.T) {
	t.Parallel()
	before, after := strings.Repeat("one two ", 3000), strings.Repeat("three four ", 3000)
	list := Words(before, after)
	if a, b := sides(list); a != before || b != after || len(list) > 4 {
		t.Errorf("%d pieces", len(list))
	}
}

func bulletin() *newsletter.Document {
	return &newsletter.Document{
		Format: 1, Number: 214, Date: newsletter.Date{Year: 2027, Month: time.March, Day: 12}, Subject: "The lamps",
		Identity: newsletter.Identity{Name: "The Weekly Lantern", From: newsletter.Address{Email: "bulletin@lantern.example"}, Language: "en"},
		Content: newsletter.Content{
			Title: "The Weekly Lantern", Epigraph: &newsletter.Epigraph{Text: "Light", Source: "a log"},
			Sections: []newsletter.ContentSection{
				{Key: newsletter.LeadKey, Items: []newsletter.ContentItem{{ID: 1, Text: "The mole of Kovar is whole."}}},
				{Key: "schools", Heading: "Schools", Introduction: "From the piers:", Items: []newsletter.ContentItem{{ID: 2, Text: "A stove for the night school."}, {ID: 3, Text: "Two lamps."}}},
			},
		},
	}
}

func TestWhatChangedInABulletin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*newsletter.Document)
		want   []string // place: text
	}{
		{"nothing", func(*newsletter.Document) {}, nil},
		{"the item's number alone", func(d *newsletter.Document) { d.Content.Sections[0].Items[0].ID = 9 }, nil},
		{"the subject", func(d *newsletter.Document) { d.Subject = "The lamp" }, []string{"subject: The [-lamps-]{+lamp+}"}},
		{"the sender", func(d *newsletter.Document) { d.Identity.From.Name = "Ana" }, []string{"sender: {+Ana <+}bulletin@lantern.example{+>+}"}},
		{"the colour", func(d *newsletter.Document) { d.Identity.Design.Accent = "#112233" }, []string{"accent colour: {+#112233+}"}},
		{"the audience", func(d *newsletter.Document) { d.Audience = "tag:board" }, []string{"audience: {+tag:board+}"}},
		{"no epigraph", func(d *newsletter.Document) { d.Content.Epigraph = nil }, []string{"epigraph: [-Light-]", "source of the epigraph: [-a log-]"}},
		{"an introduction", func(d *newsletter.Document) { d.Content.Sections[1].Introduction = "" }, []string{"introduction of Schools: [-From the piers:-]"}},
		{"an item's words", func(d *newsletter.Document) { d.Content.Sections[0].Items[0].Text = "The pier of Kovar is whole." }, []string{"lead, item 1 (number 1): The [-mole-]{+pier+} of Kovar is whole."}},
		{"an item's words under another number", func(d *newsletter.Document) {
			d.Content.Sections[0].Items[0] = newsletter.ContentItem{ID: 9, Text: "The pier of Kovar is whole."}
		}, []string{"lead, item 1 (number 9): The [-mole-]{+pier+} of Kovar is whole."}},
		{"the mark for the mail", func(d *newsletter.Document) { d.Content.Sections[0].Items[0].EmailOnly = true }, []string{"lead, item 1 (number 1): {+[e-mail only] +}The mole of Kovar is whole."}},
		{"an item came", func(d *newsletter.Document) {
			d.Content.Sections[0].Items = append(d.Content.Sections[0].Items, newsletter.ContentItem{ID: 4, Text: "New."})
		}, []string{"lead, item 2 (number 4): {+New.+}"}},
		{"an item went", func(d *newsletter.Document) { d.Content.Sections[1].Items = d.Content.Sections[1].Items[:1] }, []string{"Schools, item 2 (number 3): [-Two lamps.-]"}},
		{"the order", func(d *newsletter.Document) {
			i := d.Content.Sections[1].Items
			i[0], i[1] = i[1], i[0]
		}, []string{"order of Schools: {+Two lamps.\n+}A stove for the night school[-.\nTwo lamps-]."}},
		{"the order of the sections", func(d *newsletter.Document) {
			s := d.Content.Sections
			s[0], s[1] = s[1], s[0]
		}, []string{"order of the sections: [-lead-]{+schools+}, [-schools-]{+lead+}"}},
		{"an item in another section", func(d *newsletter.Document) {
			s := d.Content.Sections
			s[0].Items, s[1].Items = append(s[0].Items, s[1].Items[1]), s[1].Items[:1]
		}, []string{"lead, item 2 (number 3): stood in schools; stands in lead"}},
		{"a section went", func(d *newsletter.Document) { d.Content.Sections = d.Content.Sections[:1] }, []string{
			"section Schools: [-Schools-]", "Schools, item 1 (number 2): [-A stove for the night school.-]", "Schools, item 2 (number 3): [-Two lamps.-]",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			after := bulletin()
			c.change(after)
			var got []string
			for _, change := range Documents(bulletin(), after) {
				text := Inline(change.Words)
				if text == "" {
					text = change.Before + "; " + change.After
				}
				got = append(got, change.Place+": "+text)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestAllThatIsApprovedIsCompared changes each field that the hash covers.
func TestAllThatIsApprovedIsCompared(t *testing.T) {
	t.Parallel()
	var walk func(path string, pick func(*newsletter.Document) reflect.Value)
	walk = func(path string, pick func(*newsletter.Document) reflect.Value) {
		switch v := pick(bulletin()); v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, func(d *newsletter.Document) reflect.Value { return pick(d).Field(i) })
			}
			return
		case reflect.Pointer:
			walk(path, func(d *newsletter.Document) reflect.Value { return pick(d).Elem() })
			return
		case reflect.Slice:
			if v.Len() > 0 {
				walk(path, func(d *newsletter.Document) reflect.Value { return pick(d).Index(0) })
				return
			}
		}
		after := bulletin()
		switch v := pick(after); v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "x")
		case reflect.Int, reflect.Int64:
			v.SetInt(v.Int() + 100)
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Slice:
			v.Set(reflect.ValueOf([]string{"x"}))
		}
		was, errA := bulletin().Hash()
		is, errB := after.Hash()
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if changed := len(Documents(bulletin(), after)) > 0; changed != (was != is) && !strings.HasSuffix(path, "Withdrawn") {
			t.Errorf("%s: another hash %t, shown %t", path, was != is, changed)
		}
	}
	walk("Document", func(d *newsletter.Document) reflect.Value { return reflect.ValueOf(d).Elem() })
}
