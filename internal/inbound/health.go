package inbound

import (
	"context"
	"fmt"
	"strings"
	"time"

	"epistle/internal/database"
	"epistle/internal/newsletter"
	"epistle/internal/store"
)

// Rate is how mail fared, to one domain or of one bulletin.
type Rate struct {
	store.Counts
	BounceRate    float64   `json:"bounce_rate"`    // failed of those handed over
	ComplaintRate float64   `json:"complaint_rate"` // complained of those delivered
	Warnings      []Warning `json:"warnings,omitempty"`
}

// Warning is a limit that complaints have reached.
type Warning struct {
	Provider string  `json:"provider"`
	Limit    float64 `json:"limit"`
	Text     string  `json:"text"`
}

// limit is what a provider asks of senders.
type limit struct {
	provider string
	rate     float64
	says     string
}

// limits are the complaint rates of the large providers' rules for senders, as
// they stood in 2026.
func limits() []limit {
	return []limit{
		{"Gmail", 0.001, "Gmail asks senders to stay below 0.1 %"},
		{"Gmail", 0.003, "Gmail asks senders never to reach 0.3 %"},
		{"Yahoo", 0.003, "Yahoo asks senders to stay below 0.3 %"},
	}
}

// RateWeeks is how far back Rates looks.
const RateWeeks = 8

// RatesBy says what Rates are made for.
type RatesBy string

const (
	ByDomain   RatesBy = "domain"
	ByBulletin RatesBy = "bulletin"
)

// Rates gives bounces and complaints of the bulletins that were begun within
// RateWeeks, of a newsletter (0: of all), the worst first by domain and the newest
// first by bulletin.
func (i *Intake) Rates(ctx context.Context, by RatesBy, newsletterID int64) ([]Rate, error) {
	since := i.store.Now().Add(-RateWeeks * 7 * 24 * time.Hour)
	read := i.store.CountsByBulletin
	if by == ByDomain {
		read = i.store.CountsByDomain
	}
	counts, err := read(ctx, newsletterID, since)
	if err != nil {
		return nil, err
	}
	rates := make([]Rate, len(counts))
	for at, c := range counts {
		rates[at] = rateOf(c)
	}
	return rates, nil
}

// RateOf gives bounces and complaints of one bulletin.
func (i *Intake) RateOf(ctx context.Context, bulletinID int64) (Rate, error) {
	c, err := i.store.CountsOfBulletin(ctx, bulletinID)
	return rateOf(c), err
}

func rateOf(c store.Counts) Rate {
	r := Rate{Counts: c, BounceRate: part(c.Failed, c.Handed), ComplaintRate: part(c.Complaints, c.Delivered)}
	for _, l := range limits() {
		if c.Complaints > 0 && r.ComplaintRate >= l.rate {
			r.Warnings = append(r.Warnings, Warning{Provider: l.provider, Limit: l.rate, Text: fmt.Sprintf(
				"%s: %s of readers complained (%d of %d); %s", c.Of, Percent(r.ComplaintRate), c.Complaints, c.Delivered, l.says)})
		}
	}
	return r
}

// part is n of all; a complaint about nothing that was delivered is one of one.
func part(n, all int) float64 {
	if n == 0 {
		return 0
	}
	return float64(n) / float64(max(n, all))
}

// Percent writes a rate for people.
func Percent(rate float64) string {
	text := fmt.Sprintf("%.2f", 100*rate)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + " %"
}

// watch pauses sends that are under way and have crossed what their newsletter
// tolerates: once for each reason, so that whoever resumes it has decided.
func (i *Intake) watch(ctx context.Context, j *judge) error {
	sending, err := i.store.BulletinsIn(ctx, newsletter.BulletinSending)
	if err != nil {
		return err
	}
	for _, b := range sending {
		n := j.newsletters[b.NewsletterID]
		if n == nil || n.Bounces.PauseBounces == 0 && n.Bounces.PauseComplaints == 0 {
			continue
		}
		c, err := i.store.CountsOfBulletin(ctx, b.ID)
		if err != nil {
			return err
		}
		if c.Handed < newsletter.PauseAttempts {
			continue
		}
		r := rateOf(c)
		if limit := n.Bounces.PauseComplaints; limit > 0 && r.ComplaintRate > limit {
			why := fmt.Sprintf("%s of readers complained (%d of %d), more than the %s that bounces.pause_complaints tolerates",
				Percent(r.ComplaintRate), c.Complaints, c.Delivered, Percent(limit))
			err = i.pause(ctx, n, b, "complaints", why)
		} else if limit := n.Bounces.PauseBounces; limit > 0 && r.BounceRate > limit {
			why := fmt.Sprintf("%s of the messages failed (%d of %d), more than the %s that bounces.pause_bounces tolerates",
				Percent(r.BounceRate), c.Failed, c.Handed, Percent(limit))
			err = i.pause(ctx, n, b, "bounces", why)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// pause stops a send, unless it was stopped for this reason before, and tells the
// staff.
func (i *Intake) pause(ctx context.Context, n *newsletter.Newsletter, b *store.Bulletin, reason, why string) error {
	paused := false
	err := i.store.DB().Write(ctx, func(tx *database.Tx) error {
		b, err := i.store.BulletinTx(tx, b.ID)
		if err != nil || b.State != newsletter.BulletinSending {
			return err
		}
		if paused, err = i.store.NotePauseTx(tx, b.ID, reason); err != nil || !paused {
			return err
		}
		if err := i.store.MoveBulletinTx(tx, b, newsletter.BulletinPaused, why, Actor); err != nil {
			return err
		}
		_, err = i.tell(tx, n, fmt.Sprintf("warning/%d/paused for %s", b.ID, reason), &newsletter.Letter{
			Language: "en",
			Subject:  fmt.Sprintf("%s: bulletin %d is paused", n.Name, b.Number),
			Heading:  "The send of this bulletin is paused",
			Paragraphs: []string{
				fmt.Sprintf("Bulletin %s is paused: %s.", b.Ref(), why),
				"Whoever has not got it yet waits; nothing is lost. Look at what came back: epistle bounces list --by domain",
				fmt.Sprintf("Go on with: epistle bulletins resume %s. It is not paused for this reason again. Or end it with: epistle bulletins cancel %s", b.Ref(), b.Ref()),
			},
			Closing: []string{"This was sent to the editors and administrators of " + n.Name + "."},
		})
		return err
	})
	if err == nil && paused {
		i.log.Warn("sending is paused", "bulletin", b.Ref(), "reason", why)
	}
	return err
}
