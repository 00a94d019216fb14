package assembly

import (
	"strings"

	"epistle/internal/database"
	"epistle/internal/store"
)

// setOwn remembers what an editor gave a bulletin by hand, and forgets it where an
// empty value was given. The words of a manuscript that are given with it count too.
func (a *Assembly) setOwn(tx *database.Tx, bulletinID int64, e Edit) error {
	own, err := a.store.OwnWordsTx(tx, bulletinID)
	if err != nil {
		return err
	}
	if m := e.Manuscript; m != nil {
		for _, line := range []struct {
			target *string
			value  string
		}{{&own.Title, m.Content.Title}, {&own.Subject, m.Subject}, {&own.Preheader, m.Preheader}} {
			if line.value != "" {
				*line.target = line.value
			}
		}
	}
	set(&own.Title, trimmed(e.Title))
	set(&own.Subject, trimmed(e.Subject))
	set(&own.Preheader, trimmed(e.Preheader))
	return a.store.SetOwnWordsTx(tx, bulletinID, own)
}

func trimmed(value *string) *string {
	if value == nil {
		return nil
	}
	s := strings.TrimSpace(*value)
	return &s
}

// keepOwn puts what an editor gave the bulletin by hand into a new revision of it.
func (a *Assembly) keepOwn(tx *database.Tx, old *store.Bulletin, f *frozen) error {
	if old == nil {
		return nil
	}
	own, err := a.store.OwnWordsTx(tx, old.ID)
	if err != nil {
		return err
	}
	if own.Title != "" {
		f.content.Title = own.Title
	}
	f.subject, f.preheader = own.Subject, own.Preheader
	return nil
}
