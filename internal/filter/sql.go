package filter

import (
	"strconv"
	"strings"
	"time"
)

// SQL turns a filter into a condition in portable SQL, with its parameters
// numbered from first. The query around it calls the person p (table subscribers
// or view people) and the subscription s (view memberships). A nil filter holds for
// everyone.
func (n *Node) SQL(first int) (condition string, args []any) {
	if n == nil {
		return "1 = 1", nil
	}
	c := gathered{first: first}
	return c.sql(n), c.args
}

// gathered holds the parameters of a filter's SQL. Values only ever become
// parameters, and so do the names of custom fields.
type gathered struct {
	first int // the number of its first parameter
	args  []any
}

func (c *gathered) param(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(c.first+len(c.args)-1)
}

// sql turns a filter into a condition on p (people) and s (memberships).
func (c *gathered) sql(n *Node) string {
	switch n.Kind {
	case Not:
		return "NOT (" + c.sql(n.Args[0]) + ")"
	case And, Or:
		var parts []string
		for _, a := range n.Args {
			parts = append(parts, c.sql(a))
		}
		return "(" + strings.Join(parts, map[Kind]string{And: " AND ", Or: " OR "}[n.Kind]) + ")"
	}
	return c.compare(n)
}

// columns are the fields that are no custom ones.
func column(field string) string {
	switch field {
	case "email":
		return "p.email_key"
	case "domain", "name", "language", "time_zone":
		return "p." + field
	case "state", "since":
		return "s." + field
	case "joined":
		return "s.made_at"
	case "consent":
		return "s.consent_at"
	}
	return ""
}

func (c *gathered) compare(n *Node) string {
	if n.Field == "tag" {
		list := make([]string, len(n.Values))
		for i, v := range n.Values {
			list[i] = c.param(v)
		}
		exists := "EXISTS (SELECT 1 FROM people_tags t WHERE t.subscriber_id = p.id AND t.tag IN (" + strings.Join(list, ", ") + "))"
		if n.Op == "!=" {
			return "NOT " + exists
		}
		return exists
	}
	if IsDate(n.Field) {
		return c.date(n)
	}
	value := column(n.Field)
	if value == "" {
		value = "COALESCE((SELECT f.value FROM people_fields f WHERE f.subscriber_id = p.id AND f.name = " + c.param(n.Field) + "), '')"
	}
	switch n.Op {
	case "~":
		like := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(n.Values[0]))
		return "LOWER(" + value + ") LIKE " + c.param("%"+like+"%") + ` ESCAPE '\'`
	case "in":
		list := make([]string, len(n.Values))
		for i, v := range n.Values {
			list[i] = "LOWER(" + c.param(v) + ")"
		}
		return "LOWER(" + value + ") IN (" + strings.Join(list, ", ") + ")"
	}
	return "LOWER(" + value + ") " + map[string]string{"!=": "<>"}[n.Op] + map[string]string{"=": "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}[n.Op] +
		" LOWER(" + c.param(n.Values[0]) + ")"
}

// date compares days in UTC: "joined = 2027-03-12" means that whole day.
func (c *gathered) date(n *Node) string {
	value := column(n.Field)
	var parts []string
	for _, v := range n.Values {
		day, err := time.Parse(time.DateOnly, v)
		if err != nil {
			return "1 = 0" // Parse has refused it
		}
		from, to := day.UnixMilli(), day.AddDate(0, 0, 1).UnixMilli()
		switch n.Op {
		case "<":
			return value + " < " + c.param(from)
		case "<=":
			return value + " < " + c.param(to)
		case ">":
			return value + " >= " + c.param(to)
		case ">=":
			return value + " >= " + c.param(from)
		}
		parts = append(parts, "("+value+" >= "+c.param(from)+" AND "+value+" < "+c.param(to)+")")
	}
	all := "(" + strings.Join(parts, " OR ") + ")"
	if n.Op == "!=" {
		return "NOT " + all
	}
	return all
}
