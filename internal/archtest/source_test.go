package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// maxLines is where a file stops being readable in one go.
const maxLines = 500

func TestSourceFilesKeepTheHouseRules(t *testing.T) {
	t.Parallel()
	walk(t, ".go", func(name string, data []byte) {
		report(t, sourceFaults(name, data))
	})
}

func sourceFaults(name string, data []byte) []string {
	var faults []string
	if n := bytes.Count(data, []byte("\n")); n > maxLines {
		faults = append(faults, fmt.Sprintf("%s has %d lines, more than %d: give a part of it a file of its own", name, n, maxLines))
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, data, parser.SkipObjectResolution)
	if err != nil {
		return append(faults, err.Error())
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			faults = append(faults, fmt.Sprintf("%s: an init function works before main can refuse: build the value where it is used", set.Position(f.Pos())))
		}
	}
	if strings.HasSuffix(name, "_test.go") || heights()[path.Dir(name)] == support {
		faults = append(faults, sleepFaults(set, file)...)
	}
	return faults
}

// sleepFaults finds time.Sleep outside of synctest.Test, inside of which time is
// not real and sleeping is how it passes.
func sleepFaults(set *token.FileSet, file *ast.File) []string {
	var faults []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch {
		case calls(call, "synctest", "Test"):
			return false
		case calls(call, "time", "Sleep"):
			faults = append(faults, fmt.Sprintf("%s: a test sleeps: wait for the event, or use testing/synctest", set.Position(n.Pos())))
		}
		return true
	})
	return faults
}

func calls(call *ast.CallExpr, pkg, function string) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != function {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg
}

func TestSourceRulesCanFail(t *testing.T) {
	t.Parallel()
	const sleeps = "package x\nimport \"time\"\nfunc f() { time.Sleep(1) }\n"
	tests := []struct {
		name, file, source string
		want               []string
	}{
		{"a long file", "x/x.go", "package x\n" + strings.Repeat("\n", maxLines), []string{"x/x.go has 501 lines"}},
		{"the longest file", "x/x.go", "package x\n" + strings.Repeat("\n", maxLines-1), nil},
		{"an init function", "x/x.go", "package x\nfunc init() {}\n", []string{"x/x.go:2:1: an init function"}},
		{"a method called init", "x/x.go", "package x\ntype t int\nfunc (t) init() {}\n", nil},
		{"a test that sleeps", "x/x_test.go", sleeps, []string{"x/x_test.go:3:12: a test sleeps"}},
		{"test support that sleeps", "internal/judge/x.go", sleeps, []string{"a test sleeps"}},
		{"a program that sleeps", "internal/smtp/x.go", sleeps, nil},
		{"sleeping on fake time", "x/x_test.go", "package x\nfunc f() { synctest.Test(t, func(t *testing.T) { time.Sleep(1) }) }\n", nil},
		{"a file that does not parse", "x/x.go", "package", []string{"expected 'IDENT'"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			same(t, sourceFaults(test.file, []byte(test.source)), test.want...)
		})
	}
}

// topLevel is what the repository's top level holds, besides dotfiles.
func topLevel() []string {
	return []string{
		"cmd", "internal", "templates", "data", "docs", "go.mod", "go.sum",
		"Makefile", "Dockerfile", "README.md", "LICENSE",
	}
}

func TestTopLevelHoldsWhatWasAgreed(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(root(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	ignore, err := os.ReadFile(filepath.Join(root(t), ".gitignore"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	report(t, topLevelFaults(names, string(ignore)))
}

// topLevelFaults passes over what .gitignore leaves out of the repository, such
// as a built program or a running database.
func topLevelFaults(names []string, ignore string) []string {
	var faults []string
	for _, want := range topLevel() {
		if !slices.Contains(names, want) {
			faults = append(faults, fmt.Sprintf("the top level lacks %s", want))
		}
	}
	for _, name := range names {
		if !slices.Contains(topLevel(), name) && !strings.HasPrefix(name, ".") && !ignored(name, ignore) {
			faults = append(faults, fmt.Sprintf("the top level holds %s: put it into a folder, or into .gitignore when it is not part of the project", name))
		}
	}
	return faults
}

func ignored(name, ignore string) bool {
	for line := range strings.Lines(ignore) {
		pattern := strings.Trim(strings.TrimSpace(line), "/")
		if match, err := path.Match(pattern, name); err == nil && match {
			return true
		}
	}
	return false
}

func TestTopLevelRuleCanFail(t *testing.T) {
	t.Parallel()
	const ignore = "/epistle\n*.db\n/dist/\n"
	all := append(topLevel(), ".git", ".golangci.yml")
	same(t, topLevelFaults(all, ignore))
	same(t, topLevelFaults(append(all, "epistle", "epistle.db", "dist"), ignore))
	same(t, topLevelFaults(append(all, "utils"), ignore), "the top level holds utils")
	same(t, topLevelFaults(slices.DeleteFunc(all, func(s string) bool { return s == "LICENSE" }), ignore), "lacks LICENSE")
}
