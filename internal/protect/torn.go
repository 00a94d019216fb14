package protect

import (
	"slices"
	"strings"
)

// tornLength is the number of letters from which a name is also found with one
// space too many in it, "Mar ia": shorter ones come of two words too easily.
const tornLength = 5

// mayBeTorn says whether one of the spaces among the letters i to j may stand inside
// a word: on neither side of it is a word that everybody writes, or a single letter. In "the odor" there
// is no Theodor. Only where words are Latin is a space known to be too many.
func (s *scanner) mayBeTorn(i, j int) bool {
	before, from := false, i // whether what stands before is such a part
	for k := i + 1; k <= j; k++ {
		if k < j && s.letters[k].gap == none {
			continue
		}
		part := string(s.bytes[s.off[from]:s.off[k]])
		is := k-from > 1 && s.letters[from].script == latin && !everyday(part)
		if is && before {
			return true
		}
		before, from = is && k < j && s.letters[k].gap == wide, k
	}
	return false
}

// everyday says whether a folded word is one that everybody writes.
func everyday(word string) bool {
	return slices.Contains(strings.Fields(everydayWords), word) || slices.Contains(strings.Fields(commonWords), word)
}

// everydayWords are short words of the languages in which most bulletins are
// written, as they are folded: of English, Spanish, Portuguese, French, German,
// Italian and Dutch. With a word beside them they make names by accident.
const everydayWords = `
a about above act add age ago aid air am an and any are arm art as ask at ate away
back bad bag ball bar bat be bed been best bet big bit box boy bus but buy by
call came camp can cap car cat come cup cut
day days did die dig dog done down dry due
each ear eat egg end era even ever eye
fact fall far farm fat fed feel few fill fish fit five fly food for form four free from full fun
gas gave get go gone got had half hand hard has hat head hear help her here hers hey high hill him his hit hot how
i ice if ill in ink into iron is it its
job join joy just keep kept key kid kind know
lab lady last law lay led left leg less let lie line list live log long look lost lot low
made mail main make man map mat me meal mean meet men met mile mill mind mine miss mix more most much must my
name near need net never new next no nor not note now
odd odor of off oil old on once one only open or our out over own
page pan part pass past pay pen per pet pick pie pin place plan play plus port post pot pull put
rain ran rat read real red rest rice rich rid ring road room row run
sad safe said sail sale salt same sand sat save saw say sea seat see seen sell send sent set she ship shop show sick side sin sit six so soil some son soon sort soup stand stay step still such sum sun sure
table tail take talk tall tap tax tea tell ten term than that the them then they thin this tie time tin tip to told ton too took top tour town try turn two
under up upon us use van very via view visit
walk wall want war warm was wash water way we wear well went were wet what when who why wide wife will win with wood word work yard year yes yet you your
al ante asi como con cual da dar de del dela di dia dos e el ella en era es esa ese eso esta este ha hay la las le les lo los mas me mi mis muy ni nos o para pero por que quien se ser si sin sobre son su sus te tu un una uno y ya yo
ao aos as com das do dos ela ele em foi isso ja mais meu na nas nem no nos num os ou pela pelo sao seu so sua tem um uma vai voce
au aux avec ce ces cette dans des du elle est et eux il ils je leur ma mais mes moi mon ne nous on ont ou par pas pour qui sa sans ses si son sont sur ta tes toi ton tous tout une vos vous
ab aber als am auch auf aus bei bin bis da das dem den der des die dir doch du ein eine er es fur hat ich ihm ihn ihr im in ins ist ja kein man mein mich mir mit nach nicht noch nun nur ob oder seit sich sie sind so um und uns vom von vor war was weil wenn wer wie wir wo zu zum zur
che chi ci come con cosa dal dei del di e gli ha ho il io la le lei lo loro lui ma mi ne nel noi non per piu poi qui se si sono su sua suo ti tra tu tutti un una
aan al bij dat de dit door een en er geen had heb het hier hij hoe ik je kan maar met mij na naar niet nog nu of om ons ook op over te toch tot uit van veel voor was wat we wel wij zal ze zich zij zo`
