package reconcile_test

import (
	"cmp"
	"flag"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/listing"
	"hearth/internal/payment"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"

	"pgregory.net/rapid"
)

// TestWhateverHappensTheBooksAgree lives through made-up histories in three
// currencies, of 0, 2 and 3 decimals, with every webhook lost in some of them.
// After one reconciliation every balance is equal to the unit and nothing is
// left over. HEARTH_HISTORIES is how many.
func TestWhateverHappensTheBooksAgree(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"rapid.checks": cmp.Or(os.Getenv("HEARTH_HISTORIES"), "4"), "rapid.seed": cmp.Or(os.Getenv("HEARTH_SEED"), "1"), "rapid.nofailfile": "true"} {
		must(t, flag.Set(name, value))
	}
	w := start(t)
	homes := map[string]listing.Listing{}
	for currency, price := range map[string]int{"usd": 20011, "jpy": 23333, "kwd": 71237} {
		homes[currency] = factory.Home(t, w.DB, w.owner.ID, map[string]any{"currency": currency, "nightly_price": price, "cleaning_fee": 0})
	}
	night := 20
	rapid.Check(t, func(rt *rapid.T) {
		w.Control("webhooks", map[string]any{"mode": rapid.SampledFrom([]string{"deliver", "drop"}).Draw(rt, "webhooks")})
		var paid []booking.Booking
		for _, c := range rapid.SliceOfN(rapid.SampledFrom([]string{"usd", "jpy", "kwd"}), 1, 3).Draw(rt, "stays") {
			night += 3
			b := w.Held(w.tenant, homes[c], night%300+2, 2)
			w.Pay(b, rapid.SampledFrom([]string{apptest.Good, "4000000000000077", "4000000000005126"}).Draw(rt, "card"))
			paid = append(paid, b)
		}
		w.Settle()
		w.heal(rt)
		for range rapid.IntRange(1, 5).Draw(rt, "acts") {
			b := paid[rapid.IntRange(0, len(paid)-1).Draw(rt, "stay")]
			w.act(rt, b, rapid.SampledFrom([]string{"refund", "dashboard", "dispute", "decide", "reverse", "payout", "wait", "fail refund", "platform payout"}).Draw(rt, "act"))
			if rapid.Bool().Draw(rt, "settle") {
				w.Settle()
			}
		}
		w.Advance(time.Minute)
		w.heal(rt)
		report, err := w.Reconcile.Books(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		if !report.Agrees() || len(report.Balances) < 2 {
			rt.Fatalf("the books do not agree:\n%+v\n%+v", report.Balances, report.Open)
		}
	})
}

func (w *world) heal(rt *rapid.T) {
	if _, err := w.Reconcile.SweepAll(w.T.Context()); err != nil {
		rt.Fatal(err)
	}
}

// act does something to a stay's money that may be refused.
func (w *world) act(rt *rapid.T, b booking.Booking, act string) {
	p := w.Payment(b)
	switch act {
	case "refund":
		amount := rapid.Int64Range(1, p.Amount).Draw(rt, "amount")
		_, _ = w.Checkout.Refund(w.T.Context(), booking.Admin(w.admin.ID, ""), b.ID, b.Amount(amount), "Broken heating")
	case "dashboard":
		w.try("/v1/refunds", url.Values{"payment_intent": {p.IntentID()}, "amount": {strconv.FormatInt(rapid.Int64Range(1, p.Amount).Draw(rt, "amount"), 10)},
			"reverse_transfer": {"true"}, "refund_application_fee": {rapid.SampledFrom([]string{"true", "false"}).Draw(rt, "fee")}})
	case "reverse":
		w.try("/v1/transfers/"+w.transferOf(b)+"/reversals", url.Values{"amount": {"137"}})
	case "platform payout":
		w.try("/v1/payouts", url.Values{"amount": {"731"}, "currency": {"usd"}})
	case "dispute":
		w.TryControl("charges/"+p.ChargeID+"/dispute", map[string]any{})
	case "decide":
		disputes, err := payment.DisputesOf(w.T.Context(), w.DB, p.ID)
		if err == nil && len(disputes) > 0 {
			w.TryControl("disputes/"+disputes[0].ID+"/resolve", map[string]any{"outcome": rapid.SampledFrom([]string{"won", "lost"}).Draw(rt, "outcome")})
		}
	case "fail refund":
		for _, r := range w.Refunds(b) {
			w.TryControl("refunds/"+r.StripeID()+"/fail", map[string]any{"reason": "lost_or_stolen_card"})
		}
	case "payout":
		_, _ = w.Payout.ReleaseDue(w.T.Context(), w.Now())
	case "wait":
		w.Advance(time.Duration(rapid.IntRange(1, 9).Draw(rt, "days")) * 24 * time.Hour)
	}
}
