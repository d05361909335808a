package checkout_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/payment"
	"hearth/internal/task"
)

// stayOf1200 is a paid stay of 1200.00 of which 144.00 are our fee.
func stayOf1200(t *testing.T) (*refundWorld, booking.Actor) {
	t.Helper()
	s := newRefunds(t)
	s.b = s.earn("usd", 120000, 1200)
	return s, booking.Admin(s.admin.ID, "192.0.2.9")
}

func (s *refundWorld) refundNow(by booking.Actor, minor int64) {
	s.T.Helper()
	if _, err := s.Checkout.Refund(s.T.Context(), by, s.b.ID, usd(minor), "Broken heating"); err != nil {
		s.T.Fatal(err)
	}
	s.Settle()
}

// fail has the tenant's bank return a refund.
func (s *refundWorld) fail(nth int) {
	s.T.Helper()
	s.Control("refunds/"+s.Refunds(s.b)[nth].StripeID()+"/fail", map[string]any{"reason": "lost_or_stolen_card"})
	s.Settle()
}

// books compares the booking's accounts.
func (s *refundWorld) books(what string, want map[string]int64) {
	s.T.Helper()
	got, err := ledger.BookingBalances(s.T.Context(), s.DB, string(s.b.ID))
	if err != nil {
		s.T.Fatal(err)
	}
	for account, minor := range want {
		if got[account] != minor {
			s.T.Errorf("%s: %s has %d, want %d", what, account, got[account], minor)
		}
	}
}

func (s *refundWorld) tasks(open bool) (all []task.Task) {
	s.T.Helper()
	found, err := task.OfBooking(s.T.Context(), s.DB, string(s.b.ID))
	if err != nil {
		s.T.Fatal(err)
	}
	for _, k := range found {
		if k.Open() == open {
			all = append(all, k)
		}
	}
	return all
}

// A refund that the tenant's bank returns frees its amount: whoever refunds
// again pays with the money that came back, and takes nothing from the owner a
// second time. The task closes by itself.
func TestAReturnedRefundIsPaidOnce(t *testing.T) {
	t.Parallel()
	s, by := stayOf1200(t)
	owner := ledger.Owner(s.acct)
	s.refundNow(by, 40000)
	s.fail(0)
	s.books("returned", map[string]int64{owner: 70400, ledger.Escrow: 40000, ledger.Tenant: -120000})
	open := s.tasks(true)
	if len(open) != 1 || open[0].Key != "refund_failed:"+s.Refunds(s.b)[0].ID || open[0].Freezes || !strings.Contains(open[0].Detail, "lost_or_stolen_card") {
		t.Fatalf("tasks %+v", open)
	}
	if n := mails(t, s.World, "refund_failed_tenant", s.tenant.ID); n != 1 {
		t.Errorf("the tenant gets %d mails", n)
	}
	s.refundNow(by, 15000)
	s.books("a part again", map[string]int64{owner: 70400, ledger.Escrow: 25000, ledger.Tenant: -105000})
	if len(s.tasks(true)) != 1 {
		t.Error("a part of the money closed the task")
	}
	preview, err := s.Checkout.PreviewRefund(t.Context(), s.b, usd(45000))
	if err != nil || preview.Parts != 2 || preview.Back.Minor != 25000 || preview.OwnerLoses.Minor != 17600 {
		t.Fatalf("preview %+v, %v", preview, err)
	}
	s.refundNow(by, 45000)
	if all := s.Refunds(s.b); len(all) != 4 || all[2].Amount != 25000 || all[2].ReverseTransfer || all[3].Amount != 20000 || all[3].ReversedAmount != 20000 {
		t.Errorf("refunds %+v", all)
	}
	s.books("the rest of it, and more", map[string]int64{owner: 52800, ledger.Escrow: 0, ledger.Tenant: -60000})
	if closed := s.tasks(false); len(closed) != 1 || closed[0].ClosedBy != nil {
		t.Errorf("closed tasks %+v", closed)
	}
	s.refundNow(by, 60000)
	s.books("all of it", map[string]int64{owner: 0, ledger.Escrow: 0, ledger.Tenant: 0, ledger.Debt(s.acct): 0})
}

// The second part of a refund outlives its process, too.
func TestDyingBetweenTwoParts(t *testing.T) {
	t.Parallel()
	s, by := stayOf1200(t)
	s.refundNow(by, 40000)
	s.fail(0)
	if _, err := dying(t, s.World).Refund(t.Context(), by, s.b.ID, usd(60000), "Noise"); err == nil {
		t.Fatal("it did not die")
	}
	s.Control("webhooks", map[string]any{"mode": "drop"})
	sweep(t, s.World)
	s.books("swept", map[string]int64{ledger.Owner(s.acct): 52800, ledger.Escrow: 0, ledger.Tenant: -60000})
	if theirs, err := s.Stripe.RefundsByIntent(t.Context(), s.Payment(s.b).IntentID()); err != nil || len(theirs) != 3 {
		t.Errorf("at Stripe: %+v, %v", theirs, err)
	}
}

// What somebody refunds at Stripe's Dashboard is found, and each way of doing it
// is booked to who paid. Hearth's last refund then takes what is left.
func TestRefundsMadeAtTheDashboard(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reverse, fee             string
		owner, revenue, absorbed int64
	}{
		"neither":        {"false", "false", 105600, 10890 - 40000, 40000},
		"the transfer":   {"true", "false", 65600, 10890, 0},
		"as Hearth does": {"true", "true", 70400, 10890 - 4800, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, by := stayOf1200(t)
			s.Advance(8 * 24 * time.Hour)
			s.AtStripe("/v1/topups", "", url.Values{"amount": {"500000"}, "currency": {"usd"}})
			s.Advance(8 * 24 * time.Hour)
			s.AtStripe("/v1/refunds", "", url.Values{"payment_intent": {s.Payment(s.b).IntentID()}, "amount": {"40000"}, "reverse_transfer": {c.reverse}, "refund_application_fee": {c.fee}})
			s.Settle()
			s.books("found", map[string]int64{ledger.Owner(s.acct): c.owner, ledger.Revenue: c.revenue, ledger.Escrow: 0, ledger.Tenant: -80000, ledger.Debt(s.acct): 0})
			all := s.Refunds(s.b)
			if len(all) != 1 || all[0].Cause != "stripe" || all[0].Absorbed != c.absorbed || all[0].ReverseTransfer != (c.reverse == "true") || all[0].RefundApplicationFee != (c.fee == "true") {
				t.Fatalf("refunds %+v", all)
			}
			if n := mails(t, s.World, "refund_owner", s.owner.ID); n != 1 {
				t.Errorf("the owner gets %d mails", n)
			}
			s.Audit()
			s.fail(0)
			s.books("returned", map[string]int64{ledger.Escrow: 40000 - c.absorbed, ledger.Tenant: -120000})
			s.refundNow(by, 120000)
			s.books("all of it", map[string]int64{ledger.Escrow: 0, ledger.Tenant: 0, ledger.Debt(s.acct): 0})
		})
	}
}

// One refund left the transfer alone because the owner's balance was short; the
// last one finds the money there again and takes all of the transfer: the debt
// of the first is gone with it. A bank that returns the first one leaves its
// money with us.
func TestTheLastRefundTakesTheDebtBack(t *testing.T) {
	t.Parallel()
	s, by := stayOf1200(t)
	s.AtStripe("/v1/topups", "", url.Values{"amount": {"900000"}, "currency": {"usd"}})
	s.Advance(8 * 24 * time.Hour)
	payOut(t, s.World, s.acct, 105600)
	s.refundNow(by, 40000)
	if r := s.Refunds(s.b)[0]; r.Attempt != 2 || r.OwnerDebt != 35200 || r.FeeWaived != 4800 {
		t.Fatalf("short: %+v", r)
	}
	s.books("short", map[string]int64{ledger.Debt(s.acct): -35200, ledger.Escrow: 0})
	first := s.b
	s.earn("usd", 300000, 1200)
	s.Advance(8 * 24 * time.Hour)
	s.b = first
	s.refundNow(by, 80000)
	s.books("the rest", map[string]int64{ledger.Debt(s.acct): 0, ledger.Escrow: 0, ledger.Tenant: 0, ledger.Owner(s.acct): 0})
	s.fail(0)
	s.books("the first comes back", map[string]int64{ledger.Debt(s.acct): 0, ledger.Escrow: 40000, ledger.Tenant: -40000, ledger.Owner(s.acct): 0})
	s.refundNow(by, 40000)
	s.books("once more", map[string]int64{ledger.Debt(s.acct): 0, ledger.Escrow: 0, ledger.Tenant: 0, ledger.Owner(s.acct): 0})
}

// Our own balance is short: the preview says so, Stripe keeps the refund
// pending, and the debt is posted at once. A top-up lets it go; one that fails
// instead lifts the debt.
func TestARefundWaitsForOurBalance(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"topped up": false, "failed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, by := stayOf1200(t)
			s.Advance(8 * 24 * time.Hour)
			payOut(t, s.World, s.acct, 105600)
			preview, err := s.Checkout.PreviewRefund(t.Context(), s.b, usd(120000))
			if err != nil || !preview.Short || !preview.Waits || preview.Debt.Minor != 105600 || preview.OurAvailable.Before.Minor != 10890 {
				t.Fatalf("preview %+v, %v", preview, err)
			}
			s.refundNow(by, 120000)
			if r := s.Refunds(s.b)[0]; r.Status != "pending" || r.OwnerDebt != 105600 {
				t.Fatalf("refund %+v", r)
			}
			s.books("pending", map[string]int64{ledger.Escrow: 120000, ledger.Debt(s.acct): -105600, ledger.Tenant: -120000})
			if fails {
				s.fail(0)
				s.books("failed", map[string]int64{ledger.Escrow: 0, ledger.Debt(s.acct): 0, ledger.Tenant: -120000, ledger.Revenue: 10890})
				return
			}
			s.AtStripe("/v1/topups", "", url.Values{"amount": {"500000"}, "currency": {"usd"}})
			s.Advance(8 * 24 * time.Hour)
			s.Settle()
			s.books("topped up", map[string]int64{ledger.Escrow: 0, ledger.Debt(s.acct): -105600, ledger.Tenant: 0})
			if r := s.Refunds(s.b)[0]; r.Status != "succeeded" {
				t.Errorf("refund %+v", r)
			}
		})
	}
}

// Nobody tells of the bank's number of a refund when webhooks are lost: the
// sweep asks for it, a few times a day.
func TestTheSweepFetchesTheBanksNumber(t *testing.T) {
	t.Parallel()
	s, by := stayOf1200(t)
	s.refundNow(by, 40000)
	if r := s.Refunds(s.b)[0]; r.ReferenceStatus != "pending" || r.Reference != "" {
		t.Fatalf("refund %+v", r)
	}
	s.Control("webhooks", map[string]any{"mode": "drop"})
	asked := func() int {
		t.Helper()
		ids, err := payment.Unsettled(t.Context(), s.DB, s.Now().Add(-4*time.Minute), 10)
		if err != nil {
			t.Fatal(err)
		}
		return len(ids)
	}
	s.Advance(time.Hour)
	if asked() != 0 {
		t.Error("it is asked for all the time")
	}
	s.Advance(4 * 24 * time.Hour)
	if asked() != 1 {
		t.Error("nobody asks for it")
	}
	sweep(t, s.World)
	if r := s.Refunds(s.b)[0]; r.ReferenceStatus != "available" || len(r.Reference) != 23 {
		t.Errorf("refund %+v", r)
	}
	s.Advance(24 * time.Hour)
	if asked() != 0 {
		t.Error("it is there, and asked for")
	}
}

// A cause of its own is an admin's to give; an agreement needs a dispute.
func TestARefundByDisputeAgreement(t *testing.T) {
	t.Parallel()
	s, by := stayOf1200(t)
	agree := func(by booking.Actor) error {
		_, err := s.Checkout.RefundSeen(t.Context(), by, s.b.ID, usd(40000), payment.Remaining(s.Payment(s.b), s.Refunds(s.b)), checkout.Why{Cause: "dispute", Reason: "We met half way"})
		return err
	}
	if err := agree(by); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a dispute: %v", err)
	}
	s.Control("charges/"+s.Payment(s.b).ChargeID+"/dispute", map[string]any{"inquiry": true})
	s.Settle()
	if err := agree(by); err != nil {
		t.Fatal(err)
	}
	if err := agree(booking.Owner(s.owner.ID)); err != nil {
		t.Fatal(err)
	}
	s.Settle()
	all := s.Refunds(s.b)
	if len(all) != 2 || all[0].Cause != "dispute" || all[0].Status != "succeeded" || all[1].Cause != "owner" {
		t.Errorf("refunds %+v", all)
	}
}

// Without Stripe's word about balances the preview shows both ways.
func TestAPreviewWithoutBalances(t *testing.T) {
	t.Parallel()
	s, _ := stayOf1200(t)
	s.Control("faults", map[string]any{"route": "GET /v1/balance", "kind": "500", "count": 8})
	preview, err := s.Checkout.PreviewRefund(t.Context(), s.b, usd(40000))
	if err != nil || !preview.OwnerUnread || !preview.OurUnread || preview.Else == nil || preview.Else.Debt.Minor != 35200 || preview.OwnerLoses.Minor != 35200 {
		t.Errorf("preview %+v, %v", preview, err)
	}
}
