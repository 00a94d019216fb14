package assembly_test

import (
	"slices"
	"strings"
	"testing"

	"epistle/internal/assembly"
	"epistle/internal/database"
	"epistle/internal/newsletter"
)

func TestHeadlinesThatSpeakOfAnItemGoWithIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                      string
		title, subject, preheader string
		redact                    bool
		state                     newsletter.BulletinState
		told                      []string
		want                      [3]string // afterwards
	}{
		{"a subject, from readers", "", "ZORVIKA is safe", "", true, newsletter.BulletinSent, []string{"subject"}, [3]string{"Lantern Notes", "Lantern Notes", ""}},
		{"all three, during a send", "Zorvika’s quay", "Who hides?", "Zorvika, and beds", true, newsletter.BulletinSending, []string{"title", "subject", "preheader"}, [3]string{"Lantern Notes", "Lantern Notes", ""}},
		{"a title, before it leaves", "Brothers", "", "", true, newsletter.BulletinReview, []string{"title", "subject"}, [3]string{"Lantern Notes", "Lantern Notes", ""}},
		{"not what speaks of the rest", "Beds at the light", "Beds for all", "The night clinic", true, newsletter.BulletinSent, []string{}, [3]string{"Beds at the light", "Beds for all", "The night clinic"}},
		{"only told when it is withdrawn", "", "Zorvika", "", false, newsletter.BulletinSent, []string{"subject"}, [3]string{"Lantern Notes", "Zorvika", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.item("lead", danger, "")
			w.item("night-clinics", "Beds for all, at the light of the northern pier.", "")
			b := w.assemble().Bulletin
			if _, err := w.Edit(t.Context(), b.ID, assembly.Edit{Title: &c.title, Subject: &c.subject, Preheader: &c.preheader}, "ana"); err != nil {
				t.Fatal(err)
			}
			w.write(func(tx *database.Tx) error {
				_, err := tx.Exec(`INSERT INTO notices (key, kind, newsletter_id, bulletin_id, revision, email, name, made_by, made_at, letter, state)
					VALUES ('p', 'proof', $1, $2, 1, 'ana@example.org', '', 'ana', 1, '{"heading":"the preflight said Zorvika"}', 0)`, w.list.ID, b.ID)
				return err
			})
			w.put(b, c.state)
			take := w.Withdraw
			if c.redact {
				take = w.Redact
			}
			out, err := take(t.Context(), id, "danger", "bo")
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Bulletins) != 1 || !slices.Equal(out.Bulletins[0].Headlines, c.told) {
				t.Errorf("it told %+v, want %q", out.Bulletins, c.told)
			}
			w.reads(b.ID, c.want)
			letters := 0
			w.write(func(tx *database.Tx) error {
				return tx.QueryRow(`SELECT COUNT(*) FROM notices WHERE letter <> ''`).Scan(&letters)
			})
			if (letters == 0) != c.redact {
				t.Errorf("%d letters repeat its words", letters)
			}
			if all := w.dump(); c.redact && strings.Contains(all, "Zorvika") {
				t.Errorf("it is still kept: %s", all)
			}
		})
	}
}

// reads compares the headlines of the current revision.
func (w *world) reads(bulletinID int64, want [3]string) {
	w.t.Helper()
	doc, err := w.store.Document(w.t.Context(), bulletinID, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	if got := [3]string{doc.Content.Title, doc.Subject, doc.Preheader}; got != want {
		w.t.Errorf("it reads %q, want %q", got, want)
	}
	if err := w.db.Read(w.t.Context(), func(tx *database.Tx) error {
		own, err := w.store.OwnWordsTx(tx, bulletinID)
		if strings.Contains(own.Title+own.Preheader, "Zorvika") {
			w.t.Errorf("an editor's own words are kept: %+v", own)
		}
		return err
	}); err != nil {
		w.t.Fatal(err)
	}
}

func TestATitleGoesThoughAnEditorHadTakenTheItemOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.item("lead", danger, "")
	w.item("lead", "Beds for all.", "")
	b := w.assemble().Bulletin
	title := "Zorvika"
	if _, err := w.Edit(t.Context(), b.ID, assembly.Edit{Title: &title}, "ana"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Withdraw(t.Context(), id, "", "bo"); err != nil {
		t.Fatal(err)
	}
	w.put(b, newsletter.BulletinSent)
	if _, err := w.Redact(t.Context(), id, "danger", "bo"); err != nil {
		t.Fatal(err)
	}
	w.reads(b.ID, [3]string{"Lantern Notes", "Lantern Notes", ""})
	if all := w.dump(); strings.Contains(all, "Zorvika") {
		t.Errorf("it is still kept: %s", all)
	}
}

func TestHeadlinesChangeAfterABulletinHasBegun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to newsletter.BulletinState
	}{
		{newsletter.BulletinSending, newsletter.BulletinPaused},
		{newsletter.BulletinPaused, newsletter.BulletinPaused},
		{newsletter.BulletinSent, newsletter.BulletinSent},
		{newsletter.BulletinCancelled, newsletter.BulletinCancelled},
	} {
		t.Run(string(c.from), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.item("lead", "Beds for all.", "")
			b := w.assemble().Bulletin
			old := "Zorvika"
			if _, err := w.Edit(t.Context(), b.ID, assembly.Edit{Title: &old, Preheader: &old}, "ana"); err != nil {
				t.Fatal(err)
			}
			w.put(b, c.from)
			before := w.now(b)
			title, preheader := " The beds ", ""
			out, err := w.Edit(t.Context(), b.ID, assembly.Edit{Title: &title, Preheader: &preheader}, "bo")
			if err != nil {
				t.Fatal(err)
			}
			if now := w.now(b); now.State != c.to || now.Number != before.Number || now.Hash == before.Hash || now.Hash != out.Bulletin.Hash || now.Revision != before.Revision+1 {
				t.Errorf("the bulletin is %+v", now)
			}
			w.reads(b.ID, [3]string{"The beds", "The beds", ""})
			if all := w.dump(); strings.Contains(all, "Zorvika") {
				t.Errorf("it is still kept: %s", all)
			}
			if text := w.text(b, 0); !strings.Contains(text, "Beds for all.") {
				t.Errorf("it says %s", text)
			}
			w.is(id, newsletter.ItemUsed, b.ID)
			again, err := w.Edit(t.Context(), b.ID, assembly.Edit{Title: &title}, "bo")
			if err != nil || !again.Unchanged {
				t.Errorf("the same again: %+v, %v", again, err)
			}
		})
	}
}
