package store

import (
	"fmt"
	"slices"
	"strings"

	"epistle/internal/database"
	"epistle/internal/newsletter"
)

// CountApprovals is how many people have given approvals; one who is known by
// several names counts once.
func CountApprovals(n *newsletter.Newsletter, given []Approval) int {
	people := map[string]bool{}
	for _, a := range given {
		people[n.Known(a.By)] = true
	}
	return len(people)
}

// authorsTx gives everyone whose words stand in a bulletin: who made one of its
// revisions, and who wrote or edited one of its items.
func (s *Store) authorsTx(tx *database.Tx, bulletinID int64) ([]string, error) {
	names, err := collect(tx, func(r row) (name string, err error) { return name, r.Scan(&name) },
		`SELECT made_by FROM revisions WHERE bulletin_id = $1 UNION SELECT author FROM items WHERE bulletin_id = $1
		UNION SELECT edited_by FROM items WHERE bulletin_id = $1 AND edited_by <> ''
		UNION SELECT v.written_by FROM item_versions v JOIN items i ON i.id = v.item_id WHERE i.bulletin_id = $1`, bulletinID)
	if err != nil {
		return nil, fmt.Errorf("list the authors of bulletin %d: %w", bulletinID, err)
	}
	return names, nil
}

// mayApproveTx says whether by may approve what a bulletin says now; prefix is the
// beginning of the hash that was looked at.
func (s *Store) mayApproveTx(tx *database.Tx, b *Bulletin, n *newsletter.Newsletter, prefix, by string) error {
	given, err := s.ApprovalsTx(tx, b.ID, b.Hash)
	if err != nil {
		return err
	}
	// What is left of a bulletin after a withdrawal is approved anew while it is paused.
	anew := b.State == newsletter.BulletinPaused && CountApprovals(n, given) < n.Policy.Approvals
	if b.State.Begun() && !anew {
		return newsletter.Errorf(newsletter.Refused, "bulletin %d is %s; its approval cannot change any more", b.Number, b.State)
	}
	if prefix != "" && len(prefix) < minPrefix {
		return newsletter.Errorf(newsletter.Usage, "%q is too short to name a hash", prefix).
			With(fmt.Sprintf("Give at least its first %d characters.", minPrefix))
	}
	if !strings.HasPrefix(b.Hash, strings.ToLower(prefix)) {
		return newsletter.Errorf(newsletter.Refused, "the bulletin has changed: its hash is %s now, not %s", b.Hash[:12], prefix).
			With("Look at it again (epistle bulletins show " + b.Ref() + ") and approve what stands there now.")
	}
	if n.Policy.AuthorMayApprove {
		return nil
	}
	authors, err := s.authorsTx(tx, b.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(authors, func(a string) bool { return n.Known(a) == n.Known(by) }) {
		return newsletter.Errorf(newsletter.Refused, "%s made this bulletin or wrote for it, and this newsletter wants somebody else's approval", by).
			With("Let another person approve it (--as NAME), or set policy.author_may_approve.")
	}
	return nil
}
