package protect

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// folds is what NFKD and lower case leave to us: letters with strokes, hooks and
// tails, ligatures, letters that a language writes in several ways. Each entry
// is a folded letter and what it becomes.
const folds = `
đd ðd ɖd ɗd ħh ɦh ƙk łl ɫl øo ɵo ɔo ŧt ƭt ʈt ŋn ɲn ƞn ɳn ƀb ɓb ƈc ȼc ɇe əe ɛe ǝe ƒf ɠg ɡg ǥg ɣg ɨi ɩi ıi ɪi ɟj
ɉj ʝj ɬl ƛl ɱm ƥp ɋq ɍr ɽr ʂs ȿs ʉu ʊu ʋv ⱳw ƴy ɏy ƶz ȥz ʐz ʑz ⱥa ɑa ᵹg ꝛr ꞵb ꭓx ꬵf ꝼf ꞃr ꞅs ꞇt ⱡl ⱦt
ßss æae œoe þth ĸk ꜳaa ꜵao ꜷau ꜹav ꝏoo ȣou
ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ᴁae ᴆd ᴌl ᴎn ᴙr ɐa ɯm ɹr ʇt ʌv ʍw ʎy ɥh ʞk
ꭰd ꭱr ꭲt ꭵi ꮍy ꭺa ꭻj ꭼe ꮁg ꮃw ꮇm ꮋh ꮎo ꮐg ꮑn ꮒh ꮓz ꮢr ꮞs ꮤw ꮩv ꮪs ꮮl ꮯc ꮲp ꮶk ꮷd ꮖt ꮜu ꮴu ꮟb
ꓐb ꓑp ꓓd ꓔt ꓖg ꓗk ꓙj ꓚc ꓜz ꓝf ꓟm ꓠn ꓡl ꓢs ꓣr ꓦv ꓧh ꓪw ꓫx ꓬy ꓮa ꓰe ꓲi ꓳo ꓴu
ᗅa ᗩa ᗷb ᗸb ᑕc ᗞd ᗪd ᕮe ᗴe ᖴf ᕼh ᒍj ᒪl ᗰm ᑎn ᑭp ᖇr ᔕs ᑌu ᐯv ᗯw ᘔz ᐱa ᑢc
ⲁa ⲃb ⲉe ⲍz ⲏh ⲓi ⲕk ⲙm ⲛn ⲟo ⲣp ⲥc ⲧt ⲩy ⲭx
ѓг ґг ғг ҕг қк ҝк ҟк ҡк ӄк ңн ҥн ӈн ҳх ҫс ҷч ҹч ҙз ұү ӕае ԛq ԝw ҭт җж
ٱا ىي یي ېي ۍي ںن کك ڪك ةه ہه ھه ۀه ەه ۃه ڤف ۆو ۇو ۈو ۋو ٮب
ךכ םמ ןנ ףפ ץצ װוו ױוי ײיי
ँं ঁং ઁં
ヽゝ ヾゝ
ևեւ
`

// toLatinTable is the Latin letter that a Greek, Cyrillic or Armenian one looks
// like in either of its cases.
const toLatinTable = `
аa вb еe зz иu кk мm нh оo пn рp сc тt уy үy хx ѕs іi јj һh ԁd ѵv ьb ӏl ԍg өo әe гr
αa βb γy εe ζz ηn ιi κk μm νv οo ρp τt υu χx ωw σo ςs θo
օo սu հh ոn ցg զq յj լl տs ւi
`

// toLatinOther is what capitals look like where that is not what the small
// letters look like, and the letters that only decoration takes for Latin ones.
const toLatinOther = `
ΗH ΝN ΥY ΓR ΛA ΔA ΞE ΣE ΠN ΘO ΜM ΒB ΡP ΖZ ΙI ΧX ΚK ΤT ΑA ΕE ΟO
μu σo ςc ϲc ϳj λa ρp ωw αa ηn νv υu οo ιi κk τt γy εe
ЯR яr ИN иn ШW шw ЩW щw ЦU цu ЧY чy ДD дd ЭE эe ЖX БB бb ЪB ГR гr ЛN ПN пn ФO ЄE єe ӀI ҮY ЁE УY
АA ВB ЕE КK МM НH ОO РP СC ТT ХX ІI ЈJ ЅS аa вb еe кk мm нh оo рp сc тt уy хx іi јj ѕs ԁd һh
`

// toCyrillicTable and toGreekTable are the way back, for a name in those scripts
// that is written with letters of another.
const (
	toCyrillicTable = "aа bв eе zз uи kк mм hн oо nп pр cс tт yу xх sѕ iі jј dԁ rг αа βв εе κк μм ηп οо ρр τт υу χх ιі νѵ 3з 0о"
	toGreekTable    = "aα bβ yγ eε zζ nη iι kκ mμ vν oο pρ tτ uυ xχ wω аα вβ еε кκ мμ нη оο рρ тτ уγ хχ іι"
)

// leetTable has the digits and signs that stand for letters in "M4r1a". Those
// that stand for two are read as both in turn: 1, ! and | for i and for l.
const leetTable = "0o 1i 3e 4a 5s 7t 8b @a $s !i |i €e"

// tables are the tables in the form in which they are asked.
type tables struct {
	fold                                   map[rune]string
	latin, latinOther, cyrillic, greek, li map[rune]string
}

// theTables reads the tables once, when the first text is read.
var theTables = sync.OnceValue(func() *tables {
	return &tables{
		fold: parseTable(folds), latin: parseTable(toLatinTable), latinOther: parseTable(toLatinOther),
		cyrillic: parseTable(toCyrillicTable), greek: parseTable(toGreekTable), li: parseTable(leetTable),
	}
})

func parseTable(s string) map[rune]string {
	m := map[rune]string{}
	for field := range strings.FieldsSeq(s) {
		r, n := utf8.DecodeRuneInString(field)
		m[r] = field[n:]
	}
	return m
}
