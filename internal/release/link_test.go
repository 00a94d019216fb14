package release

import (
	"strings"
	"testing"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// letters gives the letters that wait, by the address they go to.
func (r *room) letters(kind string) map[string]*ledger.Notice {
	r.t.Helper()
	due, err := r.ledger.DueNotices(r.t.Context(), 100)
	r.must(err)
	list := map[string]*ledger.Notice{}
	for _, n := range due {
		if n.Kind == kind {
			list[n.Email] = n
		}
	}
	return list
}

// link is the token behind a link of a letter.
type link struct {
	purpose token.Purpose
	claims  token.Claims
}

// linkTo reads the token of a link as a page does.
func (r *room) linkTo(n *ledger.Notice, purpose token.Purpose) link {
	r.t.Helper()
	if n == nil || n.Letter == nil {
		r.t.Fatal("there is no such letter")
	}
	path := map[token.Purpose]string{token.Approve: "/staff/approve/", token.Stop: "/staff/stop/"}[purpose]
	for _, l := range n.Letter.Links {
		if text, ok := strings.CutPrefix(l.URL, "https://lantern.example.org"+path); ok {
			secrets, err := r.store.Secrets(r.t.Context())
			r.must(err)
			c, err := secrets.Links.Verify(purpose, text, r.now)
			r.must(err)
			return link{purpose, c}
		}
	}
	r.t.Fatalf("the letter to %s has no link for %d: %v", n.Email, purpose, n.Letter.Links)
	return link{}
}

func (r *room) follow(l link, want Standing) *Matter {
	r.t.Helper()
	m, err := r.Follow(r.t.Context(), l.purpose, l.claims)
	r.must(err)
	if m.Standing != want {
		r.t.Errorf("the link is %s (%s), want %s", m.Standing, m.Why, want)
	}
	return m
}

func (r *room) shows(l link, want Standing) {
	r.t.Helper()
	m, err := r.Matter(r.t.Context(), l.purpose, l.claims)
	r.must(err)
	if m.Standing != want {
		r.t.Errorf("the link shows %s (%s), want %s", m.Standing, m.Why, want)
	}
}

// proofs makes a bulletin and its proofs.
func (r *room) proofs() *store.Bulletin {
	r.t.Helper()
	r.item("The lamp is lit.")
	b := r.bulletin()
	_, err := r.Proof(r.t.Context(), b, nil, "schedule")
	r.must(err)
	return b
}

const (
	teresa = "teresa@lantern.example.org" // an editor
	kwame  = "kwame@lantern.example.org"  // an administrator
)

func TestAProofSaysWhatThePreflightFound(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b := r.proofs()
	sent := r.letters(ledger.NoticeProof)
	if len(sent) != 2 {
		t.Fatalf("%d proofs", len(sent))
	}
	letter := sent[teresa].Letter
	text := strings.Join(letter.Paragraphs, "\n")
	for _, want := range []string{"Preflight: 0 errors, ", "warning, signing-key", "any change voids it"} {
		if !strings.Contains(text, want) {
			t.Errorf("the proof does not say %q:\n%s", want, text)
		}
	}
	if !strings.Contains(letter.Heading, b.Hash[:12]) || len(letter.Links) != 2 {
		t.Errorf("the proof is %+v", letter)
	}
	if _, err := r.Proof(t.Context(), b, []newsletter.Address{{Email: "friend@harbour.example"}, {Email: "ofelia@rio-manso.example.org"}}, "ana"); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"friend@harbour.example", "ofelia@rio-manso.example.org"} {
		if links := r.letters(ledger.NoticeProof)[email].Letter.Links; len(links) != 0 {
			t.Errorf("%s, who may not approve, gets %v", email, links)
		}
	}
}

func TestTwoEditorsApproveByTheirLinks(t *testing.T) {
	t.Parallel()
	r := newRoom(t, func(n *newsletter.Newsletter) { n.Policy.Approvals = 2 })
	b := r.proofs()
	sent := r.letters(ledger.NoticeProof)
	first := r.linkTo(sent[teresa], token.Approve)
	r.shows(first, LinkOpen)
	r.isIn(b, newsletter.BulletinReview)
	if m := r.follow(first, LinkDone); len(m.Given) != 1 || m.Given[0].By != "Teresa Vilar" || m.Needed != 2 {
		t.Errorf("given %v of %d", m.Given, m.Needed)
	}
	r.follow(first, LinkAlready)
	r.approve(b, "teresa") // the same person at the shell counts once
	r.isIn(b, newsletter.BulletinReview)
	r.follow(r.linkTo(sent[kwame], token.Approve), LinkDone)
	r.isIn(b, newsletter.BulletinApproved)
	r.follow(r.linkTo(sent[kwame], token.Stop), LinkDone)
	r.isIn(b, newsletter.BulletinHeld)
	r.follow(r.linkTo(sent[teresa], token.Stop), LinkAlready)
	r.follow(first, LinkDone) // approving again lets it go again
	r.isIn(b, newsletter.BulletinApproved)
}

func TestALinkOfAnOlderHashApprovesNothing(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b := r.proofs()
	l := r.linkTo(r.letters(ledger.NoticeProof)[teresa], token.Approve)
	r.item("One more lamp is lit.")
	r.bulletin()
	r.shows(l, LinkChanged)
	r.follow(l, LinkChanged)
	r.isIn(b, newsletter.BulletinReview)
}

func TestWhoMayNotIsRefusedByAnOldLink(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*newsletter.Newsletter){
		"removed from the staff": func(n *newsletter.Newsletter) { n.Staff = n.Staff[1:] },
		"a contributor now":      func(n *newsletter.Newsletter) { n.Staff[0].Role = newsletter.RoleContributor },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t)
			b := r.proofs()
			sent := r.letters(ledger.NoticeProof)[teresa]
			change(r.newsletter)
			r.must(r.store.EditNewsletter(t.Context(), r.newsletter, "kwame"))
			for _, purpose := range []token.Purpose{token.Approve, token.Stop} {
				if m := r.follow(r.linkTo(sent, purpose), LinkBarred); m.Why == "" {
					t.Error("it is not said why")
				}
			}
			r.isIn(b, newsletter.BulletinReview)
		})
	}
}

func TestAnAuthorMayNotApproveWhereTheNewsletterSaysSo(t *testing.T) {
	t.Parallel()
	for name, author := range map[string]string{"by the name": "Teresa Vilar", "by the address": teresa, "as at the shell": "teresa"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoom(t, func(n *newsletter.Newsletter) { n.Policy.AuthorMayApprove = false })
			item := &store.Item{NewsletterID: r.newsletter.ID, Section: newsletter.LeadKey, Body: "The lamp is lit.", Author: author}
			r.must(r.store.AddItem(t.Context(), item))
			r.must(r.store.ApproveItem(t.Context(), item.ID, "ana"))
			b := r.bulletin()
			_, err := r.Proof(t.Context(), b, nil, "schedule")
			r.must(err)
			sent := r.letters(ledger.NoticeProof)
			r.follow(r.linkTo(sent[teresa], token.Approve), LinkBarred)
			r.isIn(b, newsletter.BulletinReview)
			r.follow(r.linkTo(sent[kwame], token.Approve), LinkDone)
			r.isIn(b, newsletter.BulletinApproved)
		})
	}
}

func TestASendIsPausedByItsLink(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b := r.proofs()
	sent := r.letters(ledger.NoticeProof)
	r.follow(r.linkTo(sent[teresa], token.Approve), LinkDone)
	_, err := r.Send(t.Context(), r.read(b), "ana")
	r.must(err)
	r.follow(r.linkTo(sent[kwame], token.Approve), LinkOver)
	r.follow(r.linkTo(sent[kwame], token.Stop), LinkDone)
	r.isIn(b, newsletter.BulletinPaused)
	if note := r.read(b).Note; note != "paused by Kwame Boateng" {
		t.Errorf("the note is %q", note)
	}
}

func TestTheTimeToPullBackASend(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	leaves, err := r.Depart(t.Context(), b, Departure{Key: "run/1", PullBack: 30 * time.Minute, By: "schedule"})
	if err != nil || !leaves.Equal(r.now.Add(30*time.Minute)) {
		t.Fatal(leaves, err)
	}
	r.isIn(b, newsletter.BulletinApproved)
	sent := r.letters(noticeLeaving)
	if len(sent) != 2 || !strings.Contains(sent[teresa].Letter.Paragraphs[0], "16:30") {
		t.Fatalf("the letters are %v", sent)
	}
	r.follow(r.linkTo(sent[teresa], token.Stop), LinkDone)
	r.isIn(b, newsletter.BulletinHeld)
	if now := r.read(b); !now.LeavesAt.IsZero() {
		t.Errorf("it leaves at %s", now.LeavesAt)
	}
}

func TestALateBulletinIsSentByItsLink(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	b, _ := r.approved()
	r.must(r.Withhold(t.Context(), b, Withheld{Why: "too late", Key: "run/1", Ask: true}, "schedule"))
	r.must(r.Withhold(t.Context(), b, Withheld{Why: "too late", Key: "run/1", Ask: true}, "schedule")) // once
	sent := r.letters(noticeLate)
	if len(sent) != 2 {
		t.Fatalf("%d letters", len(sent))
	}
	r.follow(r.linkTo(sent[kwame], token.Stop), LinkAlready)
	r.follow(r.linkTo(sent[kwame], token.Approve), LinkDone)
	r.isIn(b, newsletter.BulletinSending)
	var by string
	r.must(r.store.DB().Read(t.Context(), func(tx *database.Tx) error {
		return tx.QueryRow(`SELECT actor FROM audit WHERE action = 'bulletin.sending'`).Scan(&by)
	}))
	if by != "Kwame Boateng" {
		t.Errorf("sent by %q", by)
	}
}
