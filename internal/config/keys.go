package config

import (
	"fmt"
	"reflect"
	"strings"

	"epistle/internal/newsletter"
	"epistle/internal/tomlfile"
)

// setting is one key with its field: what the tags of Config say, in a form to
// walk over.
type setting struct {
	name  string // "smtp.port"
	field reflect.Value
	doc   string
	is    string   // what may be written
	one   []string // the words of which it is one
	show  string   // the example's value where the default is empty
}

// section is one table of the file.
type section struct {
	name, doc string
	settings  []setting
}

// sections lists all keys of c in the order of the struct.
func (c *Config) sections() []section {
	var list []section
	root := reflect.ValueOf(c).Elem()
	for i := range root.NumField() {
		name, ok := tomlfile.KeyOf(root.Type().Field(i))
		if !ok {
			continue
		}
		s := section{name: name, doc: root.Type().Field(i).Tag.Get("doc")}
		table := root.Field(i)
		for j := range table.NumField() {
			s.settings = append(s.settings, settingOf(name, table.Type().Field(j), table.Field(j)))
		}
		list = append(list, s)
	}
	return list
}

func settingOf(section string, field reflect.StructField, value reflect.Value) setting {
	name, _ := tomlfile.KeyOf(field)
	s := setting{
		name: section + "." + name, field: value,
		doc: field.Tag.Get("doc"), is: field.Tag.Get("is"), show: field.Tag.Get("show"),
		one: strings.Fields(field.Tag.Get("one")),
	}
	if s.is == "" {
		s.is = "one of " + strings.Join(s.one, ", ")
	}
	return s
}

// settings lists all keys without their sections.
func (c *Config) settings() []setting {
	var list []setting
	for _, s := range c.sections() {
		list = append(list, s.settings...)
	}
	return list
}

// variable is the environment variable of the key.
func (s setting) variable() string {
	return prefix + strings.ToUpper(strings.ReplaceAll(s.name, ".", "_"))
}

// value writes the current value as it stands in the file; empty when it is the
// empty text.
func (s setting) value() string {
	switch v := s.field.Interface().(type) {
	case newsletter.Duration:
		return tomlfile.Quote(v.String())
	case Secret:
		if v == "" {
			return ""
		}
		return tomlfile.Quote(v.String())
	case Networks:
		if len(v) == 0 {
			return ""
		}
		return tomlfile.Quote(v.String())
	case DomainRates:
		if len(v) == 0 {
			return ""
		}
		return tomlfile.Quote(v.String())
	case string:
		if v == "" {
			return ""
		}
		return tomlfile.Quote(v)
	default:
		return fmt.Sprint(v)
	}
}
