package audience

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Target reads what is to be suppressed: an address, or a domain written as
// example.org or @example.org.
func (a *Audience) Target(text string) (store.Suppression, error) {
	text = strings.TrimSpace(text)
	domain, whole := strings.CutPrefix(text, "@")
	if whole || !strings.Contains(text, "@") {
		probe, err := address.Parse("postmaster@" + domain)
		if err != nil {
			return store.Suppression{}, newsletter.Errorf(newsletter.Usage, "%q is neither an address nor a domain", text).
				With("Write name@example.org or example.org.")
		}
		return store.Suppression{Domain: probe.Domain}, nil
	}
	addr, err := address.Parse(text)
	if err != nil {
		return store.Suppression{}, newsletter.Errorf(newsletter.Usage, "%w", err)
	}
	return store.Suppression{Email: addr.String(), Hash: a.hash.AddressHash(addr.Key())}, nil
}

// suppressedTx gives the reason why an address must get nothing from a
// newsletter: its own, else that of its domain; empty when it may get mail.
func (a *Audience) suppressedTx(tx *database.Tx, addr address.Address, newsletterID int64) (string, error) {
	hash := a.hash.AddressHash(addr.Key())
	own, err := a.store.SuppressedAmongTx(tx, newsletterID, [][]byte{hash})
	if err != nil || own[string(hash)] != "" {
		return own[string(hash)], err
	}
	domains, err := a.store.SuppressedDomainsTx(tx, newsletterID)
	return domains[addr.Domain], err
}

// Suppress keeps mail from an address or a domain from now on, also in sends
// that are under way. added is false when it was suppressed before.
func (a *Audience) Suppress(ctx context.Context, x store.Suppression, by string) (added bool, err error) {
	x.By = by
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		added, err = a.suppressTx(tx, x)
		return err
	})
	if err != nil || x.Domain == "" {
		return added, err
	}
	return added, a.skipDomain(ctx, x)
}

func (a *Audience) suppressTx(tx *database.Tx, x store.Suppression) (added bool, err error) {
	if added, err = a.store.SuppressTx(tx, x); err != nil {
		return false, err
	}
	var id int64
	if x.Domain == "" {
		if id, err = a.store.SubscriberByKeyTx(tx, key(x.Email)); err != nil {
			return false, err
		}
		if id != 0 {
			if _, err := a.ledger.SkipTx(tx, id, x.NewsletterID, "suppressed: "+x.Reason); err != nil {
				return false, err
			}
		}
	}
	if !added {
		return false, nil
	}
	return true, a.store.AuditTx(tx, store.Entry{
		Actor: x.By, Action: "suppression.add", NewsletterID: x.NewsletterID, SubscriberID: id, Detail: strings.TrimSpace(x.Domain + " " + x.Reason),
	})
}

// key is the address.Key of an address that was parsed before.
func key(email string) string {
	addr, err := address.Parse(email)
	if err != nil {
		return "" // nobody has it
	}
	return addr.Key()
}

// domainStep is how many numbers of people one transaction looks at.
const domainStep = 20_000

func (a *Audience) skipDomain(ctx context.Context, x store.Suppression) error {
	last, err := a.store.MaxSubscriberID(ctx)
	for lo := int64(1); err == nil && lo <= last; lo += domainStep {
		err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
			_, err := a.ledger.SkipDomainTx(tx, x.Domain, x.NewsletterID, "suppressed: "+x.Reason, lo, lo+domainStep-1)
			return err
		})
	}
	return err
}

// Unsuppress lets mail to an address or a domain again. A complaint and an
// erasure stay: the first is for good, the second only its owner can end.
func (a *Audience) Unsuppress(ctx context.Context, x store.Suppression, by string) (removed bool, err error) {
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		reason, err := a.store.SuppressionReasonTx(tx, x)
		if err != nil {
			return err
		}
		if reason == store.Complained || reason == store.Erased {
			return newsletter.Errorf(newsletter.Refused, "the address is suppressed because its owner was %s", map[string]string{
				store.Complained: "annoyed by a mail and complained", store.Erased: "erased at their own wish",
			}[reason]).With("Nobody but the owner can change that.")
		}
		if removed, err = a.store.UnsuppressTx(tx, x); err != nil || !removed {
			return err
		}
		return a.store.AuditTx(tx, store.Entry{
			Actor: by, Action: "suppression.remove", NewsletterID: x.NewsletterID, Detail: strings.TrimSpace(x.Domain + " " + reason),
		})
	})
	return removed, err
}

// Confirm is a person's own, confirmed sign-up: it subscribes them, also one who
// had left, and lifts every suppression of the address but a complaint. Whoever must
// get nothing even so is refused.
func (a *Audience) Confirm(ctx context.Context, n *newsletter.Newsletter, addr address.Address, c Consent, how string) error {
	return a.store.DB().Write(ctx, func(tx *database.Tx) error { return a.confirmTx(tx, n, addr, c, how) })
}

// ImportSuppressions reads suppressions from CSV with the columns address (or
// email, or domain), reason, newsletter (a slug; empty: all) and date, as the
// export writes them. newsletters has the slugs.
func (a *Audience) ImportSuppressions(ctx context.Context, name string, r io.Reader, newsletters map[string]int64, reason, by string) (added int, refused []Refusal, err error) {
	in := csv.NewReader(skipBOM(r))
	in.FieldsPerRecord = -1
	header, err := in.Read()
	if err != nil {
		return 0, nil, badCSV(name, err)
	}
	var batch []store.Suppression
	write := func() error {
		err := a.store.DB().Write(ctx, func(tx *database.Tx) error {
			for _, x := range batch {
				isNew, err := a.suppressTx(tx, x)
				if err != nil {
					return err
				}
				if isNew {
					added++
				}
			}
			return nil
		})
		for _, x := range batch {
			if err == nil && x.Domain != "" {
				err = a.skipDomain(ctx, x)
			}
		}
		batch = batch[:0]
		return err
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return added, refused, write()
		}
		if err != nil {
			return added, refused, badCSV(name, err)
		}
		x, err := a.suppression(header, record, newsletters)
		if err != nil {
			line, _ := in.FieldPos(0)
			refused = append(refused, Refusal{Line: line, Value: strings.Join(record, ","), Reason: err.Error()})
			continue
		}
		if x.By = by; x.Reason == "" {
			x.Reason = reason
		}
		if batch = append(batch, x); len(batch) == 200 {
			if err := write(); err != nil {
				return added, refused, err
			}
		}
	}
}

func (a *Audience) suppression(header, record []string, newsletters map[string]int64) (x store.Suppression, err error) {
	cell := map[string]string{}
	for i, h := range header {
		if i < len(record) {
			cell[strings.ToLower(strings.TrimSpace(h))] = unguard(strings.TrimSpace(record[i]))
		}
	}
	target := cell["address"] + cell["email"]
	if target == "" {
		target = cell["domain"]
	}
	if target == "" {
		return x, errors.New("there is neither an address nor a domain in the row")
	}
	if x, err = a.Target(target); err != nil {
		return x, err
	}
	x.Reason = cell["reason"]
	if slug := cell["newsletter"]; slug != "" {
		if x.NewsletterID = newsletters[slug]; x.NewsletterID == 0 {
			return x, fmt.Errorf("there is no newsletter %q", slug)
		}
	}
	if date := cell["date"]; date != "" {
		x.At, err = consentDate(date)
	}
	return x, err
}

// ExportSuppressions writes what ImportSuppressions reads. Of those who were
// erased nothing is left that could be written.
func (a *Audience) ExportSuppressions(ctx context.Context, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"address", "domain", "reason", "newsletter", "date"}); err != nil {
		return err
	}
	err := a.store.Suppressions(ctx, func(x store.Suppression) error {
		if x.Email == "" && x.Domain == "" {
			return nil
		}
		return out.Write([]string{Guard(x.Email), Guard(x.Domain), Guard(x.Reason), x.Newsletter, x.At.UTC().Format(time.RFC3339)})
	})
	out.Flush()
	return errors.Join(err, out.Error())
}
