// Package delivery sends: bulletins to their frozen audience and notices to one
// person each. It is the one place from which mail leaves.
//
// A Sender waits for the sender's lock, then works in rounds until it is told to
// stop:
//
//  1. what a dead sender left in flight becomes uncertain, and a bulletin that lay
//     still for too long is held: the database may be an old copy (guard.go);
//  2. notices that are due go to the front of the queue;
//  3. of each bulletin that is being sent, the audience is frozen, then chunk
//     after chunk is claimed and queued (flow.go), as the queue empties;
//  4. the queue gives each row to a worker, which owns one connection, when the
//     rates allow it (queue.go, lanes.go, pace.go);
//  5. the worker writes the message, hands it to the server, has the ledger mark
//     the row durably just before the final dot, and records the outcome;
//  6. a bulletin without open rows is sent.
//
// Which outcome leads to which state is decided in policy.go; the SQL is package
// ledger's, the conversation package smtp's, the bytes package message's.
package delivery
