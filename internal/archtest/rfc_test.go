package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestRFCReferencesAreListed(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join(root(t), "docs", "rfc.md"))
	if err != nil {
		t.Fatal(err)
	}
	listed, faults := listedRFCs(string(data))
	report(t, faults)
	referred := map[int]string{}
	walk(t, ".go", func(name string, data []byte) {
		report(t, collectRFCs(referred, name, data))
	})
	report(t, rfcFaults(listed, referred))
}

// listedRFCs reads the rows of docs/rfc.md: number, title, what is done with it,
// support word.
func listedRFCs(page string) (listed map[int]bool, faults []string) {
	listed = map[int]bool{}
	last := 0
	for line := range strings.Lines(page) {
		rest, ok := strings.CutPrefix(line, "| RFC ")
		if !ok || strings.HasPrefix(rest, "|") { // no row, or the table's head
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(rest), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		number, err := strconv.Atoi(cells[0])
		switch {
		case err != nil || len(cells) != 4 || cells[1] == "" || cells[2] == "":
			faults = append(faults, fmt.Sprintf("docs/rfc.md: the row %q is not number, title, what Epistle does, support", strings.TrimSpace(line)))
			continue
		case number <= last:
			faults = append(faults, fmt.Sprintf("docs/rfc.md: RFC %d stands after RFC %d", number, last))
		case !slices.Contains([]string{"yes", "partly", "no", "read"}, cells[3]):
			faults = append(faults, fmt.Sprintf("docs/rfc.md: RFC %d has the support word %q instead of yes, partly, no or read", number, cells[3]))
		}
		listed[number], last = true, number
	}
	return listed, faults
}

// collectRFCs notes every RFC that a comment refers to, with the place of one
// such comment, and reports references of another form than "RFC 8058 §3.1".
func collectRFCs(referred map[int]string, name string, data []byte) []string {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, data, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	good := regexp.MustCompile(`\bRFC\s+(\d{3,5})\b`)
	bad := regexp.MustCompile(`(?i)(?:^|[^\w.])(RFC[-_]?\d{3,5}|RFC\s+\d{3,5}:?,?\s+(?:section|sec\.?|§\s)\S*)`)
	var faults []string
	for _, group := range file.Comments {
		text, place := words(group), set.Position(group.Pos()).String()
		for _, m := range bad.FindAllStringSubmatch(text, -1) {
			faults = append(faults, fmt.Sprintf("%s: write %q like \"RFC 8058 §3.1\"", place, m[1]))
		}
		for _, m := range good.FindAllStringSubmatch(text, -1) {
			number, err := strconv.Atoi(m[1])
			if err != nil {
				return append(faults, err.Error())
			}
			if referred[number] == "" {
				referred[number] = place
			}
		}
	}
	return faults
}

// words is a comment's text on one line, so that a reference may wrap.
func words(group *ast.CommentGroup) string { return strings.Join(strings.Fields(group.Text()), " ") }

func rfcFaults(listed map[int]bool, referred map[int]string) []string {
	var faults []string
	for _, n := range slices.Sorted(maps.Keys(referred)) {
		if !listed[n] {
			faults = append(faults, fmt.Sprintf("%s refers to RFC %d: add the row `| RFC %d | title | what Epistle does | yes, partly, no or read |` to docs/rfc.md", referred[n], n, n))
		}
	}
	for _, n := range slices.Sorted(maps.Keys(listed)) {
		if referred[n] == "" {
			faults = append(faults, fmt.Sprintf("docs/rfc.md: no comment refers to RFC %d: put the reference beside the line it justifies, or remove the row", n))
		}
	}
	return faults
}

func TestRFCRulesCanFail(t *testing.T) {
	t.Parallel()
	listed, faults := listedRFCs("| RFC | title | what | support |\n| RFC 2369 | List headers | all of it | yes |\n| RFC 2919 | List-Id | all | maybe |\n| RFC 2047 | words | all | yes |\n| RFC 8058 | one click |\n")
	same(t, faults, `RFC 2919 has the support word "maybe"`, "RFC 2047 stands after RFC 2919", "is not number, title")

	referred := map[int]string{}
	source := "package x\n\n// Lists are those of RFC 2369 §3.1, RFC\n// 8058 §3.1 and time.RFC3339.\nvar a int // RFC 2919 §2\n"
	same(t, collectRFCs(referred, "x.go", []byte(source)))
	same(t, rfcFaults(listed, referred), "x.go:3:1 refers to RFC 8058: add the row", "no comment refers to RFC 2047")

	for _, wrong := range []string{"RFC8058", "rfc-8058 §3", "RFC 8058, section 3.1", "RFC 8058 Section 3.1", "RFC 8058 § 3.1"} {
		same(t, collectRFCs(map[int]string{}, "x.go", []byte("package x\n// See "+wrong+".\nvar a int\n")), "x.go:2:1: write")
	}
}
