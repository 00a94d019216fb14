package newsletter_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"epistle/internal/newsletter"
)

// fullDocument has a value in every field, so that each can be changed.
func fullDocument() *newsletter.Document {
	return &newsletter.Document{
		Format: newsletter.DocumentFormat, Identity: sound().Identity(), Number: 12,
		Date: newsletter.Date{Year: 2027, Month: time.March, Day: 12}, Subject: "Lanterns lit", Preheader: "Three piers",
		Content: newsletter.Content{
			Title: "Lanterns lit", Epigraph: &newsletter.Epigraph{Text: "Light the way.", Source: "A keeper"},
			Sections: []newsletter.ContentSection{
				{Key: "lead", Items: []newsletter.ContentItem{{ID: 1, Text: "The pier is open."}}},
				{Key: "night-clinics", Heading: "Night Clinics", Introduction: "After dark:", Items: []newsletter.ContentItem{{ID: 2, Text: "Mara* helps."}}},
			},
			Note: "Names are changed.",
		},
		Pseudonyms: []string{"Mara"},
	}
}

func hashOf(t *testing.T, d *newsletter.Document) string {
	t.Helper()
	h, err := d.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestHashCoversEveryVisibleField changes each field of a document in turn.
// A field that is added later is found here by itself.
func TestHashCoversEveryVisibleField(t *testing.T) {
	want := hashOf(t, fullDocument())
	var changed int
	var walk func(path string, pick func(*newsletter.Document) reflect.Value)
	walk = func(path string, pick func(*newsletter.Document) reflect.Value) {
		switch v := pick(fullDocument()); v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				name := path + "." + v.Type().Field(i).Name
				walk(name, func(d *newsletter.Document) reflect.Value { return pick(d).Field(i) })
			}
			return
		case reflect.Pointer:
			walk(path, func(d *newsletter.Document) reflect.Value { return pick(d).Elem() })
		case reflect.Slice:
			if v.Len() == 0 {
				t.Fatalf("%s is empty in this test's document", path)
			}
			for i := range v.Len() {
				walk(path, func(d *newsletter.Document) reflect.Value { return pick(d).Index(i) })
			}
		}
		d := fullDocument()
		alter(t, path, pick(d))
		changed++
		same := hashOf(t, d) == want
		if internal := path == "Document.Content.Sections.Items.ID"; same != internal {
			t.Errorf("with another %s the hash is the same: %t", path, same)
		}
	}
	walk("Document", func(d *newsletter.Document) reflect.Value { return reflect.ValueOf(d).Elem() })
	if changed < 30 {
		t.Errorf("only %d fields were changed", changed)
	}
}

func alter(t *testing.T, path string, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		// An optional field may vanish on a change to nothing, so it grows.
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Slice:
		v.Set(v.Slice(0, v.Len()-1))
	case reflect.Pointer:
		v.SetZero()
	default:
		t.Fatalf("%s is a %s, which this test cannot change", path, v.Kind())
	}
}

func TestDocumentReadsBackWithTheSameHash(t *testing.T) {
	for name, d := range map[string]*newsletter.Document{"full": fullDocument(), "empty": {}} {
		t.Run(name, func(t *testing.T) {
			b, err := d.Encode()
			if err != nil {
				t.Fatal(err)
			}
			back, err := newsletter.DecodeDocument(b)
			if err != nil {
				t.Fatal(err)
			}
			if hashOf(t, back) != hashOf(t, d) {
				t.Error("a stored document has another hash")
			}
			if again, err := back.Encode(); err != nil || string(again) != string(b) {
				t.Errorf("encoded again as %s, %v, want %s", again, err, b)
			}
		})
	}
	if _, err := newsletter.DecodeDocument([]byte("{")); err == nil {
		t.Error("half a document was read")
	}
}

func TestHashLeavesTheDocumentAlone(t *testing.T) {
	d := fullDocument()
	hashOf(t, d)
	if !reflect.DeepEqual(d, fullDocument()) {
		t.Error("taking the hash changed the document")
	}
}

// TestIdentityHasEveryFieldOfTheNewsletter holds that each field of Identity is
// filled from the newsletter's field of the same name.
func TestIdentityHasEveryFieldOfTheNewsletter(t *testing.T) {
	n := sound()
	from, to := reflect.ValueOf(*n), reflect.ValueOf(n.Identity())
	for i := range to.NumField() {
		name := to.Type().Field(i).Name
		if want := from.FieldByName(name); !want.IsValid() || !reflect.DeepEqual(want.Interface(), to.Field(i).Interface()) || want.IsZero() {
			t.Errorf("%s of the identity is %v", name, to.Field(i))
		}
	}
}

func TestNewsletterReadsBackFromJSON(t *testing.T) {
	b, err := json.Marshal(sound())
	if err != nil {
		t.Fatal(err)
	}
	var back newsletter.Newsletter
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(&back, sound()) {
		t.Errorf("read back as %+v", back)
	}
}
