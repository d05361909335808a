package checkout_test

import (
	"cmp"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"pgregory.net/rapid"
)

// quarrel is a made-up history of a disputed payment.
type quarrel struct {
	currency                  money.Currency
	total, refunded, disputed int64
	paidOut, early            bool
	outcome                   string
}

func drawQuarrel(rt *rapid.T) (q quarrel) {
	q.currency = rapid.SampledFrom([]money.Currency{"usd", "jpy", "kwd"}).Draw(rt, "currency")
	step := map[money.Currency]int64{"usd": 1, "jpy": 1, "kwd": 10}[q.currency] // the last digit of three is always zero
	q.total = 5 * step * rapid.Int64Range(1000, 4000).Draw(rt, "night")
	if rapid.Bool().Draw(rt, "refund") {
		q.refunded = step * rapid.Int64Range(1, q.total/step/2).Draw(rt, "refunded")
	}
	if q.disputed = q.total - q.refunded; rapid.Bool().Draw(rt, "part") {
		q.disputed = step * rapid.Int64Range(1, q.disputed/step).Draw(rt, "disputed")
	}
	q.paidOut, q.early = rapid.Bool().Draw(rt, "paid out"), rapid.Bool().Draw(rt, "early")
	q.outcome = rapid.SampledFrom([]string{"won", "lost"}).Draw(rt, "outcome")
	return q
}

// Whatever of a payment is refunded and disputed, in currencies with no, two and
// three decimals, taken back early or not, from a balance that is there or gone:
// once the bank has decided and the sweep was there, the books say what Stripe
// says, escrow is empty, and the owner has their share of what the tenant paid
// in the end, no cent taken twice.
func TestDisputesKeepTheBooks(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{"rapid.checks": cmp.Or(os.Getenv(histories), "3"), "rapid.seed": cmp.Or(os.Getenv("HEARTH_SEED"), "1"), "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	ossi := w.Owner("Ossi")
	for i, c := range []money.Currency{"usd", "jpy", "kwd"} { // a platform has money of its own
		w.Confirmed(tenant, factory.Home(t, w.DB, ossi.ID, map[string]any{"nightly_price": 400000, "currency": c}), 90+30*i, 20)
	}
	w.Advance(8 * 24 * time.Hour)
	s := &stage{World: w, owner: owner, tenant: tenant, admin: admin, acct: w.AccountOf(owner.ID).StripeAccountID}
	rapid.Check(t, func(rt *rapid.T) {
		for range 4 {
			q := drawQuarrel(rt)
			rt.Logf("%+v", q)
			s.live(q).check(rt, q)
		}
	})
	w.Audit()
}

// live goes through it.
func (s *stage) live(q quarrel) *court {
	s.T.Helper()
	ctx := s.T.Context()
	home := factory.Home(s.T, s.DB, s.owner.ID, map[string]any{"nightly_price": q.total / 5, "cleaning_fee": 0, "currency": q.currency})
	c := &court{stage: s, by: booking.Admin(s.admin.ID, "192.0.2.9"), b: s.Confirmed(factory.Person(s.T, s.DB, "Maya"), home, 3, 5)}
	if q.refunded > 0 {
		if _, err := s.Checkout.Refund(ctx, c.by, c.b.ID, money.New(q.refunded, q.currency), "Noise"); err != nil {
			s.T.Fatal(err)
		}
		s.Settle()
	}
	if q.paidOut {
		s.Advance(inAWeek)
		s.payOut()
		s.Settle()
	}
	c.dispute, _ = s.Control("charges/"+s.Payment(c.b).ChargeID+"/dispute", map[string]any{"amount": q.disputed})["id"].(string)
	s.Settle()
	if q.early {
		can, err := payment.ToRecover(ctx, s.DB, s.Payment(c.b), c.now())
		if err == nil {
			err = s.Checkout.RecoverDispute(ctx, c.by, c.dispute, can.Amount, "Early")
		}
		if err != nil {
			s.T.Fatal(err)
		}
	}
	s.resolve(c.dispute, q.outcome)
	for range 3 {
		sweep(s.T, s.World)
	}
	return c
}

func (c *court) check(rt *rapid.T, q quarrel) {
	ctx := c.T.Context()
	books, err := ledger.BookingBalances(ctx, c.DB, string(c.b.ID))
	if err != nil {
		c.T.Fatal(err)
	}
	var sum, owners int64
	for account, n := range books {
		sum += n
		if strings.HasSuffix(account, ":"+c.acct) { // at Stripe, at the bank, and what they owe
			owners += n
		}
	}
	left := q.total - q.refunded
	if q.outcome == "lost" {
		left -= q.disputed
	}
	want := left - money.Proportion(c.b.FeeAmount, left, q.total)
	if sum != 0 || books[ledger.Escrow] != 0 || max(owners-want, want-owners) > 1+q.currency.Step() { // each part is rounded for itself
		rt.Errorf("books %v sum to %d; the owner has %d in all, want %d", books, sum, owners, want)
	}
	stay, err := payout.StayOf(ctx, c.DB, c.b.ID, false)
	if err != nil || stay.LostAmount != 0 {
		rt.Errorf("lost and neither recovered nor owed: %d, %v", stay.LostAmount, err)
	}
	for account, holds := range map[string]string{"": "^(escrow|revenue|debt:.*)$", c.acct: "^owner:" + c.acct + "$"} {
		var ours int64
		if err := c.DB.QueryRow(ctx, `SELECT coalesce(sum(CASE WHEN destination ~ $1 THEN amount ELSE 0 END - CASE WHEN source ~ $1 THEN amount ELSE 0 END), 0)::bigint
			FROM ledger_postings WHERE currency = $2`, holds, q.currency).Scan(&ours); err != nil {
			c.T.Fatal(err)
		}
		theirs, err := c.Stripe.Balance(ctx, account)
		if err != nil {
			c.T.Fatal(err)
		}
		if at := theirs.Available[q.currency] + theirs.Pending[q.currency]; at != ours {
			rt.Errorf("account %q: %d in the books, %d at Stripe", account, ours, at)
		}
	}
	if v, err := payment.RecoveryOf(ctx, c.DB, c.dispute); err == nil && v.State != map[string]string{"won": "returned", "lost": "reversed"}[q.outcome] && v.OwnerDebt == 0 {
		rt.Errorf("%+v", v)
	}
}
