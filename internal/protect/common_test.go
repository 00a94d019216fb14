package protect

import "testing"

func TestCommonWordsAreHintedAt(t *testing.T) {
	t.Parallel()
	for phrase, want := range map[string]bool{
		"Will": true, "  grace ": true, "MAY": true, "Bo": true, "Márk": true, "G-R-A-C-E": false,
		"Ofelia": false, "Will Quispe": false, "王小明": false, "4711": false, "": false, "Zorvika": false,
	} {
		if got := Common(phrase); got != want {
			t.Errorf("Common(%q) is %t, want %t", phrase, got, want)
		}
	}
}
