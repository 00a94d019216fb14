package config

import (
	"encoding"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/tomlfile"
)

// prefix begins the name of every variable.
const prefix = "EPISTLE_"

// serviceLink matches the variables that Kubernetes sets in every container for a
// service that is called "epistle"; nobody wrote them.
var serviceLink = regexp.MustCompile(`^EPISTLE_(SERVICE_(HOST|PORT(_.+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// environment sets every key whose variable is given. An empty variable is as
// good as none. A variable that begins like ours and is none is a fault: it is
// most often a misspelt one.
func (r *reader) environment(env []string) {
	settings := r.config.settings()
	var known []string
	for _, s := range settings {
		known = append(known, s.variable())
	}
	for _, entry := range slices.Sorted(slices.Values(env)) {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || value == "" || serviceLink.MatchString(name) {
			continue
		}
		i := slices.Index(known, name)
		if i < 0 {
			r.faults = append(r.faults, newsletter.Errorf(newsletter.Usage, "there is no such setting").At(name).
				With("The nearest known variable is "+tomlfile.Nearest(name, known)+"."))
			continue
		}
		r.variable(settings[i], value)
	}
}

// variable sets one key from its variable. What the file said about it no longer
// counts, and neither does its fault there: that is still reported, because it
// comes back as soon as the variable is gone.
func (r *reader) variable(s setting, value string) {
	r.env[s.name] = value
	delete(r.refused, s.name)
	wanted := ""
	switch target := s.field.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		if err := target.UnmarshalText([]byte(value)); err != nil {
			r.fault(s.name, newsletter.RemedyOf(err), "%w", err)
		}
		return
	case *int:
		n, err := strconv.Atoi(value)
		if err == nil {
			*target = n
			return
		}
		wanted = "a whole number"
	case *float64:
		n, err := strconv.ParseFloat(value, 64)
		if err == nil {
			*target = n
			return
		}
		wanted = "a number"
	default:
		if s.field.Kind() == reflect.String {
			s.field.SetString(value)
			return
		}
	}
	r.fault(s.name, "Write "+s.is+".", "%q is not %s", value, wanted)
}
