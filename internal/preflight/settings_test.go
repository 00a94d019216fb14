package preflight

import (
	"slices"
	"strings"
	"testing"

	"epistle/internal/newsletter"
)

func of(t *testing.T, results []Result, name string) Result {
	t.Helper()
	i := slices.IndexFunc(results, func(r Result) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("%s has no result", name)
	}
	return results[i]
}

func TestEveryCheckHasItsSetting(t *testing.T) {
	t.Parallel()
	var names []string
	for _, d := range Docs() {
		names = append(names, d.Name)
	}
	if !slices.Equal(names, newsletter.CheckNames()) {
		t.Errorf("the checks are %q, and the settings %q", names, newsletter.CheckNames())
	}
}

func TestNewsletterSetsItsChecks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		setting newsletter.Setting
		check   string
		spoil   func(*Input)
		want    Verdict
	}{
		{"a warning becomes an error", newsletter.SettingError, "epigraph", func(in *Input) { in.Document.Content.Epigraph = nil }, Error},
		{"an error becomes a warning", newsletter.SettingWarning, "unapproved-items", func(in *Input) { in.Items[0].State = newsletter.ItemDraft }, Warning},
		{"a check is off", newsletter.SettingOff, "unapproved-items", func(in *Input) { in.Items[0].State = newsletter.ItemDraft }, Off},
		{"a warning of an error stays one", newsletter.SettingError, "malformed-link", func(in *Input) { link(in, "https://night/") }, Warning},
		{"an error that is set stays one", newsletter.SettingError, "malformed-link", func(in *Input) { link(in, "https://lantern..example/") }, Error},
		{"nothing found is fine", newsletter.SettingError, "epigraph", func(*Input) {}, OK},
		{"the gate is never off", newsletter.SettingOff, ProtectionGate, func(in *Input) { in.Document.Subject = "Zorvika Quell" }, Error},
		{"the gate is never a warning", newsletter.SettingWarning, ProtectionGate, func(in *Input) { in.Document.Subject = "Zorvika Quell" }, Error},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := clean()
			in.Gate = gate(t, "Zorvika Quell")
			in.Newsletter.Checks = map[string]newsletter.Setting{c.check: c.setting}
			c.spoil(&in)
			if r := of(t, checked(t, in), c.check); r.Verdict != c.want {
				t.Errorf("%+v, want %s", r, c.want)
			}
		})
	}
}

func TestOverridesLetErrorsPass(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Gate = gate(t, "Ofelia Quispe")
	in.Items[0].State = newsletter.ItemDraft
	in.Document.Content.Epigraph = nil
	for _, name := range []string{"unapproved-items", "epigraph", ProtectionGate} {
		in.Overrides = append(in.Overrides, Override{Name: name, Reason: "the editor is ill", By: "bo"})
	}
	results := checked(t, in)
	r := of(t, results, "unapproved-items")
	if r.Verdict != Warning || r.Override == nil || r.Override.By != "bo" || !strings.HasSuffix(r.Message, "(overridden by bo: the editor is ill)") {
		t.Errorf("%+v", r)
	}
	if r := of(t, results, "epigraph"); r.Verdict != Warning || r.Override != nil {
		t.Errorf("a warning was overridden: %+v", r)
	}
	if Worst(results) != Warning {
		t.Errorf("it may not leave: %+v", results)
	}
	in.Document.Subject = "For Ofelia Quispe"
	if r := of(t, checked(t, in), ProtectionGate); r.Verdict != Error || r.Override != nil {
		t.Errorf("the gate was overridden: %+v", r)
	}
}

func TestWithoutTheNetworkItIsNotJudged(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Online = nil
	for _, r := range checked(t, in) {
		if r.Name == "image-size" || r.Name == "published-key" {
			t.Errorf("%+v", r)
		}
	}
}

func TestWithoutARegisterNothingIsCompared(t *testing.T) {
	t.Parallel()
	in := clean()
	in.Newsletter.Pseudonyms = nil
	if r := of(t, checked(t, in), "pseudonyms"); r.Verdict != OK {
		t.Errorf("%+v", r)
	}
}
