package main

import (
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be the program, under the name epistle.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"epistle": main})
}

// TestScripts walks the ways of people who use the program, on the real binary.
// script_test.go has the words that the scripts know beyond testscript's own.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Cmds:                scriptCommands(),
		Setup:               scriptSetup,
		Condition:           scriptCondition,
		RequireExplicitExec: true,
		Deadline:            time.Now().Add(10 * time.Minute),
		RequireUniqueNames:  true,
	})
}
