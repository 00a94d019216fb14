package newsletter

import "testing"

func TestWhatEachRoleMayDo(t *testing.T) {
	t.Parallel()
	n := &Newsletter{}
	acts := []Act{ActContribute, ActEdit, ActApprove, ActSend, ActStop, ActGovern}
	for name, c := range map[string]struct {
		person Person
		may    string // one letter an act, in the order above
	}{
		"a contributor of the section": {Person{Role: RoleContributor, Sections: []string{"South  Asia:"}}, "y....."},
		"a contributor of another":     {Person{Role: RoleContributor, Sections: []string{"Latin America"}}, "......"},
		"a contributor of all":         {Person{Role: RoleContributor}, "y....."},
		"an editor":                    {Person{Role: RoleEditor}, "yyyyy."},
		"an editor with sections":      {Person{Role: RoleEditor, Sections: []string{"Latin America"}}, "yyyyy."},
		"an administrator":             {Person{Role: RoleAdministrator}, "yyyyyy"},
		"somebody else":                {Person{}, "......"},
		"a role from another version":  {Person{Role: "owner"}, "......"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, act := range acts {
				err := n.May(c.person, act, "south-asia")
				if (err == nil) != (c.may[i] == 'y') {
					t.Errorf("%s: %v", act, err)
				}
				if err != nil && (KindOf(err) != Refused || RemedyOf(err) == "") {
					t.Errorf("%s is refused with %v and no way on", act, err)
				}
			}
		})
	}
}

func TestOnePersonIsKnownByItsNames(t *testing.T) {
	t.Parallel()
	n := &Newsletter{Staff: []Person{
		{Name: "Teresa Vilar", Email: "teresa@lantern.example.org"},
		{Name: "Kwame Boateng", Email: "news@lantern.example.org"},
		{Name: "Meera Anand", Email: "news@kalapettai.example.org"},
	}}
	for name, want := range map[string]string{
		"Teresa Vilar": "Teresa Vilar", "teresa": "Teresa Vilar", "TERESA@lantern.example.org": "Teresa Vilar",
		"news": "news", "root": "root", "": "", "teresa@elsewhere.example": "teresa@elsewhere.example",
	} {
		if got := n.Known(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	if _, ok := n.StaffMember("Teresa@Lantern.example.org"); !ok {
		t.Error("capitals of an address count")
	}
	if _, ok := n.StaffMember("teresa"); ok {
		t.Error("half an address is enough")
	}
}
