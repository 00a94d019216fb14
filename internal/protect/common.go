package protect

import (
	"slices"
	"strings"
)

// shortWord is the number of letters up to which a single word is found by
// accident now and then.
const shortWord = 3

// commonWords are names that are also words, and words that nearly every bulletin
// has, as they are folded.
const commonWords = `
after all also amen and angel april art august autumn
baby be bell bill bishop bless bob bread brother but by
can care case child children christ christian church city clinic country court
dawn day dean december doctor don drew
earl east eve evening faith family father february florence for frank friday from
gene girl give god good grace grant green group
hall harmony harry have he heart heather help his holly home hope hospital house
iris island israel ivy jack january jasmine jesus john jordan joy july june justice
king lake land law lawyer lead leader life light lily lord love
man many march mark may mercy miles minister monday morning mother
nick night north november nurse october office olive
parish pastor pat paul peace pearl people peter police pope poppy pray prayer prison
rain ray read rebel red reed rich rise river rob robin rock rose ruby
saturday school sea september sister sky son south spring state stone street student summer sunday sunny
team teacher thanks that the they this thursday tony town trinity tuesday
victor village violet wade week west white will winter with woman women work world
year you young`

// Common tells whether a phrase is a single word that is likely to be found where
// nobody means it: a short one, a name that is also a word, a word of every week.
// It is a hint for whoever protects it; the gate makes no difference.
func Common(phrase string) bool {
	shown, _ := decode(plain(phrase))
	folded := letters(shown, nil)
	words, err := split(folded)
	if err != nil || len(words) != 1 {
		return false
	}
	return len([]rune(words[0])) <= shortWord && !folded[0].script.anyOffset() || slices.Contains(strings.Fields(commonWords), words[0])
}
