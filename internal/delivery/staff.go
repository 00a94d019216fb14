package delivery

import (
	"time"

	"epistle/internal/token"
)

// StaffURL is the link in a notice to one of the staff; claims.Row is the notice,
// which says who follows it. It is empty when the pages have no address.
func (c *Composer) StaffURL(purpose token.Purpose, claims token.Claims, expires time.Time) string {
	path := map[token.Purpose]string{token.Approve: "/staff/approve/", token.Stop: "/staff/stop/"}[purpose]
	if path == "" || c.links.PublicURL == "" {
		return ""
	}
	return c.links.PublicURL + path + c.secrets.Links.Sign(purpose, claims, expires)
}
