package app_test

import (
	"fmt"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/connect"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// disputePurposes are what a dispute makes us ask.
var disputePurposes = map[string]purpose{
	"ForEvidenceFile": {begin: func(t *testing.T, d *dying) {
		d.disputed(t)
		d.died(t, d.checkout.StageEvidence(t.Context(), d.admin, d.dispute, ours, 0, "Kept"))
	}, send: func(t *testing.T, d *dying, id stripeapi.RequestID) {
		paper, err := payment.PaperByRequest(t.Context(), d.DB, string(id))
		d.must(t, err)
		_, err = d.Stripe.SendFile(t.Context(), id, paper.Content)
		d.must(t, err)
	}, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.EvidenceFiles(t.Context(), time.Time{})
		d.must(t, err)
		if theirs, err := d.Stripe.Dispute(t.Context(), d.dispute); err != nil || !theirs.HasEvidence || theirs.SubmissionCount != 0 {
			t.Errorf("the papers are to be staged, and no more: %+v, %v", theirs, err)
		}
		return len(all) - len(checkout.EvidencePapers) + 1 // one died
	}, unmade: 1},
	"ForEvidence": {begin: func(t *testing.T, d *dying) {
		d.disputed(t)
		d.must(t, d.Checkout.StageEvidence(t.Context(), d.admin, d.dispute, ours, 0, "Kept"))
		d.died(t, d.checkout.SubmitEvidence(t.Context(), d.admin, d.dispute, 1, "Go"))
	}, count: func(t *testing.T, d *dying) int {
		theirs, err := d.Stripe.Dispute(t.Context(), d.dispute)
		d.must(t, err)
		return theirs.SubmissionCount
	}, unmade: 1},
	"ForDisputeClose": {begin: func(t *testing.T, d *dying) {
		d.disputed(t)
		d.died(t, d.checkout.AcceptDispute(t.Context(), d.admin, d.dispute, "needs_response", "They are right"))
	}, count: func(t *testing.T, d *dying) int {
		if theirs, err := d.Stripe.Dispute(t.Context(), d.dispute); err != nil || theirs.Status != "lost" {
			t.Errorf("%+v, %v", theirs, err)
		}
		return d.reversals(t, stripeapi.MetaDispute, d.dispute) // taken back from the owner, too
	}, unmade: 1},
	"ForRecovery": {begin: func(t *testing.T, d *dying) {
		d.disputed(t)
		d.died(t, d.checkout.RecoverDispute(t.Context(), d.admin, d.dispute, d.booking.Total(), "Now"))
	}, count: func(t *testing.T, d *dying) int { return d.reversals(t, stripeapi.MetaDispute, d.dispute) }, unmade: 1},
	"ForReturn": {begin: func(t *testing.T, d *dying) {
		d.disputed(t)
		d.must(t, d.Checkout.RecoverDispute(t.Context(), d.admin, d.dispute, d.booking.Total(), "Now"))
		d.Control("disputes/"+d.dispute+"/resolve", map[string]any{"outcome": "won"})
		d.Settle() // plans it
	}, count: func(t *testing.T, d *dying) (n int) {
		all, err := d.Stripe.TransfersOf(t.Context(), d.Payment(d.booking).IntentID())
		d.must(t, err)
		for _, transfer := range all {
			if transfer.Metadata[stripeapi.MetaDispute] == d.dispute {
				n++
			}
		}
		return n
	}, unmade: 1},
}

// moneyPurposes are what owners' payouts, our own money and accounts make us ask.
var moneyPurposes = map[string]purpose{
	"ForCollection": {begin: func(t *testing.T, d *dying) {
		d.rich(t)
		first := d.Confirmed(d.tenant, d.home, 2, 2)
		d.Advance(5 * 24 * time.Hour)
		_, err := d.Payout.ReleaseDue(t.Context(), d.Now())
		d.must(t, err)
		_, err = d.Checkout.Refund(t.Context(), booking.Owner(d.owner.ID), first.ID, first.Amount(10000), "The roof leaks")
		d.must(t, err)
		d.booking = d.Confirmed(d.tenant, d.home, 3, 2)
		d.Advance(6 * 24 * time.Hour)
		_, err = d.payout.ReleaseDue(t.Context(), d.Now())
		d.died(t, err)
	}, count: func(t *testing.T, d *dying) int { return d.reversals(t, stripeapi.MetaBooking, string(d.booking.ID)) }, unmade: 1},
	"ForDebtReturn": {begin: func(t *testing.T, d *dying) {
		d.rich(t)
		d.admin = booking.Admin(factory.Person(t, d.DB, "Ada", user.Admin).ID, "192.0.2.9")
		first := d.Confirmed(d.tenant, d.home, 2, 2)
		d.Advance(5 * 24 * time.Hour)
		_, err := d.Payout.ReleaseDue(t.Context(), d.Now())
		d.must(t, err)
		d.dispute = fmt.Sprint(d.Control("charges/"+d.Payment(first).ChargeID+"/dispute", nil)["id"])
		d.Settle()
		d.must(t, d.Checkout.RecoverDispute(t.Context(), d.admin, d.dispute, first.Total(), "Now")) // their balance is short
		d.booking = d.Confirmed(d.tenant, d.home, 3, 2)
		d.Advance(6 * 24 * time.Hour)
		_, err = d.Payout.ReleaseDue(t.Context(), d.Now()) // netted
		d.must(t, err)
		d.Control("disputes/"+d.dispute+"/resolve", map[string]any{"outcome": "won"})
		d.Settle()
		_, err = d.payout.ReleaseDue(t.Context(), d.Now())
		d.died(t, err)
	}, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.TransfersOf(t.Context(), d.Payment(d.booking).IntentID())
		d.must(t, err)
		return len(all) - 1 // the charge's own
	}, unmade: 1},
	"ForSchedule": {begin: func(t *testing.T, d *dying) {
		err := d.payout.SetSchedule(t.Context(), booking.Owner(d.owner.ID), d.AccountOf(d.owner.ID).StripeAccountID, payout.Wish{Interval: "daily"}, "")
		d.died(t, err)
	}, count: func(t *testing.T, d *dying) int {
		theirs, err := d.Stripe.Account(t.Context(), d.AccountOf(d.owner.ID).StripeAccountID)
		d.must(t, err)
		return one(theirs.Schedule.Interval == "daily")
	}},
	"ForOwnPayout": {begin: func(t *testing.T, d *dying) {
		d.rich(t)
		seen, at, err := d.Payout.Own(t.Context())
		d.must(t, err)
		d.plan(t, func(tx pgx.Tx) (stripeapi.RequestID, error) {
			return d.Payout.PlanToBank(t.Context(), tx, "form", money.New(1000, "usd"), seen, at)
		})
	}, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.Payouts(t.Context(), "", time.Time{}, time.Time{})
		d.must(t, err)
		return len(all)
	}},
	"ForTopup": {begin: func(t *testing.T, d *dying) { d.topUp(t) }, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.Topups(t.Context(), time.Time{})
		d.must(t, err)
		return len(all)
	}},
	"ForOwnCancel": {begin: func(t *testing.T, d *dying) {
		d.must(t, d.Payout.FinishOwn(t.Context(), d.topUp(t)))
		all, err := d.Payout.Moves(t.Context(), payout.TopUp, 1)
		d.must(t, err)
		d.plan(t, func(tx pgx.Tx) (stripeapi.RequestID, error) { return d.Payout.PlanCancel(t.Context(), tx, all[0].ID) })
	}, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.Topups(t.Context(), time.Time{})
		d.must(t, err)
		return one(len(all) == 1 && all[0].Status == "canceled")
	}},
	"ForReject": {begin: func(t *testing.T, d *dying) {
		d.plan(t, func(tx pgx.Tx) (stripeapi.RequestID, error) {
			return d.Hosting.PlanReject(t.Context(), tx, d.AccountOf(d.owner.ID).StripeAccountID, "fraud")
		})
	}, count: func(t *testing.T, d *dying) int {
		ours := d.AccountOf(d.owner.ID)
		theirs, err := d.Stripe.Account(t.Context(), ours.StripeAccountID)
		d.must(t, err)
		rejected := connect.Account{}.With(theirs, d.Now()).Rejected()
		if ours.Rejected() != rejected {
			t.Errorf("rejected at Stripe: %v, here: %v", rejected, ours.Rejected())
		}
		return one(rejected)
	}},
}

// ours is evidence that leaves the bank undecided.
var ours = map[string]string{"customer_name": "Maya", "uncategorized_text": "Ours"}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// rich gives the platform fees of its own: another owner's stay.
func (d *dying) rich(t *testing.T) {
	t.Helper()
	d.Confirmed(d.tenant, factory.Home(t, d.DB, d.Owner("Ossi").ID, map[string]any{"nightly_price": 100000}), 90, 20)
	d.Advance(3 * 24 * time.Hour)
}

// disputed is a stay whose bank asks for the money back.
func (d *dying) disputed(t *testing.T) {
	t.Helper()
	d.rich(t)
	d.admin = booking.Admin(factory.Person(t, d.DB, "Ada", user.Admin).ID, "192.0.2.9")
	d.booking = d.Confirmed(d.tenant, d.home, 30, 5)
	d.Advance(3 * 24 * time.Hour)
	d.dispute = fmt.Sprint(d.Control("charges/"+d.Payment(d.booking).ChargeID+"/dispute", nil)["id"])
	d.Settle()
}

// reversals counts what was taken back of the booking's transfer under a mark.
func (d *dying) reversals(t *testing.T, key, value string) (n int) {
	t.Helper()
	look, err := d.Stripe.LookAtPayment(t.Context(), "", d.Payment(d.booking).IntentID())
	d.must(t, err)
	for _, r := range look.Transfer.Reversals {
		if r.Metadata[key] == value {
			n++
		}
	}
	return n
}

// plan is an admin's form whose process dies once it has committed.
func (d *dying) plan(t *testing.T, do func(tx pgx.Tx) (stripeapi.RequestID, error)) (id stripeapi.RequestID) {
	t.Helper()
	d.must(t, pgx.BeginFunc(t.Context(), d.DB, func(tx pgx.Tx) (err error) {
		id, err = do(tx)
		return err
	}))
	return id
}

func (d *dying) topUp(t *testing.T) stripeapi.RequestID {
	t.Helper()
	return d.plan(t, func(tx pgx.Tx) (stripeapi.RequestID, error) {
		return d.Payout.PlanTopUp(t.Context(), tx, "form", money.New(50000, "usd"))
	})
}

// waiting counts the rows of ours that still wait for an answer of Stripe's.
func (d *dying) waiting(t *testing.T) (n int) {
	t.Helper()
	d.must(t, d.DB.QueryRow(t.Context(), `SELECT
		(SELECT count(*) FROM payout_schedules WHERE status = 'planned') + (SELECT count(*) FROM platform_moves WHERE status = 'planned')
		+ (SELECT count(*) FROM debt_collections WHERE status = 'planned') + (SELECT count(*) FROM debt_returns WHERE status = 'planned') + (SELECT count(*) FROM payouts WHERE status = 'planned')
		+ (SELECT count(*) FROM dispute_recoveries WHERE state IN ('planned', 'returning'))
		+ (SELECT count(*) FROM dispute_answers WHERE state IN ('uploading', 'sending'))
		+ (SELECT count(*) FROM refunds WHERE status = 'requested')`).Scan(&n))
	return n
}
