package store_test

import (
	"bytes"
	"strings"
	"testing"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/protect"
)

func (w *world) protect(n *newsletter.Newsletter, label string, phrases ...string) (added int) {
	w.t.Helper()
	secrets, err := w.Secrets(w.t.Context())
	w.must(err)
	var entries []protect.Entry
	for _, p := range phrases {
		made, err := protect.Hash(secrets.Protect, p)
		w.must(err)
		entries = append(entries, made...)
	}
	w.must(w.write(func(tx *database.Tx) error {
		added, err = w.AddProtectedTx(tx, n.ID, label, entries, "ana")
		return err
	}))
	return added
}

func TestDenyListKeepsNoWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n, other := w.newsletter("weekly"), w.newsletter("daily")
	if added := w.protect(n, "case 7", "Zorvika Quell", "Ofelia Müller"); added != 3 {
		t.Errorf("%d entries are new, want 3: an umlaut has two spellings", added)
	}
	if added := w.protect(n, "case 7", "QUELL, zorvika"); added != 0 {
		t.Errorf("%d entries are new of a phrase that the label has", added)
	}
	if added := w.protect(n, "case 8", "Zorvika Quell"); added != 1 {
		t.Errorf("%d entries are new under another label", added)
	}
	list, err := w.Protected(t.Context(), n.ID)
	w.must(err)
	if len(list) != 4 || list[0].Label != "case 7" || list[0].By != "ana" || !list[0].At.Equal(w.clock.Now()) || list[3].Label != "case 8" {
		t.Errorf("the list is %+v", list)
	}
	for i := range 2 {
		if bytes.Compare(list[i].Hashes, list[i+1].Hashes) >= 0 {
			t.Error("the entries tell the order of the list")
		}
	}
	if list, err := w.Protected(t.Context(), other.ID); err != nil || len(list) > 0 {
		t.Errorf("another newsletter has %v, %v", list, err)
	}
	log, err := w.Audit(t.Context(), 10)
	w.must(err)
	if log[0].Action != "protect.add" || log[0].Detail != "case 8" || log[0].Actor != "ana" || log[1].Detail != "case 7" || log[2].Action == "protect.add" {
		t.Errorf("the audit log has %+v", log)
	}
}

func TestGateFindsWhatIsProtectedUntilItIsRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly")
	w.protect(n, "case 7", "Zorvika Quell")
	w.protect(n, "case 8", "Ofelia Quispe")
	find := func() string {
		t.Helper()
		gate, last, err := w.Gate(t.Context(), n.ID)
		w.must(err)
		w.must(w.db.Read(t.Context(), func(tx *database.Tx) error {
			if now, err := w.LastProtectedTx(tx, n.ID); err != nil || now != last {
				t.Errorf("the gate knows entry %d, the newest is %d, %v", last, now, err)
			}
			return nil
		}))
		var labels []string
		for _, m := range gate.Search([]protect.Text{{Body: "Zorvika Quell and Ofelia Quispe"}}) {
			labels = append(labels, m.Label)
		}
		return strings.Join(labels, ", ")
	}
	if got := find(); got != "case 7, case 8" {
		t.Errorf("found %q", got)
	}
	if removed, err := w.RemoveProtected(t.Context(), n.ID, "case 7", "bo"); err != nil || removed != 1 {
		t.Errorf("%d are removed, %v", removed, err)
	}
	if got := find(); got != "case 8" {
		t.Errorf("afterwards found %q", got)
	}
	log, err := w.Audit(t.Context(), 1)
	w.must(err)
	if log[0].Action != "protect.remove" || log[0].Detail != "case 7" || log[0].Actor != "bo" {
		t.Errorf("the audit log has %+v", log[0])
	}
	if _, err := w.RemoveProtected(t.Context(), n.ID, "case 7", "bo"); newsletter.KindOf(err) != newsletter.NotFound || newsletter.RemedyOf(err) == "" {
		t.Errorf("removing it again: %v", err)
	}
}

func TestDamagedDenyListOpensNoGate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := w.newsletter("weekly")
	w.protect(n, "case 7", "Zorvika Quell")
	w.must(w.write(func(tx *database.Tx) error {
		_, err := tx.Exec(`UPDATE protected SET hashes = substr(hashes, 1, 40)`)
		return err
	}))
	if gate, _, err := w.Gate(t.Context(), n.ID); err == nil || gate != nil {
		t.Errorf("a damaged list makes %v, %v", gate, err)
	}
}
