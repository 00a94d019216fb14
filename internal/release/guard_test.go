package release

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"epistle/internal/newsletter"
	"epistle/internal/preflight"
)

func TestResumeAsksTheGateAgain(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.item("Zorvika Quell lit the lamp.")
	b := r.bulletin()
	r.approve(b, "teresa")
	r.sent(r.read(b))
	_, err := r.Pause(t.Context(), b, "ana")
	r.must(err)
	r.protect("case 7", "Zorvika Quell")
	_, err = r.Resume(t.Context(), r.read(b), "ana")
	r.refused(err, newsletter.Refused)
	if strings.Contains(err.Error(), "Zor") {
		t.Errorf("the refusal repeats the name: %v", err)
	}
	r.isIn(b, newsletter.BulletinPaused)
	_, err = r.store.RemoveProtected(t.Context(), r.newsletter.ID, "case 7", "ana")
	r.must(err)
	_, err = r.Resume(t.Context(), r.read(b), "ana")
	r.must(err)
	r.isIn(b, newsletter.BulletinSending)
}

func TestWhatIsLeftAfterAWithdrawalIsApprovedAnew(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(n *newsletter.Newsletter) { n.Policy.AuthorMayApprove = false })
	item := r.item("The lamp is lit.")
	r.item("The nets are mended.")
	b := r.bulletin()
	r.approve(b, "teresa")
	r.sent(r.read(b))
	_, err := r.assembly.Redact(t.Context(), item.ID, "danger", "bo")
	r.must(err)
	_, err = r.Resume(t.Context(), r.read(b), "ana")
	r.refused(err, newsletter.Refused)
	if _, _, err := r.store.ApproveBulletin(t.Context(), b.ID, "", "bo"); newsletter.KindOf(err) != newsletter.Refused {
		t.Errorf("who redacted it approves it: %v", err)
	}
	r.approve(b, "teresa")
	r.isIn(b, newsletter.BulletinPaused)
	_, err = r.Resume(t.Context(), r.read(b), "ana")
	r.must(err)
	r.isIn(b, newsletter.BulletinSending)
	r.balance(b, newsletter.Balance{newsletter.DeliveryPending: 3})
}

func TestNoProofLeavesWithSomethingProtected(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	r.item("Zorvika Quell lit the lamp.")
	b := r.bulletin()
	r.protect("case 7", "Zorvika Quell")
	_, err := r.Proof(t.Context(), b, []newsletter.Address{{Email: "guest@harbour.example"}}, "ana")
	r.refused(err, newsletter.Refused)
	if due, err := r.ledger.DueNotices(t.Context(), 10); err != nil || len(due) > 0 {
		t.Errorf("queued %v, %v", due, err)
	}
}

func TestAnOverrideBelongsToOneHash(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(n *newsletter.Newsletter) {
		n.Checks = map[string]newsletter.Setting{"epigraph": newsletter.SettingError}
	})
	b, _ := r.approved()
	_, err := r.Send(t.Context(), b, "ana")
	r.refused(err, newsletter.Refused)
	r.protect("case 7", "Zorvika Quell")
	for reason, kind := range map[string]newsletter.Kind{" ": newsletter.Usage, "for Zorvika Quell": newsletter.Refused, "a\nb": newsletter.Usage} {
		r.refused(r.Override(t.Context(), b, "epigraph", reason, "bo"), kind)
	}
	r.refused(r.Override(t.Context(), b, preflight.ProtectionGate, "no time", "bo"), newsletter.Refused)
	r.refused(r.Override(t.Context(), b, "audience", "no time", "bo"), newsletter.Refused)
	r.must(r.Override(t.Context(), b, "epigraph", "no time", "bo"))
	r.must(r.Override(t.Context(), b, "epigraph", "mourning has no motto", "bo"))
	r.item("The nets are mended.")
	changed := r.bulletin()
	r.approve(changed, "teresa")
	_, err = r.Send(t.Context(), r.read(changed), "ana")
	r.refused(err, newsletter.Refused)
	r.must(r.Override(t.Context(), r.read(changed), "epigraph", "still", "bo"))
	_, err = r.Send(t.Context(), r.read(changed), "ana")
	r.must(err)
	r.refused(r.Override(t.Context(), r.read(changed), "epigraph", "too late", "bo"), newsletter.Refused)
}

// pictures serves one good image, one that is too wide, and nothing else.
func pictures(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		width := map[string]int{"/good.png": 600, "/wide.png": 2000}[r.URL.Path]
		if width == 0 {
			http.NotFound(w, r)
			return
		}
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 1))); err == nil {
			_, _ = w.Write(b.Bytes())
		}
	}))
	t.Cleanup(server.Close)
	return server
}

func TestOnlineChecksLoadEveryImage(t *testing.T) {
	t.Parallel()
	r, server := newRoom(t), pictures(t)
	network := Network{Client: server.Client(), Resolver: &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}}
	for _, name := range []string{"good", "wide", "gone"} {
		r.item("![a lamp](" + server.URL + "/" + name + ".png)")
	}
	b := r.bulletin()
	results, err := r.CheckOnline(t.Context(), b, network)
	r.must(err)
	var said []string
	for _, result := range results {
		if result.Name == "image-size" {
			said = append(said, strings.TrimPrefix(result.Place, server.URL)+" "+result.Message)
		}
	}
	if want := []string{"/gone.png the image cannot be loaded: the server answers 404 Not Found", "/wide.png the image is 2000 pixels wide; the page has 600"}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
	// An address with something protected in it is asked of nobody.
	r.protect("case 7", "wide")
	results, err = r.CheckOnline(t.Context(), b, network)
	r.must(err)
	if slices.ContainsFunc(results, func(p preflight.Result) bool { return p.Name == "image-size" }) {
		t.Error("the images were asked for")
	}
}
