package release

import (
	"context"
	"fmt"
	"strings"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/store"
	"epistle/internal/terminal"
	"epistle/internal/token"
)

// Proof queues the bulletin as it stands now, marked as a proof, for the given
// people; for its editors and administrators when none are given. Above the
// bulletin stands what the preflight found, and, for those who may, links to
// approve exactly this revision and to stop it. A person gets each revision once.
// It gives how many were queued. A proof leaves this machine too: one with
// something protected in it is refused.
func (d *Desk) Proof(ctx context.Context, b *store.Bulletin, to []newsletter.Address, by string) (queued int, err error) {
	if b, err = d.store.BulletinByID(ctx, b.ID); err != nil {
		return 0, err
	}
	last, err := d.pass(ctx, b)
	if err != nil {
		return 0, err
	}
	findings, err := d.findings(ctx, b)
	if err != nil {
		return 0, err
	}
	err = d.store.DB().Write(ctx, func(tx *database.Tx) error {
		queued = 0
		now, err := d.unchanged(tx, b, last)
		if err != nil {
			return err
		}
		n, err := d.store.NewsletterTx(tx, now.NewsletterID)
		if err != nil {
			return err
		}
		people, err := readersOfProof(n, to)
		if err != nil {
			return err
		}
		for _, a := range people {
			made, err := d.addProofTx(tx, n, now, a, findings, by)
			if err != nil {
				return err
			}
			if made {
				queued++
			}
		}
		return d.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "bulletin.proof", NewsletterID: now.NewsletterID, BulletinID: now.ID,
			Detail: fmt.Sprintf("revision %d, %d queued", now.Revision, queued),
		})
	})
	return queued, err
}

// findings are the preflight's errors and warnings, a line each. A bulletin that
// cannot be checked can still be looked at.
func (d *Desk) findings(ctx context.Context, b *store.Bulletin) ([]string, error) {
	results, err := d.Check(ctx, b)
	if ctx.Err() != nil || newsletter.KindOf(err) == newsletter.Unavailable {
		return nil, err
	}
	if err != nil {
		return []string{"The preflight could not be run: " + err.Error()}, nil
	}
	var lines []string
	counts := map[preflight.Verdict]int{}
	for _, verdict := range []preflight.Verdict{preflight.Error, preflight.Warning} {
		for _, r := range results {
			if r.Verdict == verdict {
				counts[verdict]++
				lines = append(lines, finding(r))
			}
		}
	}
	summary := fmt.Sprintf("Preflight: %s, %s.", terminal.Plural(counts[preflight.Error], "error", "errors"), terminal.Plural(counts[preflight.Warning], "warning", "warnings"))
	if counts[preflight.Error] > 0 {
		summary += " With an error it does not leave."
	}
	return append([]string{summary}, lines...), nil
}

func finding(r preflight.Result) string {
	line := string(r.Verdict) + ", " + r.Name
	if r.Place != "" && r.Place != r.Name {
		line += ", " + r.Place
	}
	line += ": " + strings.TrimSuffix(r.Message, ".") + "."
	if r.Remedy != "" {
		line += " " + r.Remedy
	}
	return line
}

// readersOfProof are the people who were asked for, or the newsletter's own.
func readersOfProof(n *newsletter.Newsletter, to []newsletter.Address) ([]newsletter.Address, error) {
	if len(to) > 0 {
		return to, nil
	}
	for _, p := range deciders(n) {
		to = append(to, newsletter.Address{Name: p.Name, Email: p.Email})
	}
	if len(to) == 0 {
		return nil, newsletter.Errorf(newsletter.NotFound, "the newsletter %s has no editor or administrator to send a proof to", n.Slug).
			With("Add one under [[staff]] in its file, or name an address with --to.")
	}
	return to, nil
}

// addProofTx queues the proof for one person. Its key has no capitals, because
// hardly any server tells addresses apart by them.
func (d *Desk) addProofTx(tx *database.Tx, n *newsletter.Newsletter, b *store.Bulletin, a newsletter.Address, findings []string, by string) (bool, error) {
	letter := &newsletter.Letter{
		Language: "en",
		Heading:  fmt.Sprintf("Proof of bulletin %d, revision %d, hash %s", b.Number, b.Revision, b.Hash[:shownHash]),
		Paragraphs: append([]string{
			fmt.Sprintf("This is what readers would get. %s An approval is for exactly this; any change voids it.", approvalsWanted(n)),
		}, findings...),
	}
	var links []staffLink
	if p, ok := n.StaffMember(a.Email); ok && n.May(p, newsletter.ActApprove, "") == nil {
		links = []staffLink{{token.Approve, "Approve this bulletin"}, {token.Stop, "Stop it"}}
		letter.Closing = []string{"Each link opens a page with a button; nothing happens before it is pressed. The links are yours: what is done with them is recorded under your name."}
	}
	return d.addLinkedTx(tx, &ledger.Notice{
		Key:  fmt.Sprintf("proof/%d/%s/%s", b.ID, b.Hash, strings.ToLower(a.Email)),
		Kind: ledger.NoticeProof, NewsletterID: b.NewsletterID, BulletinID: b.ID, Revision: b.Revision,
		Email: a.Email, Name: a.Name, MadeBy: by, Letter: letter,
	}, links)
}

func approvalsWanted(n *newsletter.Newsletter) string {
	switch n.Policy.Approvals {
	case 0:
		return "This newsletter asks for no approval: it leaves at its time, unless it is stopped."
	case 1:
		return "It leaves once it is approved."
	}
	return fmt.Sprintf("It leaves once %d people have approved it.", n.Policy.Approvals)
}
