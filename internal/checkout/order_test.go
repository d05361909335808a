package checkout_test

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/inbound"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"pgregory.net/rapid"
)

// HEARTH_HISTORIES is how many histories are lived through; a few by default.
const histories = "HEARTH_HISTORIES"

// TestWhateverOrder lives through made-up histories twice. In the calm world
// every webhook comes at once. In the other they come late, shuffled, twice or
// never, some before the next click and some after the end, and only the sweep
// mends it. Both end with the same bookings, payments, refunds and books.
func TestWhateverOrder(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"rapid.checks": cmp.Or(os.Getenv(histories), "3"), "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	calm, wild := newTwin(t), newTwin(t)
	rapid.Check(t, func(rt *rapid.T) {
		calm.begin("deliver")
		wild.begin("drop")
		models, sweeps := make([]model, 3), 4 // more would end the holds
		for range rapid.IntRange(6, 14).Draw(rt, "steps") {
			i := rapid.IntRange(0, len(models)-1).Draw(rt, "booking")
			m := models[i].next(rt)
			m.booking = i
			rt.Logf("%+v", m)
			calm.do(m)
			calm.Settle()
			if m.knows {
				wild.look(i) // the person who acts has seen the page
			}
			wild.do(m)
			switch rapid.SampledFrom([]string{"", "", "deliver", "sweep"}).Draw(rt, "then") {
			case "deliver":
				wild.deliver(rt)
			case "sweep":
				if sweeps--; sweeps < 0 {
					continue
				}
				sweep(t, wild.World)
				calm.Advance(6 * time.Minute)
			}
		}
		wild.deliver(rt)
		for range 4 {
			sweep(t, calm.World)
			sweep(t, wild.World)
		}
		for _, w := range []*twin{calm, wild} { // what was left unpaid ends
			w.Advance(time.Hour)
			sweep(t, w.World)
			sweep(t, w.World)
		}
		want, got := calm.outcome(), wild.outcome()
		if want != got {
			rt.Errorf("in order:\n%s\nout of order:\n%s", want, got)
		}
		wild.deliver(rt) // old news
		if again := wild.outcome(); again != got {
			rt.Errorf("before the old news:\n%s\nafter it:\n%s", got, again)
		}
		calm.comeToRest()
		wild.comeToRest()
		calm.check(rt, models)
		wild.check(rt, models)
	})
}

// move is one step of a history.
type move struct {
	booking int
	act     string
	amount  int64
	nth     int  // of the refunds, the oldest first
	knows   bool // done by somebody who has seen how things stand
}

// model knows what may happen next to a booking.
type model struct {
	state    string         // "", held, paid, disputed, over
	end      booking.Status // what it comes to if nothing else happens
	left     int64          // with the platform and the owner, of what the tenant paid
	refunds  []int64
	dead     []bool
	disputed bool
}

const price = 108000

func (m *model) next(rt *rapid.T) move {
	pick := func(acts ...string) string { return rapid.SampledFrom(acts).Draw(rt, "act") }
	switch m.state {
	case "":
		m.state, m.end = "held", booking.Expired
		return move{act: "book"}
	case "held":
		return m.fromHeld(pick("decline", "pay", "pay", "pay", "pay late", "pay late and taken", "release"))
	case "disputed":
		act := pick("win", "lose")
		if m.state = "paid"; act == "lose" {
			m.state = "over"
		}
		return move{act: act}
	case "paid":
		return m.fromPaid(rt, pick)
	}
	return move{act: "nothing"}
}

func (m *model) fromHeld(act string) move {
	switch act {
	case "pay", "pay late":
		m.state, m.end, m.left = "paid", booking.Confirmed, price
	case "pay late and taken":
		m.state = "over"
	case "release":
		m.state, m.end = "over", booking.Cancelled
	}
	return move{act: act}
}

func (m *model) fromPaid(rt *rapid.T, pick func(...string) string) move {
	var acts []string
	if m.left > 0 {
		acts = append(acts, "refund", "refund", "cancel")
		if !m.disputed {
			acts = append(acts, "dispute")
		}
	}
	alive := slices.Index(m.dead, false)
	if alive >= 0 {
		acts = append(acts, "fail a refund")
	}
	if len(acts) == 0 {
		return move{act: "nothing"}
	}
	out := move{act: pick(acts...), knows: true}
	switch out.act {
	case "refund":
		out.amount = rapid.Int64Range(1, m.left).Draw(rt, "amount")
		m.refund(out.amount)
	case "cancel":
		out.amount = m.left
		m.refund(m.left)
		m.state, m.end = "over", booking.Cancelled
	case "dispute":
		m.state, m.disputed, out.knows = "disputed", true, false
	case "fail a refund":
		out.nth, out.knows = alive, false
		m.dead[alive] = true
		m.left += m.refunds[alive]
	}
	return out
}

func (m *model) refund(amount int64) {
	m.left -= amount
	m.refunds, m.dead = append(m.refunds, amount), append(m.dead, false)
}

// twin is one of the two worlds, and the history that it is in.
type twin struct {
	*apptest.World
	owner, tenant, rival, admin user.User
	acct                        string
	home                        listing.Listing
	bookings                    [3]booking.Booking
	began                       time.Time
	mode                        string
}

func newTwin(t *testing.T) *twin {
	w, owner, tenant := scene(t)
	return &twin{World: w, owner: owner, tenant: tenant, rival: factory.Person(t, w.DB, "Rival"), admin: factory.Person(t, w.DB, "Ada", user.Admin),
		acct: w.AccountOf(owner.ID).StripeAccountID}
}

// begin starts a history with a home of its own.
func (w *twin) begin(mode string) {
	w.T.Helper()
	w.home, w.bookings, w.began, w.mode = factory.Home(w.T, w.DB, w.owner.ID, nil), [3]booking.Booking{}, w.Now(), mode
	w.Control("webhooks", map[string]any{"mode": mode})
}

func (w *twin) must(err error) {
	w.T.Helper()
	if err != nil {
		w.T.Fatal(err)
	}
}

func (w *twin) do(m move) {
	w.T.Helper()
	b, ctx := w.bookings[m.booking], w.T.Context()
	inDays := 30 + 10*m.booking
	switch m.act {
	case "book":
		got, _, err := w.Checkout.Start(ctx, w.tenant.ID, w.Ask(w.home, inDays, 5, fmt.Sprintf("%s-%d", w.home.ID, inDays)))
		w.must(err)
		w.bookings[m.booking] = got
	case "decline":
		w.TryControl("checkout/"+w.Session(b)+"/pay", map[string]any{"card": "4000000000000002"})
	case "pay":
		w.Pay(b, apptest.Good)
	case "pay late", "pay late and taken":
		w.payLate(b)
		if m.act == "pay late and taken" {
			_, _, err := w.Checkout.Start(ctx, w.rival.ID, w.Ask(w.home, inDays, 5, fmt.Sprintf("%s-%d", w.home.ID, inDays)))
			w.must(err)
		}
		w.Control("webhooks", map[string]any{"mode": w.mode})
	case "release":
		w.must(w.Checkout.Release(ctx, booking.Tenant(w.tenant.ID), b.ID, "Changed my mind"))
	case "refund":
		_, err := w.Checkout.Refund(ctx, booking.Admin(w.admin.ID, "192.0.2.9"), b.ID, usd(m.amount), "Broken heating")
		w.must(err)
	case "cancel":
		w.must(w.Checkout.Cancel(ctx, booking.Owner(w.owner.ID), b.ID, usd(m.amount), "Burst pipe"))
	case "dispute":
		w.Control("charges/"+w.charge(b)+"/dispute", map[string]any{})
	case "win", "lose":
		all, err := w.Stripe.DisputesByIntent(ctx, w.intent(b))
		w.must(err)
		w.Control("disputes/"+all[0].ID+"/resolve", map[string]any{"outcome": map[string]string{"win": "won", "lose": "lost"}[m.act]})
	case "fail a refund":
		all, err := w.Stripe.RefundsByIntent(ctx, w.intent(b))
		w.must(err)
		w.Control("refunds/"+all[len(all)-1-m.nth].ID+"/fail", map[string]any{})
	}
}

// payLate pays for a booking that we have given up meanwhile.
func (w *twin) payLate(b booking.Booking) {
	w.T.Helper()
	w.look2(b) // so that both worlds give the same thing up
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
func (w *twin) look(i int) { w.look2(w.bookings[i]) }

func (w *twin) look2(b booking.Booking) {
	w.T.Helper()
	w.must(w.Inbox.LookNow(w.T.Context(), inbound.SourceReturn, inbound.Subject{Kind: inbound.Payment, ID: string(w.Payment(b).ID)}))
}

// deliver brings some of the history's webhooks, in any order, some of them twice.
func (w *twin) deliver(rt *rapid.T) {
	w.T.Helper()
	events, err := w.Stripe.Events(w.T.Context(), stripeapi.EventQuery{From: w.began})
	w.must(err)
	slices.Reverse(events)
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, max(0, len(events)-1)), 0, 2*len(events)).Draw(rt, "webhooks") {
		if i < len(events) {
			w.post(events[i].Payload)
		}
	}
	w.must(w.Inbox.Drain(w.T.Context()))
}

func (w *twin) post(payload []byte) {
	w.T.Helper()
	stamp := time.Now().Unix()
	mac := hmac.New(sha256.New, []byte(w.Config.WebhookSecrets[0]))
	fmt.Fprintf(mac, "%d.%s", stamp, payload)
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodPost, w.SiteURL+"/webhooks/stripe", bytes.NewReader(payload))
	w.must(err)
	request.Header.Set("Stripe-Signature", fmt.Sprintf("t=%d,v1=%s", stamp, hex.EncodeToString(mac.Sum(nil))))
	answer, err := http.DefaultClient.Do(request)
	w.must(err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.T.Fatalf("webhook: %s", answer.Status)
	}
}

// outcome is everything that must not depend on the order.
func (w *twin) outcome() string {
	w.T.Helper()
	var out strings.Builder
	for i, b := range w.bookings {
		if b.ID == "" {
			continue
		}
		b, p := w.Booking(b.ID), w.Payment(b)
		fmt.Fprintf(&out, "%d: %s, confirmed %v, payment %s, received %d, refunded %d, disputed %v\n", i, b.Status, b.ConfirmedAt != nil, p.Status, p.AmountReceived, p.AmountRefunded, p.Disputed)
		for _, r := range w.Refunds(b) {
			fmt.Fprintf(&out, "   refund %d %s for %s: reversed %d, fee %d, debt %d\n", r.Amount, r.Status, r.Cause, r.ReversedAmount, r.FeeRefunded, r.OwnerDebt)
		}
		disputes, err := payment.DisputesOf(w.T.Context(), w.DB, p.ID)
		w.must(err)
		for _, d := range disputes {
			fmt.Fprintf(&out, "   dispute %s: %d withdrawn, fee %d\n", d.Status, d.Withdrawn, d.Fee)
		}
		recoveries, err := payment.RecoveriesOf(w.T.Context(), w.DB, p.ID)
		w.must(err)
		for _, v := range recoveries {
			fmt.Fprintf(&out, "   recovery %s: %d reversed, fee %d, debt %d\n", v.State, v.ReversedAmount, v.FeeReturned, v.OwnerDebt)
		}
		balances, err := ledger.BookingBalances(w.T.Context(), w.DB, string(b.ID))
		w.must(err)
		out.WriteString("   books " + strings.ReplaceAll(fmt.Sprint(balances), w.acct, "acct") + "\n")
	}
	return out.String()
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

// check holds a world to what must have come of the history, and to what may
// never happen (docs/architecture.md §1).
func (w *twin) check(rt *rapid.T, models []model) {
	w.T.Helper()
	for i, m := range models {
		if m.state == "" {
			continue
		}
		b := w.Booking(w.bookings[i].ID)
		if p := w.Payment(b); b.Status != m.end || p.AmountReceived-p.AmountRefunded != m.left {
			rt.Errorf("booking %d is %s with %d left, want %s with %d", i, b.Status, p.AmountReceived-p.AmountRefunded, m.end, m.left)
		}
	}
	for what, sql := range map[string]string{
		"an event is not applied":                   `SELECT count(*) FROM stripe_events WHERE state IN ('failed', 'waiting')`,
		"two successes for one booking":             `SELECT count(*) FROM (SELECT FROM charges WHERE status = 'succeeded' AND captured GROUP BY booking_id HAVING count(*) > 1) x`,
		"two stays on one night":                    `SELECT count(*) FROM bookings a JOIN bookings b ON b.listing_id = a.listing_id AND b.id > a.id AND b.nights && a.nights WHERE a.status IN ('held', 'processing', 'confirmed') AND b.status IN ('held', 'processing', 'confirmed')`,
		"a stay without its nights, or the reverse": `SELECT count(*) FROM bookings b FULL JOIN occupancies o ON o.booking_id = b.id WHERE (b.status IN ('held', 'processing', 'confirmed')) IS DISTINCT FROM (o.id IS NOT NULL)`,
		"money kept for a stay that never was":      `SELECT count(*) FROM bookings b JOIN payments p ON p.booking_id = b.id WHERE p.status = 'paid' AND b.confirmed_at IS NULL AND p.amount_refunded < p.amount_received`,
		"a stay that nobody paid":                   `SELECT count(*) FROM bookings b WHERE b.status = 'confirmed' AND NOT EXISTS (SELECT FROM payments p WHERE p.booking_id = b.id AND p.status = 'paid')`,
		"a loss that nobody settled with the owner": `SELECT count(*) FROM payments p WHERE ` + payment.LostSQL + ` > 0`,
		"a refund that nobody finished":             `SELECT count(*) FROM refunds WHERE status = 'requested' OR stripe_refund_id IS NULL`,
		"refunds that Stripe does not have":         `SELECT count(*) FROM payments p WHERE amount_refunded <> (SELECT coalesce(sum(amount), 0) FROM refunds r WHERE r.payment_id = p.id AND r.status NOT IN ('failed', 'canceled'))`,
		"a request without an outcome":              `SELECT count(*) FROM stripe_requests WHERE state IN ('planned', 'unknown') AND purpose <> 'account_link'`,
	} {
		var n int64
		w.must(w.DB.QueryRow(w.T.Context(), sql).Scan(&n))
		if n != 0 {
			rt.Errorf("%s: %d", what, n)
		}
	}
	books := func(account string) int64 {
		balance, err := ledger.Balance(w.T.Context(), w.DB, account, "usd")
		w.must(err)
		return balance.Minor
	}
	sum := books(ledger.Owner(w.acct)) + books(ledger.Debt(w.acct))
	for _, account := range []string{ledger.Tenant, ledger.Escrow, ledger.Revenue, ledger.StripeFees, ledger.Disputes} {
		sum += books(account)
	}
	if sum != 0 {
		rt.Errorf("the books sum to %d", sum)
	}
	s := stage{World: w.World}
	if ours, theirs := books(ledger.Owner(w.acct)), s.atStripe(w.acct); ours != theirs {
		rt.Errorf("the owner has %d in the books, %d at Stripe", ours, theirs)
	}
	if ours, theirs := books(ledger.Escrow)+books(ledger.Revenue)+books(ledger.Debt(w.acct)), s.atStripe(""); ours != theirs {
		rt.Errorf("we have %d in the books, %d at Stripe", ours, theirs)
	}
}
