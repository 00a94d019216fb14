package inbound

import (
	"fmt"
	"regexp"
	"strings"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/terminal"
)

// noticeWarning is the kind of notice that warns the staff.
const noticeWarning = "warning"

// warn tells the editors and administrators that servers hold something against
// the sender: once for each bulletin and class. A notice that is refused warns of
// nothing, or warnings would breed.
func (a *act) warn() error {
	a.v.Reason = "the sender is meant; no reader is touched"
	if a.v.BulletinID == 0 {
		return nil
	}
	b, err := a.store.BulletinTx(a.tx, a.v.BulletinID)
	if err != nil {
		return err
	}
	n := a.newsletters[b.NewsletterID]
	if n == nil {
		return nil
	}
	class := strings.ReplaceAll(a.v.Class, "-", " ")
	server := a.v.Remote
	if server == "" {
		server = "A mail server"
	}
	letter := &newsletter.Letter{
		Language: "en",
		Subject:  fmt.Sprintf("%s: bulletin %d is refused (%s)", n.Name, b.Number, class),
		Heading:  "A mail server refuses this bulletin",
		Paragraphs: []string{
			fmt.Sprintf("%s has refused bulletin %s for a reason that lies with the message or its sender, not with the reader: %s.", server, b.Ref(), class),
			"It said: " + withoutAddresses(a.v.Diagnostic),
			"No subscription was changed. Until the cause is mended, other readers may not get the bulletin either.",
			fmt.Sprintf("All such refusals: epistle bounces list --class %s. This one: epistle bounces show %d.", a.v.Class, a.id),
		},
		Closing: []string{"This is said once for each bulletin and reason, to the editors and administrators of " + n.Name + "."},
	}
	if a.v.Diagnostic == "" {
		letter.Paragraphs = append(letter.Paragraphs[:1], letter.Paragraphs[2:]...)
	}
	told, err := a.tell(a.tx, n, fmt.Sprintf("warning/%d/%s", b.ID, a.v.Class), letter)
	if told > 0 {
		a.did("%s warned", terminal.Plural(told, "member of the staff is", "members of the staff are"))
	}
	return err
}

// addressForm matches whatever may be an e-mail address: a warning is no place for
// a reader's.
var addressForm = regexp.MustCompile(`[^\s<>()",;:]+@[^\s<>()",;:]+`)

func withoutAddresses(s string) string { return addressForm.ReplaceAllString(s, "(address)") }

// tell queues a letter to each editor and administrator who has not been told
// under this key, and gives their number.
func (i *Intake) tell(tx *database.Tx, n *newsletter.Newsletter, key string, letter *newsletter.Letter) (told int, err error) {
	for _, p := range n.Staff {
		if p.Role != newsletter.RoleEditor && p.Role != newsletter.RoleAdministrator {
			continue
		}
		made, err := i.ledger.AddNoticeTx(tx, &ledger.Notice{
			Key: key + "/" + strings.ToLower(p.Email), Kind: noticeWarning, NewsletterID: n.ID,
			Email: p.Email, Name: p.Name, MadeBy: Actor, Letter: letter,
		})
		if err != nil {
			return told, err
		}
		if made {
			told++
		}
	}
	return told, nil
}
