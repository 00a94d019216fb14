package ledger

import "time"

// SetSizes makes slices and chunks small, so that a few people need many.
func (l *Ledger) SetSizes(slice, chunk int64) { l.slice, l.chunk = slice, chunk }

// SetEffort bounds how long a stopping ledger tries to write.
func (l *Ledger) SetEffort(d time.Duration) { l.effort = d }
