// Package rehearsal performs the whole send of a bulletin to its whole real
// audience, with nothing leaving the machine, and looks at every single message.
//
// The steps of Run: the audience is read from the lists by other SQL than the
// one that freezes it (readers.go); the bulletin is started on a copy of the
// database and sent by the real sender, through SMTP, into the catcher on this
// machine; each message is examined as it arrives (examine.go) and kept only
// when something is wrong with it; its link to leave is used against a second
// copy; at the end the two sides are compared: nobody missing, nobody twice,
// nobody who should get nothing, everybody who was to leave has left.
//
// Making the two copies and the services on them is left to package app, telling
// the result to package cli.
package rehearsal
