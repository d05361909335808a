package checkout_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

// mails counts what was promised, by template and person; "" is anybody.
func mails(t testing.TB, w *apptest.World, template string, to user.ID) (n int) {
	t.Helper()
	err := w.DB.QueryRow(t.Context(), `SELECT count(*) FROM notifications WHERE template = $1 AND ($2 = '' OR user_id::text = $2)`, template, string(to)).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sweep lets what waits come due, and heals.
func sweep(t testing.TB, w *apptest.World) {
	t.Helper()
	w.Advance(6 * time.Minute)
	if _, err := w.Reconcile.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Inbox.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A home's owner hears of a booking when it is confirmed, and of one that never
// was, not even that it was refunded or disputed.
func TestTheOwnerHearsNothingOfABookingThatNeverWas(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	factory.Person(t, w.DB, "Ada", user.Admin)
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := lateButPaid(t, w, tenant, home.ID)
	w.Held(factory.Person(t, w.DB, "Rival"), home, 30, 3)
	w.Settle()
	if err := w.Checkout.Finish(t.Context(), requestOf(w.Refunds(b)[0])); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	if n := mails(t, w, "refund_tenant", tenant.ID); n != 1 {
		t.Errorf("the tenant gets %d mails about the refund", n)
	}
	var told int
	if err := w.DB.QueryRow(t.Context(), `SELECT count(*) FROM notifications WHERE user_id = $1 AND booking_id = $2`, owner.ID, b.ID).Scan(&told); err != nil || told != 0 {
		t.Errorf("the owner gets %d mails, %v", told, err)
	}
}

// A restricted key that may not read accounts is the operator's mistake: no
// home is closed for it.
func TestARestrictedKeyClosesNoHome(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	to, err := url.Parse(w.Sandbox)
	if err != nil {
		t.Fatal(err)
	}
	stripe := httputil.NewSingleHostReverseProxy(to)
	door := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/accounts/") {
			rw.WriteHeader(http.StatusForbidden)
			_, _ = rw.Write([]byte(`{"error": {"type": "invalid_request_error", "message": "The provided key does not have the required permissions."}}`))
			return
		}
		stripe.ServeHTTP(rw, r)
	}))
	t.Cleanup(door.Close)
	service := *w.Checkout
	if service.Stripe, err = stripeapi.New(stripeapi.Config{Key: "sk_test_apptest", APIBase: door.URL, DB: w.DB, Now: w.Now}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := service.Start(t.Context(), tenant.ID, w.Ask(home, 30, 3, "form")); err == nil || fault.Is(err, fault.Conflict) {
		t.Errorf("a key without permissions: %v", err)
	}
	if !w.AccountOf(owner.ID).CanBePaid() {
		t.Error("and the owner is thought lost")
	}
}

// An attempt that ended must not end the one that took its place: its page is
// open, and somebody may be paying.
func TestAnOldRefusalEndsNoNewAttempt(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	_, _, err := dying(t, w).Start(t.Context(), tenant.ID, w.Ask(home, 30, 3, "form"))
	if err == nil {
		t.Fatal("it did not die")
	}
	b := bookingOf(t, w, tenant)
	first, err := payment.LastAttempt(t.Context(), w.DB, w.Payment(b).ID)
	if err != nil {
		t.Fatal(err)
	}
	// The hold's end withdraws the request, and dies before it ends the hold.
	inTx(t, w, func(tx pgx.Tx) error {
		if _, err := stripeapi.Withdraw(t.Context(), tx, stripeapi.RequestID(first.RequestID), w.Now()); err != nil {
			return err
		}
		return payment.Refused(t.Context(), tx, first.ID)
	})
	var clicks sync.WaitGroup
	pages := make([]string, 6)
	for i := range pages { // clicks that all see the refusal
		clicks.Go(func() {
			page, err := w.Checkout.Continue(t.Context(), b)
			if err != nil || page == "" {
				t.Errorf("go on: %q, %v", page, err)
			}
			pages[i] = page
		})
	}
	clicks.Wait()
	if len(slices.Compact(pages)) != 1 {
		t.Errorf("two pages for one hold: %v", pages)
	}
	if err := w.Checkout.Finish(t.Context(), stripeapi.RequestID(first.RequestID)); err != nil {
		t.Fatal(err)
	}
	if got := w.Booking(b.ID).Status; got != booking.Held {
		t.Fatalf("a payment page is open, and the booking is %s", got)
	}
	w.Pay(b, apptest.Good)
	w.Settle()
	if got := w.Booking(b.ID).Status; got != booking.Confirmed {
		t.Errorf("paid, and the booking is %s", got)
	}
}

func inTx(t *testing.T, w *apptest.World, act func(tx pgx.Tx) error) {
	t.Helper()
	if err := pgx.BeginFunc(t.Context(), w.DB, act); err != nil {
		t.Fatal(err)
	}
}

// A rate limit says nothing about what became of a refund, however old: asked
// for under a new key it might be made twice.
func TestANewKeyNeedsMoreThanARateLimit(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Control("faults", map[string]any{"route": "POST /v1/refunds", "kind": "429", "count": 2})
	if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(5000), "Noise"); err != nil {
		t.Fatal(err)
	}
	w.Advance(2 * time.Hour)
	r := w.Refunds(b)[0]
	if err := w.Checkout.Finish(t.Context(), requestOf(r)); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("too many requests: %v", err)
	}
	if now := w.Refunds(b)[0]; now.Attempt != 1 || *now.RequestID != *r.RequestID {
		t.Errorf("asked for under a new key: %+v", now)
	}
	if err := w.Checkout.Finish(t.Context(), requestOf(r)); err != nil {
		t.Fatal(err)
	}
	if all := w.Refunds(b); len(all) != 1 || all[0].Status != "succeeded" || w.Payment(b).AmountRefunded != 5000 {
		t.Errorf("refunds %+v", all)
	}
}

// Somebody gave the money back at Stripe before we heard that it had come.
func TestWhatWentBackConfirmsNothing(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.Pay(b, apptest.Good)
	look, err := w.Stripe.LookAtPayment(t.Context(), w.Session(b), "")
	if err != nil {
		t.Fatal(err)
	}
	w.AtStripe("/v1/refunds", "", url.Values{"payment_intent": {look.Intent.ID}, "reverse_transfer": {"true"}, "refund_application_fee": {"true"}})
	sweep(t, w)
	if got, p := w.Booking(b.ID).Status, w.Payment(b); got != booking.Cancelled || p.AmountRefunded != b.TotalAmount {
		t.Errorf("booking %s, payment %+v", got, p)
	}
	if n := mails(t, w, "booking_confirmed_tenant", ""); n != 0 {
		t.Errorf("%d confirmations", n)
	}
}

// The same with a part of the money, so that the stay is confirmed: the owner
// hears of both, although one look found both.
func TestARefundBeforeTheConfirmationIsTold(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.Pay(b, apptest.Good)
	look, err := w.Stripe.LookAtPayment(t.Context(), w.Session(b), "")
	if err != nil {
		t.Fatal(err)
	}
	w.AtStripe("/v1/refunds", "", url.Values{"payment_intent": {look.Intent.ID}, "amount": {"5000"}, "reverse_transfer": {"true"}, "refund_application_fee": {"true"}})
	sweep(t, w)
	if got := w.Booking(b.ID).Status; got != booking.Confirmed {
		t.Errorf("booking is %s", got)
	}
	if confirmed, refunded := mails(t, w, "booking_confirmed_owner", owner.ID), mails(t, w, "refund_owner", owner.ID); confirmed != 1 || refunded != 1 {
		t.Errorf("the owner gets %d and %d mails", confirmed, refunded)
	}
}

// The bank holds the money of a stay that nobody can have. When it is won back,
// it goes to the tenant all the same.
func TestAWonDisputeOfALatePaymentIsGivenBack(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	home := factory.Home(t, w.DB, owner.ID, nil)
	b := lateButPaid(t, w, tenant, home.ID)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.Held(factory.Person(t, w.DB, "Rival"), home, 30, 3)
	look, err := w.Stripe.LookAtPayment(t.Context(), w.Session(b), "")
	if err != nil {
		t.Fatal(err)
	}
	opened := w.Control("charges/"+look.Charges[0].ID+"/dispute", map[string]any{})
	for range 2 { // what the payment's own events ask for is behind us then
		sweep(t, w)
	}
	if refunds := w.Refunds(b); len(refunds) != 0 || w.Booking(b.ID).Status != booking.Expired {
		t.Fatalf("refunds %+v, booking %s", refunds, w.Booking(b.ID).Status)
	}
	w.Control("disputes/"+opened["id"].(string)+"/resolve", map[string]any{"outcome": "won"})
	for range 2 { // one to hear of it, one to send the refund
		sweep(t, w)
	}
	if refunds := w.Refunds(b); len(refunds) != 1 || refunds[0].Status != "succeeded" || refunds[0].Amount != b.TotalAmount {
		t.Errorf("refunds %+v", refunds)
	}
	if n := mails(t, w, "booking_unavailable_tenant", tenant.ID); n != 1 {
		t.Errorf("%d apologies", n)
	}
}

// What the bank has kept cannot be refunded, and does not keep a stay from
// being cancelled.
func TestALostDisputeLeavesNothingToRefund(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	opened := w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{})
	w.Control("disputes/"+opened["id"].(string)+"/resolve", map[string]any{"outcome": "lost"})
	w.Settle()
	if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(100), "Sorry"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a refund of what the bank has kept: %v", err)
	}
	if seen, err := w.Checkout.PreviewRefund(t.Context(), b, usd(100)); err != nil || seen.Blocked == "" {
		t.Errorf("preview %+v, %v", seen, err)
	}
	seen, err := w.Checkout.PreviewCancel(t.Context(), booking.Owner(owner.ID), b)
	if err != nil || seen.Blocked != "" || seen.Refund.Minor != 0 {
		t.Fatalf("preview %+v, %v", seen, err)
	}
	if err := w.Checkout.Cancel(t.Context(), booking.Owner(owner.ID), b.ID, seen.Refund, "Charged back"); err != nil {
		t.Fatal(err)
	}
	if got := w.Booking(b.ID).Status; got != booking.Cancelled || len(w.Refunds(b)) != 0 {
		t.Errorf("booking %s, refunds %+v", got, w.Refunds(b))
	}
}

// Stripe refuses the refund of a cancelled stay for good: admins are told, the
// overview counts it, and the books say that the tenant has nothing back.
func TestARefundRefusedForGoodIsSeen(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Control("webhooks", map[string]any{"mode": "drop"})
	opened := w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{}) // we do not know
	if err := w.Checkout.Cancel(t.Context(), booking.Owner(owner.ID), b.ID, b.Total(), "Burst pipe"); err != nil {
		t.Fatal(err)
	}
	refunds := w.Refunds(b)
	if got := w.Booking(b.ID).Status; got != booking.Cancelled || len(refunds) != 1 || refunds[0].Status != "failed" || refunds[0].FailureReason != "charge_disputed" {
		t.Fatalf("booking %s, refunds %+v", got, refunds)
	}
	if n := mails(t, w, "refund_failed_admin", admin.ID); n != 1 {
		t.Errorf("%d mails to the admin", n)
	}
	if troubles, err := payment.CountTroubles(t.Context(), w.DB); err != nil || troubles.Refunds != 1 || troubles.Disputes != 1 {
		t.Errorf("troubles %+v, %v", troubles, err)
	}
	// The owner is not paid meanwhile for a stay that the tenant is owed.
	w.Control("disputes/"+opened["id"].(string)+"/resolve", map[string]any{"outcome": "won"})
	w.Advance(40 * 24 * time.Hour)
	sweep(t, w)
	if run, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err != nil || run.Released != 0 {
		t.Errorf("payouts %+v, %v", run, err)
	}
	if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, b.Total(), "Once more"); err != nil {
		t.Fatal(err)
	}
	if troubles, err := payment.CountTroubles(t.Context(), w.DB); err != nil || troubles.Refunds != 0 {
		t.Errorf("troubles %+v, %v", troubles, err)
	}
}

// An inquiry that becomes a chargeback takes the money: people hear of it anew.
func TestAnInquiryThatEscalatesIsTold(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	factory.Person(t, w.DB, "Ada", user.Admin)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	opened := w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{"inquiry": true})
	w.Settle()
	w.AtStripe("/v1/disputes/"+opened["id"].(string), "", url.Values{"evidence[uncategorized_text]": {"escalate_inquiry_evidence"}})
	w.Settle()
	disputes, err := payment.DisputesOf(t.Context(), w.DB, w.Payment(b).ID)
	if err != nil || len(disputes) != 1 || disputes[0].Status != "needs_response" {
		t.Fatalf("disputes %+v, %v", disputes, err)
	}
	if admins, owners := mails(t, w, "dispute_opened_admin", ""), mails(t, w, "dispute_opened_owner", owner.ID); admins != 2 || owners != 2 {
		t.Errorf("%d and %d mails", admins, owners)
	}
}

// A hold that was never captured is "refunded" by Stripe when it goes: no money
// moved, nobody gets a refund, and nothing is left to refund.
func TestAReleasedHoldIsNoRefund(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	p := w.Payment(b)
	look := stripeapi.PaymentLook{At: w.Now(),
		Intent:  &stripeapi.PaymentIntent{ID: "pi_hold", Status: "canceled", Amount: p.Amount, Currency: "usd", ApplicationFeeAmount: p.FeeAmount, Destination: p.Destination},
		Charges: []stripeapi.Charge{{ID: "ch_hold", PaymentIntentID: "pi_hold", Status: "succeeded", Amount: p.Amount, AmountRefunded: p.Amount, Refunded: true, Currency: "usd", Created: w.Now()}},
		Refunds: []stripeapi.Refund{{ID: "re_hold", ChargeID: "ch_hold", PaymentIntentID: "pi_hold", Status: "succeeded", Amount: p.Amount, Currency: "usd", Reason: "expired_uncaptured_charge", Created: w.Now()}}}
	inTx(t, w, func(tx pgx.Tx) error {
		after, err := payment.Settle(t.Context(), tx, p, look, w.Now())
		if err == nil && (after.Status != payment.Canceled || after.AmountRefunded != 0) {
			t.Errorf("payment %+v", after)
		}
		return err
	})
	if refunds := w.Refunds(b); len(refunds) != 0 {
		t.Errorf("refunds of money that never came: %+v", refunds)
	}
}

// Nobody waits for a dispute, or for a refund made at Stripe's Dashboard: with
// every webhook lost the sweep reads them in Stripe's list of events.
func TestTheSweepFindsWhatNobodyWaitsFor(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	refunded := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	disputed := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 40, 5)
	sweep(t, w) // what the payments' own events ask for is behind us then
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.AtStripe("/v1/refunds", "", url.Values{"payment_intent": {w.Payment(refunded).IntentID()}, "amount": {"5000"}, "reverse_transfer": {"true"}, "refund_application_fee": {"true"}})
	w.Control("charges/"+w.Payment(disputed).ChargeID+"/dispute", map[string]any{})
	sweep(t, w)
	if all := w.Refunds(refunded); len(all) != 1 || all[0].Cause != "stripe" || all[0].ReversedAmount != 5000 {
		t.Errorf("refunds %+v", all)
	}
	if all, err := payment.DisputesOf(t.Context(), w.DB, w.Payment(disputed).ID); err != nil || len(all) != 1 {
		t.Errorf("disputes %+v, %v", all, err)
	}
	if run, err := w.Reconcile.Sweep(t.Context()); err != nil || run.LookedUp > 2 {
		t.Errorf("the next sweep takes them in again: %+v, %v", run, err)
	}
}

// An event may know of a session that we think was never made.
func TestAnEventKnowsMoreThanARefusal(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
	session := w.Session(b)
	if _, err := w.DB.Exec(t.Context(), `UPDATE checkout_attempts SET status = 'refused', session_id = NULL, url = ''`); err != nil {
		t.Fatal(err)
	}
	w.Control("checkout/"+session+"/pay", map[string]any{"card": apptest.Good})
	w.Settle()
	if got := w.Booking(b.ID).Status; got != booking.Confirmed {
		t.Errorf("paid, and the booking is %s", got)
	}
}

// A dispute is seen by its own looks and by those of its payment, at once: the
// older look never has the last word.
func TestAnOlderLookAtADisputeChangesNothing(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	opened := w.Control("charges/"+w.Payment(b).ChargeID+"/dispute", map[string]any{})
	id, seen := opened["id"].(string), w.Now()
	old, err := w.Stripe.Dispute(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	w.Control("disputes/"+id+"/resolve", map[string]any{"outcome": "won"})
	w.Settle()
	inTx(t, w, func(tx pgx.Tx) error {
		_, after, err := payment.SettleDispute(t.Context(), tx, w.Payment(b), old, seen)
		if err == nil && after.Status != "won" {
			t.Errorf("the dispute is %s again", after.Status)
		}
		return err
	})
	if all, err := payment.DisputesOf(t.Context(), w.DB, w.Payment(b).ID); err != nil || all[0].Status != "won" || all[0].Withdrawn != 0 {
		t.Errorf("disputes %+v, %v", all, err)
	}
}
