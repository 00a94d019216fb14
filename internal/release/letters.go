package release

import (
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/store"
	"epistle/internal/token"
)

// The kinds of letters to the staff. The link in a letter acts as its kind says.
const (
	noticeWarning = "warning" // something has not happened
	noticeLate    = "late"    // likewise, with the question whether to send all the same
	noticeLeaving = "leaving" // a bulletin leaves soon
)

// linkLife is how long a link in a letter to the staff works. It ends before where
// the bulletin has left.
const linkLife = 14 * 24 * time.Hour

// shownHash is how much of a hash a person is shown.
const shownHash = 12

// Words are those of a letter to the staff.
type Words struct {
	Subject    string
	Heading    string // empty: the subject
	Paragraphs []string
	Closing    []string
}

// staffLink is something that the reader of a letter may do.
type staffLink struct {
	purpose token.Purpose
	label   string
}

// circular is a letter to every editor and administrator.
type circular struct {
	kind, key, by string
	words         Words
	links         []staffLink
}

// tellTx queues a letter for each editor and administrator of a newsletter.
func (d *Desk) tellTx(tx *database.Tx, n *newsletter.Newsletter, b *store.Bulletin, c circular) error {
	for _, p := range deciders(n) {
		notice := &ledger.Notice{
			Key: c.key + "/" + strings.ToLower(p.Email), Kind: c.kind, NewsletterID: n.ID, Email: p.Email, Name: p.Name, MadeBy: c.by,
			Letter: &newsletter.Letter{Language: "en", Subject: c.words.Subject, Heading: c.words.Heading, Paragraphs: c.words.Paragraphs, Closing: c.words.Closing},
		}
		if notice.Letter.Heading == "" {
			notice.Letter.Heading = c.words.Subject
		}
		if b != nil {
			notice.BulletinID, notice.Revision = b.ID, b.Revision
		}
		if _, err := d.addLinkedTx(tx, notice, c.links); err != nil {
			return err
		}
	}
	return nil
}

// addLinkedTx queues a notice with links that name it, and so the person it is for.
func (d *Desk) addLinkedTx(tx *database.Tx, notice *ledger.Notice, links []staffLink) (made bool, err error) {
	made, err = d.ledger.AddNoticeTx(tx, notice)
	if err != nil || !made || len(links) == 0 {
		return made, err
	}
	id, err := d.ledger.NoticeByKeyTx(tx, notice.Key)
	if err != nil {
		return made, err
	}
	expires := d.store.Now().Add(linkLife)
	for _, link := range links {
		url := d.composer.StaffURL(link.purpose, token.Claims{Newsletter: notice.NewsletterID, Bulletin: notice.BulletinID, Row: id}, expires)
		if url != "" {
			notice.Letter.Links = append(notice.Letter.Links, newsletter.LetterLink{Label: link.label, URL: url})
		}
	}
	return made, d.ledger.SetLetterTx(tx, id, notice.Letter)
}

// deciders are the people who let a bulletin go and stop it.
func deciders(n *newsletter.Newsletter) (list []newsletter.Person) {
	for _, p := range n.Staff {
		if n.May(p, newsletter.ActApprove, "") == nil {
			list = append(list, p)
		}
	}
	return list
}
