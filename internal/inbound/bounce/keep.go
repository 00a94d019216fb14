package bounce

import (
	"io"

	"epistle/internal/newsletter"
)

// Kept is a message as far as it has to be kept in order to be judged later.
type Kept struct {
	// Raw is the message, or its first Limits.Keep bytes.
	Raw []byte
	// Identity is what Report.Identity is for the whole message.
	Identity string
	// Size is the number of bytes read, Truncated that there were more than Raw has,
	// Oversized that reading stopped at Limits.Message.
	Size      int64
	Truncated bool
	Oversized bool
}

// Keep reads a message to its end, with memory for Limits.Keep bytes, and judges
// nothing. The zero Limits mean their defaults. The only errors are those of
// reading.
func Keep(in io.Reader, l Limits) (*Kept, error) {
	r := &Reader{limits: l.withDefaults()}
	m, err := r.intake(in)
	if err != nil {
		return nil, newsletter.Errorf(newsletter.Failed, "the returned message could not be read: %w", err)
	}
	head, _ := splitHeader(m.text)
	return &Kept{
		Raw: m.raw, Identity: m.identity(parseHeader(head, r.limits)),
		Size: m.size, Truncated: m.truncated, Oversized: m.oversized,
	}, nil
}
