package newsletter

import (
	"slices"
	"strings"
)

// Act is something that a member of the staff does to a newsletter's bulletins.
type Act string

const (
	ActContribute Act = "contribute" // write an item for a section, and change one
	ActEdit       Act = "edit"       // approve and withdraw items, make and change bulletins
	ActApprove    Act = "approve"    // approve a bulletin
	ActSend       Act = "send"       // let an approved bulletin leave
	ActStop       Act = "stop"       // hold, pause or cancel a bulletin
	ActGovern     Act = "govern"     // change the newsletter itself, its staff and its deny-list
)

// May says whether a member of the staff may do something, as a refusal that tells
// why not. A contributor contributes, and only to the sections named beside the
// role, to all where none is; an editor does everything but change the newsletter
// itself; an administrator does everything. section is the key of the section that
// ActContribute is about.
//
// Whoever has the shell is trusted and not asked; whoever comes by a link in a mail
// or by a page is.
func (n *Newsletter) May(p Person, act Act, section string) error {
	switch {
	case p.Role == RoleAdministrator, p.Role == RoleEditor && act != ActGovern:
		return nil
	case p.Role == RoleContributor && act == ActContribute:
		if len(p.Sections) == 0 || slices.ContainsFunc(p.Sections, func(name string) bool { return SectionKey(name) == section }) {
			return nil
		}
		return Errorf(Refused, "%s may write for %s and not for %q", p.Name, strings.Join(p.Sections, ", "), section).
			With("An administrator can add the section beside the name under [[staff]].")
	}
	words := map[Act]string{
		ActContribute: "write items", ActEdit: "change bulletins and decide on items", ActApprove: "approve bulletins",
		ActSend: "let bulletins leave", ActStop: "stop bulletins", ActGovern: "change the newsletter",
	}
	role := string(p.Role)
	if role == "" {
		role = "no member of the staff"
	}
	return Errorf(Refused, "%s is %s and may not %s", p.Name, article(role), words[act]).
		With("An administrator can change the role under [[staff]].")
}

func article(role string) string {
	switch Role(role) {
	case RoleContributor:
		return "a contributor"
	case RoleEditor:
		return "an editor"
	case RoleAdministrator:
		return "an administrator"
	}
	return role
}

// StaffMember finds a member of the staff by address, whose capitals do not count.
func (n *Newsletter) StaffMember(email string) (p Person, ok bool) {
	for _, p := range n.Staff {
		if strings.EqualFold(p.Email, email) {
			return p, true
		}
	}
	return Person{}, false
}

// Known gives the name of the member of the staff whom a name means: the name
// itself, the address, or what stands in the address before the @. Any other name,
// and one that could mean two people, stays as it is. So an approval by a link in a
// mail and one by the shell count as one person's.
func (n *Newsletter) Known(name string) string {
	found := ""
	for _, p := range n.Staff {
		box, _, _ := strings.Cut(p.Email, "@")
		if !strings.EqualFold(name, p.Name) && !strings.EqualFold(name, p.Email) && !strings.EqualFold(name, box) {
			continue
		}
		if found != "" && found != p.Name {
			return name
		}
		found = p.Name
	}
	if found == "" {
		return name
	}
	return found
}
