package payout_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

const day = 24 * time.Hour

// town is a world with an owner, their home and a tenant.
type town struct {
	*apptest.World
	owner, tenant user.User
	home          listing.Listing
}

func start(t *testing.T) *town {
	t.Helper()
	w := &town{World: apptest.Start(t)}
	w.owner = w.Owner("Olga Owner")
	w.tenant = factory.Person(t, w.DB, "Tom Tenant")
	w.home = factory.Home(t, w.DB, w.owner.ID, nil)
	return w
}

// paid is a stay of two nights that begins in so many days: $480.00, of which
// $422.40 are the owner's.
func (w *town) paid(inDays int) booking.Booking { return w.Confirmed(w.tenant, w.home, inDays, 2) }

const share = 42240

// released runs the job and returns what it did.
func (w *town) released() payout.Run {
	w.T.Helper()
	run, err := w.Payout.ReleaseDue(w.T.Context(), w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	w.Settle()
	return run
}

func (w *town) stay(b booking.Booking) payout.Stay {
	w.T.Helper()
	s, err := payout.StayOf(w.T.Context(), w.DB, b.ID, false)
	if err != nil {
		w.T.Fatal(err)
	}
	return s
}

func (w *town) standing(b booking.Booking) payout.Standing { return w.stay(b).Standing(w.Now(), 1) }

// acct is the owner's account at Stripe.
func (w *town) acct() string { return w.AccountOf(w.owner.ID).StripeAccountID }

func (w *town) atStripe() []stripeapi.Payout {
	w.T.Helper()
	all, err := w.Stripe.Payouts(w.T.Context(), w.acct(), time.Time{}, time.Time{})
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

func (w *town) balance(account string) int64 {
	w.T.Helper()
	b, err := ledger.Balance(w.T.Context(), w.DB, account, "usd")
	if err != nil {
		w.T.Fatal(err)
	}
	return b.Minor
}

func (w *town) exec(sql string, args ...any) {
	w.T.Helper()
	if _, err := w.DB.Exec(w.T.Context(), sql, args...); err != nil {
		w.T.Fatal(err)
	}
}

func (w *town) count(sql string, args ...any) (n int) {
	w.T.Helper()
	if err := w.DB.QueryRow(w.T.Context(), sql, args...).Scan(&n); err != nil {
		w.T.Fatal(err)
	}
	return n
}

func TestTheDayAfterCheckIn(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(10)
	if got := w.standing(b); got != payout.Waiting {
		t.Fatalf("paid today: %s", got)
	}
	due := w.stay(b).DueAt(1)
	if want := time.Date(b.CheckIn.Year(), b.CheckIn.Month(), b.CheckIn.Day()+1, 0, 0, 0, 0, b.Location()); !due.Equal(want) {
		t.Fatalf("due at %s, want %s", due, want)
	}
	w.Advance(due.Sub(w.Now()) - time.Minute)
	if run := w.released(); run != (payout.Run{}) {
		t.Fatalf("a minute early: %+v", run)
	}
	w.Advance(2 * time.Minute)
	if run := w.released(); run.Released != 1 {
		t.Fatalf("on the day: %+v", run)
	}
	if again := w.released(); again != (payout.Run{}) {
		t.Errorf("once more: %+v", again)
	}
	made := w.atStripe()
	if len(made) != 1 || made[0].Amount != share || made[0].Automatic || made[0].Metadata[stripeapi.MetaBooking] != string(b.ID) {
		t.Fatalf("at Stripe: %+v", made)
	}
	if own, bank := w.balance(ledger.Owner(w.acct())), w.balance(ledger.Bank(w.acct())); own != 0 || bank != share {
		t.Errorf("the books say %d left and %d at the bank", own, bank)
	}
	w.Advance(7 * day)
	w.Settle()
	if s := w.stay(b); s.Standing(w.Now(), 1) != payout.Released || *s.PayoutStatus != payout.Paid || s.ArrivalDate == nil {
		t.Errorf("a week later: %+v", s)
	}
}

func TestRunsAtOncePayOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	first, second := w.paid(3), w.paid(6)
	w.Advance(10 * day)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err != nil {
				t.Log(err) // a rival is sending the same request
			}
		})
	}
	all.Wait()
	w.released()
	if made := w.atStripe(); len(made) != 2 || made[0].Amount+made[1].Amount != 2*share {
		t.Errorf("at Stripe: %+v", made)
	}
	if w.standing(first) != payout.Released || w.standing(second) != payout.Released {
		t.Errorf("standing: %s, %s", w.standing(first), w.standing(second))
	}
}

// Whatever happens to the answer, the next run ends with one payout.
func TestLostAnswers(t *testing.T) {
	for _, kind := range []string{"reset", "reset_before", "500_after", "429"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			b := w.paid(3)
			w.Advance(6 * day)
			w.spoil("POST /v1/payouts", kind)
			if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err == nil {
				t.Fatalf("with a %s the run knew how it ended", kind)
			}
			w.Settle()    // the webhook may know more than our answer
			for range 4 { // until the trouble is over
				if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err == nil {
					break
				}
			}
			w.Settle()
			if made := w.atStripe(); len(made) != 1 || made[0].Amount != share {
				t.Errorf("at Stripe: %+v", made)
			}
			if w.standing(b) != payout.Released || w.count(`SELECT count(*) FROM payouts`) != 1 {
				t.Errorf("standing %s, %d rows", w.standing(b), w.count(`SELECT count(*) FROM payouts`))
			}
		})
	}
}

// A server error is repeated for a day by its key; then Stripe's list shows
// that nothing was made, and a new payout is.
func TestAServerErrorIsOvercome(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	w.spoil("POST /v1/payouts", "500")
	if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err == nil {
		t.Fatal("a server error is no answer")
	}
	w.Advance(24 * time.Hour)
	w.released()
	if w.standing(b) != payout.Returned {
		t.Fatalf("given up: %s", w.standing(b))
	}
	w.Advance(13 * time.Hour)
	w.released()
	if made := w.atStripe(); len(made) != 1 || w.standing(b) != payout.Released {
		t.Errorf("at Stripe: %+v, %s", made, w.standing(b))
	}
}

func TestMoneyThatIsNotThereWaits(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(0) // checks in today; the card's money is available in two business days
	w.Advance(35 * time.Hour)
	if got := w.standing(b); got != payout.Settling {
		t.Fatalf("not available yet: %s", got)
	}
	w.Advance(6 * day)
	w.drain(share)
	if run := w.released(); run.Short != 1 || run.Released != 0 || w.count(`SELECT count(*) FROM stripe_requests WHERE purpose = 'payout'`) != 0 {
		t.Fatalf("an empty balance: %+v", run)
	}
	w.refill()
	if run := w.released(); run.Released != 1 {
		t.Errorf("the money is back: %+v", run)
	}
}

// drain takes money out of the owner's balance behind our back.
func (w *town) drain(amount int64) {
	w.T.Helper()
	outside, err := stripeapi.New(stripeapi.Config{Key: "sk_test_outside", APIBase: w.Sandbox, DB: w.DB, Now: w.Now})
	if err != nil {
		w.T.Fatal(err)
	}
	tx, err := w.DB.Begin(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	id, err := outside.Plan(w.T.Context(), tx, stripeapi.Planned{Purpose: "drain", Path: stripeapi.PayoutsPath, Account: w.acct(), Key: "drain",
		Params: stripeapi.PayoutParams{Amount: amount, Currency: "usd"}.Values()})
	if err == nil {
		err = tx.Commit(w.T.Context())
	}
	if err != nil {
		w.T.Fatal(err)
	}
	if made, err := outside.Send(w.T.Context(), id); err != nil || made.Refused() {
		w.T.Fatalf("drain: %+v, %v", made, err)
	}
}

// refill lets the bank return what was drained, and the owner mend their bank.
func (w *town) refill() {
	w.T.Helper()
	w.Control("payouts/"+w.atStripe()[0].ID+"/fail", map[string]any{})
	w.newBank()
}

// newBank gives the account another bank account.
func (w *town) newBank() { w.bank("000123456789") }

func (w *town) bank(number string) {
	w.T.Helper()
	form := url.Values{"external_account[object]": {"bank_account"}, "external_account[country]": {"US"}, "external_account[currency]": {"usd"},
		"external_account[routing_number]": {"110000000"}, "external_account[account_number]": {number}, "default_for_currency": {"true"}}
	w.AtStripe("/v1/accounts/"+w.acct()+"/external_accounts", "", form)
	w.Settle()
}

// spoil makes a route fail. A connection that is cut before any answer is
// tried again by the transport itself, so that one cut would not be noticed.
func (w *town) spoil(route, kind string) {
	w.T.Helper()
	count := 1
	if strings.HasPrefix(kind, "reset") {
		count = 4
	}
	w.Control("faults", map[string]any{"route": route, "kind": kind, "count": count})
}

func TestADisputeFreezes(t *testing.T) {
	for outcome, want := range map[string]payout.Standing{"won": payout.Due, "lost": payout.Nothing} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			b := w.paid(3)
			w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{"reason": "fraudulent"})
			w.Settle()
			w.Advance(6 * day)
			if run := w.released(); run != (payout.Run{}) || w.standing(b) != payout.Frozen {
				t.Fatalf("while it is open: %+v, %s", run, w.standing(b))
			}
			var id string
			if err := w.DB.QueryRow(t.Context(), `SELECT id FROM disputes`).Scan(&id); err != nil {
				t.Fatal(err)
			}
			w.Control("disputes/"+id+"/resolve", map[string]any{"outcome": outcome})
			w.Settle()
			if got := w.standing(b); got != want {
				t.Errorf("%s: %s, want %s", outcome, got, want)
			}
			if run := w.released(); run.Released != map[string]int{"won": 1}[outcome] {
				t.Errorf("%s: %+v", outcome, run)
			}
		})
	}
}

func TestWhatWasRefundedIsNotPaidOut(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), b.ID, money.New(16000, "usd"), "The sauna was cold"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	w.Advance(6 * day)
	if run := w.released(); run.Released != 1 {
		t.Fatalf("released: %+v", run)
	}
	if made := w.atStripe(); len(made) != 1 || made[0].Amount != 28160 {
		t.Errorf("480 less 160, less 12 %%: %+v", made)
	}
}

func TestARefundUnderWayIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	w.spoil("POST /v1/refunds", "reset_before")
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), b.ID, money.New(16000, "usd"), "The sauna was cold"); err != nil {
		t.Fatal(err)
	}
	if run := w.released(); run != (payout.Run{}) || w.standing(b) != payout.Refunding {
		t.Errorf("released: %+v, %s", run, w.standing(b))
	}
}

// A stay cancelled late leaves the owner a part, which is paid out like a stay.
func TestAFullyRefundedStayLeavesNothing(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(w.owner.ID), b.ID, b.Total(), "The roof leaks"); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	w.Advance(6 * day)
	if run := w.released(); run != (payout.Run{}) || w.standing(b) != payout.Nothing {
		t.Errorf("released: %+v, %s", run, w.standing(b))
	}
}

func TestADebtStaysInTheBalance(t *testing.T) {
	t.Parallel()
	w := start(t)
	first, second := w.paid(3), w.paid(6)
	tx, err := w.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = ledger.Post(t.Context(), tx, ledger.Transaction{Reference: "debt:test", Kind: "debt", At: w.Now(),
		Postings: []ledger.Posting{{From: ledger.Debt(w.acct()), To: ledger.Escrow, Amount: money.New(10000, "usd")}}})
	if err == nil {
		err = tx.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Advance(10 * day)
	w.released()
	var paid int64
	for _, p := range w.atStripe() {
		paid += p.Amount
	}
	if paid != 2*share-10000 {
		t.Errorf("%d were paid out of %d, with a debt of 10000", paid, 2*share)
	}
	if w.standing(first) != payout.Released || w.standing(second) != payout.Released {
		t.Errorf("standing: %s, %s", w.standing(first), w.standing(second))
	}
}

func TestMoneyMayNotWaitForEver(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(200)
	w.Advance(84 * day)
	if got := w.standing(b); got != payout.Waiting {
		t.Fatalf("after 84 days: %s", got)
	}
	w.Advance(2 * day)
	if run := w.released(); run.Released != 1 {
		t.Errorf("after 86 days: %+v", run)
	}
}

func TestAnOwnerWhoseBankIsClosedWaits(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	w.exec(`UPDATE connected_accounts SET payouts_enabled = false`)
	if run := w.released(); run != (payout.Run{}) || len(w.atStripe()) != 0 {
		t.Errorf("released: %+v, %s", run, w.standing(b))
	}
}

// Stripe may know what we do not: its refusal gives the stay back.
func TestARefusedPayoutIsTriedLater(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	w.drain(share)
	w.Settle()
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.Control("payouts/"+w.atStripe()[0].ID+"/fail", map[string]any{}) // payouts are off, unheard
	if run := w.released(); run.Refused != 1 || w.standing(b) != payout.Returned {
		t.Fatalf("refused: %+v, %s", run, w.standing(b))
	}
	if run := w.released(); run != (payout.Run{}) {
		t.Errorf("at once again: %+v", run)
	}
	w.newBank()
	w.Advance(13 * time.Hour)
	if run := w.released(); run.Released != 1 {
		t.Errorf("later: %+v", run)
	}
}

// A refund that is reserved while the job is about to pay comes first.
func TestTheBookingIsAskedAgainUnderItsLock(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	tx, err := w.DB.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := booking.Lock(t.Context(), tx, b.ID); err != nil {
		t.Fatal(err)
	}
	done := make(chan payout.Run)
	go func() {
		run, err := w.Payout.ReleaseDue(t.Context(), w.Now())
		if err != nil {
			t.Error(err)
		}
		done <- run
	}()
	for deadline := time.Now().Add(10 * time.Second); w.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the job does not wait for the booking")
		}
	}
	_, err = payment.Reserve(t.Context(), tx, w.Payment(b), payment.Reservation{Amount: b.Total(), Cause: "admin", Reason: "flooded", Actor: "admin"}, w.Now())
	if err == nil {
		err = tx.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	if run := <-done; run.Released != 0 || len(w.atStripe()) != 0 {
		t.Errorf("paid out while a refund was being made: %+v", run)
	}
}
