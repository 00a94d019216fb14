package archtest

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// support is the height of packages that only tests import: they may reach for
// anything.
const support = -1

// heights has every package. A package imports only those of a lower height, so
// that there is always a direction in which to read the program.
func heights() map[string]int {
	return map[string]int{
		"internal/newsletter": 0, "internal/token": 0, "internal/address": 0, "internal/tomlfile": 0,
		"internal/terminal": 0, "internal/smtp": 0, "templates": 0, "data": 0,
		"internal/recent": 0, "internal/coalesce": 0,

		"internal/config": 1, "internal/definition": 1, "internal/database": 1, "internal/message": 1,
		"internal/markdown": 1, "internal/filter": 1, "internal/web": 1, "internal/protect": 1, "internal/difference": 1, "internal/inbound/bounce": 1,
		"internal/inbound/mailbox": 1, "internal/inbound/imap": 1, "internal/inbound/lmtp": 1,

		"internal/store": 2, "internal/ledger": 2, "internal/catcher": 2, "internal/render": 2,
		"internal/manuscript": 2, "internal/letters": 2,

		"internal/assembly": 3, "internal/preflight": 3, "internal/audience": 3, "internal/archive": 3,

		"internal/delivery": 4, "internal/inbound": 4,

		"internal/release": 5, "internal/web/public": 5, "internal/web/staff": 5, "internal/rehearsal": 5,

		"internal/schedule": 6,

		"internal/app": 7, "internal/cli": 8, "cmd/epistle": 9,

		"internal/archtest": support, "internal/judge": support,
		"internal/smtp/smtptest": support, "internal/database/databasetest": support,
		"internal/web/webtest": support,
	}
}

// closed tells why one package may not import another although the heights
// would allow it; empty when it may.
func closed(from, to string) string {
	inWeb := from == "internal/web" || strings.HasPrefix(from, "internal/web/")
	switch {
	case inWeb && to == "internal/delivery":
		return "pages write rows; only delivery and its callers in app and cli send"
	case from == "internal/web/public" && to == "internal/web/console":
		return "readers' pages know nothing of the staff's"
	case from == "internal/web/staff" && to == "internal/web/public":
		return "the staff's pages and the readers' know nothing of each other"
	case to == "internal/config" && from != "internal/app" && from != "internal/cli":
		return "only app and cli read the configuration; hand over the values"
	}
	return ""
}

func TestPackagesImportOnlyLowerOnes(t *testing.T) {
	t.Parallel()
	report(t, heightFaults(list(t, "-e", "./..."), heights()))
}

func heightFaults(pkgs []pkg, table map[string]int) []string {
	var faults []string
	for _, p := range pkgs {
		from, known := table[p.name()]
		if !known {
			faults = append(faults, fmt.Sprintf("%s has no height: add it to heights() and to docs/architecture.md", p.name()))
			continue
		}
		for _, path := range p.Imports {
			to, ours := strings.CutPrefix(path, module+"/")
			if why := importFault(p.name(), from, to, table); ours && why != "" {
				faults = append(faults, fmt.Sprintf("%s imports %s: %s", p.name(), to, why))
			}
		}
	}
	return faults
}

func importFault(name string, from int, to string, table map[string]int) string {
	height, known := table[to]
	switch {
	case from == support || !known: // an unknown package is reported as itself
		return ""
	case height == support:
		return "that package is for tests only"
	case height >= from:
		return fmt.Sprintf("height %d imports height %d, and only lower ones may be imported", from, height)
	}
	return closed(name, to)
}

func TestHeightsNameOnlyPackagesThatExist(t *testing.T) {
	t.Parallel()
	exists := map[string]bool{}
	for _, p := range list(t, "-e", "./...") {
		exists[p.name()] = true
	}
	for name := range heights() {
		if !exists[name] {
			t.Errorf("heights() names %s, which does not exist: remove it", name)
		}
	}
}

func TestHeightRulesCanFail(t *testing.T) {
	t.Parallel()
	imports := func(from string, to ...string) []pkg {
		p := pkg{ImportPath: module + "/" + from}
		for _, name := range to {
			p.Imports = append(p.Imports, module+"/"+name)
		}
		return []pkg{p}
	}
	tests := []struct {
		name string
		pkgs []pkg
		want []string
	}{
		{"a lower package may be imported", imports("internal/store", "internal/database", "internal/newsletter"), nil},
		{"its own height may not", imports("internal/store", "internal/ledger"), []string{"internal/store imports internal/ledger: height 2"}},
		{"a higher one may not", imports("internal/message", "internal/store"), []string{"height 1 imports height 2"}},
		{"pages do not send", imports("internal/web/public", "internal/delivery"), []string{"pages write rows"}},
		{"only app and cli read the configuration", imports("internal/delivery", "internal/config"), []string{"only app and cli"}},
		{"the program's main does not either", imports("cmd/epistle", "internal/config"), []string{"only app and cli"}},
		{"app does", imports("internal/app", "internal/config"), nil},
		{"test support stays out of the program", imports("internal/app", "internal/smtp/smtptest"), []string{"for tests only"}},
		{"test support reaches for anything", imports("internal/judge", "internal/app"), nil},
		{"a new package needs a height", imports("internal/novel"), []string{"internal/novel has no height"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := heightFaults(test.pkgs, heights())
			sort.Strings(got)
			same(t, got, test.want...)
		})
	}
	if closed("internal/web/public", "internal/web/console") == "" {
		t.Error("the way from web/public to web/console is open")
	}
}
