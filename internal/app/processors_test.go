package app

import "testing"

func TestAnUnsignedSendLeavesHalfOfTheProcessors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		all   int
		signs bool
		want  int
	}{{1, false, 1}, {2, false, 1}, {3, false, 1}, {8, false, 4}, {1, true, 1}, {8, true, 8}} {
		if got := sendingProcessors(c.all, c.signs); got != c.want {
			t.Errorf("of %d, signed %t: %d, want %d", c.all, c.signs, got, c.want)
		}
	}
}
