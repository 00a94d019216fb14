// Package archtest holds the house rules that a compiler does not know, as
// tests; it has no code of its own. Each test names the file, import or line
// that breaks a rule, and what to do about it:
//
//   - a package imports only packages of a lower height (heights_test.go has the
//     table, docs/architecture.md the drawing), and a few ways are closed at any
//     height;
//   - docs/dependencies.md names every module in the program, in the tests and
//     among the tools, and no other;
//   - docs/rfc.md names every RFC that a comment refers to, and no other;
//   - files stay readable, nothing happens before main, no test sleeps, and the
//     top level of the repository holds what was agreed.
//
// It asks the go command about the packages, never the network.
package archtest
