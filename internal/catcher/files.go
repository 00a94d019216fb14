package catcher

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"epistle/internal/newsletter"
)

const (
	extension  = ".eml"
	unfinished = ".incoming-" // prefix of a file that is still being written

	returnPath = "Return-Path"
	envelopeTo = "X-Envelope-To"

	// maxHeader bounds what is read to describe a message.
	maxHeader = 256 << 10
)

// fileName gives 000001.eml; numbers beyond six digits make it longer.
func fileName(id int) string { return fmt.Sprintf("%06d%s", id, extension) }

// fileID reads what fileName wrote, and nothing else.
func fileID(name string) (int, bool) {
	digits, ok := strings.CutSuffix(name, extension)
	id, err := strconv.Atoi(digits)
	return id, ok && err == nil && id > 0 && fileName(id) == name
}

// rebuild finds the messages in the folder and removes unfinished ones.
func (c *Catcher) rebuild() error {
	unreadable := func(err error) error {
		return newsletter.Errorf(newsletter.Unavailable, "the catcher's folder cannot be read: %w", err).At(c.o.Dir)
	}
	dir, err := os.Open(c.o.Dir)
	if err != nil {
		return unreadable(err)
	}
	defer func() { _ = dir.Close() }() // it was only read
	for {
		names, err := dir.Readdirnames(4096) // in steps: a rehearsal leaves a million
		for _, name := range names {
			if id, ok := fileID(name); ok {
				c.ids = append(c.ids, id)
			} else if strings.HasPrefix(name, unfinished) {
				if err := os.Remove(filepath.Join(c.o.Dir, name)); err != nil {
					return unreadable(err)
				}
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadable(err)
		}
	}
	slices.Sort(c.ids)
	if n := len(c.ids); n > 0 {
		c.last = c.ids[n-1]
	}
	return nil
}

// buffers hold what is copied from a connection to a file.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// keep stores one message: it is written beside its place and renamed into it
// when it is complete, so that nobody ever sees a part of one. Its number is
// given with the rename, and so in the order of completion.
func (c *Catcher) keep(sender string, recipients []string, r io.Reader) (int, error) {
	f, err := os.CreateTemp(c.o.Dir, unfinished)
	if err != nil {
		return 0, fmt.Errorf("create a file: %w", err)
	}
	err = write(f, sender, recipients, r)
	if closing := f.Close(); err == nil && closing != nil {
		err = fmt.Errorf("close a file: %w", closing)
	}
	id := 0
	if err == nil {
		id, err = c.place(f.Name())
	}
	if err == nil {
		return id, nil
	}
	if removing := os.Remove(f.Name()); removing != nil {
		c.log.Warn("an unfinished message stays in the folder until the next start", "error", removing)
	}
	return 0, err
}

func write(f io.Writer, sender string, recipients []string, r io.Reader) error {
	var head strings.Builder
	fmt.Fprintf(&head, "%s: <%s>\r\n", returnPath, sender) // RFC 5321 §4.4
	for _, to := range recipients {
		fmt.Fprintf(&head, "%s: <%s>\r\n", envelopeTo, to)
	}
	if _, err := io.WriteString(f, head.String()); err != nil {
		return fmt.Errorf("write a file: %w", err)
	}
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	if _, err := io.CopyBuffer(struct{ io.Writer }{f}, r, buffer[:]); err != nil {
		return err // the server's own error decides the reply
	}
	return nil
}

// place gives a complete file the next number.
func (c *Catcher) place(name string) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.last + 1
	if err := os.Rename(name, filepath.Join(c.o.Dir, fileName(id))); err != nil {
		return 0, fmt.Errorf("name a file: %w", err)
	}
	c.last = id
	c.ids = append(c.ids, id)
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
	return id, nil
}

func (c *Catcher) open(id int) (*os.File, error) {
	c.mu.Lock()
	_, known := slices.BinarySearch(c.ids, id)
	c.mu.Unlock()
	missing := newsletter.Errorf(newsletter.NotFound, "there is no message %d", id)
	if !known {
		return nil, missing
	}
	f, err := os.Open(filepath.Join(c.o.Dir, fileName(id)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing
	}
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Unavailable, "message %d cannot be read: %w", id, err)
	}
	return f, nil
}

// entry describes a message from its file.
func (c *Catcher) entry(id int) (Entry, error) {
	f, err := c.open(id)
	if err != nil {
		return Entry{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	info, err := f.Stat()
	if err != nil {
		return Entry{}, newsletter.Errorf(newsletter.Unavailable, "message %d cannot be read: %w", id, err)
	}
	entry := Entry{ID: id, At: info.ModTime(), Size: info.Size(), File: fileName(id)}
	message, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(f, maxHeader)))
	if err != nil {
		// Any bytes may have been sent here; the list shows them without headers.
		c.log.Debug("a kept message has no readable headers", "message", id, "error", err)
		return entry, nil
	}
	entry.describe(message.Header)
	return entry, nil
}

func (e *Entry) describe(h mail.Header) {
	decode := func(field string) string {
		decoded, err := new(mime.WordDecoder).DecodeHeader(h.Get(field))
		if err != nil { // an unknown character set: as it stands
			return h.Get(field)
		}
		return decoded
	}
	e.From, e.Subject = decode("From"), decode("Subject")
	recipients := make([]string, len(h[envelopeTo]))
	for i, to := range h[envelopeTo] {
		recipients[i] = strings.Trim(to, "<>")
	}
	e.To = strings.Join(recipients, ", ")
	e.Sender = strings.Trim(h.Get(returnPath), "<>")
}
