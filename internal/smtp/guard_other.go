//go:build !unix

package smtp

// stirred cannot be known here without waiting; the reply to the dot will tell.
func (g *guard) stirred() bool { return false }
