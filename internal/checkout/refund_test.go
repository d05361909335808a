package checkout_test

import (
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

func requestOf(r payment.Refund) stripeapi.RequestID { return stripeapi.RequestID(*r.RequestID) }

// lateButPaid is a booking whose hold we gave up although its tenant paid: the
// rows say expired, Stripe says paid, and no webhook has arrived yet.
func lateButPaid(t *testing.T, w *apptest.World, tenant user.User, home listing.ID) booking.Booking {
	t.Helper()
	l, err := listing.ByID(t.Context(), w.DB, home)
	if err != nil {
		t.Fatal(err)
	}
	b := w.Held(tenant, l, 30, 3)
	w.Control("webhooks", map[string]any{"mode": "hold"})
	w.Pay(b, apptest.Good)
	tx, err := w.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	locked, err := booking.Lock(t.Context(), tx, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = booking.Move(t.Context(), tx, locked, booking.Expired, booking.System, "test: given up too early", w.Now()); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Control("webhooks", map[string]any{"mode": "deliver"})
	return b
}

func usd(minor int64) money.Amount { return money.New(minor, "usd") }

func TestPartialThenFullRefund(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5) // 1080.00, fee 129.60
	account := w.AccountOf(owner.ID).StripeAccountID
	for i, step := range []struct{ amount, owner, revenue int64 }{
		{40000, 95040 - 40000 + 4800, 12960 - 3162 - 4800},
		{68000, 0, -3162},
	} {
		before, err := w.Checkout.PreviewRefund(t.Context(), b, usd(step.amount))
		if err != nil || before.Blocked != "" {
			t.Fatalf("preview %d: %+v %v", i, before, err)
		}
		if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(step.amount), "Broken heating"); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		balances, err := ledger.BookingBalances(t.Context(), w.DB, string(b.ID))
		if err != nil {
			t.Fatal(err)
		}
		if balances[ledger.Owner(account)] != step.owner || balances[ledger.Revenue] != step.revenue || balances[ledger.Escrow] != 0 {
			t.Errorf("after refund %d: %v, want owner %d, revenue %d", i+1, balances, step.owner, step.revenue)
		}
		if before.OwnerAfter.Minor != step.owner {
			t.Errorf("the preview promised the owner %d, the ledger says %d", before.OwnerAfter.Minor, step.owner)
		}
	}
	_, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(1), "Once more")
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("nothing is left, and a refund is %v", err)
	}
}

// Two admins at once never refund more than there was.
func TestRefundsAtOnce(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	var all sync.WaitGroup
	var mu sync.Mutex
	granted := 0
	for range 4 {
		all.Go(func() {
			_, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(60000), "Twice")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				granted++
			} else if !fault.Is(err, fault.Invalid) {
				t.Errorf("a refund too many: %v", err)
			}
		})
	}
	all.Wait()
	if granted != 1 {
		t.Errorf("%d refunds of 600.00 out of 1080.00 were granted", granted)
	}
}

// The owner's balance is empty: the tenant has the money all the same, and the
// owner owes it.
func TestShortBalanceBecomesADebt(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	other := w.Confirmed(tenant, factory.Home(t, w.DB, w.Owner("Ossi").ID, nil), 60, 20) // the platform has money
	_ = other
	w.Advance(8 * 24 * time.Hour)
	account := w.AccountOf(owner.ID).StripeAccountID
	payOut(t, w, account, 95040)
	if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, b.Total(), "Fire"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	refunds := w.Refunds(b)
	if len(refunds) != 1 || refunds[0].Attempt != 2 || refunds[0].ReverseTransfer || refunds[0].Status == "requested" || refunds[0].OwnerDebt != 95040 {
		t.Fatalf("refunds: %+v", refunds)
	}
	debt, err := ledger.Balance(t.Context(), w.DB, ledger.Debt(account), "usd")
	if err != nil || debt.Minor != -95040 {
		t.Errorf("the owner owes %v, %v", debt, err)
	}
}

// payOut empties the owner's balance as the release job would.
func payOut(t *testing.T, w *apptest.World, account string, amount int64) {
	t.Helper()
	tx, err := w.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	id, err := w.Stripe.Plan(t.Context(), tx, stripeapi.Planned{Purpose: stripeapi.ForPayout, Path: stripeapi.PayoutsPath, Account: account,
		Key: "test:payout", About: "test", Params: stripeapi.PayoutParams{Amount: amount, Currency: "usd"}.Values()})
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	outcome, err := w.Stripe.Send(t.Context(), id)
	if err != nil || outcome.Refused() {
		t.Fatalf("payout: %+v %v", outcome, err)
	}
}

func TestTenantCancelsByPolicy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		inDays int
		refund int64
	}{"in time": {30, 108000}, "late": {3, 58000}} { // moderate: half of 1000.00, and the cleaning
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), c.inDays, 5)
			seen, err := w.Checkout.PreviewCancel(t.Context(), booking.Tenant(tenant.ID), b)
			if err != nil || seen.Refund.Minor != c.refund {
				t.Fatalf("preview %+v, %v", seen, err)
			}
			if err := w.Checkout.Cancel(t.Context(), booking.Tenant(tenant.ID), b.ID, usd(c.refund+1), ""); !fault.Is(err, fault.Conflict) {
				t.Errorf("another refund than the one seen: %v", err)
			}
			if err := w.Checkout.Cancel(t.Context(), booking.Tenant(tenant.ID), b.ID, seen.Refund, ""); err != nil {
				t.Fatal(err)
			}
			w.Settle()
			refunds := w.Refunds(b)
			if got := w.Booking(b.ID).Status; got != booking.Cancelled || len(refunds) != 1 || refunds[0].Amount != c.refund || refunds[0].Status != "succeeded" {
				t.Errorf("booking %s, refunds %+v", got, refunds)
			}
		})
	}
}

func TestADisputeBlocksRefunds(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Pay(b, "4000000000000259")
	w.Advance(time.Minute) // the bank disputes a little later
	w.Settle()
	disputes, err := payment.DisputesOf(t.Context(), w.DB, w.Payment(b).ID)
	if err != nil || len(disputes) != 1 || disputes[0].Status != "needs_response" || disputes[0].Withdrawn != b.TotalAmount || disputes[0].DueBy == nil {
		t.Fatalf("disputes %+v, %v", disputes, err)
	}
	if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(100), "Sorry"); !fault.Is(err, fault.Conflict) {
		t.Errorf("refund of a disputed payment: %v", err)
	}
	w.Control("disputes/"+disputes[0].ID+"/resolve", map[string]any{"outcome": "won"})
	w.Settle()
	if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(100), "Sorry"); err != nil {
		t.Errorf("refund after the dispute was won: %v", err)
	}
}

// Stripe made the refund and kept a failure as its answer: it is found by list,
// and the tenant is refunded once.
func TestALostRefundIsFoundAgain(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Control("faults", map[string]any{"route": "POST /v1/refunds", "kind": "500_after", "count": 1})
	w.Control("webhooks", map[string]any{"mode": "drop"})
	r, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(5000), "Noise")
	if err != nil {
		t.Fatal(err)
	}
	if r = w.Refunds(b)[0]; r.Status != "requested" {
		t.Fatalf("nobody knows, and the refund is %s", r.Status)
	}
	if err := w.Checkout.Finish(t.Context(), requestOf(r)); err != nil { // the failure is repeated: nothing is under way
		t.Fatal(err)
	}
	refunds := w.Refunds(b)
	if len(refunds) != 1 || refunds[0].Status != "succeeded" || refunds[0].Attempt != 1 || w.Payment(b).AmountRefunded != 5000 {
		t.Errorf("refunds %+v, refunded %d", refunds, w.Payment(b).AmountRefunded)
	}
}

// Two cents are too little for a part of our fee, and Stripe makes no refund of
// it: the next refund's part is not taken for this one's.
func TestATinyRefundGivesNothingOfTheFee(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]time.Duration{"in one second": 0, "later": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			admin := factory.Person(t, w.DB, "Ada", user.Admin)
			b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
			for _, amount := range []int64{2, 50000, 57998} {
				if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(amount), "Rounding"); err != nil {
					t.Fatal(err)
				}
				w.Advance(between)
				w.Settle()
			}
			for i, want := range []int64{0, 6000, 6960} {
				if r := w.Refunds(b)[i]; r.FeeRefunded != want {
					t.Errorf("a refund of %d gave %d of our fee back, want %d", r.Amount, r.FeeRefunded, want)
				}
			}
		})
	}
}
