package cli

import (
	"bytes"
	"testing"

	"epistle/data"
	"epistle/internal/audience"
)

func TestDemoInventsReadersBeyondItsSample(t *testing.T) {
	t.Parallel()
	sample, refused, err := audience.ReadList("sample", bytes.NewReader(data.Subscribers()))
	if err != nil || len(refused) > 0 || len(sample) != sampleSubscribers {
		t.Fatalf("the sample has %d readers, %d refused: %v", len(sample), len(refused), err)
	}
	for _, n := range []int{1, sampleSubscribers, sampleSubscribers + 50} {
		list, err := enough(sample, n)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, e := range list {
			known[e.Address.Key()] = true
		}
		if len(list) != n || len(known) != n {
			t.Errorf("%d readers with %d addresses, want %d", len(list), len(known), n)
		}
	}
}
