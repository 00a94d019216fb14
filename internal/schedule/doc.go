// Package schedule says when a newsletter's work is done.
//
// Its calendar is pure: no clock, no database. It works in this order:
//
//  1. ParseSpec reads a cron spec (five fields, or a word such as @weekly) and
//     refuses what could surprise: a zone of its own, an interval counted from
//     the program's start, a day that never comes.
//  2. Spec.Next finds the next run on the wall clock alone, where no hour is
//     missing and none comes twice. That wall-clock time is the run's key.
//  3. The wall-clock time is mapped to the first instant at which the clock of
//     the newsletter's zone shows it or a later time. So a time that the change
//     to summer time leaves out runs when the clock has jumped, and a time that
//     the change back brings twice runs at its first coming.
//  4. Decide compares that instant with the present and with the lateness limit.
//
// One wall-clock time therefore gives exactly one run, whatever the zone does.
// Two different wall-clock times inside one gap share an instant: both runs
// exist under their own keys, in the order of their keys, and both are due when
// the clock has jumped.
//
// The calendar leaves to others: the zone rules themselves (the program embeds
// time/tzdata, so that it does not depend on the machine's files), storing the
// runs, and doing the work that is due.
package schedule
