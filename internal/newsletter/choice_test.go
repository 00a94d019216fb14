package newsletter

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestChoiceIsTheSameInWhateverOrderItWasMade(t *testing.T) {
	t.Parallel()
	a := NewChoice([]string{"river-towns", "Night Clinics:", "", "lead", "epigraph", "river-towns"}, true)
	b := NewChoice([]string{"night-clinics", "River  Towns"}, true)
	if a != b || a == (Choice{}) {
		t.Errorf("%v and %v", a, b)
	}
	if !slices.Equal(a.Declined(), []string{"night-clinics", "river-towns"}) || ParseChoice(a.Stored(), true) != a {
		t.Errorf("declined %q, stored %q", a.Declined(), a.Stored())
	}
	if a.Declines("river") || !a.Declines("river-towns") || a.Declines("lead") {
		t.Error("it declines a part of a key, or not a whole one")
	}
	if got := a.String(); got != "without night-clinics, river-towns; as text only" {
		t.Error(got)
	}
	text, err := json.Marshal(a)
	if err != nil || string(text) != `{"declined":["night-clinics","river-towns"],"text_only":true}` {
		t.Errorf("%s, %v", text, err)
	}
	if (Choice{}).String() != "everything" || len((Choice{}).Declined()) != 0 {
		t.Error("the zero choice is not everything")
	}
}

func chooseFrom() *Document {
	item := []ContentItem{{Text: "One line."}}
	return &Document{Subject: "Lamps", Preheader: "In short", Content: Content{
		Epigraph: &Epigraph{Text: "A lamp."},
		Sections: []ContentSection{{Key: LeadKey, Items: item}, {Key: "coast", Heading: "Coast", Items: item}, {Key: "rivers", Heading: "Rivers", Items: item}},
	}}
}

func TestChosenLeavesOutWhatIsDeclined(t *testing.T) {
	t.Parallel()
	withoutLead := func() *Document {
		d := chooseFrom()
		d.Content.Sections = d.Content.Sections[1:]
		return d
	}
	emptyLead := func() *Document {
		d := chooseFrom()
		d.Content.Sections[0].Items = nil
		return d
	}
	for name, c := range map[string]struct {
		doc    *Document
		choice Choice
		want   []string
		left   bool
	}{
		"everything":                      {chooseFrom(), Choice{}, []string{"lead", "coast", "rivers"}, true},
		"a section":                       {chooseFrom(), NewChoice([]string{"coast"}, false), []string{"lead", "rivers"}, true},
		"a section that is not there":     {chooseFrom(), NewChoice([]string{"islands"}, false), []string{"lead", "coast", "rivers"}, true},
		"all sections, the lead stays":    {chooseFrom(), NewChoice([]string{"coast", "rivers", "lead"}, false), []string{"lead"}, true},
		"all of a bulletin without lead":  {withoutLead(), NewChoice([]string{"coast", "rivers"}, false), nil, false},
		"all of a bulletin, empty lead":   {emptyLead(), NewChoice([]string{"coast", "rivers"}, false), []string{"lead"}, false},
		"nothing of an empty bulletin":    {&Document{}, NewChoice([]string{"coast"}, false), nil, true},
		"text only of a bulletin":         {chooseFrom(), NewChoice(nil, true), []string{"lead", "coast", "rivers"}, true},
		"a part of one without its lead":  {withoutLead(), NewChoice([]string{"coast"}, false), []string{"rivers"}, true},
		"another newsletter's in another": {withoutLead(), NewChoice([]string{"lead", "islands"}, false), []string{"coast", "rivers"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := len(c.doc.Content.Sections)
			got, left := c.doc.Chosen(c.choice)
			var keys []string
			for _, s := range got.Content.Sections {
				keys = append(keys, s.Key)
			}
			if !slices.Equal(keys, c.want) || left != c.left {
				t.Errorf("%q (left: %v), want %q (left: %v)", keys, left, c.want, c.left)
			}
			if got.Subject != c.doc.Subject || got.Preheader != c.doc.Preheader || got.Content.Epigraph != c.doc.Content.Epigraph {
				t.Error("subject, preheader or epigraph went too")
			}
			if len(c.doc.Content.Sections) != before {
				t.Error("the whole document was changed")
			}
		})
	}
}

func TestChoiceInABulletinForgetsWhatIsNotInIt(t *testing.T) {
	t.Parallel()
	c := NewChoice([]string{"islands", "coast"}, true)
	if got := c.In(chooseFrom()); got != NewChoice([]string{"coast"}, true) {
		t.Error(got)
	}
	if got := NewChoice([]string{"islands"}, false).In(chooseFrom()); got != (Choice{}) {
		t.Error(got)
	}
}
