package render

import (
	"strings"
	"time"

	"epistle/internal/newsletter"
)

// lantern is a bulletin as an ordinary week brings it.
func lantern() *newsletter.Document {
	return &newsletter.Document{
		Format: newsletter.DocumentFormat,
		Identity: newsletter.Identity{
			Slug: "weekly-lantern", Name: "The Weekly Lantern", Language: "en", ListID: "weekly.lists.lantern.example",
			From:          newsletter.Address{Name: "Lantern Network", Email: "letters@lantern.example"},
			PostalAddress: "Lantern Network\n4 Quay Street, Saltby Harbour",
			PseudonymNote: "Names marked with an asterisk have been changed to protect the people who bear them.",
			Design:        newsletter.Design{SetApart: []string{"Give thanks", "Hope", "Remember"}},
		},
		Number: 214, Date: newsletter.Date{Year: 2027, Month: time.March, Day: 12},
		Subject: "The Weekly Lantern, 12 March",
		Content: newsletter.Content{
			Title: "The Weekly Lantern",
			Epigraph: &newsletter.Epigraph{
				Text:   "A lamp does not ask who is at sea. It is lit at dusk, it is trimmed at midnight, and by morning somebody has come home by it.",
				Source: "Keeper’s log, Saltby Light, 1871",
			},
			Sections: []newsletter.ContentSection{
				{Key: "lead", Items: []newsletter.ContentItem{{Text: "On Tuesday the harbour school in Fenmouth opened its doors again, eleven weeks after the flood. Forty-three children came, six more than before. The blackboards are new, the smell of paint is not quite gone, and the first thing the youngest class asked for was the tide table, so that they could see for themselves that the water had left.\n\nHope that the spring tides stay low, and that the sea wall, half built and wholly paid for, is finished before the autumn."}}},
				{Key: "northern-coast", Heading: "Northern Coast", Items: []newsletter.ContentItem{{Text: "Give thanks for Maren*, who kept the night clinic in Skerry open through three storms with one nurse and a borrowed generator. Nobody was turned away. The network has now bought the generator, and a second nurse begins in April. [Read Maren’s letter from the clinic](https://lantern.example/letters/skerry)."}}},
				{Key: "river-towns", Heading: "River Towns", Items: []newsletter.ContentItem{
					{Text: "Hope for the ferrymen of Low Withy, who vote on Sunday whether to run the late boat all year. Without it, nurses on the evening shift sleep on the wrong bank."},
					{Text: "Remember Tobias* and his sister, who are giving evidence this week about the boatyard where they were made to work unpaid. They asked for a quiet room, and for someone to sit beside them. Both have been found."},
					{Text: "Give thanks for the reading room in Upper Withy: two hundred books, one stove, and a waiting list for the chair beside it."},
				}},
				{Key: "lighthouse-towns", Heading: "Lighthouse Towns & Islands", Introduction: "Nineteen towns keep a light, a school and a clinic together. Each writes to us once a month.", Items: []newsletter.ContentItem{{Text: "The keepers’ gathering begins on Thursday on St. Orrin. It is the first in nine years at which every island is represented, and the first at which half of the keepers are under thirty. Hope for good crossings, for long evenings, and for a plan for the winter stores that all nineteen can sign. [See who is coming](https://lantern.example/gathering?year=2027&view=guests)."}}},
			},
		},
		Pseudonyms: []string{"Maren", "Tobias"},
	}
}

// feast holds everything that Markdown allows and all that is hard to set.
func feast() *newsletter.Document {
	d := lantern()
	d.Identity.Name, d.Content.Title = "Lantern & Sons <weekly>", `The “Weekly” Lantern & its "harbours" <of 2027>`
	d.Identity.Reason = "You asked for this letter at the harbour fair & we remember."
	d.Identity.Design.Logo, d.Identity.Design.LogoWidth = "https://lantern.example/logo.png?a=1&b=2", 120
	d.Identity.PostalAddress = "Lantern & Sons\n\n 4 Quay Street "
	d.Subject, d.Preheader = `"Quoted" & <tagged>`, `A preview with "quotes" & <angles>`
	d.Content.Note = "* Names & places changed."
	d.Content.Epigraph = &newsletter.Epigraph{
		Text:   "Who trims the *lamp*\\\nkeeps the coast.\n\nAnd who keeps the coast?",
		Source: "[The Keepers’ Book](https://lantern.example/book_(1871)), p. 12",
	}
	d.Content.Sections = []newsletter.ContentSection{
		{Key: "lead", Items: []newsletter.ContentItem{
			{Text: "Two things & one more: see <https://lantern.example/a?b=1&c=2>, write to <mailto:keeper@lantern.example>, or look here.\n\n![A lamp & its keeper](https://lantern.example/lamp.png)"},
			{Text: "A second opening item."},
		}},
		{Key: "lists", Heading: "Lists & Straße", Introduction: "Each *month* [we list](https://lantern.example/lists) things.", Items: []newsletter.ContentItem{
			{Text: "- one\n- two [with a link](https://lantern.example/two)\n  - inner\n\n    with a second paragraph\n- three"},
			{Text: "Remembering is no opening word. **Strong**, *slanted*, `code` and\\\na new line."},
			{Text: "3. third\n4. fourth\n\nThen text."},
		}},
		{Key: "quotes", Heading: "Quotes", Items: []newsletter.ContentItem{{Text: "Give thanks\n\n> The light was out.\n>\n> > Who put it out?\n\nNobody knew."}}},
		{Key: "long", Heading: "Long", Items: []newsletter.ContentItem{
			{Text: "[" + strings.Repeat("long ", 20) + "words](https://lantern.example/" + strings.Repeat("very/long/", 20) + ")"},
			{Text: strings.Repeat("Donaudampfschifffahrtsgesellschaft", 5)},
		}},
	}
	return d
}

// german, arabic and japanese are short letters in other scripts.
func german() *newsletter.Document {
	d := short("de", "Die Wochenlaterne", "Küste & Straße", "Dank für die Fähre von Groß Withy.")
	d.Pseudonyms = []string{"Maren"}
	return d
}

func arabic() *newsletter.Document {
	return short("ar", "الفانوس الأسبوعي", "بلدات النهر", "فتحت مدرسة الميناء أبوابها من جديد يوم الثلاثاء، بعد أحد عشر أسبوعًا من الفيضان.")
}

func japanese() *newsletter.Document {
	return short("ja", "週刊ランタン", "川の町", strings.Repeat("港の学校は火曜日に再び開きました。子どもたちは潮見表を見たいと言いました。", 4))
}

// short has one item in each place, all with the same words.
func short(lang, title, heading, text string) *newsletter.Document {
	d := lantern()
	d.Identity.Language, d.Identity.PseudonymNote, d.Pseudonyms = lang, "", nil
	d.Content = newsletter.Content{
		Title: title, Epigraph: &newsletter.Epigraph{Text: text, Source: title},
		Sections: []newsletter.ContentSection{
			{Key: "lead", Items: []newsletter.ContentItem{{Text: text}}},
			{Key: "x", Heading: heading, Introduction: text, Items: []newsletter.ContentItem{{Text: text}, {Text: text + " [" + text + "](https://lantern.example/x)"}}},
		},
	}
	return d
}

// bare has nothing but a name and one item.
func bare() *newsletter.Document {
	return &newsletter.Document{
		Identity: newsletter.Identity{Name: "Lantern", Language: "en"},
		Content:  newsletter.Content{Sections: []newsletter.ContentSection{{Key: "lead", Items: []newsletter.ContentItem{{Text: "One line."}}}}},
	}
}

// long is as long as the longest manuscript that offices have sent, and half as
// long again.
func long() *newsletter.Document {
	d := lantern()
	for _, name := range []string{"Southern Isles", "Eastern Banks", "Harbour Schools", "Night Clinics", "Friends Abroad"} {
		s := newsletter.ContentSection{Key: name, Heading: name, Introduction: d.Content.Sections[3].Introduction}
		for range 4 {
			s.Items = append(s.Items, newsletter.ContentItem{Text: d.Content.Sections[3].Items[0].Text + " " + d.Content.Sections[1].Items[0].Text})
		}
		d.Content.Sections = append(d.Content.Sections, s)
	}
	return d
}

// documents are all samples, each under its name.
func documents() map[string]*newsletter.Document {
	return map[string]*newsletter.Document{
		"lantern": lantern(), "feast": feast(), "german": german(), "arabic": arabic(),
		"japanese": japanese(), "bare": bare(), "long": long(),
	}
}
