package delivery

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"epistle/internal/database"
	"epistle/internal/ledger"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

// limitPages lets the database grow by no more than some pages, as a full disk
// does; less than 0 is no limit.
func (o *office) limitPages(more int64) {
	o.t.Helper()
	err := o.db.Write(o.t.Context(), func(tx *database.Tx) error {
		var pages, limit int64
		if err := tx.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
			return err
		}
		if pages += more; more < 0 {
			pages = 1 << 30
		}
		return tx.QueryRow(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages)).Scan(&limit)
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func TestAFullDiskStopsTheSendAndNothingIsLost(t *testing.T) {
	t.Parallel()
	for name, frozen := range map[string]bool{"while the audience is frozen": false, "while messages leave": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const readers = 600
			o := newOffice(t, smtptest.Options{Discard: true})
			o.crowd(readers)
			b := o.leaving()
			if frozen {
				if err := o.ledger.Freeze(t.Context(), b.ID); err != nil {
					t.Fatal(err)
				}
			}
			log := newJournal()
			o.ledger = ledger.New(o.db, o.clock.now, slog.New(handler{journal: log}))
			o.limitPages(0)
			s := o.start(4)
			trouble := s.journal
			message := "sending waits"
			if frozen {
				trouble, message = log, "the ledger cannot be written; sending waits"
			}
			trouble.await(t, 2, message)
			if said := trouble.last(message); !strings.Contains(said, "the disk is full") {
				t.Errorf("it said %q", said)
			}
			status, err := o.ledger.Status(t.Context(), b.ID)
			if err != nil {
				t.Fatal(err)
			}
			marked := status.Balance[newsletter.DeliveryInFlight] + status.Balance[newsletter.DeliverySent]
			if n := len(o.server.Accepted()); n > marked || !frozen && n > 0 {
				t.Errorf("%d messages were accepted, %d are marked or sent", n, marked)
			}
			o.limitPages(-1)
			s.await(t, 1, "bulletin sent")
			o.balance(b, newsletter.Balance{newsletter.DeliverySent: readers})
			if n := len(o.server.Accepted()); n != readers {
				t.Errorf("%d messages were accepted", n)
			}
			o.once(readers)
		})
	}
}
