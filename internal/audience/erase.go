package audience

import (
	"context"

	"epistle/internal/address"
	"epistle/internal/database"
	"epistle/internal/store"
)

// Erase removes a person everywhere and leaves only the keyed hash of the address,
// on the suppression list. It is done also for an address that nobody has, so that
// none brings it in.
func (a *Audience) Erase(ctx context.Context, addr address.Address, by string) (found bool, err error) {
	release, err := a.job(ctx)
	if err != nil {
		return false, err
	}
	defer release()
	var all []address.Address
	err = a.store.DB().Write(ctx, func(tx *database.Tx) error {
		id, err := a.store.SubscriberByKeyTx(tx, addr.Key())
		if err != nil {
			return err
		}
		found = id != 0
		if all, err = a.everyAddressTx(tx, id, addr); err != nil {
			return err
		}
		for _, each := range all {
			hash := a.hash.AddressHash(each.Key())
			if err := a.store.EraseSuppressedTx(tx, hash, by); err != nil {
				return err
			}
			if err := a.store.EraseSignupsTx(tx, hash); err != nil {
				return err
			}
			if err := a.ledger.EraseTx(tx, id, each.String()); err != nil {
				return err
			}
			if err := a.store.EraseInboundTx(tx, id, each.String()); err != nil {
				return err
			}
		}
		if err := a.store.EraseSubscriberTx(tx, id); err != nil {
			return err
		}
		return a.store.AuditTx(tx, store.Entry{Actor: by, Action: "subscriber.erase", SubscriberID: id})
	})
	if err != nil {
		return false, err
	}
	for _, each := range all {
		if err := a.erasePlans(ctx, each); err != nil {
			return found, err
		}
		if err := a.store.EraseInboundRaw(ctx, each.String(), rawStep); err != nil {
			return found, err
		}
	}
	return found, nil
}

// rawStep is how many messages that came in are looked through at a time.
const rawStep = 200

// everyAddressTx gives the address and those that the person had before it.
func (a *Audience) everyAddressTx(tx *database.Tx, id int64, addr address.Address) ([]address.Address, error) {
	former, err := a.store.FormerAddressesTx(tx, id)
	if err != nil {
		return nil, err
	}
	all := []address.Address{addr}
	for _, email := range former {
		old, err := address.Parse(email)
		if err != nil {
			return nil, err
		}
		all = append(all, old)
	}
	return all, nil
}

// erasePlans empties the lines of stored plans that hold an address.
func (a *Audience) erasePlans(ctx context.Context, addr address.Address) error {
	var plans []store.PlanRange
	if err := a.store.DB().Read(ctx, func(tx *database.Tx) (err error) {
		plans, err = a.store.PlanRangesTx(tx, planStep)
		return err
	}); err != nil {
		return err
	}
	for _, p := range plans {
		if err := a.store.DB().Write(ctx, func(tx *database.Tx) error { return a.store.ErasePlanTx(tx, p, addr.String()) }); err != nil {
			return err
		}
	}
	return nil
}
