package protect

import (
	"slices"
	"strings"
	"testing"

	"epistle/data"
	"epistle/internal/newsletter"
)

// denied is what a newsletter like the sample might protect: names that are also
// words or parts of words, groups, places and case numbers. None of it is in the
// sample.
const denied = `
Nora
Ina
Isa
Noa
Ana
Eva
Ida
Ada
Ian
Tom
Kim
Pam
Ali
Amina
Amit
Anil
Carmen
Wilhelm
Freeman
Newman
Goodman
Bo
Jo
Ed
Al
Li
Mo
He Wei
Tóth
Otto
Elena
Lisa
Iris
Inga
Maria
Mario
Marta
Mariana
Luis
Andrea
Tobia
Lena
Nina
Sara
Mara
Lara
Cora
Rosa
Emma
Erna
Erik
Lars
Dana
Uri
Asa
Ruth
Leah
Omar
Karim
Rashid
Samir
Anand Meera Devi
Ofelia Quispe
Rosaura Paredes
Paredes Ofelia María
Abena Ofosu
Puerto Alborada
San Telmo del Mar
Porto Seguro
Teluk Biru
Río Negro
Kalapet
the blue door of Isla
Мария
Андрей Коваль
مريم
王小明
マリア
김철수
4711/2019
2,314/17
AZ 12/345
Bãi Trắng Nhỏ
`

// sampleTexts are the items, the manuscripts and the definition of the sample.
func sampleTexts(t *testing.T) []Text {
	t.Helper()
	items, err := data.Items()
	if err != nil {
		t.Fatal(err)
	}
	var texts []Text
	for _, i := range items {
		texts = append(texts, Text{i.File, i.Body})
	}
	bulletins, err := data.Bulletins()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bulletins {
		texts = append(texts, Text{b.File, string(b.Body)})
	}
	return append(texts, Text{"newsletter.toml", string(data.Newsletter())})
}

func TestSampleBulletinsPass(t *testing.T) {
	t.Parallel()
	texts := sampleTexts(t)
	g := gateFor(t, strings.Split(strings.TrimSpace(denied), "\n")...)
	for _, m := range g.Search(texts) {
		at := slices.IndexFunc(texts, func(t Text) bool { return t.Place == m.Place })
		t.Errorf("%s: the %s is refused at %q", m.Place, m.Label, texts[at].Body[m.Offset:m.Offset+m.Length])
	}
}

func TestSampleBulletinsAreRefusedForWhatTheyHold(t *testing.T) {
	t.Parallel()
	g := gateFor(t, "Quispe Rosaura", "meera anand", "OFORI", "Rio Manso", "bai trang", "San Telmo del Agua")
	found := map[string]bool{}
	for _, m := range g.Search(sampleTexts(t)) {
		found[m.Label] = true
	}
	if len(found) != 6 {
		t.Errorf("found only %v", found)
	}
}

func TestTextsHoldEverythingAReaderSees(t *testing.T) {
	t.Parallel()
	d := &newsletter.Document{
		Subject: "s1", Preheader: "s2",
		Identity: newsletter.Identity{
			Name: "s3", From: newsletter.Address{Name: "s4", Email: "s5@example.org"}, ReplyTo: newsletter.Address{Email: "s6@example.org"},
			ListID: "s7.example.org", Help: "https://example.org/s8", PostalAddress: "s9", Reason: "s10", PseudonymNote: "s11",
			Design: newsletter.Design{Logo: "https://example.org/s12.png", SetApart: []string{"s13"}},
		},
		Content: newsletter.Content{
			Title: "s14", Epigraph: &newsletter.Epigraph{Text: "s15", Source: "s16"}, Note: "s17",
			Sections: []newsletter.ContentSection{
				{Key: newsletter.LeadKey, Items: []newsletter.ContentItem{{Text: "s18"}}},
				{Key: "s19", Heading: "s19", Introduction: "s20", Items: []newsletter.ContentItem{{ID: 7, Text: "x"}, {ID: 12, Text: "s21"}}},
			},
		},
	}
	texts := Texts(d)
	var all strings.Builder
	places := map[string]bool{}
	for _, text := range texts {
		all.WriteString(text.Body + " ")
		if places[text.Place] {
			t.Errorf("two texts at %q", text.Place)
		}
		places[text.Place] = true
		if strings.Contains(text.Place, "s19") {
			t.Errorf("the place %q holds a heading", text.Place)
		}
	}
	for _, want := range strings.Fields("s1 s2 s3 s4 s5@ s6@ s7. s8 s9 s10 s11 s12. s13 s14 s15 s16 s17 s18 s19 s20 s21") {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%s is missing", want)
		}
	}
	if !places["section 2, item 2 (number 12)"] {
		t.Errorf("no place for an item: %v", places)
	}
}
