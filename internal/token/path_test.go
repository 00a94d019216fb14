package token

import "testing"

func TestPathsDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]Purpose{}
	for p := Purpose(0); p < 20; p++ {
		path := p.Path()
		if other, twice := seen[path]; twice && path != "" {
			t.Errorf("%d and %d both lead to %s", p, other, path)
		}
		seen[path] = p
	}
	if Unsubscribe.Path() != "/u/" || View.Path() != "/v/" {
		t.Error("mail that was sent already leads nowhere")
	}
}
