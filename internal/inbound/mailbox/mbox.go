package mailbox

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
)

// Split reads the messages of an mbox file and hands them to each, in their order.
// A file that does not begin with a From_ line is one message. It gives how many
// messages were handed over; each ends the reading with its first error.
//
// The format is the one that mail servers write (RFC 4155 describes it): a line
// "From sender date" begins a message, at the beginning of the file or behind an
// empty line. A line of the message that looks like it has a ">" before it, which
// is taken off (mboxrd: of any number of them one).
func Split(in io.Reader, each func(message io.Reader) error) (messages int, err error) {
	s := newSplitter(in)
	for {
		more, err := s.next()
		if err != nil || !more {
			return messages, err
		}
		if err := each(s); err != nil {
			return messages, err
		}
		messages++
		if _, err := io.Copy(io.Discard, s); err != nil { // what each has left
			return messages, err
		}
	}
}

// fromLine is what begins a message: a sender, which may be missing, and a date with
// a time and a year. A sentence that happens to begin with "From " has none.
var fromLine = regexp.MustCompile(`^From .*\d{1,2}:\d{2}(:\d{2})?.*\b\d{4}\b`)

// quoted is a From_ line inside a message.
var quoted = regexp.MustCompile(`^>+From `)

// splitter reads one message after the other: as an io.Reader it ends where the
// message does.
type splitter struct {
	in *bufio.Reader
	// at is the number of bytes before the line that is held, start that of the
	// From_ line of the message being read.
	at, start int64

	line    []byte // the line that is held, with its end
	held    bool
	blank   []byte // an empty line that belongs to the message unless it ends here
	middle  bool   // line goes on a line that did not fit the buffer
	plain   bool   // the file has no From_ line: all of it is one message
	begun   bool
	out     []byte // what is ready to be read
	atEnd   bool
	failure error
}

func newSplitter(in io.Reader) *splitter {
	return &splitter{in: bufio.NewReaderSize(in, 64<<10)}
}

// next goes to the next message; false when there is none.
func (s *splitter) next() (bool, error) {
	s.out, s.blank, s.atEnd = nil, nil, false
	first := !s.begun
	for {
		if !s.fill() {
			return false, s.failure
		}
		if !first || len(bytes.TrimRight(s.line, "\r\n")) > 0 {
			break
		}
		s.drop() // empty lines before the first message
	}
	s.start, s.begun = s.at, true
	if fromLine.Match(s.line) {
		s.drop()
		return true, nil
	}
	s.plain = first
	return first, nil
}

// fill holds the next line, or as much of it as fits; false at the end.
func (s *splitter) fill() bool {
	if s.held {
		return true
	}
	line, err := s.in.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
		s.failure = err
		return false
	}
	s.line, s.held = line, len(line) > 0
	return s.held
}

func (s *splitter) drop() {
	s.at += int64(len(s.line))
	s.middle = !bytes.HasSuffix(s.line, []byte("\n"))
	s.held = false
}

// Read reads the current message.
func (s *splitter) Read(p []byte) (int, error) {
	for len(s.out) == 0 {
		if s.failure != nil {
			return 0, s.failure
		}
		if s.atEnd || !s.step() {
			s.atEnd = true
			if s.failure != nil {
				return 0, s.failure
			}
			return 0, io.EOF
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

// step makes the next line ready; false when the message ends before it.
func (s *splitter) step() bool {
	whole := !s.middle
	if !s.fill() {
		return false
	}
	line := s.line
	if whole && !s.plain && s.blank != nil && fromLine.Match(line) {
		return false
	}
	s.drop()
	if whole && !s.plain && len(bytes.TrimRight(line, "\r\n")) == 0 {
		s.out, s.blank = s.blank, append([]byte{}, line...)
		return true
	}
	if whole && !s.plain && quoted.Match(line) {
		line = line[1:]
	}
	s.out = append(append([]byte{}, s.blank...), line...)
	s.blank = nil
	return true
}
