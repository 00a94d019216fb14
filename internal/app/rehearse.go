package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"epistle/internal/config"
	"epistle/internal/newsletter"
	"epistle/internal/rehearsal"
	"epistle/internal/store"
)

// Rehearse performs the whole send of a bulletin on two copies of the database,
// into a catcher on this machine. Faulty messages are kept in dir, which must
// not exist yet and does not exist afterwards unless there are any. The copies lie
// beside the database and are removed at the end; those of a rehearsal that was
// killed are removed by the next.
func (a *App) Rehearse(ctx context.Context, b *store.Bulletin, dir, by string, progress func(done, total int)) (report *rehearsal.Report, err error) {
	if b.State.Begun() {
		return nil, newsletter.Errorf(newsletter.Refused, "bulletin %s is %s; a rehearsal comes before the send", b.Ref(), b.State)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, newsletter.Errorf(newsletter.Unavailable, "the folder for faulty messages cannot be made: %w", err).At(dir).
			With("Remove it when it is that of an earlier rehearsal, or name another one with --out.")
	}
	defer func() {
		if err != nil || report.Kept == "" {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	work, clear, err := a.workFolder()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, clear()) }()
	sending, err := a.copyTo(ctx, filepath.Join(work, "sending.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, sending.Close()) }()
	leaving, err := a.copyTo(ctx, filepath.Join(work, "leaving.db"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, leaving.Close()) }()
	listener, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	stage, err := stageOn(ctx, sending, leaving, listener, b)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	stage.Dir, stage.Rate, stage.Progress, stage.Log = dir, a.Config.SMTP.Rate, progress, a.Log
	return rehearsal.Run(ctx, stage, b, by)
}

// stageOn makes the services of a rehearsal. The mail server they know is the
// listener, whatever the configuration says.
func stageOn(ctx context.Context, sending, leaving *App, listener net.Listener, b *store.Bulletin) (*rehearsal.Stage, error) {
	c := *sending.Config
	c.SMTP = config.SMTP{
		Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, TLS: "none", LocalName: c.SMTP.LocalName,
		Connections: c.SMTP.Connections, Timeout: c.SMTP.Timeout, Envelope: c.SMTP.Envelope,
	}
	sending.Config = &c
	sender, err := sending.Sender()
	if err != nil {
		return nil, err
	}
	pages, err := leaving.Public()
	if err != nil {
		return nil, err
	}
	doc, err := sending.Store.Document(ctx, b.ID, 0)
	if err != nil {
		return nil, err
	}
	signers, err := Signers(&c)
	if err != nil {
		return nil, err
	}
	facts := rehearsal.Facts{
		Newsletter: b.NewsletterID, Bulletin: b.ID, Document: doc, Links: sending.Secrets.Links,
		PublicURL: c.Web.PublicURL, Records: map[string]string{}, Pages: pages,
	}
	for _, s := range signers {
		name, value := s.Record()
		facts.Records[name] = value
	}
	if c.SMTP.Envelope != config.EnvelopeFixed {
		facts.Senders = sending.Secrets.VERP
	}
	return &rehearsal.Stage{Facts: facts, Store: sending.Store, Ledger: sending.Ledger, Sender: sender, Left: leaving.Store, Listener: listener}, nil
}

// copyTo opens a copy of the database as an app of its own. It says nothing of
// its own accord: what a rehearsal finds stands in its report.
func (a *App) copyTo(ctx context.Context, path string) (*App, error) {
	if err := a.DB.Backup(ctx, path); err != nil {
		return nil, err
	}
	c := *a.Config
	c.Database.URL = path
	return Open(ctx, &c, slog.New(slog.DiscardHandler), a.Store.Now)
}

// workPrefix begins the names of folders in which copies lie.
const workPrefix = ".rehearsal-"

// workFolder makes a folder for the copies, beside the database and readable by
// its owner alone, after removing those whose rehearsal lives no more.
func (a *App) workFolder() (path string, clear func() error, err error) {
	parent := filepath.Dir(a.DB.Path())
	if err := removeOld(parent); err != nil {
		return "", nil, err
	}
	path, err = os.MkdirTemp(parent, workPrefix)
	if err != nil {
		return "", nil, newsletter.Errorf(newsletter.Unavailable, "there is no place for a copy of the database: %w", err).At(parent)
	}
	lock := flock.New(filepath.Join(path, "lock"))
	clear = func() error { return errors.Join(os.RemoveAll(path), lock.Unlock()) }
	if err := lock.Lock(); err != nil {
		return "", nil, errors.Join(fmt.Errorf("lock the folder of a rehearsal: %w", err), clear())
	}
	return path, clear, nil
}

func removeOld(parent string) error {
	old, err := filepath.Glob(filepath.Join(parent, workPrefix+"*"))
	if err != nil {
		return fmt.Errorf("look for old rehearsals: %w", err)
	}
	for _, path := range old {
		lock := flock.New(filepath.Join(path, "lock"))
		free, err := lock.TryLock()
		if err == nil && free {
			err = errors.Join(os.RemoveAll(path), lock.Unlock())
		}
		if err != nil {
			return newsletter.Errorf(newsletter.Unavailable, "the copies of an old rehearsal cannot be removed: %w", err).At(path).
				With("Remove the folder by hand.")
		}
	}
	return nil
}
