// Package templates embeds the templates and style sheets that the program
// needs at run time, so that one binary is the whole program.
//
// It holds files and nothing else. Each kind has its own Go file: email.go for
// the bulletin as it is mailed, public.go for the readers' pages. Executing
// them is the work of the packages that use them.
package templates
