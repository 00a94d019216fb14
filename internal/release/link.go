package release

import (
	"context"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// Standing is what a link in a letter to the staff can still do.
type Standing string

const (
	LinkOpen    Standing = "open"    // pressing the button acts
	LinkDone    Standing = "done"    // it was pressed just now, and has acted
	LinkAlready Standing = "already" // what it would do is done
	LinkChanged Standing = "changed" // the bulletin is not what the letter showed any more
	LinkOver    Standing = "over"    // the bulletin has left, or was cancelled
	LinkBarred  Standing = "barred"  // a rule refuses it; see Matter.Why
)

// Matter is what a link in a letter to the staff is about, as things stand.
type Matter struct {
	Newsletter *newsletter.Newsletter
	Bulletin   *store.Bulletin
	// Person is whom the letter went to, and so who acts.
	Person newsletter.Person
	Act    newsletter.Act // ActApprove, ActSend or ActStop
	// Hash is of what the letter showed.
	Hash     string
	Standing Standing
	Given    []store.Approval // for Hash
	Needed   int
	Why      string // a refusal, for the person

	notice *ledger.Notice
}

// Matter reads what a link is about. It changes nothing: programs that look for
// harmful links follow every one of them.
func (d *Desk) Matter(ctx context.Context, purpose token.Purpose, c token.Claims) (m *Matter, err error) {
	err = d.store.DB().Read(ctx, func(tx *database.Tx) error {
		m, err = d.matterTx(tx, purpose, c)
		return err
	})
	return m, err
}

func (d *Desk) matterTx(tx *database.Tx, purpose token.Purpose, c token.Claims) (m *Matter, err error) {
	m = &Matter{}
	if m.notice, err = d.ledger.NoticeTx(tx, c.Row); err != nil {
		return nil, err
	}
	if m.notice.BulletinID != c.Bulletin || m.notice.NewsletterID != c.Newsletter {
		return nil, newsletter.Errorf(newsletter.NotFound, "the link names another bulletin than its letter")
	}
	if m.Newsletter, err = d.store.NewsletterTx(tx, c.Newsletter); err != nil {
		return nil, err
	}
	if m.Bulletin, err = d.store.BulletinTx(tx, c.Bulletin); err != nil {
		return nil, err
	}
	if m.Hash, err = d.store.RevisionHashTx(tx, c.Bulletin, m.notice.Revision); err != nil {
		return nil, err
	}
	if m.Given, err = d.store.ApprovalsTx(tx, c.Bulletin, m.Hash); err != nil {
		return nil, err
	}
	m.Needed = m.Newsletter.Policy.Approvals
	switch {
	case purpose == token.Stop:
		m.Act = newsletter.ActStop
	case m.notice.Kind == noticeLate:
		m.Act = newsletter.ActSend
	default:
		m.Act = newsletter.ActApprove
	}
	m.judge()
	return m, nil
}

// judge decides what the link can still do.
func (m *Matter) judge() {
	var staff bool
	if m.Person, staff = m.Newsletter.StaffMember(m.notice.Email); !staff {
		m.Standing, m.Why = LinkBarred, "The address that this letter went to does not belong to the newsletter's staff any more."
		return
	}
	if err := m.Newsletter.May(m.Person, m.Act, ""); err != nil {
		m.Standing, m.Why = LinkBarred, err.Error()+"."
		return
	}
	m.Standing = LinkOpen
	state := m.Bulletin.State
	switch {
	case state == newsletter.BulletinSent || state == newsletter.BulletinCancelled:
		m.Standing = LinkOver
	case m.Act == newsletter.ActStop:
		if state == newsletter.BulletinHeld || state == newsletter.BulletinPaused && m.Bulletin.ResumeAt.IsZero() {
			m.Standing = LinkAlready
		}
	case m.Bulletin.Hash != m.Hash:
		m.Standing = LinkChanged
	case m.Act == newsletter.ActSend:
		if state.Begun() {
			m.Standing = LinkAlready
		}
	case state.Begun() && state != newsletter.BulletinPaused:
		m.Standing = LinkOver
	case state != newsletter.BulletinHeld && m.approvedByPerson():
		m.Standing = LinkAlready
	}
}

// approvedByPerson says whether the person has approved what the letter showed.
func (m *Matter) approvedByPerson() bool {
	for _, a := range m.Given {
		if m.Newsletter.Known(a.By) == m.Newsletter.Known(m.Person.Name) {
			return true
		}
	}
	return false
}

// Follow does what a link is for, in the name of the person its letter went to and
// bound by that person's role, and gives the matter as it stands then. A refusal by
// a rule is no error: Standing is LinkBarred and Why tells.
func (d *Desk) Follow(ctx context.Context, purpose token.Purpose, c token.Claims) (*Matter, error) {
	m, err := d.Matter(ctx, purpose, c)
	if err != nil || m.Standing != LinkOpen {
		return m, err
	}
	by := m.Person.Name
	switch m.Act {
	case newsletter.ActStop:
		err = d.Stop(ctx, m.Bulletin, by)
	case newsletter.ActSend:
		_, err = d.Send(ctx, m.Bulletin, by)
	default:
		_, _, err = d.store.ApproveBulletin(ctx, m.Bulletin.ID, m.Hash, by)
	}
	refused := newsletter.KindOf(err) == newsletter.Refused
	if err != nil && !refused {
		return nil, err
	}
	now, again := d.Matter(ctx, purpose, c)
	if again != nil {
		return nil, again
	}
	switch {
	case !refused:
		now.Standing = LinkDone
	case now.Standing == LinkOpen:
		now.Standing, now.Why = LinkBarred, err.Error()
	}
	return now, nil
}

// Stop keeps a bulletin back, whatever it does at this moment: one that has not
// begun to leave is held, a send is paused.
func (d *Desk) Stop(ctx context.Context, b *store.Bulletin, by string) error {
	return d.store.DB().Write(ctx, func(tx *database.Tx) error {
		now, err := d.store.BulletinTx(tx, b.ID)
		if err != nil {
			return err
		}
		switch now.State {
		case newsletter.BulletinSending, newsletter.BulletinPaused:
			return d.pauseTx(tx, now, by)
		default:
			return d.store.MoveBulletinTx(tx, now, newsletter.BulletinHeld, "stopped by "+by, by)
		}
	})
}
