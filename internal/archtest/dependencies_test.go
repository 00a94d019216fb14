package archtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	inProgram = "In the program"
	inTests   = "In tests only"
	asTools   = "Tools"
)

func TestDependenciesAreDocumented(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(root(t), "docs", "dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := namedModules(string(data))
	t.Run("in the program", func(t *testing.T) {
		t.Parallel()
		report(t, setFaults(inProgram, named[inProgram], modules(list(t, "-deps", "./cmd/epistle"))))
	})
	t.Run("in tests only", func(t *testing.T) {
		t.Parallel()
		tested := modules(list(t, "-deps", "-test", "./..."))
		maps.DeleteFunc(tested, func(m string, _ bool) bool { return named[inProgram][m] })
		report(t, setFaults(inTests, named[inTests], tested))
	})
	t.Run("tools", func(t *testing.T) {
		t.Parallel()
		report(t, setFaults(asTools, named[asTools], tools(t)))
	})
}

// modules gives the foreign modules that packages come from.
func modules(pkgs []pkg) map[string]bool {
	found := map[string]bool{}
	for _, p := range pkgs {
		if p.Module != nil && !p.Module.Main {
			found[p.Module.Path] = true
		}
	}
	return found
}

// tools gives what go.mod pins as tools.
func tools(t *testing.T) map[string]bool {
	t.Helper()
	var file struct{ Tool []struct{ Path string } }
	if err := json.Unmarshal(goCommand(t, "mod", "edit", "-json"), &file); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, tool := range file.Tool {
		found[tool.Path] = true
	}
	return found
}

// namedModules reads the tables: the heading above them, and the first cell of
// each row, which is set as code.
func namedModules(page string) map[string]map[string]bool {
	named := map[string]map[string]bool{}
	heading := ""
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		if h, ok := strings.CutPrefix(line, "## "); ok {
			heading = h
			named[heading] = map[string]bool{}
		}
		if rest, ok := strings.CutPrefix(line, "| `"); ok && heading != "" {
			name, _, _ := strings.Cut(rest, "`")
			named[heading][name] = true
		}
	}
	return named
}

func setFaults(heading string, named, used map[string]bool) []string {
	var faults []string
	for _, m := range slices.Sorted(maps.Keys(used)) {
		if !named[m] {
			faults = append(faults, fmt.Sprintf("docs/dependencies.md: add %s under %q with the reason for it, or do without it", m, heading))
		}
	}
	for _, m := range slices.Sorted(maps.Keys(named)) {
		if !used[m] {
			faults = append(faults, fmt.Sprintf("docs/dependencies.md: remove %s from %q, where nothing uses it any more", m, heading))
		}
	}
	return faults
}

func TestDependencyRulesCanFail(t *testing.T) {
	t.Parallel()
	named := namedModules("# Page\n\n## In the program\n\n| module | why |\n| --- | --- |\n| `a.example/kept` | yes |\n| `a.example/gone` | no |\n\n## Tools\n\n| `a.example/tool` | yes |\n")
	same(t, setFaults(inProgram, named[inProgram], map[string]bool{"a.example/kept": true, "a.example/new": true}),
		"add a.example/new under \"In the program\"", "remove a.example/gone")
	same(t, setFaults(asTools, named[asTools], map[string]bool{"a.example/tool": true}))
	same(t, setFaults(inTests, named[inTests], map[string]bool{"a.example/tool": true}), "add a.example/tool under \"In tests only\"")
}
