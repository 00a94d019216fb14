package audience_test

import (
	"bytes"
	"strings"
	"testing"

	"epistle/internal/audience"
	"epistle/internal/newsletter"
	"epistle/internal/token"
)

func (w *world) preferences() *audience.Preferences {
	w.t.Helper()
	keys, err := token.NewKeyring(token.Key{ID: 1, Secret: bytes.Repeat([]byte{7}, 32)})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.Preferences(keys, "https://news.example.org")
}

func TestExplainTellsOfChoicesAndPauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.list.Sections = []newsletter.Section{{Name: "Northern Coast"}}
	if err := w.store.EditNewsletter(t.Context(), w.list, "ana"); err != nil {
		t.Fatal(err)
	}
	w.add(w.list, entry(t, "ana@harbour.example"))
	ana := parse(t, "ana@harbour.example")
	c := token.Claims{Newsletter: w.list.ID, Subscriber: w.person("ana@harbour.example").ID}
	explain := func(want string) {
		t.Helper()
		got, err := w.Explain(t.Context(), ana, w.list, nil)
		if err != nil || !strings.Contains(got, want) {
			t.Errorf("%s, %v; want %q in it", got, err, want)
		}
	}
	p := w.preferences()
	if err := p.Choose(t.Context(), c, audience.Choosing{Shown: []string{"northern-coast"}, TextOnly: true}); err != nil {
		t.Fatal(err)
	}
	explain("gets The Weekly Lantern")
	explain("chose: without northern-coast; as text only")
	if err := p.PauseFor(t.Context(), c, 14); err != nil {
		t.Fatal(err)
	}
	explain("is paused since 2027-03-12, paused by the reader, until 2027-03-26 00:00 UTC")
	story, err := w.Story(t.Context(), ana)
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, e := range story.History {
		if e.Actor == audience.Reader {
			did = append(did, e.Action+" "+e.After)
		}
	}
	want := `subscription.choose {"gets":"without northern-coast; as text only"}, subscription.paused {"state":"paused","until":"2027-03-26"}`
	if got := strings.Join(did, ", "); got != want {
		t.Errorf("the history has %s", got)
	}
}

func TestAPauseTakesTheReaderOutOfASendUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.add(w.list, entry(t, "ana@harbour.example"), entry(t, "bea@harbour.example"))
	w.freeze()
	c := token.Claims{Newsletter: w.list.ID, Subscriber: w.person("ana@harbour.example").ID}
	if err := w.preferences().PauseFor(t.Context(), c, 14); err != nil {
		t.Fatal(err)
	}
	if b := w.balance(); b[newsletter.DeliverySkipped] != 1 || b[newsletter.DeliveryPending] != 1 {
		t.Errorf("the ledger is %v", b)
	}
}
