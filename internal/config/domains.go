package config

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"epistle/internal/newsletter"
)

// DomainRates limit the messages to the readers of some domains. As text, in the
// file and in the environment: "gmail.com=20, outlook.com hotmail.com=10, *=5".
type DomainRates []DomainRate

// DomainRate is the rate of some domains together.
type DomainRate struct {
	Domains []string // lower-case A-labels; otherDomains is each that is not named
	Rate    float64  // messages a second; 0: no limit
}

// otherDomains stands for each domain that is not named.
const otherDomains = "*"

// UnmarshalText reads limits; an empty text is none.
func (d *DomainRates) UnmarshalText(text []byte) error {
	var list DomainRates
	named := map[string]bool{}
	for limit := range strings.SplitSeq(string(text), ",") {
		if strings.TrimSpace(limit) == "" {
			continue
		}
		r, err := readLimit(limit)
		if err != nil {
			return err
		}
		for _, domain := range r.Domains {
			if named[domain] {
				return badLimit("Keep one of them.", "the domain %s has two rates", domain)
			}
			named[domain] = true
		}
		list = append(list, r)
	}
	*d = list
	return nil
}

func readLimit(limit string) (r DomainRate, err error) {
	domains, rate, ok := strings.Cut(limit, "=")
	names := strings.Fields(domains)
	if !ok || len(names) == 0 {
		return r, badLimit("Write DOMAIN=RATE, for example gmail.com=20.", "%q is not the rate of a domain", strings.TrimSpace(limit))
	}
	r.Rate, err = strconv.ParseFloat(strings.TrimSpace(rate), 64)
	if err != nil || r.Rate < 0 || math.IsNaN(r.Rate) || math.IsInf(r.Rate, 0) {
		return r, badLimit("Write messages a second, or 0 for no limit.", "%q is not a rate", strings.TrimSpace(rate))
	}
	for _, name := range names {
		domain, ok := hostName(name)
		if name == otherDomains {
			domain, ok = name, len(names) == 1
		}
		if !ok || !utf8.ValidString(name) {
			return r, badLimit("Write the part of the address behind the @, for example gmail.com, or * alone for all that are not named.",
				"%q is not a domain", name)
		}
		r.Domains = append(r.Domains, domain)
	}
	return r, nil
}

func badLimit(remedy, format string, args ...any) error {
	return newsletter.Errorf(newsletter.Usage, format, args...).With(remedy)
}

// MarshalText writes the limits as UnmarshalText reads them.
func (d DomainRates) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String gives the limits as UnmarshalText reads them.
func (d DomainRates) String() string {
	var list []string
	for _, r := range d {
		list = append(list, strings.Join(r.Domains, " ")+"="+strconv.FormatFloat(r.Rate, 'g', -1, 64))
	}
	return strings.Join(list, ", ")
}
