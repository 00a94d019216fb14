// Package tomlfile reads a TOML file strictly into a struct and says what is
// wrong with it, everything at once, each fault with its line, column and key.
//
// Decode works in this order: the size and the encoding; the positions of all
// keys; the syntax; then every key against the struct, where an unknown key is
// answered with the nearest known one and a value of the wrong type with the type
// that is wanted. The File it returns knows where each key stands, so that a
// later check of the values can point at a line as well.
//
// Fields are found by their toml tags. Supported are strings, whole numbers,
// numbers, booleans, lists, tables (structs), lists of tables and every type
// that reads itself from text. Keys are written as in "smtp.port" and, counted
// from one, "sections[2].name".
//
// What a value means is left to packages config and definition.
package tomlfile
