// Package newsletter holds the words of Epistle as types: what a newsletter,
// a section, an item, a bulletin, a subscriber and a delivery are, which
// states they pass through, what makes them valid, and the error type that
// every other package answers with.
//
// It knows nothing of files, databases or the network and imports only the
// standard library. Reading a newsletter's file is the work of package
// definition, storing is that of packages store and ledger.
package newsletter
