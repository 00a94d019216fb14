package protect

// leastSpelled is how many single letters in a row are a word that is spelled out.
// Two are initials.
const leastSpelled = 3

// spelled tells before which letters the gap stands inside a word that is spelled
// out, "Z o r v i k a", amid words that are not: there white space divides letters
// and no words, so that it does not count against a group. One pair between single
// letters may be among them. A word of one letter beside the run ("a", "I") is taken
// for a part of it, which does no harm, because a window may begin anywhere in it.
func spelled(ls []letter) []bool {
	inside := make([]bool, len(ls))
	starts := tokenStarts(ls)
	units := func(t int) int { return unitsOf(ls, starts, t) }
	near := func(t int) bool { return t < len(starts) && ls[starts[t]].gap != far }
	for t := 0; t < len(starts); t++ {
		if units(t) != 1 {
			continue
		}
		end, singles, pairs := t+1, 1, 0
		for ; near(end); end++ {
			if units(end) == 1 {
				singles++
			} else if units(end) == 2 && pairs == 0 && near(end+1) && units(end+1) == 1 {
				pairs++
			} else {
				break
			}
		}
		if singles >= leastSpelled {
			for k := t + 1; k < end; k++ {
				inside[starts[k]] = true
			}
		}
		t = end - 1
	}
	return inside
}

// tokenStarts are the letters that begin something between two gaps.
func tokenStarts(ls []letter) (starts []int) {
	for i := range ls {
		if i == 0 || ls[i].gap != none {
			starts = append(starts, i)
		}
	}
	return starts
}

// unitsOf is how many letters a token has, vowel signs and the like not counted; it
// stops counting at three.
func unitsOf(ls []letter, starts []int, t int) (n int) {
	end := len(ls)
	if t+1 < len(starts) {
		end = starts[t+1]
	}
	for i := starts[t]; i < end && n < 3; i++ {
		if !ls[i].joined {
			n++
		}
	}
	return n
}
