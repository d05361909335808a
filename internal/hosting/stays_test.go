package hosting_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/task"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

const day = 24 * time.Hour

// town is all of Hearth with an owner, their home, a tenant and an admin.
type town struct {
	*apptest.World
	owner, tenant, admin user.User
	home                 listing.Listing
}

func settled(t *testing.T) *town {
	t.Helper()
	w := &town{World: apptest.Start(t)}
	w.owner = w.Owner("Olga Owner")
	w.tenant = factory.Person(t, w.DB, "Tom Tenant")
	w.admin = factory.Person(t, w.DB, "Ada Admin", user.Admin)
	w.home = factory.Home(t, w.DB, w.owner.ID, nil)
	return w
}

func (w *town) account() connect.Account { return w.AccountOf(w.owner.ID) }
func (w *town) acct() string             { return w.account().StripeAccountID }

// act does something in a transaction of its own, as the admin's form does.
func (w *town) act(do func(ctx context.Context, tx pgx.Tx) error) error {
	return pgx.BeginFunc(w.T.Context(), w.DB, func(tx pgx.Tx) error { return do(w.T.Context(), tx) })
}

func (w *town) must(do func(ctx context.Context, tx pgx.Tx) error) {
	w.T.Helper()
	if err := w.act(do); err != nil {
		w.T.Fatal(err)
	}
}

func (w *town) pause() {
	w.T.Helper()
	acct := w.acct()
	w.must(func(ctx context.Context, tx pgx.Tx) error {
		return w.Hosting.Pause(ctx, tx, acct, "Two tenants complained")
	})
}

func (w *town) count(sql string, args ...any) (n int) {
	w.T.Helper()
	if err := w.DB.QueryRow(w.T.Context(), sql, args...).Scan(&n); err != nil {
		w.T.Fatal(err)
	}
	return n
}

func (w *town) sweep() {
	w.T.Helper()
	if _, err := w.Reconcile.Sweep(w.T.Context()); err != nil {
		w.T.Error(err)
	}
	w.Settle()
}

func (w *town) books() error {
	_, _, err := w.Checkout.Start(w.T.Context(), w.tenant.ID, w.Ask(w.home, 60, 2, "another"))
	return err
}

func (w *town) released() int {
	w.T.Helper()
	run, err := w.Payout.ReleaseDue(w.T.Context(), w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	w.Settle()
	return run.Released
}

func (w *town) tasks(kind string) (open, all int) {
	return w.count(`SELECT count(*) FROM tasks WHERE kind = $1 AND closed_at IS NULL`, kind), w.count(`SELECT count(*) FROM tasks WHERE kind = $1`, kind)
}

func TestAPausedAccountTakesNothingNewAndPaysNothingOut(t *testing.T) {
	t.Parallel()
	w := settled(t)
	stay := w.Confirmed(w.tenant, w.home, 3, 2)
	w.pause()
	if a := w.account(); a.CanBePaid() || a.State() != connect.Paused {
		t.Fatalf("paused: %s", a.State())
	}
	if err := w.books(); !fault.Is(err, fault.Conflict) {
		t.Errorf("a new booking: %v", err)
	}
	w.Control("accounts/"+w.acct()+"/onboard", map[string]any{"outcome": "active"}) // Stripe has news: not about our hold
	w.Settle()
	w.Advance(6 * day)
	if n := w.released(); n != 0 || w.Booking(stay.ID).Status != booking.Confirmed {
		t.Errorf("%d paid out while paused; the stay is %s", n, w.Booking(stay.ID).Status)
	}
	acct := w.acct()
	if err := w.act(func(ctx context.Context, tx pgx.Tx) error { return w.Hosting.Pause(ctx, tx, acct, "again") }); !fault.Is(err, fault.Conflict) {
		t.Errorf("paused twice: %v", err)
	}
	w.must(func(ctx context.Context, tx pgx.Tx) error { return w.Hosting.Resume(ctx, tx, acct) })
	if err := w.books(); err != nil || w.released() != 1 {
		t.Errorf("resumed: %v", err)
	}
	if n := w.count(`SELECT count(*) FROM notifications WHERE template = 'account_problem_owner' AND user_id = $1`, w.owner.ID); n != 1 {
		t.Errorf("%d mails to the owner", n)
	}
}

// Pausing, releasing and booking at once: whatever was first, nothing is
// planned for the account once the pause has committed.
func TestNothingIsPlannedAfterAPause(t *testing.T) {
	t.Parallel()
	w := settled(t)
	for i := range 5 {
		w.Confirmed(w.tenant, w.home, 3*i, 2)
	}
	w.Advance(20 * day)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { _, _ = w.Payout.ReleaseDue(t.Context(), w.Now()) })
	}
	for i := range 6 {
		all.Go(func() {
			_, _, _ = w.Checkout.Start(t.Context(), w.tenant.ID, w.Ask(w.home, 60+3*i, 2, "form-"+string(rune('a'+i))))
		})
	}
	all.Go(w.pause)
	all.Wait()
	if n := w.count(`SELECT count(*) FROM stripe_requests r, connected_accounts a WHERE r.purpose = 'payout' AND r.planned_at > a.paused_at + interval '1 second'`); n != 0 {
		t.Errorf("%d payouts were planned after the pause", n)
	}
	if err := w.Hosting.MindStays(t.Context()); err != nil { // a hold that was being changed was passed over
		t.Fatal(err)
	}
	if n := w.count(`SELECT count(*) FROM bookings WHERE status = 'held' AND hold_until > $1`, w.Now()); n != 0 {
		t.Errorf("%d payment pages stay open", n)
	}
}

// Whoever stands at Stripe's page when the account stops is told that it is
// closed, unless they have paid: then the stay stands.
func TestOpenPaymentPagesAreClosed(t *testing.T) {
	for name, stop := range map[string]func(*town){
		"paused":       (*town).pause,
		"deauthorised": func(w *town) { w.Control("accounts/"+w.acct()+"/deauthorize", map[string]any{}) },
		"rejected":     func(w *town) { w.Control("accounts/"+w.acct()+"/onboard", map[string]any{"outcome": "rejected"}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			open := w.Held(w.tenant, w.home, 3, 2)
			paid := w.Held(w.tenant, w.home, 10, 2)
			w.Pay(paid, apptest.Good) // and its webhook waits
			stop(w)
			w.Settle()
			w.sweep()
			if b := w.Booking(paid.ID); b.Status != booking.Confirmed {
				t.Errorf("paid before: %s", b.Status)
			}
			if b := w.Booking(open.ID); b.Status != booking.Expired {
				t.Errorf("open: %s", b.Status)
			}
			if status, _ := w.TryControl("checkout/"+w.Session(open)+"/pay", map[string]any{"card": apptest.Good}); status == 200 {
				t.Error("the closed page takes money")
			}
		})
	}
}

// When the owner lost a capability after the page was opened, Stripe has the
// word: either it takes no money and the hold ends, or it does and the stay
// stands.
func TestACapabilityLostBetweenHoldAndPayment(t *testing.T) {
	t.Parallel()
	w := settled(t)
	b := w.Held(w.tenant, w.home, 3, 2)
	w.Control("accounts/"+w.acct()+"/onboard", map[string]any{"outcome": "restricted"})
	w.Settle()
	if w.account().CanBePaid() || w.books() == nil {
		t.Fatal("the home is on sale")
	}
	status, _ := w.TryControl("checkout/"+w.Session(b)+"/pay", map[string]any{"card": apptest.Good})
	w.Settle()
	w.Advance(time.Hour)
	w.sweep()
	w.sweep()
	want := map[bool]booking.Status{true: booking.Confirmed, false: booking.Expired}[status == 200]
	if got := w.Booking(b.ID); got.Status != want || (w.Payment(b).AmountReceived > 0) != (status == 200) {
		t.Errorf("the page answered %d, the booking is %s, %d were taken", status, got.Status, w.Payment(b).AmountReceived)
	}
}

func TestStaysOfALostAccountStandAndCanBeRefunded(t *testing.T) {
	for name, lose := range map[string]func(*town){
		accountLost:     func(w *town) { w.Control("accounts/"+w.acct()+"/deauthorize", map[string]any{}) },
		accountRejected: func(w *town) { w.Control("accounts/"+w.acct()+"/onboard", map[string]any{"outcome": "rejected"}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			first, second := w.Confirmed(w.tenant, w.home, 3, 2), w.Confirmed(w.tenant, w.home, 10, 2)
			lose(w)
			w.Settle()
			for range 2 { // told again
				w.nudge()
				if err := w.Hosting.MindStays(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if open, all := w.tasks(name); open != 1 || all != 1 {
				t.Fatalf("%d open tasks of %d", open, all)
			}
			if owner, admin := w.mails("account_problem_owner", w.owner), w.mails("account_%_admin", w.admin); owner != 1 || admin != 1 {
				t.Errorf("%d mails to the owner, %d to the admin", owner, admin)
			}
			if w.Booking(first.ID).Status != booking.Confirmed || w.books() == nil {
				t.Error("the stays do not stand, or the home is on sale")
			}
			w.refunded(first)
			w.Advance(6 * day)
			if n := w.released(); n != 0 {
				t.Errorf("%d paid out", n)
			}
			w.Advance(10 * day)
			if _, err := w.Checkout.CompleteStays(t.Context()); err != nil || w.Booking(second.ID).Status != booking.Completed {
				t.Fatalf("the stay is over: %s, %v", w.Booking(second.ID).Status, err)
			}
			if err := w.Hosting.MindStays(t.Context()); err != nil {
				t.Fatal(err)
			}
			if open, all := w.tasks(name); open != 0 || all != 1 {
				t.Errorf("nothing is open any more: %d open tasks of %d", open, all)
			}
		})
	}
}

const (
	accountLost     = "account_lost"
	accountRejected = "account_rejected"
)

func (w *town) mails(template string, to user.User) int {
	return w.count(`SELECT count(*) FROM notifications WHERE template LIKE $1 AND user_id = $2`, template, to.ID)
}

func (w *town) nudge() {
	w.T.Helper()
	if err := w.Inbox.LookNow(w.T.Context(), inbound.SourceSweep, inbound.Subject{Kind: inbound.Account, ID: w.acct()}); err != nil {
		w.T.Fatal(err)
	}
}

// refunded gives all of a stay back: the tenant has it, and the books close.
func (w *town) refunded(b booking.Booking) {
	w.T.Helper()
	if _, err := w.Checkout.Refund(w.T.Context(), booking.Admin(w.admin.ID, ""), b.ID, b.Total(), "The owner is gone"); err != nil {
		w.T.Fatal(err)
	}
	w.sweep()
	all := w.Refunds(b)
	if last := all[len(all)-1]; last.Status != "succeeded" {
		w.T.Errorf("refunds: %+v", all)
	}
	sums, err := ledger.BookingBalances(w.T.Context(), w.DB, string(b.ID))
	if err != nil || sums[ledger.Tenant] != 0 || sums[ledger.Escrow] != 0 || sums[ledger.Owner(w.acct())]+sums[ledger.Debt(w.acct())] != 0 {
		w.T.Errorf("books: %v, %v", sums, err)
	}
}

func TestAConnectionThatComesBackClosesTheTask(t *testing.T) {
	t.Parallel()
	w := settled(t)
	w.Confirmed(w.tenant, w.home, 3, 2)
	a := w.account()
	w.must(func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := connect.Disconnect(ctx, tx, a.ID, true, w.Now())
		return err
	})
	if err := w.Hosting.MindStays(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, _ := w.tasks(accountLost); open != 1 {
		t.Fatalf("%d open tasks", open)
	}
	w.nudge() // Stripe shows it to us: it was never gone
	if open, all := w.tasks(accountLost); open != 0 || all != 1 || !w.account().CanBePaid() {
		t.Errorf("connected again: %d open tasks of %d", open, all)
	}
	w.Advance(time.Minute)
	w.must(func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := connect.Disconnect(ctx, tx, a.ID, true, w.Now())
		return err
	})
	if err := w.Hosting.MindStays(t.Context()); err != nil {
		t.Fatal(err)
	}
	if open, all := w.tasks(accountLost); open != 1 || all != 2 {
		t.Errorf("lost once more: %d open tasks of %d", open, all)
	}
	list, err := task.List(t.Context(), w.DB, true, 10, 0)
	if err != nil || !strings.HasSuffix(list[0].Href, "/admin/accounts/"+w.acct()) {
		t.Errorf("%+v, %v", list, err)
	}
}

func (w *town) planReject() (id stripeapi.RequestID, err error) {
	acct := w.acct()
	err = w.act(func(ctx context.Context, tx pgx.Tx) (err error) {
		id, err = w.Hosting.PlanReject(ctx, tx, acct, "fraud")
		return err
	})
	return id, err
}

func TestAnAccountIsRejectedOnce(t *testing.T) {
	t.Parallel()
	w := settled(t)
	ids := make(chan stripeapi.RequestID, 4)
	var all sync.WaitGroup
	for range cap(ids) {
		all.Go(func() {
			if id, err := w.planReject(); err == nil {
				ids <- id
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(ids) != 1 {
		t.Fatalf("%d of four forms at once were taken", len(ids))
	}
	id := <-ids
	for range 3 {
		all.Go(func() { _ = w.Hosting.Finish(t.Context(), id) })
	}
	all.Wait()
	w.Settle()
	if a := w.account(); a.State() != connect.Rejected || a.DisabledReason != "rejected.fraud" {
		t.Errorf("%s, %s", a.State(), a.DisabledReason)
	}
	if _, err := w.planReject(); !fault.Is(err, fault.Conflict) {
		t.Errorf("again: %v", err)
	}
}

// Whatever happens to the answer, or to us, the sweep ends it.
func TestARejectionSurvives(t *testing.T) {
	for _, kind := range []string{"reset", "reset_before", "500_after", "429", "nobody sends it", "500"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := settled(t)
			if kind != "nobody sends it" {
				w.Control("faults", map[string]any{"route": "POST /v1/accounts/{id}/reject", "kind": kind, "count": map[bool]int{true: 4, false: 1}[strings.HasPrefix(kind, "reset")]})
			}
			id, err := w.planReject()
			if err != nil {
				t.Fatal(err)
			}
			if kind != "nobody sends it" {
				if err := w.Hosting.Finish(t.Context(), id); !fault.Is(err, fault.Unavailable) {
					t.Fatalf("a %s is no answer: %v", kind, err)
				}
			}
			want := connect.Rejected
			if kind == "500" { // kept under its key: nothing was done, and the account says so
				want = connect.Active
			}
			for range 4 {
				w.Advance(10 * time.Minute)
				_, _ = w.Reconcile.Sweep(t.Context())
				w.Settle()
			}
			if a := w.account(); a.State() != want {
				t.Errorf("%s, want %s", a.State(), want)
			}
			if r, err := stripeapi.RequestByID(t.Context(), w.DB, id); err != nil || r.FinishedAt == nil {
				t.Errorf("the request is %s, %v", r.State, err)
			}
		})
	}
}

func TestAnAccountOutOfUseIsPaidOutAndReplaced(t *testing.T) {
	t.Parallel()
	w := settled(t)
	stay := w.Confirmed(w.tenant, w.home, 3, 2)
	old := w.acct()
	w.must(func(ctx context.Context, tx pgx.Tx) error { return w.Hosting.Retire(ctx, tx, old) })
	if err := w.books(); !fault.Is(err, fault.Conflict) {
		t.Errorf("a new booking: %v", err)
	}
	if _, err := w.Hosting.StartOnboarding(t.Context(), w.owner.ID); err != nil {
		t.Fatal(err)
	}
	if w.acct() == old {
		t.Fatal("the same account again")
	}
	w.Control("accounts/"+w.acct()+"/onboard", map[string]any{"outcome": "active"})
	w.Settle()
	if err := w.books(); err != nil {
		t.Errorf("through the new one: %v", err)
	}
	w.Advance(6 * day)
	if n := w.released(); n != 1 {
		t.Fatalf("%d paid out", n)
	}
	made, err := w.Stripe.Payouts(t.Context(), old, time.Time{}, time.Time{})
	if err != nil || len(made) != 1 || made[0].Metadata[stripeapi.MetaBooking] != string(stay.ID) {
		t.Errorf("from the old account: %+v, %v", made, err)
	}
	if n := w.count(`SELECT count(*) FROM connected_accounts WHERE user_id = $1`, w.owner.ID); n != 2 {
		t.Errorf("%d accounts", n)
	}
}

// Stripe may refuse to take anything back from an owner who is gone, in words
// that we do not know: the tenant has their money all the same.
func TestARefundDoesNotNeedTheOwner(t *testing.T) {
	t.Parallel()
	w := settled(t)
	b := w.Confirmed(w.tenant, w.home, 3, 2)
	if preview, err := w.Checkout.PreviewRefund(t.Context(), b, b.Total()); err != nil || preview.OwnerGone {
		t.Errorf("an owner in order: %+v, %v", preview, err)
	}
	w.Control("accounts/"+w.acct()+"/deauthorize", map[string]any{})
	w.Settle()
	if preview, err := w.Checkout.PreviewRefund(t.Context(), b, b.Total()); err != nil || !preview.OwnerGone {
		t.Errorf("a lost owner: %+v, %v", preview, err)
	}
	refund, err := payment.Refund{}, error(nil)
	w.must(func(ctx context.Context, tx pgx.Tx) error {
		// what Stripe said is kept with the request: here that it refuses
		if refund, err = reserve(ctx, tx, w, b); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE stripe_requests SET state = 'refused', http_status = 403, error_code = 'account_invalid', finished_at = $2 WHERE id = $1`, *refund.RequestID, w.Now())
		return err
	})
	if err := w.Checkout.Finish(t.Context(), stripeapi.RequestID(*refund.RequestID)); err != nil {
		t.Fatal(err)
	}
	w.sweep()
	all := w.Refunds(b)
	if last := all[len(all)-1]; last.Status != "succeeded" || last.ReverseTransfer || last.OwnerDebt == 0 {
		t.Errorf("refunds: %+v", all)
	}
	sums, err := ledger.BookingBalances(t.Context(), w.DB, string(b.ID))
	if err != nil || sums[ledger.Tenant] != 0 || sums[ledger.Escrow] != 0 || sums[ledger.Debt(w.acct())] >= 0 {
		t.Errorf("books: %v, %v", sums, err)
	}
}

// reserve writes a refund and its request as checkout does, and sends nothing.
func reserve(ctx context.Context, tx pgx.Tx, w *town, b booking.Booking) (payment.Refund, error) {
	p, err := payment.ByBooking(ctx, tx, string(b.ID))
	if err != nil {
		return payment.Refund{}, err
	}
	parts, err := payment.Reserve(ctx, tx, p, payment.Reservation{Amount: b.Total(), Cause: "admin", Reason: "The owner is gone", Actor: "system"}, w.Now())
	if err != nil {
		return payment.Refund{}, err
	}
	r := parts[0]
	params := stripeapi.RefundParams{PaymentIntentID: p.IntentID(), Amount: r.Amount, ReverseTransfer: true, RefundApplicationFee: true}
	request, err := w.Stripe.Plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForRefund, Path: stripeapi.RefundsPath, Key: r.Key(), About: "booking:" + r.BookingID, Params: params.Values()})
	id := string(request)
	r.RequestID = &id
	if err != nil {
		return r, err
	}
	return r, payment.Sending(ctx, tx, r, id)
}
