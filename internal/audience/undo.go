package audience

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Undo takes an import back: exactly what it changed, and nothing that has
// happened since. Whoever it added and who left, was edited or subscribed
// elsewhere since stays. From one moment to the next nobody sees the import any
// more; the rows follow in short transactions, and after a kill the next import
// or undo goes on.
func (a *Audience) Undo(ctx context.Context, ref, by string, progress func(done, total int)) (*store.Import, error) {
	release, err := a.job(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	i, err := a.store.Import(ctx, ref)
	if err != nil {
		return nil, err
	}
	if i.State != store.ImportApplied {
		return nil, newsletter.Errorf(newsletter.Conflict, "import %d is %s; only an applied one can be undone", i.ID, i.State).
			With("See: epistle subscribers imports")
	}
	// Once it is out of sight it is undone for everybody; a person who stops the
	// command would only leave work to the next.
	return i, a.putBack(context.WithoutCancel(ctx), i, store.ImportUndone, by, progress)
}

// undoStep is how many numbers of people are looked at in the first transaction;
// later ones follow the time that it takes.
const undoStep = 500

// putBack hides an import at once, then removes what it made in batches, and
// leaves it in the state to.
func (a *Audience) putBack(ctx context.Context, i *store.Import, to store.ImportState, by string, progress func(done, total int)) error {
	sent := i.State == store.ImportApplied || i.State == store.ImportUndoing && to == store.ImportUndone
	if i.State != store.ImportUndoing {
		err := a.store.DB().Write(ctx, func(tx *database.Tx) error {
			if err := a.store.MoveImportTx(tx, i, store.ImportUndoing); err != nil || by == "" {
				return err
			}
			return a.store.AuditTx(tx, store.Entry{
				Actor: by, Action: "subscribers.undo", NewsletterID: i.NewsletterID, Detail: fmt.Sprintf("import %d", i.ID),
			})
		})
		if err != nil {
			return err
		}
	}
	last, err := a.store.MaxSubscriberID(ctx)
	if err != nil {
		return err
	}
	step := int64(undoStep)
	for lo := int64(1); lo <= last; {
		hi := min(lo+step-1, last)
		var began time.Time
		err := a.store.DB().Write(ctx, func(tx *database.Tx) error {
			began = time.Now()
			return errors.Join(a.skipTx(tx, i, sent, lo, hi), a.store.UndoImportTx(tx, i, lo, hi))
		})
		if err != nil {
			return err
		}
		lo = hi + 1
		if step = step * 5 / 4; time.Since(began) > batchTime {
			step = max(step/2, 100)
		}
		if progress != nil {
			progress(int(hi), int(last))
		}
	}
	if to == store.ImportStopped {
		if err := a.forgetPlan(ctx, i.ID); err != nil {
			return err
		}
	}
	return a.store.DB().Write(ctx, func(tx *database.Tx) error { return a.store.MoveImportTx(tx, i, to) })
}

// skipTx takes those out of sends under way whose subscription goes.
func (a *Audience) skipTx(tx *database.Tx, i *store.Import, sent bool, lo, hi int64) error {
	if !sent {
		return nil
	}
	ids, err := a.store.ImportedOpenTx(tx, i, lo, hi)
	if err != nil {
		return fmt.Errorf("find whom the import added to a send: %w", err)
	}
	for _, id := range ids {
		if _, err := a.ledger.SkipTx(tx, id, i.NewsletterID, "import undone"); err != nil {
			return err
		}
	}
	return nil
}

func (a *Audience) forgetPlan(ctx context.Context, id int64) error {
	for {
		var n int64
		err := a.store.DB().Write(ctx, func(tx *database.Tx) (err error) {
			n, err = a.store.ForgetPlanTx(tx, id, 5000)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}

// Refusals gives the refused rows of an import by line, at most limit (0: all).
func (a *Audience) Refusals(ctx context.Context, importID int64, limit int) (list []Refusal, err error) {
	stop := errors.New("enough")
	err = a.store.ImportRows(ctx, importID, verdictRefused, func(r store.ImportRow) error {
		if limit > 0 && len(list) == limit {
			return stop
		}
		list = append(list, Refusal{Line: r.Line, Value: r.Email, Reason: r.Reason})
		return nil
	})
	if errors.Is(err, stop) {
		err = nil
	}
	return list, err
}

// WriteRefused writes the refused rows as CSV that can be imported once it is
// mended: two columns say where each row stood and why it was refused; they are
// passed over when the list is read again.
func (a *Audience) WriteRefused(ctx context.Context, importID int64, w io.Writer) error {
	i, err := a.store.Import(ctx, strconv.FormatInt(importID, 10))
	if err != nil {
		return err
	}
	var header []string
	if err := json.Unmarshal([]byte(i.Header), &header); err != nil {
		return fmt.Errorf("read the header of import %d: %w", importID, err)
	}
	out := csv.NewWriter(w)
	if err := out.Write(append([]string{lineColumn, reasonColumn}, header...)); err != nil {
		return err
	}
	err = a.store.ImportRows(ctx, importID, verdictRefused, func(r store.ImportRow) error {
		var record []string
		if err := json.Unmarshal([]byte(r.Cells), &record); err != nil {
			return fmt.Errorf("read line %d of import %d: %w", r.Line, importID, err)
		}
		for j := range record {
			record[j] = Guard(record[j])
		}
		return out.Write(append([]string{strconv.Itoa(r.Line), Guard(r.Reason)}, record...))
	})
	out.Flush()
	return errors.Join(err, out.Error())
}
