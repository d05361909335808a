package checkout_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// asking is a world in which somebody has asked for a home that is booked on
// request.
type asking struct {
	*apptest.World
	owner, tenant, admin user.User
	home                 listing.Listing
	booking              booking.Booking
}

func startAsking(t *testing.T) *asking {
	t.Helper()
	w := apptest.Start(t)
	a := &asking{World: w, owner: w.Owner("Nora"), tenant: factory.Person(t, w.DB, "Maya"), admin: factory.Person(t, w.DB, "Ada", user.Admin)}
	a.home = factory.Home(t, w.DB, a.owner.ID, map[string]any{"booking_mode": listing.OnRequest})
	a.booking = a.Requested(a.tenant, a.home, 30, 3)
	return a
}

func (a *asking) must(err error) {
	a.T.Helper()
	if err != nil {
		a.T.Fatal(err)
	}
}

// want holds booking and payment to where they should be, and the nights, the
// tenant's money and everything that may never be.
func (a *asking) want(status booking.Status, paid payment.Status, kept int64) {
	a.T.Helper()
	b := a.Booking(a.booking.ID)
	p := a.Payment(b)
	if b.Status != status || p.Status != paid || p.AmountReceived-p.AmountRefunded != kept {
		a.T.Errorf("the booking is %s, its payment %s with %d; want %s, %s with %d", b.Status, p.Status, p.AmountReceived-p.AmountRefunded, status, paid, kept)
	}
	var taken int
	a.must(a.DB.QueryRow(a.T.Context(), `SELECT count(*) FROM occupancies WHERE booking_id = $1`, b.ID).Scan(&taken))
	if (taken == 1) != status.Takes() {
		a.T.Errorf("%s holds its nights: %v", status, taken == 1)
	}
	a.Audit()
}

func (a *asking) intent(want string) {
	a.T.Helper()
	intent, err := a.Stripe.PaymentIntent(a.T.Context(), a.Payment(a.booking).IntentID())
	a.must(err)
	if intent.Status != want {
		a.T.Errorf("the intent is %s at Stripe, want %s", intent.Status, want)
	}
}

// mails are the templates of what was written about the booking, sorted.
func (a *asking) mails() []string {
	a.T.Helper()
	rows, err := a.DB.Query(a.T.Context(), `SELECT template FROM notifications WHERE booking_id = $1`, a.booking.ID)
	a.must(err)
	var all []string
	for rows.Next() {
		var name string
		a.must(rows.Scan(&name))
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

func (a *asking) sweep() {
	a.T.Helper()
	_, err := a.Reconcile.SweepAll(a.T.Context())
	a.must(err)
	a.Settle()
}

func (a *asking) noFaults() {
	a.T.Helper()
	a.Control("faults", map[string]any{"clear": true})
}

// at does something to the intent as somebody at Stripe's Dashboard would.
func (a *asking) at(do string) {
	a.T.Helper()
	s := stage{World: a.World}
	s.make("/v1/payment_intents/"+a.Payment(a.booking).IntentID()+"/"+do, "")
}

// A request holds the card and the nights, charges nothing, and has a deadline
// long before the hold's end.
func TestARequestHoldsTheCard(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	a.want(booking.Requested, payment.Authorized, 0)
	a.intent("requires_capture")
	b, p := a.booking, a.Payment(a.booking)
	if p.AuthorizedAt == nil || p.CaptureBefore == nil || b.HoldUntil.Sub(*p.AuthorizedAt) != booking.AnswerWithin || p.CaptureBefore.Sub(*p.AuthorizedAt) != 7*24*time.Hour {
		t.Errorf("held %v, until %v, to be answered by %v", p.AuthorizedAt, p.CaptureBefore, b.HoldUntil)
	}
	if b.Mode != listing.OnRequest || !strings.Contains(b.PolicySentence, listing.OnRequest.Sentence()) {
		t.Errorf("%s, agreed to: %s", b.Mode, b.PolicySentence)
	}
	if got := a.mails(); !slices.Equal(got, []string{"request_received_owner", "request_received_tenant"}) {
		t.Errorf("mails: %v", got)
	}
	var booked int
	a.must(a.DB.QueryRow(t.Context(), `SELECT count(*) FROM ledger_transactions WHERE booking_id = $1`, b.ID).Scan(&booked))
	if booked != 0 {
		t.Errorf("%d movements of money that was not taken", booked)
	}
}

func TestAnsweringARequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(a *asking) error
		status booking.Status
		paid   payment.Status
		intent string
		mail   string
	}{
		"accepted": {func(a *asking) error {
			return a.Checkout.Accept(a.T.Context(), booking.Owner(a.owner.ID), a.booking.ID)
		}, booking.Confirmed, payment.Paid, "succeeded", "booking_confirmed_tenant"},
		"accepted by admin": {func(a *asking) error {
			return a.Checkout.Accept(a.T.Context(), booking.Admin(a.admin.ID, "192.0.2.9"), a.booking.ID)
		}, booking.Confirmed, payment.Paid, "succeeded", "booking_confirmed_owner"},
		"declined": {func(a *asking) error {
			return a.Checkout.Decline(a.T.Context(), booking.Owner(a.owner.ID), a.booking.ID, "We are away")
		}, booking.Declined, payment.Canceled, "canceled", "request_ended_tenant"},
		"withdrawn": {func(a *asking) error {
			return a.Checkout.Withdraw(a.T.Context(), booking.Tenant(a.tenant.ID), a.booking.ID)
		}, booking.Cancelled, payment.Canceled, "canceled", "request_ended_owner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := startAsking(t)
			a.must(c.answer(a))
			kept := map[payment.Status]int64{payment.Paid: a.booking.TotalAmount}[c.paid]
			a.want(c.status, c.paid, kept)
			a.intent(c.intent)
			if !slices.Contains(a.mails(), c.mail) {
				t.Errorf("mails: %v", a.mails())
			}
			before := a.mails()
			for again, err := range map[string]error{
				"accept": a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID), "decline": a.Checkout.Decline(t.Context(), booking.Owner(a.owner.ID), a.booking.ID, ""),
				"withdraw": a.Checkout.Withdraw(t.Context(), booking.Tenant(a.tenant.ID), a.booking.ID),
			} {
				if !fault.Is(err, fault.Conflict) {
					t.Errorf("%s after that: %v", again, err)
				}
			}
			a.sweep()
			a.want(c.status, c.paid, kept)
			if !slices.Equal(a.mails(), before) {
				t.Errorf("more mails: %v", a.mails())
			}
			if len(a.Refunds(a.booking)) != 0 {
				t.Error("a refund of money that was never taken")
			}
		})
	}
}

// Nobody answers: the job, or the sweep alone, lets the card go at the
// deadline, and not before.
func TestARequestLapses(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	a.Advance(23 * time.Hour)
	a.sweep()
	a.want(booking.Requested, payment.Authorized, 0)
	a.Advance(61 * time.Minute)
	if err := a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("accepted too late: %v", err)
	}
	a.sweep()
	a.want(booking.Lapsed, payment.Canceled, 0)
	a.intent("canceled")
}

// The job that ends holds waits on for the owner's answer, and then lets the
// card go.
func TestTheJobLapsesARequest(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	worker := checkout.ExpireHoldWorker{Checkout: a.Checkout}
	work := func() error {
		return worker.Work(t.Context(), &river.Job[checkout.ExpireHoldArgs]{Args: checkout.ExpireHoldArgs{BookingID: string(a.booking.ID)}})
	}
	var later *rivertype.JobSnoozeError
	if err := work(); !errors.As(err, &later) || later.Duration < 23*time.Hour {
		t.Errorf("the job: %v", err)
	}
	a.Advance(24*time.Hour + time.Minute)
	a.must(work())
	a.want(booking.Lapsed, payment.Canceled, 0)
	a.must(work())
}

// What somebody does at Stripe's Dashboard, or Stripe by itself after a week,
// is what happened; the booking follows, from webhooks or without any.
func TestARequestFollowsStripe(t *testing.T) {
	t.Parallel()
	for _, heard := range []bool{true, false} {
		for name, c := range map[string]struct {
			do     func(a *asking)
			status booking.Status
			paid   payment.Status
		}{
			"captured":      {func(a *asking) { a.at("capture") }, booking.Confirmed, payment.Paid},
			"cancelled":     {func(a *asking) { a.at("cancel") }, booking.Lapsed, payment.Canceled},
			"let go by age": {func(a *asking) { a.Advance(8 * 24 * time.Hour) }, booking.Lapsed, payment.Canceled},
		} {
			t.Run(fmt.Sprintf("%s/heard %v", name, heard), func(t *testing.T) {
				t.Parallel()
				a := startAsking(t)
				if !heard {
					a.Control("webhooks", map[string]any{"mode": "drop"})
				}
				c.do(a)
				a.Settle()
				a.sweep()
				a.want(c.status, c.paid, map[payment.Status]int64{payment.Paid: a.booking.TotalAmount}[c.paid])
				if len(a.Refunds(a.booking)) != 0 {
					t.Error("a refund of money that was never taken")
				}
			})
		}
	}
}

// Somebody captures a part at Stripe's Dashboard: the stay stands, a person is
// asked, and what is refunded comes in proportion to what was taken.
func TestAPartIsCaptured(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	s := stage{World: a.World}
	s.make("/v1/payment_intents/"+a.Payment(a.booking).IntentID()+"/capture", "", "amount_to_capture=50000")
	a.Settle()
	a.want(booking.Confirmed, payment.Paid, 50000)
	var open int
	a.must(a.DB.QueryRow(t.Context(), `SELECT count(*) FROM tasks WHERE booking_id = $1 AND kind = 'captured_in_part' AND closed_at IS NULL`, a.booking.ID).Scan(&open))
	if open != 1 {
		t.Errorf("%d tasks", open)
	}
	_, err := a.Checkout.Refund(t.Context(), booking.Owner(a.owner.ID), a.booking.ID, a.booking.Amount(12345), "Cold")
	a.must(err)
	a.sweep()
	a.must(a.Checkout.Cancel(t.Context(), booking.Owner(a.owner.ID), a.booking.ID, a.booking.Amount(50000-12345), "Burst pipe"))
	a.sweep()
	a.want(booking.Cancelled, payment.Paid, 0)
}

// The hold came and went before anybody heard of it.
func TestAHoldThatNobodySaw(t *testing.T) {
	t.Parallel()
	w := apptest.Start(t)
	a := &asking{World: w, owner: w.Owner("Nora"), tenant: factory.Person(t, w.DB, "Maya")}
	a.home = factory.Home(t, w.DB, a.owner.ID, map[string]any{"booking_mode": listing.OnRequest})
	a.booking = a.Held(a.tenant, a.home, 30, 3)
	a.Control("webhooks", map[string]any{"mode": "drop"})
	a.Pay(a.booking, apptest.Good)
	a.Advance(9 * 24 * time.Hour)
	a.sweep()
	a.want(booking.Lapsed, payment.Canceled, 0)
}

// Answered, and taken at Stripe all the same: settled, and all of it goes back.
func TestTakenAfterItWasDeclined(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	a.Control("faults", map[string]any{"route": "POST /v1/payment_intents/{id}/cancel", "kind": "503", "count": 4})
	a.must(a.Checkout.Decline(t.Context(), booking.Owner(a.owner.ID), a.booking.ID, "We are away"))
	a.want(booking.Requested, payment.Authorized, 0)
	a.noFaults()
	a.at("capture")
	a.Settle()
	a.sweep()
	a.want(booking.Declined, payment.Paid, 0)
	refunds := a.Refunds(a.booking)
	if len(refunds) != 1 || refunds[0].Amount != a.booking.TotalAmount || refunds[0].Cause != "late" {
		t.Errorf("refunds: %+v", refunds)
	}
}

// Accepted when Stripe has let the card go already: told so, and lapsed.
func TestAcceptedTooLateForStripe(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	a.Control("webhooks", map[string]any{"mode": "drop"})
	a.at("cancel")
	if err := a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("accepted: %v", err)
	}
	a.want(booking.Lapsed, payment.Canceled, 0)
}

// Accepted, and Stripe does not take the money although it holds the card, as
// for an owner whom it has just rejected: the card is let go, and both are told.
func TestStripeDoesNotTakeTheMoney(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	a.Control("faults", map[string]any{"route": "POST /v1/payment_intents/{id}/capture", "kind": "503", "count": 4})
	a.must(a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID))
	a.noFaults()
	_, err := a.DB.Exec(t.Context(), `UPDATE stripe_requests SET state = 'refused', error_code = 'account_invalid', finished_at = now() WHERE purpose = 'capture'`)
	a.must(err)
	a.sweep()
	a.want(booking.Lapsed, payment.Canceled, 0)
	a.intent("canceled")
	if got := a.mails(); !slices.Contains(got, "request_ended_tenant") || !slices.Contains(got, "request_ended_owner") {
		t.Errorf("mails: %v", got)
	}
}

// Everybody answers at once: one answer counts, and Stripe does one thing.
func TestAnswersAtOnce(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	var all sync.WaitGroup
	var counted, refused int
	var mu sync.Mutex
	for range 3 {
		for _, do := range []func() error{
			func() error { return a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID) },
			func() error { return a.Checkout.Decline(t.Context(), booking.Owner(a.owner.ID), a.booking.ID, "") },
			func() error { return a.Checkout.Withdraw(t.Context(), booking.Tenant(a.tenant.ID), a.booking.ID) },
		} {
			all.Go(func() {
				err := do()
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					counted++
				case fault.Is(err, fault.Conflict):
					refused++
				default:
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	a.sweep()
	if counted != 1 || refused != 8 {
		t.Errorf("%d answers count, %d are refused", counted, refused)
	}
	asked, err := stripeapi.RequestsAbout(t.Context(), a.DB, "booking:"+string(a.booking.ID))
	a.must(err)
	if len(asked) != 2 { // the session, and what was answered
		t.Errorf("asked of Stripe: %+v", asked)
	}
	b := a.Booking(a.booking.ID)
	if b.Status == booking.Requested || (b.Status == booking.Confirmed) != (b.Answer == booking.AnswerAccept) {
		t.Errorf("%s after %s", b.Status, b.Answer)
	}
	a.Audit()
}

// Stripe fails, keeps the failure under the key, or is silent: the same is
// asked under another key, and happens once.
func TestAnAnswerSurvivesStripesTrouble(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"500", "500_after", "503", "timeout_after"} {
		for _, accept := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/%v", kind, accept), func(t *testing.T) {
				t.Parallel()
				a := startAsking(t)
				for _, path := range []string{"capture", "cancel"} {
					a.Control("faults", map[string]any{"route": "POST /v1/payment_intents/{id}/" + path, "kind": kind, "count": 4, "delay": "1ms"})
				}
				status, paid, kept := booking.Declined, payment.Canceled, int64(0)
				if accept {
					a.must(a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID))
					status, paid, kept = booking.Confirmed, payment.Paid, a.booking.TotalAmount
				} else {
					a.must(a.Checkout.Decline(t.Context(), booking.Owner(a.owner.ID), a.booking.ID, ""))
				}
				a.noFaults()
				a.Advance(6 * time.Minute)
				a.sweep()
				a.sweep()
				a.want(status, paid, kept)
			})
		}
	}
}

// Nothing is taken for an owner who is paused, and what they were asked ends.
func TestNothingIsAcceptedForAPausedOwner(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	acct := a.AccountOf(a.owner.ID).StripeAccountID
	_, err := a.DB.Exec(t.Context(), `UPDATE connected_accounts SET paused_at = now() WHERE stripe_account_id = $1`, acct)
	a.must(err)
	if err := a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("accepted: %v", err)
	}
	a.must(a.Hosting.MindStays(t.Context()))
	a.Advance(time.Minute)
	a.sweep()
	a.want(booking.Lapsed, payment.Canceled, 0)
}

// The home's mode is another by the time that the form comes: the tenant is
// asked again. A booking keeps the mode that it was made under.
func TestTheModeIsAgreedTo(t *testing.T) {
	t.Parallel()
	a := startAsking(t)
	_, err := a.DB.Exec(t.Context(), `UPDATE listings SET booking_mode = 'instant' WHERE id = $1`, a.home.ID)
	a.must(err)
	_, _, err = a.Checkout.Start(t.Context(), a.tenant.ID, a.Ask(a.home, 40, 3, "another form"))
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("booked under other terms: %v", err)
	}
	if b := a.Booking(a.booking.ID); b.Mode != listing.OnRequest {
		t.Errorf("the booking is %s now", b.Mode)
	}
	a.must(a.Checkout.Accept(t.Context(), booking.Owner(a.owner.ID), a.booking.ID))
	a.want(booking.Confirmed, payment.Paid, a.booking.TotalAmount)
}
