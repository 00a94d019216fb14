package delivery

import (
	"testing"

	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/smtp/smtptest"
)

// BenchmarkWrite writes messages of one bulletin to readers without a choice, to
// readers with one of a few, and makes a variant anew for every message, as for a
// list with far more choices than are kept.
func BenchmarkWrite(b *testing.B) {
	for _, c := range []struct {
		name   string
		choice func(i int) newsletter.Choice
	}{
		{"whole", func(int) newsletter.Choice { return newsletter.Choice{} }},
		{"few choices", func(i int) newsletter.Choice { return subset(1 + i%8) }},
		{"too many choices", func(i int) newsletter.Choice { return subset(1 + i%127) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			o := newOffice(b, smtptest.Options{}, withParts)
			bulletin := o.chooseable(append([]string{"lead"}, parts...)...)
			fast, _ := o.editions(bulletin)
			var used *message.Message
			i := 0
			for b.Loop() {
				m, err := fast.Write(used, delivered(int64(i+1), c.choice(i)))
				if err != nil {
					b.Fatal(err)
				}
				used = m
				i++
			}
		})
	}
}
