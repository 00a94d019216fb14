package protect

import (
	"slices"
	"testing"
)

func TestPseudonyms(t *testing.T) {
	t.Parallel()
	known := []string{"Mariela", "Jeremías", "Ana", "Ana María", "Rosa", "マリア", "Christopher"}
	tests := []struct {
		name   string
		marked []string
		texts  []Text
		want   []PseudonymFinding
	}{
		{"all as the register has it", []string{"Mariela"}, []Text{{"item 1", "We met Mariela* and Mariela’s aunt."}, {"item 2", "Mariela sings."}}, nil},
		{
			"an unknown name",
			[]string{"Tobias"},
			[]Text{{"item 1", "Pray for Tobias*."}},
			[]PseudonymFinding{{UnknownPseudonym, "Tobias", "", "item 1", 9}},
		},
		{
			"an unknown name that no text has",
			[]string{"Tobias"},
			nil,
			[]PseudonymFinding{{UnknownPseudonym, "Tobias", "", "", 0}},
		},
		{
			"a letter missing",
			[]string{"Marila"},
			[]Text{{"item 1", "Marila is mentioned, then Marila*."}},
			[]PseudonymFinding{{MisspeltPseudonym, "Marila", "Mariela", "item 1", 26}},
		},
		{
			"two letters swapped",
			[]string{"Mareila"},
			[]Text{{"item 1", "Mareila*"}},
			[]PseudonymFinding{{MisspeltPseudonym, "Mareila", "Mariela", "item 1", 0}},
		},
		{
			"two faults in a long name",
			[]string{"Cristofer", "Cristover"},
			nil,
			[]PseudonymFinding{{UnknownPseudonym, "Cristofer", "", "", 0}, {UnknownPseudonym, "Cristover", "", "", 0}},
		},
		{
			"one fault in a long name",
			[]string{"Cristopher"},
			nil,
			[]PseudonymFinding{{MisspeltPseudonym, "Cristopher", "Christopher", "", 0}},
		},
		{
			"another short name",
			[]string{"Ada"},
			[]Text{{"item 1", "Ada*"}},
			[]PseudonymFinding{{UnknownPseudonym, "Ada", "", "item 1", 0}},
		},
		{
			"an accent missing",
			[]string{"Jeremias"},
			[]Text{{"item 1", "Jeremias*, Jeremias"}},
			[]PseudonymFinding{{MisspeltPseudonym, "Jeremias", "Jeremías", "item 1", 0}},
		},
		{
			"an accent missing later on",
			[]string{"Jeremías"},
			[]Text{{"item 1", "Jeremías* sings."}, {"item 2", "We hear Jeremias and again Jeremias."}},
			[]PseudonymFinding{{MisspeltPseudonym, "Jeremias", "Jeremías", "item 2", 8}},
		},
		{"an accent stored otherwise", []string{"Jeremi\u0301as"}, []Text{{"item 1", "Jeremi\u0301as* sings."}}, nil},
		{
			"no asterisk at the first mention",
			[]string{"Mariela"},
			[]Text{{"subject", "News of Mariela"}, {"item 1", "Mariela* sings."}},
			[]PseudonymFinding{{UnmarkedPseudonym, "Mariela", "Mariela", "subject", 8}},
		},
		{
			"no asterisk anywhere",
			nil,
			[]Text{{"item 1", "We saw Mariela and Mariela."}},
			[]PseudonymFinding{{UnmarkedPseudonym, "Mariela", "Mariela", "item 1", 7}},
		},
		{"an asterisk after the possessive", []string{"Mariela"}, []Text{{"item 1", "Mariela’s* aunt, Mariela"}}, nil},
		{"an asterisk before the possessive", []string{"Mariela"}, []Text{{"item 1", "Mariela*’s aunt, Mariela"}}, nil},
		{"an escaped asterisk", []string{"Mariela"}, []Text{{"item 1", `Mariela\* sings`}}, nil},
		{"capitals", []string{"MARIELA"}, []Text{{"item 1", "MARIELA*"}}, nil},
		{"a part of another name", []string{"Ana María"}, []Text{{"item 1", "Ana María* sings. Ana\nMaría laughs."}}, nil},
		{
			"a part of another name, then alone",
			[]string{"Ana María"},
			[]Text{{"item 1", "Ana María* sings. Ana laughs."}},
			[]PseudonymFinding{{UnmarkedPseudonym, "Ana", "Ana", "item 1", 19}},
		},
		{"a common word", nil, []Text{{"item 1", "A rosa bloom, bananas, Anatolia."}}, nil},
		{"no spaces between words", []string{"マリア"}, []Text{{"item 1", "昨日マリア*さん"}}, nil},
		{
			"no spaces and no asterisk",
			nil,
			[]Text{{"item 1", "昨日マリアさん"}},
			[]PseudonymFinding{{UnmarkedPseudonym, "マリア", "マリア", "item 1", 6}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := CheckPseudonyms(known, test.marked, test.texts); !slices.Equal(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func FuzzCheckPseudonyms(f *testing.F) {
	f.Add("Mariela", "Marila", "Mariela and Marila*")
	f.Add("", "*", "**")
	f.Add("マリア", "マリア", "マ*リア*")
	f.Fuzz(func(t *testing.T, known, marked, body string) {
		for _, p := range CheckPseudonyms([]string{known}, []string{marked}, []Text{{"text", body}}) {
			if p.Offset < 0 || p.Offset > len(body) {
				t.Fatalf("offset %d of %d", p.Offset, len(body))
			}
		}
	})
}
