package checkout_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"pgregory.net/rapid"
)

// twin is one of the two worlds, and the history that it is in.
type twin struct {
	*apptest.World
	currency             money.Currency
	tenant, rival, admin user.User
	owner                user.User
	acct                 string
	homes                [3]listing.Listing
	bookings             [3]booking.Booking
	began                time.Time
	mode                 string
	heard                []stripeapi.ListedEvent
}

// newTwin is a world whose platform has money of its own: the fees of a stay of
// somebody else's.
func newTwin(t *testing.T, currency money.Currency) *twin {
	w := apptest.Start(t)
	out := &twin{World: w, currency: currency, tenant: factory.Person(t, w.DB, "Maya"), rival: factory.Person(t, w.DB, "Rival"), admin: factory.Person(t, w.DB, "Ada", user.Admin)}
	w.Confirmed(out.tenant, factory.Home(t, w.DB, w.Owner("Ossi").ID, map[string]any{"nightly_price": 1_000_000, "currency": currency}), 90, 20)
	w.Advance(3 * 24 * time.Hour)
	w.Settle()
	return out
}

// begin starts a history with an owner and homes of its own.
func (w *twin) begin(mode string) {
	w.T.Helper()
	w.Control("webhooks", map[string]any{"mode": "deliver"})
	w.owner = w.Owner("Nora")
	w.acct = w.AccountOf(w.owner.ID).StripeAccountID
	for i := range w.homes {
		w.homes[i] = factory.Home(w.T, w.DB, w.owner.ID, map[string]any{"currency": w.currency})
	}
	w.bookings, w.began, w.mode, w.heard = [3]booking.Booking{}, w.Now(), mode, nil
	w.Control("webhooks", map[string]any{"mode": mode})
}

func (w *twin) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

func (w *twin) ask(i int) (listing.Listing, int, string) {
	return w.homes[i], 3 + 2*i, fmt.Sprintf("%s-%s", w.homes[i].ID, w.Now().Format("20060102"))
}

func (w *twin) do(m move) {
	w.T.Helper()
	b, ctx := w.bookings[m.booking], w.T.Context()
	switch m.act {
	case "book":
		w.bookings[m.booking] = w.book(w.tenant, m.booking)
	case "ask to book":
		_, err := w.DB.Exec(ctx, `UPDATE listings SET booking_mode = 'request' WHERE id = $1`, w.homes[m.booking].ID)
		w.must(err)
		w.homes[m.booking].BookingMode = listing.OnRequest
		w.bookings[m.booking] = w.book(w.tenant, m.booking)
	case "accept":
		w.must(w.Checkout.Accept(ctx, booking.Owner(w.owner.ID), b.ID))
	case "turn down":
		w.must(w.Checkout.Decline(ctx, booking.Owner(w.owner.ID), b.ID, "We are away"))
	case "withdraw":
		w.must(w.Checkout.Withdraw(ctx, booking.Tenant(w.tenant.ID), b.ID))
	case "a day":
		w.Advance(25 * time.Hour)
	case "decline":
		w.TryControl("checkout/"+w.Session(b)+"/pay", map[string]any{"card": "4000000000000002"})
	case "pay":
		w.Pay(b, apptest.Good)
	case "pay by debit":
		w.Control("checkout/"+w.Session(b)+"/pay", map[string]any{"account": "000123456789"})
	case "debit succeeds", "debit fails":
		w.Control("intents/"+w.intent(b)+"/debit", map[string]any{"outcome": map[string]string{"debit succeeds": "succeed", "debit fails": "fail"}[m.act]})
	case "cancel early":
		w.must(w.Checkout.Cancel(ctx, booking.Tenant(w.tenant.ID), b.ID, w.money(0), "Changed my mind"))
	case "pay late", "pay late and taken":
		w.payLate(b)
		if m.act == "pay late and taken" {
			w.book(w.rival, m.booking)
		}
		w.Control("webhooks", map[string]any{"mode": w.mode})
	case "release":
		w.must(w.Checkout.Release(ctx, booking.Tenant(w.tenant.ID), b.ID, "Changed my mind"))
	case "refund":
		_, err := w.Checkout.Refund(ctx, booking.Admin(w.admin.ID, "192.0.2.9"), b.ID, w.money(m.amount), "Broken heating")
		w.must(err)
	case "cancel":
		w.must(w.Checkout.Cancel(ctx, booking.Owner(w.owner.ID), b.ID, w.money(m.amount), "Burst pipe"))
	case "payout":
		w.payOut()
	case "deauthorise":
		w.deauthorise(m.heard)
	default:
		w.bank(m, b)
	}
}

// bank does what banks do: nobody at Hearth asked for it.
func (w *twin) bank(m move, b booking.Booking) {
	w.T.Helper()
	ctx := w.T.Context()
	switch m.act {
	case "dispute", "ask":
		w.Control("charges/"+w.charge(b)+"/dispute", map[string]any{"inquiry": m.act == "ask"})
	case "capture at stripe", "cancel at stripe":
		s := stage{World: w.World}
		s.make("/v1/payment_intents/"+w.intent(b)+"/"+strings.Fields(m.act)[0], "")
	case "capture a part at stripe":
		s := stage{World: w.World}
		s.make("/v1/payment_intents/"+w.intent(b)+"/capture", "", fmt.Sprint("amount_to_capture=", part))
	case "win", "lose", "escalate":
		all, err := w.Stripe.DisputesByIntent(ctx, w.intent(b))
		w.must(err)
		w.Control("disputes/"+all[0].ID+"/resolve", map[string]any{"outcome": map[string]string{"win": "won", "lose": "lost", "escalate": "escalated"}[m.act]})
	case "fail a refund":
		all, err := w.Stripe.RefundsByIntent(ctx, w.intent(b))
		w.must(err)
		w.Control("refunds/"+all[len(all)-1-m.nth].ID+"/fail", map[string]any{})
	case "fail a payout":
		all, err := w.Stripe.Payouts(ctx, w.acct, time.Time{}, time.Time{})
		w.must(err)
		for _, p := range all {
			if p.Status != "failed" && p.Status != "canceled" {
				w.Control("payouts/"+p.ID+"/fail", map[string]any{"reason": "account_closed"})
				break
			}
		}
	case "mend the bank":
		s := stage{World: w.World}
		s.make("/v1/accounts/"+w.acct+"/external_accounts", "", "external_account[object]=bank_account", "external_account[country]=US",
			"external_account[currency]=usd", "external_account[routing_number]=110000000", "external_account[account_number]=000123456789", "default_for_currency=true")
	}
}

func (w *twin) money(minor int64) money.Amount { return money.New(minor, w.currency) }

func (w *twin) book(tenant user.User, i int) booking.Booking {
	w.T.Helper()
	home, inDays, token := w.ask(i)
	b, _, err := w.Checkout.Start(w.T.Context(), tenant.ID, w.Ask(home, inDays, 5, token))
	w.must(err)
	return b
}

// payLate pays for a booking that we have given up meanwhile.
func (w *twin) payLate(b booking.Booking) {
	w.T.Helper()
	w.lookAt(b) // so that both worlds give the same thing up
	if w.mode != "drop" {
		w.Control("webhooks", map[string]any{"mode": "hold"})
	}
	w.Pay(b, apptest.Good)
	tx, err := w.DB.Begin(w.T.Context())
	w.must(err)
	defer tx.Rollback(w.T.Context())
	locked, err := booking.Lock(w.T.Context(), tx, b.ID)
	w.must(err)
	_, err = booking.Move(w.T.Context(), tx, locked, booking.Expired, booking.System, "test: given up too early", w.Now())
	w.must(err)
	w.must(tx.Commit(w.T.Context()))
}

// payOut lets days pass and pays out what has become due.
func (w *twin) payOut() {
	w.T.Helper()
	w.Advance(8 * 24 * time.Hour)
	w.sweepNow()
	_, err := w.Payout.ReleaseDue(w.T.Context(), w.Now())
	w.must(err)
}

// deauthorise is the owner who disconnects their account. Stripe tells it once,
// or it is lost; it can be asked for no more.
func (w *twin) deauthorise(heard bool) {
	w.T.Helper()
	w.remember()
	if heard {
		w.Control("webhooks", map[string]any{"mode": "deliver"})
	}
	w.Control("accounts/"+w.acct+"/deauthorize", map[string]any{})
	if heard {
		w.Settle()
		w.Control("webhooks", map[string]any{"mode": w.mode})
	}
}

func (w *twin) intent(b booking.Booking) string {
	w.T.Helper()
	session, err := w.Stripe.Session(w.T.Context(), w.Session(b))
	w.must(err)
	return session.PaymentIntentID
}

func (w *twin) charge(b booking.Booking) string {
	w.T.Helper()
	look, err := w.Stripe.LookAtPayment(w.T.Context(), w.Session(b), "")
	w.must(err)
	i := slices.IndexFunc(look.Charges, func(c stripeapi.Charge) bool { return c.Captured })
	return look.Charges[i].ID
}

// look is what a page does that somebody comes back to.
func (w *twin) look(i int) { w.lookAt(w.bookings[i]) }

func (w *twin) lookAt(b booking.Booking) {
	w.T.Helper()
	w.must(w.Inbox.LookNow(w.T.Context(), inbound.SourceReturn, inbound.Subject{Kind: inbound.Payment, ID: string(w.Payment(b).ID)}))
}

// sweepNow heals all that there is to heal, and lets no time pass.
func (w *twin) sweepNow() {
	w.T.Helper()
	_, err := w.Reconcile.SweepAll(w.T.Context())
	w.must(err)
	w.must(w.Inbox.Drain(w.T.Context()))
}

// remember reads the events that the history brought: those of our account, and
// those of the owner's while they can be read.
func (w *twin) remember() []stripeapi.ListedEvent {
	w.T.Helper()
	all, err := w.Stripe.Events(w.T.Context(), stripeapi.EventQuery{From: w.began})
	w.must(err)
	if theirs, err := w.Stripe.Events(w.T.Context(), stripeapi.EventQuery{Account: w.acct, From: w.began}); err == nil {
		w.heard = theirs
	}
	all = append(all, w.heard...)
	slices.SortStableFunc(all, func(a, b stripeapi.ListedEvent) int { return a.Created.Compare(b.Created) })
	return all
}

// deliver brings some of the history's webhooks, in any order, some of them twice.
func (w *twin) deliver(rt *rapid.T) {
	w.T.Helper()
	events := w.remember()
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, max(0, len(events)-1)), 0, min(60, 2*len(events))).Draw(rt, "webhooks") {
		if i < len(events) {
			w.post(events[i])
		}
	}
	w.must(w.Inbox.Drain(w.T.Context()))
}

func (w *twin) post(ev stripeapi.ListedEvent) {
	w.T.Helper()
	door, secret := "/webhooks/stripe", w.Config.WebhookSecrets[0]
	if ev.Account != "" {
		door, secret = "/webhooks/stripe/connect", w.Config.ConnectWebhookSecrets[0]
	}
	stamp := time.Now().Unix()
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", stamp, ev.Payload)
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodPost, w.SiteURL+door, bytes.NewReader(ev.Payload))
	w.must(err)
	request.Header.Set("Stripe-Signature", fmt.Sprintf("t=%d,v1=%s", stamp, hex.EncodeToString(mac.Sum(nil))))
	answer, err := http.DefaultClient.Do(request)
	w.must(err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.T.Fatalf("webhook: %s", answer.Status)
	}
}

// comeToEnd sweeps until everything is mended; what was left unpaid ends, what
// was stayed for completes, and what is due is paid out.
func (w *twin) comeToEnd() {
	w.T.Helper()
	for range 3 {
		sweep(w.T.(*testing.T), w.World)
	}
	w.Advance(time.Hour)
	sweep(w.T.(*testing.T), w.World)
	_, err := w.Payout.ReleaseDue(w.T.Context(), w.Now())
	w.must(err)
	_, err = w.Checkout.CompleteStays(w.T.Context())
	w.must(err)
	sweep(w.T.(*testing.T), w.World)
	w.sweepNow()
}

// comeToRest lets deliveries under way arrive, and waits out what is asked again
// later: an event about nobody known, a look that Stripe had no time for.
func (w *twin) comeToRest() {
	w.T.Helper()
	for range 8 {
		w.Settle()
		var waiting int
		w.must(w.DB.QueryRow(w.T.Context(), `SELECT count(*) FROM stripe_events WHERE state = 'waiting'`).Scan(&waiting))
		if waiting == 0 {
			return
		}
		w.Advance(2 * time.Minute)
	}
}
