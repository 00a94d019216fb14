package smtp

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func FuzzStuff(f *testing.F) {
	for _, seed := range []string{"a\r\n", ".\r\n", "a\r\n.\r\n.b\r\n", "..", "\r\n.", "a\nb\r\n", "no end"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		before := bytes.Clone(in)
		var w wire
		if w.set(Whole(in)) != nil {
			return
		}
		stuffed := bytes.Join(w.pieces, nil)
		if !bytes.Equal(in, before) {
			t.Fatal("the caller's bytes were changed")
		}
		want := before
		if !bytes.HasSuffix(want, []byte("\r\n")) {
			want = append(want, "\r\n"...)
		}
		var got []byte
		for line := range bytes.Lines(stuffed) { // what a server does, RFC 5321 §4.5.2
			if bytes.Equal(line, []byte(".\r\n")) {
				t.Fatalf("%q ends too early", stuffed)
			}
			got = append(got, bytes.TrimPrefix(line, []byte("."))...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%q arrives as %q", in, got)
		}
	})
}

// FuzzLook compares the quick look with a slow one.
func FuzzLook(f *testing.F) {
	for _, seed := range []string{"a\r\n", "a\n", "\n", "\r", "\r\r\n", "a\rb\r\n", "\r\n.\r\n", ".", "\x00", "ü\r\n", strings.Repeat("x", 999), strings.Repeat("x", 998) + "\r\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		rest := string(in)
		lines := strings.Split(strings.TrimSuffix(rest, "\r\n"), "\r\n")
		sound := true
		want := nature{unended: rest != "" && !strings.HasSuffix(rest, "\r\n")}
		at := 0
		for _, line := range lines {
			sound = sound && !strings.ContainsAny(line, "\r\n\x00") && len(line) <= maxLine
			if strings.HasPrefix(line, ".") {
				want.dots = append(want.dots, at)
			}
			want.eightBit = want.eightBit || strings.ContainsFunc(line, func(c rune) bool { return c >= 0x80 })
			at += len(line) + len("\r\n")
		}
		got, err := look(in)
		if (err == nil) != sound || sound && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v, sound %v", in, got, err, want, sound)
		}
	})
}

// FuzzPieces has a body in one piece and in several, each of them inspected before
// where that can be: the same must travel.
func FuzzPieces(f *testing.F) {
	f.Add([]byte("To: a\r\n\r\n.one\r\n..two\r\nthree\r\nend"), 9, 23, byte(2))
	f.Add([]byte("a\r\nb\nc\r\nd\r\n"), 8, 11, byte(7))
	f.Add([]byte("a\r\n.b\r\n.b\r\nc\rd\r\n"), 3, 7, byte(3))
	f.Add([]byte("a.b\r\n.c"), 1, 1, byte(6))
	f.Fuzz(func(t *testing.T, in []byte, first, second int, known byte) {
		first = min(max(first, 0), len(in))
		second = min(max(second, first), len(in))
		var body Body
		for i, text := range [][]byte{in[:first], in[first:second], in[second:]} {
			piece := Piece{Text: text}
			if l, err := Inspect(text); err == nil && known>>i&1 == 1 {
				piece = Piece{Lines: l}
			}
			body = append(body, piece)
		}
		var want, got wire
		wantErr, err := want.set(Whole(in)), got.set(body)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("%q cut at %d and %d: %v, want %v", in, first, second, err, wantErr)
		}
		if !bytes.Equal(body.Bytes(), in) || body.Len() != len(in) {
			t.Errorf("%q cut at %d and %d joins to %q of %d", in, first, second, body.Bytes(), body.Len())
		}
		if err == nil && (!bytes.Equal(bytes.Join(got.pieces, nil), bytes.Join(want.pieces, nil)) || got.eightBit != want.eightBit || got.size != want.size) {
			t.Errorf("%q cut at %d and %d travels as %q, want %q", in, first, second, got.pieces, want.pieces)
		}
	})
}

// FuzzBlocks cuts pieces into blocks, of which nothing may be lost.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte("abcdefgh"), 3, 5, 4)
	f.Add([]byte(""), 0, 0, 1)
	f.Fuzz(func(t *testing.T, in []byte, first, second, size int) {
		first = min(max(first, 0), len(in))
		second = min(max(second, first), len(in))
		size = max(size, 1)
		var got []byte
		for rest := [][]byte{in[:first], in[first:second], in[second:]}; len(rest) > 0; {
			var block [][]byte
			block, rest = cutBlock(nil, rest, size)
			joined := bytes.Join(block, nil)
			if len(joined) > size || len(joined) < size && len(rest) > 0 {
				t.Fatalf("a block of %d, want %d", len(joined), size)
			}
			got = append(got, joined...)
		}
		if !bytes.Equal(got, in) {
			t.Errorf("%q becomes %q", in, got)
		}
	})
}

func TestIs8bitLooksAtEveryByte(t *testing.T) {
	t.Parallel()
	for length := range 80 {
		text := bytes.Repeat([]byte{'a'}, length)
		if is8bit(text) {
			t.Errorf("%d ASCII bytes", length)
		}
		for i := range text {
			text[i] = 0x80
			if !is8bit(text) {
				t.Errorf("byte %d of %d", i, length)
			}
			text[i] = 'a'
		}
	}
}
