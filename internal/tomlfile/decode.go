package tomlfile

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// maxFaults is how many faults are worth reading; the rest is left out.
const maxFaults = 100

// Decode reads data into the struct that target points to; what the file does not
// mention keeps the value it had. With faults the target is filled as far as the
// file was good. The File is never nil. The name is for messages only.
func Decode(name string, data []byte, target any) (*File, []Fault) {
	file := &File{Name: name, offsets: map[string]int{}}
	if fault := file.load(data); fault != nil {
		return file, []Fault{*fault}
	}
	if fault := scan(file); fault != nil {
		return file, []Fault{*fault}
	}
	var tree map[string]any
	if err := toml.Unmarshal(file.data, &tree); err != nil {
		return file, []Fault{syntax(name, err)}
	}
	d := &decoder{file: file}
	d.table("", tree, reflect.ValueOf(target).Elem())
	inOrder(d.faults)
	return file, d.faults
}

// load takes the bytes without a byte order mark, which some editors write.
func (f *File) load(data []byte) *Fault {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(data) > MaxBytes {
		return &Fault{
			File: f.Name, Message: "the file is longer than 1 MB",
			Remedy: "A file of this kind has a few kilobytes; check its name.",
		}
	}
	if !utf8.Valid(data) {
		offset := 0
		for r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(data[offset:]) {
			offset += size
		}
		line, column := lineColumn(data, offset)
		return &Fault{
			File: f.Name, Line: line, Column: column, Message: "the file is not UTF-8 text",
			Remedy: "Save it in the encoding UTF-8.",
		}
	}
	f.data = data
	return nil
}

func syntax(name string, err error) Fault {
	fault := Fault{
		File: name, Message: "this is not TOML: " + strings.TrimPrefix(err.Error(), "toml: "), Err: err,
		Remedy: "Text stands in quotation marks, a table's name in [brackets], a comment after #.",
	}
	if at, ok := errors.AsType[*toml.DecodeError](err); ok {
		fault.Line, fault.Column = at.Position()
	}
	return fault
}

// decoder carries values from the tree of one file into a struct.
type decoder struct {
	file   *File
	faults []Fault
}

func (d *decoder) fault(key, message, remedy string, cause error) {
	if len(d.faults) >= maxFaults {
		return
	}
	line, column := d.file.Position(key)
	d.faults = append(d.faults, Fault{
		File: d.file.Name, Line: line, Column: column, Key: key, Message: message, Remedy: remedy, Err: cause,
	})
}

// table fills a struct from a table, key by key.
func (d *decoder) table(path string, tree map[string]any, target reflect.Value) {
	known := Keys(target.Type())
	for _, name := range slices.Sorted(keysOf(tree)) {
		key := join(path, name)
		i := slices.Index(known, name)
		if i < 0 {
			nearest := join(path, Nearest(name, known))
			d.fault(key, fmt.Sprintf("%q is not a known key", key), fmt.Sprintf("The nearest known key is %q.", nearest), nil)
			continue
		}
		d.value(key, tree[name], fieldByKey(target, name))
	}
}

func keysOf(tree map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range tree {
			if !yield(key) {
				return
			}
		}
	}
}

// value puts one value into its field.
func (d *decoder) value(key string, value any, target reflect.Value) {
	if text, ok := target.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.text(key, value, text)
		return
	}
	switch target.Kind() {
	case reflect.Struct:
		if tree, ok := value.(map[string]any); ok {
			d.table(key, tree, target)
			return
		}
	case reflect.Slice:
		if list, ok := value.([]any); ok {
			d.list(key, list, target)
			return
		}
	case reflect.Map:
		if tree, ok := value.(map[string]any); ok {
			d.entries(key, tree, target)
			return
		}
	default:
		if scalar(value, target) {
			return
		}
	}
	is, want := kindOf(value), wanted(target.Type())
	message := fmt.Sprintf("the value is %s, but %s is wanted", is, want)
	if is == want || target.CanFloat() {
		message = "the value is not a number that fits here"
	}
	d.fault(key, message, "Write it like this: "+example(key, target.Type()), nil)
}

// entries fills a map from a table whose keys are the caller's to know.
func (d *decoder) entries(path string, tree map[string]any, target reflect.Value) {
	filled := reflect.MakeMap(target.Type())
	for _, name := range slices.Sorted(keysOf(tree)) {
		value := reflect.New(target.Type().Elem()).Elem()
		d.value(join(path, name), tree[name], value)
		filled.SetMapIndex(reflect.ValueOf(name), value)
	}
	target.Set(filled)
}

func (d *decoder) text(key string, value any, target encoding.TextUnmarshaler) {
	s, ok := value.(string)
	if !ok {
		d.fault(key, fmt.Sprintf("the value is %s, but text is wanted", kindOf(value)), "Put the value in quotation marks.", nil)
		return
	}
	if err := target.UnmarshalText([]byte(s)); err != nil {
		d.fault(key, err.Error(), "", err)
	}
}

func (d *decoder) list(key string, list []any, target reflect.Value) {
	filled := reflect.MakeSlice(target.Type(), len(list), len(list))
	for i, value := range list {
		if len(d.faults) >= maxFaults {
			break
		}
		d.value(element(key, i+1), value, filled.Index(i))
	}
	target.Set(filled)
}

// scalar sets a plain value and says whether it was of the right type and size.
func scalar(value any, target reflect.Value) bool {
	switch v := value.(type) {
	case string:
		if target.Kind() == reflect.String {
			target.SetString(v)
			return true
		}
	case bool:
		if target.Kind() == reflect.Bool {
			target.SetBool(v)
			return true
		}
	case int64:
		if target.CanInt() && !target.OverflowInt(v) {
			target.SetInt(v)
			return true
		}
		if target.CanFloat() {
			target.SetFloat(float64(v))
			return true
		}
	case float64:
		if target.CanFloat() && !math.IsNaN(v) && !math.IsInf(v, 0) {
			target.SetFloat(v)
			return true
		}
	}
	return false
}

// kindOf names what stands in the file.
func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "text"
	case bool:
		return "true or false"
	case int64:
		return "a whole number"
	case float64:
		return "a number with a fraction"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	case time.Time, toml.LocalDate, toml.LocalTime, toml.LocalDateTime:
		return "a date or time"
	}
	return "something else"
}

// wanted names what a field takes.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a table"
	default:
		return "a whole number"
	}
}

// example shows how a value of the type is written.
func example(key string, t reflect.Type) string {
	name := key[strings.LastIndexByte(key, '.')+1:]
	name, _, _ = strings.Cut(name, "[")
	switch t.Kind() {
	case reflect.String:
		return name + ` = "…"`
	case reflect.Bool:
		return name + " = true"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "[[" + name + "]], then its keys"
		}
		return name + ` = ["…", "…"]`
	case reflect.Struct, reflect.Map:
		return "[" + name + "], then its keys"
	default:
		return name + " = 10"
	}
}

// Keys lists the keys that a struct type reads, in the order of its fields.
func Keys(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if name, ok := KeyOf(t.Field(i)); ok {
			keys = append(keys, name)
		}
	}
	return keys
}

// KeyOf gives the key of a field; ok is false for a field that no key reaches.
func KeyOf(field reflect.StructField) (name string, ok bool) {
	name, _, _ = strings.Cut(field.Tag.Get("toml"), ",")
	return name, name != "" && name != "-" && field.IsExported()
}

func fieldByKey(target reflect.Value, key string) reflect.Value {
	for i := range target.NumField() {
		if name, ok := KeyOf(target.Type().Field(i)); ok && name == key {
			return target.Field(i)
		}
	}
	return reflect.Value{} // not reached: the key was found by Keys
}
