package public

import (
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"epistle/internal/audience"
)

// TestFaultsStandBesideTheirFields sends every form nonsense: the answer is the page
// again, and one field or button has the focus and names the sentence that says what
// is wrong.
func TestFaultsStandBesideTheirFields(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	choose := v.options.Preferences.Link(v.list.ID, v.reader)
	for range audience.PerReaderDay {
		for _, do := range []string{"download", "erase"} {
			v.post(choose+"/you", url.Values{"do": {do}})
		}
	}
	for name, tt := range map[string]struct {
		path string
		form url.Values
		at   string // the value of the attribute name or value
	}{
		"an address":           {"/subscribe/weekly", url.Values{"address": {"keeper@"}}, "address"},
		"no address":           {"/subscribe/weekly", url.Values{}, "address"},
		"another address":      {choose + "/you", url.Values{"do": {"address"}, "address": {"new"}}, "address"},
		"a download too many":  {choose + "/you", url.Values{"do": {"download"}}, "do"},
		"an erasure too many":  {choose + "/you", url.Values{"do": {"erase"}}, "do"},
		"a day in the past":    {choose, url.Values{"do": {"pause"}, "until": {"2020-01-01"}}, "until"},
		"a day far away":       {choose, url.Values{"do": {"pause"}, "until": {"2100-01-01"}}, "until"},
		"no day":               {choose, url.Values{"do": {"pause"}}, "until"},
		"no number of days":    {choose, url.Values{"do": {"pause"}, "days": {"many"}}, "until"},
		"too few days":         {choose, url.Values{"do": {"pause"}, "days": {"-3"}}, "until"},
		"too many days":        {choose, url.Values{"do": {"pause"}, "days": {"99999999"}}, "until"},
		"days out of a number": {choose, url.Values{"do": {"pause"}, "days": {"99999999999999999999"}}, "until"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, page := v.post(tt.path, tt.form)
			if resp.StatusCode != 422 {
				t.Fatalf("status %d: %s", resp.StatusCode, page)
			}
			root, err := html.Parse(strings.NewReader(page))
			if err != nil {
				t.Fatal(err)
			}
			faulty, ids := 0, map[string]*html.Node{}
			for n := range root.Descendants() {
				ids[attr(n, "id")] = n
			}
			for n := range root.Descendants() {
				if (n.DataAtom == atom.Input || n.DataAtom == atom.Button) && strings.HasSuffix(attr(n, "aria-describedby"), "fault") {
					faulty++
					said := ids[attr(n, "aria-describedby")]
					if said == nil || said.FirstChild == nil || len(said.FirstChild.Data) < 20 || attr(n, "name") != tt.at || !strings.Contains(page, " autofocus>") {
						t.Errorf("%s is not told of: %s", attr(n, "name"), page)
					}
				}
			}
			if faulty != 1 {
				t.Errorf("%d fields have a fault: %s", faulty, page)
			}
		})
	}
}
