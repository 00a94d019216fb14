package audience_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"epistle/internal/audience"
	"epistle/internal/filter"
	"epistle/internal/store"
)

// list writes a list of n people in no order.
func list(n int) string {
	var b strings.Builder
	b.WriteString("email,name,language\n")
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		fmt.Fprintf(&b, "reader%08x.%d@host%d.example.org,Ana Ruiz,en\n", r.Uint32(), i, i%5000)
	}
	return b.String()
}

// BenchmarkImport reads, plans and applies a list of 200 000 people; make bench
// gives the rows a second.
func BenchmarkImport(b *testing.B) {
	const people = 200_000
	text := list(people)
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		b.StartTimer()
		p, err := w.Import(b.Context(), audience.ImportRequest{Newsletter: w.list, Name: "list.csv", List: strings.NewReader(text), By: "ana"})
		if err != nil || p.Added != people {
			b.Fatal(p, err)
		}
	}
	b.ReportMetric(float64(people*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkPage reads a page of 50 out of a large list, through a filter.
func BenchmarkPage(b *testing.B) {
	w := newWorld(b)
	w.read(list(200_000))
	where, err := filter.Parse("language = en and not tag:board and joined > 2020-01-01")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		n := 0
		err := w.store.Select(b.Context(), store.Selection{NewsletterID: w.list.ID, Where: where, After: "reader7", Limit: 50}, func(store.Listed) error {
			n++
			return nil
		})
		if err != nil || n != 50 {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkExplain asks about one of many.
func BenchmarkExplain(b *testing.B) {
	w := newWorld(b)
	w.read(list(200_000) + "ana@example.org,Ana,en\n")
	ana := parse(b, "ana@example.org")
	for b.Loop() {
		if _, err := w.Explain(b.Context(), ana, w.list, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkExport streams a large list.
func BenchmarkExport(b *testing.B) {
	const people = 200_000
	w := newWorld(b)
	w.read(list(people))
	for b.Loop() {
		n := 0
		err := w.store.Export(b.Context(), store.Selection{NewsletterID: w.list.ID}, func(*store.Exported) error {
			n++
			return nil
		})
		if err != nil || n != people {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(people*b.N)/b.Elapsed().Seconds(), "rows/s")
}
