package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestDomainRatesHaveOneFormInFileAndEnvironment(t *testing.T) {
	t.Parallel()
	const text = "Gmail.com = 20,outlook.com\tHOTMAIL.com=0.5 , Bücher.example=0,*=5,"
	want := DomainRates{
		{[]string{"gmail.com"}, 20},
		{[]string{"outlook.com", "hotmail.com"}, 0.5},
		{[]string{"xn--bcher-kva.example"}, 0},
		{[]string{"*"}, 5},
	}
	file, err := load(t, "[smtp]\ndomain_rates = \"\"\"\n"+text+"\"\"\"")
	if err != nil {
		t.Fatal(err)
	}
	env, err := load(t, "[smtp]\ndomain_rates = \"web.example=1\"", "EPISTLE_SMTP_DOMAIN_RATES="+text)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []DomainRates{file.SMTP.DomainRates, env.SMTP.DomainRates} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	const written = "gmail.com=20, outlook.com hotmail.com=0.5, xn--bcher-kva.example=0, *=5"
	var again DomainRates
	if err := again.UnmarshalText([]byte(want.String())); err != nil || want.String() != written || !reflect.DeepEqual(again, want) {
		t.Errorf("written as %q and read as %v (%v)", want, again, err)
	}
}

func TestDomainRatesAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"gmail.com":                `"gmail.com" is not the rate of a domain`,
		"=5":                       `"=5" is not the rate of a domain`,
		"gmail.com=fast":           `"fast" is not a rate`,
		"gmail.com=-1":             `"-1" is not a rate`,
		"gmail.com=NaN":            `"NaN" is not a rate`,
		"gmail.com=1=2":            `"1=2" is not a rate`,
		"ana@gmail.com=1":          `"ana@gmail.com" is not a domain`,
		"* gmail.com=1":            `"*" is not a domain`,
		"gmail.com=1, GMAIL.com=2": `the domain gmail.com has two rates`,
		"*=1,*=2":                  `the domain * has two rates`,
	} {
		if _, err := load(t, "", "EPISTLE_SMTP_DOMAIN_RATES="+text); err == nil || messages(t, err) != "EPISTLE_SMTP_DOMAIN_RATES: "+want {
			t.Errorf("%s: %v", text, err)
		}
		if _, err := load(t, "[smtp]\ndomain_rates = \""+text+"\""); err == nil || messages(t, err) != "epistle.toml:2:1: smtp.domain_rates: "+want {
			t.Errorf("%s in the file: %v", text, err)
		}
	}
	if _, err := load(t, "[smtp]\ndomain_rates = 5"); err == nil || !strings.Contains(err.Error(), "text is wanted") {
		t.Errorf("a number: %v", err)
	}
}

func FuzzDomainRates(f *testing.F) {
	f.Add("gmail.com=20, outlook.com hotmail.com=10, *=5")
	f.Add("bücher.example=1e-3,,=")
	f.Fuzz(func(t *testing.T, text string) {
		var first, second DomainRates
		if first.UnmarshalText([]byte(text)) != nil {
			return
		}
		if err := second.UnmarshalText([]byte(first.String())); err != nil || !reflect.DeepEqual(first, second) {
			t.Errorf("%q is written as %q, which is read as %v (%v)", text, first, second, err)
		}
	})
}
