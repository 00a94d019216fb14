//go:build !unix

package mailbox

import "os"

// lockFile has nothing to lock with: the lock file beside it is all there is.
func lockFile(*os.File, bool) (held bool, err error) { return true, nil }

func unlockFile(*os.File) error { return nil }
