package newsletter

import "fmt"

// Bounces says what follows for a reader, or for a send, when mail comes back. A
// complaint always ends every subscription of the person and suppresses the
// address; what servers hold against the sender never touches a reader.
type Bounces struct {
	// Hard is what follows when an address takes no mail, whatever is sent:
	// HardSuspend, HardUnsubscribe or HardNothing; empty means HardSuspend.
	Hard string `toml:"hard" json:"hard"`
	// Soft is how many failures of other sorts, in bulletins within Weeks and
	// without a success between them, suspend a subscription; 0: none ever do.
	Soft  int `toml:"soft" json:"soft"`
	Weeks int `toml:"weeks" json:"weeks"`
	// PauseBounces and PauseComplaints pause a send that is under way when that
	// part of what was handed over has failed, or was complained about: 0.05 is 5
	// in 100. 0: never. See PauseAttempts.
	PauseBounces    float64 `toml:"pause_bounces,omitempty" json:"pause_bounces,omitempty"`
	PauseComplaints float64 `toml:"pause_complaints,omitempty" json:"pause_complaints,omitempty"`
}

// What follows when an address takes no mail.
const (
	HardSuspend     = "suspend"
	HardUnsubscribe = "unsubscribe"
	HardNothing     = "nothing"
)

// PauseAttempts is how many messages must have been handed over before a rate says
// enough to pause a send.
const PauseAttempts = 1000

// DefaultBounces is the policy of a newsletter whose file does not say otherwise:
// three failures within four weeks are three bulletins of a weekly letter.
func DefaultBounces() Bounces {
	return Bounces{Hard: HardSuspend, Soft: 3, Weeks: 4}
}

func (v *validation) bounces(b Bounces) {
	v.check(b.Hard == "" || b.Hard == HardSuspend || b.Hard == HardUnsubscribe || b.Hard == HardNothing, "bounces.hard",
		fmt.Sprintf("%q is not what may follow", b.Hard), `Write "suspend", "unsubscribe" or "nothing".`)
	v.check(b.Soft >= 0 && b.Soft <= 100, "bounces.soft", "the number of failures is not from 0 to 100", "Usual is 3; 0 suspends nobody.")
	v.check(b.Soft == 0 || b.Weeks >= 1 && b.Weeks <= 104, "bounces.weeks", "the number of weeks is not from 1 to 104", "Usual is 4.")
	v.rate("bounces.pause_bounces", b.PauseBounces)
	v.rate("bounces.pause_complaints", b.PauseComplaints)
}

// rate refuses what is no part of a whole, such as 5 for 5 %.
func (v *validation) rate(key string, rate float64) {
	v.check(rate >= 0 && rate < 1, key, fmt.Sprintf("%v is not a part of all messages", rate), "Write 0.05 for 5 of 100; leave it out to pause nothing.")
}
