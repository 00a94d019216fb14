package store_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

func (w *world) item(n *newsletter.Newsletter, body string) *store.Item {
	w.t.Helper()
	i := &store.Item{NewsletterID: n.ID, Section: "lead", Body: body, Author: "ben"}
	w.must(w.AddItem(w.t.Context(), i))
	return i
}

func (w *world) read(id int64) *store.Item {
	w.t.Helper()
	i, err := w.Item(w.t.Context(), id)
	w.must(err)
	return i
}

// withdraw takes an item that waits out of use.
func (w *world) withdraw(id int64, by string) {
	w.t.Helper()
	w.must(w.write(func(tx *database.Tx) error {
		if err := w.WithdrawItemTx(tx, id, 0); err != nil {
			return err
		}
		return w.AddWithdrawalTx(tx, 0, store.Withdrawal{ItemID: id, By: by})
	}))
}

func TestItemReadsBackWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly-lantern")
	i := &store.Item{
		NewsletterID: n.ID, Section: "night-clinics", Body: "Beds for all.", Wanted: friday, Author: "ben",
		State: newsletter.ItemUsed, Origin: store.FromManuscript, // not for the desk to say
	}
	w.must(w.AddItem(t.Context(), i))
	want := &store.Item{
		ID: i.ID, NewsletterID: n.ID, Section: "night-clinics", Body: "Beds for all.", State: newsletter.ItemDraft, Wanted: friday,
		Origin: store.FromDesk, Author: "ben", MadeAt: w.clock.Now(), ChangedAt: w.clock.Now(),
	}
	if got := w.read(i.ID); !reflect.DeepEqual(got, want) || !reflect.DeepEqual(i, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
	_, err := w.Item(t.Context(), 99)
	refuses(t, err, newsletter.NotFound)
	if got := w.actions(1); got != "ben item.add" {
		t.Errorf("audit: %s", got)
	}
	for name, bad := range map[string]*store.Item{
		"no words": {NewsletterID: n.ID, Section: "lead"}, "no section": {NewsletterID: n.ID, Body: "x"}, "no newsletter": {NewsletterID: 99, Section: "lead", Body: "x"},
	} {
		if err := w.AddItem(t.Context(), bad); err == nil {
			t.Errorf("an item with %s was stored", name)
		}
	}
}

func TestItemsLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	i := w.item(w.newsletter("weekly-lantern"), "Words.")
	is := func(state newsletter.ItemState, by string) {
		t.Helper()
		if got := w.read(i.ID); got.State != state || got.ApprovedBy != by || !got.ChangedAt.Equal(w.clock.Now()) {
			t.Errorf("item %+v, want %s by %q", got, state, by)
		}
	}
	w.clock.pass(time.Hour)
	w.must(w.ApproveItem(t.Context(), i.ID, "ana"))
	is(newsletter.ItemApproved, "ana")
	w.clock.pass(time.Hour)
	i.Body, i.Section, i.Wanted = "Better words.", "epigraph", friday
	w.must(w.EditItem(t.Context(), i, "ben"))
	is(newsletter.ItemDraft, "")
	if got := w.read(i.ID); got.Body != "Better words." || got.Section != "epigraph" || got.Wanted != friday || i.State != newsletter.ItemDraft {
		t.Errorf("edited %+v", got)
	}
	w.clock.pass(time.Hour)
	w.must(w.ApproveItem(t.Context(), i.ID, "cleo"))
	w.withdraw(i.ID, "cleo")
	is(newsletter.ItemWithdrawn, "cleo")
	w.must(w.ApproveItem(t.Context(), i.ID, "dan")) // it is wanted after all
	is(newsletter.ItemApproved, "dan")
	if got := w.actions(6); got != "ben item.add, ana item.approve, ben item.edit, cleo item.approve, cleo item.withdraw, dan item.approve" {
		t.Errorf("audit: %s", got)
	}
}

func TestItemThatABulletinHoldsIsNotChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly-lantern")
	b := w.bulletin(n)
	desk := w.item(n, "From the desk.")
	w.must(w.ApproveItem(t.Context(), desk.ID, "ana"))
	own := &store.Item{
		NewsletterID: n.ID, Section: "lead", Body: "The manuscript's.", State: newsletter.ItemUsed, Origin: store.FromManuscript,
		Author: "ana", ApprovedBy: "ana", BulletinID: b.ID,
	}
	w.must(w.write(func(tx *database.Tx) error {
		if err := w.AddItemTx(tx, own); err != nil {
			return err
		}
		return w.UseItemsTx(tx, b.ID, []int64{desk.ID, own.ID})
	}))
	changes := func(i *store.Item) []error {
		return []error{w.EditItem(t.Context(), i, "ana"), w.ApproveItem(t.Context(), i.ID, "ana")}
	}
	for _, i := range []*store.Item{desk, own} {
		for _, err := range changes(i) {
			refuses(t, err, newsletter.Conflict)
		}
	}
	w.must(w.write(func(tx *database.Tx) error { return w.ReleaseItemsTx(tx, b.ID) }))
	if got := w.read(desk.ID); got.State != newsletter.ItemApproved || got.BulletinID != 0 {
		t.Errorf("the desk's item is %+v", got)
	}
	if got := w.read(own.ID); got.State != newsletter.ItemWithdrawn || got.BulletinID != 0 {
		t.Errorf("the manuscript's item is %+v", got)
	}
	for _, err := range changes(own) { // it lived and died with its manuscript
		refuses(t, err, newsletter.Conflict)
	}
	w.withdraw(desk.ID, "ana")
}

func TestItemIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.newsletter("weekly-lantern"), w.newsletter("other")
	one, two, foreign := w.bulletin(n), w.bulletin(n), w.bulletin(other)
	i := w.item(n, "Words.")
	use := func(b *store.Bulletin) error {
		return w.write(func(tx *database.Tx) error { return w.UseItemsTx(tx, b.ID, []int64{i.ID}) })
	}
	refuses(t, use(one), newsletter.Conflict) // a draft
	w.must(w.ApproveItem(t.Context(), i.ID, "ana"))
	refuses(t, use(foreign), newsletter.Conflict)
	w.must(use(one))
	w.must(use(one)) // again by the same
	refuses(t, use(two), newsletter.Conflict)
	if got := w.read(i.ID); got.State != newsletter.ItemUsed || got.BulletinID != one.ID {
		t.Errorf("item %+v", got)
	}
	w.must(w.write(func(tx *database.Tx) error { return w.ReleaseItemsTx(tx, one.ID, i.ID) }))
	if got := w.read(i.ID); got.State != newsletter.ItemUsed {
		t.Errorf("a kept item is %+v", got)
	}
	w.must(w.write(func(tx *database.Tx) error { return w.ReleaseItemsTx(tx, one.ID) }))
	w.must(use(two))
}

func TestItemsAreChosenByEveryField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.newsletter("weekly-lantern"), w.newsletter("other")
	b := w.bulletin(n)
	add := func(n *newsletter.Newsletter, section, wanted string, state newsletter.ItemState) {
		i := &store.Item{NewsletterID: n.ID, Section: section, Body: fmt.Sprintf("%s %s %s", section, wanted, state), State: state, Origin: store.FromDesk, Author: "ben"}
		w.must(i.Wanted.UnmarshalText([]byte(wanted)))
		if state == newsletter.ItemUsed {
			i.BulletinID = b.ID
		}
		w.must(w.write(func(tx *database.Tx) error { return w.AddItemTx(tx, i) }))
	}
	add(n, "lead", "", newsletter.ItemDraft)
	add(n, "lead", "2027-03-12", newsletter.ItemApproved)
	add(n, "epigraph", "2027-03-13", newsletter.ItemApproved)
	add(n, "lead", "2027-03-01", newsletter.ItemUsed)
	add(other, "lead", "", newsletter.ItemApproved)
	for _, c := range []struct {
		name   string
		filter store.ItemFilter
		want   string
	}{
		{"all", store.ItemFilter{}, "1 2 3 4 5"},
		{"by newsletter", store.ItemFilter{NewsletterID: n.ID}, "1 2 3 4"},
		{"by state", store.ItemFilter{State: newsletter.ItemApproved}, "2 3 5"},
		{"by section", store.ItemFilter{Section: "lead"}, "1 2 4 5"},
		{"by bulletin", store.ItemFilter{BulletinID: b.ID}, "4"},
		{"by date", store.ItemFilter{Before: friday}, "1 2 4 5"},
		{"by all of them", store.ItemFilter{NewsletterID: n.ID, State: newsletter.ItemApproved, Section: "lead", Before: friday}, "2"},
	} {
		items, err := w.Items(t.Context(), c.filter)
		w.must(err)
		var ids []string
		for _, i := range items {
			ids = append(ids, fmt.Sprint(i.ID))
		}
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%s: items %s, want %s", c.name, got, c.want)
		}
	}
}
