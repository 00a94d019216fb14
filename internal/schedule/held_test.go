package schedule

import (
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/release"
)

func TestABulletinIsHeldWithTheReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		approvals int
		spoil     func(*week)
		want      []string // the beginnings of the lines of the note
	}{
		"not approved": {1, func(*week) {}, []string{"bulletin 214 is not approved"}},
		"preflight": {0, func(w *week) {
			secrets, err := w.store.Secrets(w.t.Context())
			w.must(err)
			w.opens(secrets, "")
			w.change(`UPDATE items SET approved_by = ''`)
		}, []string{"preflight does not let bulletin 214 go:", "item 1 in lead: unapproved-items: ", "footer: unsubscribe-link: "}},
		"it cannot be rendered": {0, func(w *week) {
			w.change(`UPDATE revisions SET document = replace(document, 'The lamp', '<script>')`)
		}, []string{"render bulletin weekly/214: "}},
		"something protected": {
			0, func(w *week) { w.protect("The lamp") },
			[]string{"preflight does not let bulletin 214 go: section 1, item 1 (number 1), at 1:1: protection-gate: "},
		},
		"something protected, and it cannot be rendered": {0, func(w *week) {
			w.protect("script of")
			w.change(`UPDATE revisions SET document = replace(document, 'The lamp', '<script>')`)
		}, []string{"preflight does not let bulletin 214 go: section 1, item 1 (number 1), at 1:2: protection-gate: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWeek(t, "2027-03-08 12:00")
			n := w.newsletter("weekly", "UTC", weekly(), func(n *newsletter.Newsletter) { n.Policy.Approvals = c.approvals })
			w.item(n)
			w.until("2027-03-10 17:00")
			w.tick(w.runner())
			c.spoil(w)
			w.until("2027-03-12 08:00")
			r := w.runner()
			w.tick(r)
			w.tick(r)
			w.told(n, "assemble 2027-03-10T16:00 done", "proof 2027-03-10T16:30 done", "send 2027-03-12T08:00 held")
			b := w.only(n, newsletter.BulletinHeld)
			lines := strings.Split(b.Note, "\n")
			for i, want := range c.want {
				if i >= len(lines) || !strings.HasPrefix(lines[i], want) {
					t.Errorf("line %d of the note is not %q…: %q", i+1, want, b.Note)
				}
			}
			if len(c.want) > 1 && len(lines) != len(c.want) {
				t.Errorf("the note has %d lines: %q", len(lines), b.Note)
			}
			for _, run := range w.runs(n) {
				if run.Kind == "send" && run.Note != b.Note {
					t.Errorf("the run says %q", run.Note)
				}
			}
		})
	}
}

// protect puts a phrase on the newsletter's deny-list.
func (w *week) protect(phrase string) {
	w.t.Helper()
	n, err := w.store.Newsletter(w.t.Context(), "weekly")
	w.must(err)
	_, err = release.NewProtection(w.store).Add(w.t.Context(), n, "case 7", []release.Phrase{{Text: phrase}}, "ana")
	w.must(err)
}
