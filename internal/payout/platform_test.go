package payout_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

func usd(minor int64) money.Amount { return money.New(minor, "usd") }

func (w *town) planned(do func(tx pgx.Tx) (stripeapi.RequestID, error)) (id stripeapi.RequestID, err error) {
	err = pgx.BeginFunc(w.T.Context(), w.DB, func(tx pgx.Tx) (err error) {
		id, err = do(tx)
		return err
	})
	return id, err
}

func (w *town) topUp(form string, minor int64) (stripeapi.RequestID, error) {
	return w.planned(func(tx pgx.Tx) (stripeapi.RequestID, error) {
		return w.Payout.PlanTopUp(w.T.Context(), tx, form, usd(minor))
	})
}

func (w *town) toBank(form string, minor int64) (stripeapi.RequestID, error) {
	seen, at, err := w.Payout.Own(w.T.Context())
	if err != nil {
		return "", err
	}
	return w.planned(func(tx pgx.Tx) (stripeapi.RequestID, error) {
		return w.Payout.PlanToBank(w.T.Context(), tx, form, usd(minor), seen, at)
	})
}

func (w *town) moves(kind payout.MoveKind) []payout.Move {
	w.T.Helper()
	all, err := w.Payout.Moves(w.T.Context(), kind, 50)
	if err != nil {
		w.T.Fatal(err)
	}
	return all
}

func (w *town) own() payout.Own {
	w.T.Helper()
	all, _, err := w.Payout.Own(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	for _, o := range all {
		if o.Currency == "usd" {
			return o
		}
	}
	return payout.Own{Currency: "usd"}
}

func (w *town) finishOwn(id stripeapi.RequestID, err error) {
	w.T.Helper()
	if err == nil {
		err = w.Payout.FinishOwn(w.T.Context(), id)
	}
	if err != nil {
		w.T.Fatal(err)
	}
	w.Settle()
}

func TestATopUpArrives(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.finishOwn(w.topUp("form", 50000))
	if _, err := w.topUp("form", 50000); !fault.Is(err, fault.Conflict) {
		t.Errorf("the same form again: %v", err)
	}
	all := w.moves(payout.TopUp)
	if len(all) != 1 || all[0].Status != payout.Pending || all[0].StripeID == nil || all[0].ArrivalDate == nil {
		t.Fatalf("asked: %+v", all)
	}
	w.Advance(5 * day)
	w.Settle()
	if all = w.moves(payout.TopUp); all[0].Status != payout.Succeeded || w.own().Available != 50000 {
		t.Errorf("days later: %+v, %+v", all, w.own())
	}
	w.Control("topups/"+*all[0].StripeID+"/resolve", map[string]any{"outcome": "reversed"})
	w.Settle()
	if n := w.count(`SELECT count(*) FROM tasks WHERE kind = 'own_money' AND closed_at IS NULL`); w.moves(payout.TopUp)[0].Status != payout.Reversed || n != 1 {
		t.Errorf("taken back: %+v, %d tasks", w.moves(payout.TopUp), n)
	}
}

// What is tenants', what refunds need, and what somebody has planned a moment
// ago does not go to the bank, however many ask at once.
func TestOnlyWhatIsFreeGoesToTheBank(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.paid(3)
	w.Advance(6 * day)
	free := w.own().Free()
	if free <= 0 || free != w.balance(ledger.Revenue) {
		t.Fatalf("%d are free, the books say %d are ours", free, w.balance(ledger.Revenue))
	}
	if _, err := w.toBank("too much", free+1); !fault.Is(err, fault.Invalid) {
		t.Errorf("more than is free: %v", err)
	}
	w.exec(`INSERT INTO refunds (id, payment_id, booking_id, listing_id, amount, currency, status, cause, reason, actor, reverse_transfer, refund_application_fee, created_at)
		SELECT $1, p.id, p.booking_id, b.listing_id, 1000, 'usd', 'requested', 'admin', 'x', 'admin', true, true, now() FROM payments p JOIN bookings b ON b.id = p.booking_id WHERE b.id = $2`, uuid.NewString(), b.ID)
	if _, err := w.toBank("a refund is under way", free-999); !fault.Is(err, fault.Invalid) {
		t.Errorf("what a refund needs: %v", err)
	}
	w.exec(`UPDATE refunds SET status = 'failed'`)

	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if id, err := w.toBank(uuid.NewString(), free/2+1); err == nil {
				_ = w.Payout.FinishOwn(t.Context(), id)
			}
		})
	}
	all.Wait()
	w.Settle()
	made, err := w.Stripe.Payouts(t.Context(), "", time.Time{}, time.Time{})
	if err != nil || len(made) != 1 || made[0].Amount != free/2+1 {
		t.Fatalf("at Stripe: %+v, %v", made, err)
	}
	if moves := w.moves(payout.ToBank); len(moves) != 1 || *moves[0].StripeID != made[0].ID {
		t.Errorf("here: %+v", moves)
	}
	if _, err := w.toBank("again", free/2+1); !fault.Is(err, fault.Invalid) {
		t.Errorf("what has gone: %v", err)
	}
}

func TestAPendingMoveIsCancelledOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.finishOwn(w.topUp("form", 50000))
	move := w.moves(payout.TopUp)[0]
	cancel := func() (stripeapi.RequestID, error) {
		return w.planned(func(tx pgx.Tx) (stripeapi.RequestID, error) { return w.Payout.PlanCancel(t.Context(), tx, move.ID) })
	}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if id, err := cancel(); err == nil {
				_ = w.Payout.FinishOwn(t.Context(), id)
			}
		})
	}
	all.Wait()
	w.Settle()
	if got := w.moves(payout.TopUp); got[0].Status != payout.Canceled || w.count(`SELECT count(*) FROM stripe_requests WHERE purpose = 'own_cancel'`) != 1 {
		t.Errorf("%+v", got)
	}
	if _, err := cancel(); !fault.Is(err, fault.Conflict) {
		t.Errorf("cancelled twice: %v", err)
	}
	if len(w.moves(payout.ToBank)) != 0 {
		t.Error("a payout came from nowhere")
	}
}

// A cancellation that was given up, or that Stripe refused, can be asked for
// again: it is another request.
func TestACancellationThatCameToNothingIsAskedForAgain(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.finishOwn(w.topUp("form", 50000))
	move := w.moves(payout.TopUp)[0]
	cancel := func() (stripeapi.RequestID, error) {
		return w.planned(func(tx pgx.Tx) (stripeapi.RequestID, error) { return w.Payout.PlanCancel(t.Context(), tx, move.ID) })
	}
	first, err := cancel()
	if err != nil {
		t.Fatal(err)
	}
	if same, err := cancel(); err != nil || same != first {
		t.Errorf("while the first is open: %s and %s, %v", first, same, err)
	}
	if _, err := w.planned(func(tx pgx.Tx) (stripeapi.RequestID, error) {
		_, err := stripeapi.Abandon(t.Context(), tx, first, "a day has passed", w.Now())
		return first, err
	}); err != nil {
		t.Fatal(err)
	}
	w.finishOwn(cancel())
	if got := w.moves(payout.TopUp); got[0].Status != payout.Canceled {
		t.Errorf("%+v", got)
	}
}

// Whatever happens to the answer, or to us, the sweep ends with one of it.
func TestAMoveSurvives(t *testing.T) {
	for _, kind := range []string{"reset", "reset_before", "500_after", "429", "nobody sends it", "500"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			if kind != "nobody sends it" {
				w.spoil("POST /v1/topups", kind)
			}
			id, err := w.topUp("form", 50000)
			if err != nil {
				t.Fatal(err)
			}
			if kind != "nobody sends it" {
				if err := w.Payout.FinishOwn(t.Context(), id); !fault.Is(err, fault.Unavailable) {
					t.Fatalf("a %s is no answer: %v", kind, err)
				}
			}
			w.Control("webhooks", map[string]any{"mode": "drop"})
			for range 3 {
				w.Advance(10 * time.Minute)
				_, _ = w.Reconcile.Sweep(t.Context())
				w.Settle()
			}
			made, err := w.Stripe.Topups(t.Context(), time.Time{})
			all := w.moves(payout.TopUp)
			if err != nil || len(all) != 1 {
				t.Fatalf("%+v, %v", all, err)
			}
			if kind == "500" { // kept under its key: nothing was done, and the list says so
				if len(made) != 0 || all[0].Status != payout.Refused {
					t.Errorf("at Stripe %+v, here %+v", made, all)
				}
				return
			}
			if len(made) != 1 || all[0].StripeID == nil || *all[0].StripeID != made[0].ID || string(all[0].Status) != made[0].Status {
				t.Errorf("at Stripe %+v, here %+v", made, all)
			}
			if r, err := stripeapi.RequestByID(t.Context(), w.DB, id); err != nil || r.State != stripeapi.StateSucceeded {
				t.Errorf("the request is %s, %v", r.State, err)
			}
		})
	}
}

// What somebody does at Stripe's Dashboard is found, with and without webhooks.
func TestMovesThatWeDidNotMakeAreKnown(t *testing.T) {
	for _, mode := range []string{"deliver", "drop"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.paid(3)
			w.Advance(6 * day)
			w.Control("webhooks", map[string]any{"mode": mode})
			id, err := w.planned(func(tx pgx.Tx) (stripeapi.RequestID, error) {
				return w.Stripe.Plan(t.Context(), tx, stripeapi.Planned{Purpose: "outside", Path: stripeapi.PayoutsPath, Key: "outside", Params: stripeapi.PayoutParams{Amount: 1000, Currency: "usd"}.Values()})
			})
			if err != nil {
				t.Fatal(err)
			}
			if made, err := w.Stripe.Send(t.Context(), id); err != nil || made.Refused() {
				t.Fatalf("%+v, %v", made, err)
			}
			w.Advance(10 * time.Minute)
			if mode == "drop" {
				if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			w.Settle()
			all := w.moves(payout.ToBank)
			if len(all) != 1 || all[0].RequestID != nil || all[0].Amount != 1000 || !strings.HasPrefix(*all[0].StripeID, "po_") {
				t.Fatalf("%+v", all)
			}
			w.Control("payouts/"+*all[0].StripeID+"/fail", map[string]any{"reason": "account_closed"})
			if mode == "drop" {
				w.Advance(10 * time.Minute)
				if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			w.Settle()
			if all = w.moves(payout.ToBank); all[0].Status != payout.Failed || all[0].Why() != "The bank account has been closed." {
				t.Errorf("%+v", all)
			}
		})
	}
}
