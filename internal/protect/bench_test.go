package protect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// crowd gives the entries of n invented names, one to three words long.
func crowd(t testing.TB, n int) []Labelled {
	t.Helper()
	random := rand.New(rand.NewPCG(6, 6))
	var list []Labelled
	for i := range n {
		words := make([]string, 1+i%3)
		for w := range words {
			words[w] = invented(random)
		}
		entries, err := Hash(testKey(), strings.Join(words, " "))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, Labelled{fmt.Sprintf("case %d", i/2), e})
		}
	}
	return list
}

// invented gives a word of four to eleven letters that no language has.
func invented(random *rand.Rand) string {
	var b strings.Builder
	for range 2 + random.IntN(4) {
		b.WriteByte("qxzjkvwf"[random.IntN(8)])
		b.WriteByte("aeiou"[random.IntN(5)])
	}
	if random.IntN(2) == 0 {
		b.WriteByte('n')
	}
	return b.String()
}

func BenchmarkSearch(b *testing.B) {
	g, err := New(testKey(), crowd(b, 5000))
	if err != nil {
		b.Fatal(err)
	}
	for _, text := range []struct{ name, unit string }{
		{"English", "Give thanks for the first hundred nights of the floating clinic on the Río Manso. Since 2024 it has seen 2,314 patients. "},
		{"Markdown", "Give **thanks** for [the crews](https://lantern.example.org/caf%C3%A9?x=1) of the Bãi Trăng ferries &amp; their *cooks*. "},
		{"Chinese", "昨天晚上灯塔又亮了起来，整个小镇的人都爬上台阶去看它转动。"},
		{"Thai", "เมื่อคืนนี้ประภาคารสว่างขึ้นอีกครั้งและคนทั้งเมืองก็ปีนบันไดขึ้นไปดู"},
		{"Korean", "어젯밤 등대에 다시 불이 켜졌고 온 마을이 계단을 올랐습니다. "},
		{"Russian", "Вчера вечером маяк снова зажёгся, и весь город поднялся по ступеням. "},
		{"SpacedOut", "m a n y l e t t e r s "},
		{"Leet", "m4ny d1g1ts 4nd s1gns "},
	} {
		body := strings.Repeat(text.unit, 100_000/len(text.unit)+1)
		b.Run(text.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if found := g.Search([]Text{{"text", body}}); len(found) > 0 {
					b.Fatal(found)
				}
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	list := crowd(b, 5000)
	for b.Loop() {
		if _, err := New(testKey(), list); err != nil {
			b.Fatal(err)
		}
	}
}
