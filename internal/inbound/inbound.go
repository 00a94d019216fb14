// Package inbound takes in what comes back and acts on it: bounces, complaints,
// wishes to leave by mail, automatic answers.
//
//  1. Accept keeps a message durably. The same message that comes in again, by
//     whatever way, is known by its identity (bounce.Keep) and kept once.
//  2. Work reads and judges what is kept (package bounce), finds out whom it is
//     about, and acts. What a message changes and the note that it was acted on are
//     one transaction: a process that dies between two steps does nothing twice and
//     loses nothing.
//  3. What is not understood, or proves nothing, is kept for a person.
//
// Only a message that proves whom it is about changes anything: by a signed
// envelope address or link token, or by the Message-ID of a message that went to the
// person it names. Nobody is ever answered.
//
// The bytes of a message that was understood are kept for RawFor, so that a person can look
// at what was made of it; those kept for a person stay until it is decided.
//
// How messages arrive is left to package app and the ways in; what a message says
// to package bounce; who belongs to a newsletter to package audience.
package inbound

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"epistle/internal/audience"
	"epistle/internal/database"
	"epistle/internal/inbound/bounce"
	"epistle/internal/ledger"
	"epistle/internal/store"
)

// RawFor is how long the bytes of a message that was understood are kept.
const RawFor = 30 * 24 * time.Hour

// Options is what an Intake needs.
type Options struct {
	Store    *store.Store
	Ledger   *ledger.Ledger
	Audience *audience.Audience
	// Mailbox is the local part to which readers write in order to leave, without
	// "+…"; empty means DefaultMailbox.
	Mailbox string
	// LookupTXT resolves DKIM keys and should have a time-out; nil: no signature is
	// verified, and reports that need one are passed over.
	LookupTXT func(domain string) ([]string, error)
	Log       *slog.Logger
	// Limits of one message; the zero value means package bounce's.
	Limits bounce.Limits
}

// DefaultMailbox is where readers write in order to leave when nothing else is
// configured.
const DefaultMailbox = "leave"

// Intake takes messages in and acts on them. It is safe for concurrent use, also
// by several processes on one database.
type Intake struct {
	store    *store.Store
	ledger   *ledger.Ledger
	audience *audience.Audience
	options  Options
	log      *slog.Logger
	kept     chan struct{} // wakes Run
	forged   atomic.Int64  // addresses refused since the last count was written
}

// New makes an Intake.
func New(o Options) *Intake {
	if o.Mailbox == "" {
		o.Mailbox = DefaultMailbox
	}
	return &Intake{store: o.Store, ledger: o.Ledger, audience: o.Audience, options: o, log: o.Log, kept: make(chan struct{}, 1)}
}

// Envelope is what was said in SMTP or LMTP: the sender, empty for "<>", and the
// recipients at this system. Without recipients it is not known, and the header is
// asked, which anybody can write.
type Envelope struct {
	From string
	To   []string
}

// Accept keeps one message. When it returns nil the message is durable and may be
// deleted where it came from; fresh is false when it was kept before. source is the
// way in, such as "lmtp" or the name of a folder. r is read to its end, or to
// bounce.Limits.Message (100 MiB); memory is used for bounce.Limits.Keep bytes (4
// MiB), of which the judgement is made; the rest only counts for the identity.
// The identity is a hash over Message-ID, Date, From, To, Subject and body, without
// line ends and without what servers add on the way.
func (i *Intake) Accept(ctx context.Context, source string, e Envelope, r io.Reader) (fresh bool, err error) {
	kept, err := bounce.Keep(r, i.options.Limits)
	if err != nil {
		return false, err
	}
	write := i.store.DB().WriteTogether // a disk takes as long for one as for many
	if len(kept.Raw) > smallMessage {
		write = i.store.DB().Write
	}
	err = write(ctx, func(tx *database.Tx) error {
		fresh, err = i.store.AddInboundTx(tx, entry(source, e, kept), kept.Raw)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("keep a message from %s: %w", source, err)
	}
	if fresh {
		i.wake()
	}
	return fresh, nil
}

// smallMessage is the size up to which messages that come at the same time share a
// transaction: sixty-four of them are no more than keepBytes.
const smallMessage = 64 << 10

func entry(source string, e Envelope, kept *bounce.Kept) *store.Inbound {
	return &store.Inbound{
		Identity: kept.Identity, Source: source, Size: kept.Size, Cut: kept.Truncated,
		Enveloped: len(e.To) > 0, EnvelopeFrom: e.From, EnvelopeTo: e.To,
	}
}
