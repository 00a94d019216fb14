package ledger_test

import (
	"sync"
	"testing"
)

// BenchmarkFreeze writes an audience of 100,000.
func BenchmarkFreeze(b *testing.B) {
	const readers = 100_000
	w := newWorld(b, readers)
	for b.Loop() {
		b.StopTimer()
		w.exec(`DELETE FROM deliveries`)
		w.exec(`DELETE FROM chunks`)
		w.exec(`UPDATE bulletins SET frozen = 0`)
		b.StartTimer()
		w.freeze()
	}
	b.ReportMetric(float64(readers)*float64(b.N)/b.Elapsed().Seconds(), "readers/s")
}

// BenchmarkMarkRecord takes rows from pending to sent with 64 workers, as a
// sender does: the mark is waited for, and so is its record.
func BenchmarkMarkRecord(b *testing.B) {
	const workers, readers = 64, 20_000
	w := newWorld(b, readers)
	w.freeze()
	w.run()
	for b.Loop() {
		b.StopTimer()
		w.exec(`UPDATE deliveries SET state = 0`)
		next := make(chan int64, readers)
		for reader := range int64(readers) {
			next <- reader + 1
		}
		close(next)
		b.StartTimer()
		var group sync.WaitGroup
		for range workers {
			group.Go(func() {
				for reader := range next {
					if w.mark(reader, 11) {
						w.record(reader, 11, sent)
					}
				}
			})
		}
		group.Wait()
	}
	if n := w.number(`SELECT COUNT(*) FROM deliveries WHERE state = 3`); n != readers {
		b.Errorf("%d of %d were sent", n, readers)
	}
	b.ReportMetric(float64(readers)*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}
