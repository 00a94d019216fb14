package newsletter

import "fmt"

// BulletinState is where a bulletin stands.
//
//	draft → review (frozen, hashed) → approved → sending ⇄ paused → sent
//	held and cancelled on the side
type BulletinState string

const (
	BulletinReview    BulletinState = "review"    // frozen and hashed, waiting for approval
	BulletinApproved  BulletinState = "approved"  // approved for exactly its current hash
	BulletinSending   BulletinState = "sending"   // the audience is being or has been frozen, mail leaves
	BulletinPaused    BulletinState = "paused"    // a person or the sender's own fault stopped it
	BulletinSent      BulletinState = "sent"      // no delivery is pending, in flight or deferred any more
	BulletinHeld      BulletinState = "held"      // too late, or preflight fell: a person decides
	BulletinCancelled BulletinState = "cancelled" // will not leave (any further)
)

// Begun says whether the bulletin has begun to leave: then neither its content
// nor its approval can change any more.
func (s BulletinState) Begun() bool {
	return s == BulletinSending || s == BulletinPaused || s == BulletinSent || s == BulletinCancelled
}

// ItemState is where one contribution stands.
type ItemState string

const (
	ItemDraft     ItemState = "draft"     // contributed, not yet approved
	ItemApproved  ItemState = "approved"  // may be used by the next bulletin that wants it
	ItemUsed      ItemState = "used"      // stands in a bulletin
	ItemWithdrawn ItemState = "withdrawn" // will not be used
)

// SubscriptionState is a person's relation to one newsletter.
type SubscriptionState string

const (
	SubscriptionPending      SubscriptionState = "pending"      // signed up, not confirmed
	SubscriptionActive       SubscriptionState = "active"       // gets every bulletin
	SubscriptionPaused       SubscriptionState = "paused"       // gets none until a date, or until resumed
	SubscriptionSuspended    SubscriptionState = "suspended"    // stopped because mail bounced
	SubscriptionUnsubscribed SubscriptionState = "unsubscribed" // left
)

// DeliveryState is where one bulletin to one subscriber (or one notice) stands.
// The numbers are stored; they never change.
type DeliveryState int

const (
	DeliveryPending   DeliveryState = 0 // not tried yet
	DeliveryDeferred  DeliveryState = 1 // tried, to be tried again
	DeliveryInFlight  DeliveryState = 2 // marked: the final dot may have been written
	DeliverySent      DeliveryState = 3 // the server took it
	DeliveryFailed    DeliveryState = 4 // refused for good, or given up
	DeliveryUncertain DeliveryState = 5 // the connection was lost after the mark
	DeliverySkipped   DeliveryState = 6 // left, suppressed or erased before it was tried
	DeliveryCancelled DeliveryState = 7 // the send was cancelled first
)

// DeliveryStates lists every state in the order in which a ledger is shown.
var DeliveryStates = []DeliveryState{
	DeliverySent, DeliveryPending, DeliveryInFlight, DeliveryDeferred,
	DeliveryFailed, DeliveryUncertain, DeliverySkipped, DeliveryCancelled,
}

var deliveryNames = [...]string{"pending", "deferred", "in_flight", "sent", "failed", "uncertain", "skipped", "cancelled"}

// String gives the word of the architecture page: pending, deferred, in_flight,
// sent, failed, uncertain, skipped, cancelled.
func (s DeliveryState) String() string {
	if s < 0 || int(s) >= len(deliveryNames) {
		return fmt.Sprintf("state %d", int(s))
	}
	return deliveryNames[s]
}

// Balance is a bulletin's ledger: how many deliveries stand in each state.
type Balance map[DeliveryState]int

// Audience is the sum over all states: how many the bulletin was frozen for.
func (b Balance) Audience() int {
	n := 0
	for _, v := range b {
		n += v
	}
	return n
}

// Open counts the deliveries that still have to be worked on.
func (b Balance) Open() int {
	return b[DeliveryPending] + b[DeliveryDeferred] + b[DeliveryInFlight]
}
