package checkout_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"pgregory.net/rapid"
)

// TestThePreviewIsWhatHappens lives through made-up histories of one booking's
// refunds: of every size and in three currencies, made here and at Stripe's
// Dashboard, some of them returned by the bank, with payouts that empty the
// owner's balance or ours in between. What each preview says of every account
// is what the ledger and Stripe's balances then show, to the cent.
func TestThePreviewIsWhatHappens(t *testing.T) {
	// Not parallel: rapid's flags are the process's, and the next test sets them.
	for name, value := range map[string]string{"rapid.checks": cmp.Or(os.Getenv(histories), "12"), "rapid.seed": cmp.Or(os.Getenv("HEARTH_SEED"), "1"), "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	s := newRefunds(t)
	rapid.Check(t, func(rt *rapid.T) {
		s.begin(rt)
		for range rapid.IntRange(3, 9).Draw(rt, "steps") {
			s.step(rt)
		}
		s.rest(rt)
	})
	s.Audit()
}

// A preview that is wrong by a cent anywhere is found out: the test above can
// fail.
func TestAWrongPreviewIsNoticed(t *testing.T) {
	t.Parallel()
	s := newRefunds(t)
	s.b = s.earn("usd", 120000, 1200)
	preview, before, after := s.refunded(t, 40000)
	if wrong := s.unlike(preview.Way, before, after); wrong != "" {
		t.Fatal(wrong)
	}
	for name, defect := range map[string]func(w *checkout.Way){
		"a cent of the owner's": func(w *checkout.Way) { w.Reversed++ },
		"our fee is kept":       func(w *checkout.Way) { w.FeeRefunded = 0 },
		"a debt":                func(w *checkout.Way) { w.Reversed, w.OwnerDebt = w.Reversed-1, w.OwnerDebt+1 },
		"we pay":                func(w *checkout.Way) { w.Absorbed++ },
		"the tenant's":          func(w *checkout.Way) { w.Amount++ },
		"the way":               func(w *checkout.Way) { w.Short = true },
		"the waiting":           func(w *checkout.Way) { w.Waits = true },
		"the owner's balance": func(w *checkout.Way) {
			w.OwnerBalance = &checkout.Span{Before: w.OwnerBalance.Before, After: usd(w.OwnerBalance.After.Minor - 1)}
		},
		"our balance": func(w *checkout.Way) {
			w.OurBalance = &checkout.Span{Before: w.OurBalance.Before, After: usd(w.OurBalance.After.Minor + 1)}
		},
		"what the owner keeps": func(w *checkout.Way) { w.OwnerAfter = usd(w.OwnerAfter.Minor + 1) },
	} {
		broken := preview.Way
		if defect(&broken); s.unlike(broken, before, after) == "" {
			t.Errorf("%s: nobody notices", name)
		}
	}
}

// refundWorld is a world in which one booking after the other is refunded.
type refundWorld struct {
	*apptest.World
	owner, tenant, admin user.User
	acct                 string
	b                    booking.Booking
	stays                int
}

func newRefunds(t *testing.T) *refundWorld {
	w, owner, tenant := scene(t)
	return &refundWorld{World: w, owner: owner, tenant: tenant, admin: factory.Person(t, w.DB, "Ada", user.Admin), acct: w.AccountOf(owner.ID).StripeAccountID}
}

func (s *refundWorld) earn(currency string, price, fee int) booking.Booking {
	s.T.Helper()
	s.stays++
	home := factory.Home(s.T, s.DB, s.owner.ID, map[string]any{"currency": currency, "nightly_price": price, "cleaning_fee": 0, "fee_bps": fee})
	return s.Confirmed(s.tenant, home, 20+s.stays, 1)
}

func (s *refundWorld) begin(rt *rapid.T) {
	currency := rapid.SampledFrom([]string{"usd", "jpy", "kwd"}).Draw(rt, "currency")
	price := rapid.IntRange(1000, 300000).Draw(rt, "price")
	fee := rapid.SampledFrom([]int{0, 1, 333, 1200, 1777, 3000}).Draw(rt, "fee")
	s.b = s.earn(currency, price, fee)
	if rapid.Bool().Draw(rt, "available") {
		s.Advance(8 * 24 * time.Hour)
	}
}

func (s *refundWorld) step(rt *rapid.T) {
	left := payment.Remaining(s.Payment(s.b), s.Refunds(s.b)).Minor
	act := rapid.SampledFrom([]string{"refund", "refund", "refund", "refund", "dashboard", "fail", "owner's payout", "our payout", "top up", "earn", "later"}).Draw(rt, "act")
	amount := int64(0)
	if left > 0 {
		amount = rapid.OneOf(rapid.Just(left), rapid.Int64Range(1, left), rapid.Int64Range(1, min(left, 40))).Draw(rt, "amount")
	}
	rt.Logf("%s %d of %d %s", act, amount, left, s.b.Currency)
	switch act {
	case "refund":
		if amount > 0 {
			s.refund(rt, amount)
		}
	case "dashboard":
		flags := rapid.SampledFrom([][2]string{{"false", "false"}, {"true", "false"}, {"true", "true"}}).Draw(rt, "flags")
		s.dashboard("/v1/refunds", "", url.Values{"payment_intent": {s.Payment(s.b).IntentID()}, "amount": {strconv.FormatInt(max(1, amount), 10)},
			"reverse_transfer": {flags[0]}, "refund_application_fee": {flags[1]}})
	case "fail":
		if all := s.Refunds(s.b); len(all) > 0 {
			s.TryControl("refunds/"+all[rapid.IntRange(0, len(all)-1).Draw(rt, "nth")].StripeID()+"/fail", map[string]any{"reason": "lost_or_stolen_card"})
		}
	case "owner's payout":
		s.empty(rt, s.acct)
	case "our payout":
		s.empty(rt, "")
	case "top up":
		s.dashboard("/v1/topups", "", url.Values{"amount": {"500000"}, "currency": {string(s.b.Currency)}, "description": {"float"}, "statement_descriptor": {"float"}})
		s.Advance(8 * 24 * time.Hour)
	case "earn":
		s.earn(string(s.b.Currency), 50000, 1000)
	case "later":
		s.Advance(3 * 24 * time.Hour)
	}
	s.Settle()
}

// empty pays out most of an account's available balance.
func (s *refundWorld) empty(rt *rapid.T, account string) {
	balance, err := s.Stripe.Balance(s.T.Context(), account)
	if err != nil {
		rt.Fatal(err)
	}
	if there := balance.Available[s.b.Currency]; there > 0 {
		part := max(1, there*int64(rapid.SampledFrom([]int{100, 95, 50}).Draw(rt, "percent"))/100)
		s.dashboard("/v1/payouts", account, url.Values{"amount": {strconv.FormatInt(part, 10)}, "currency": {string(s.b.Currency)}})
	}
}

// dashboard is somebody at Stripe's Dashboard, who may be refused.
func (s *refundWorld) dashboard(path, account string, form url.Values) {
	s.T.Helper()
	status, out := s.TryAtStripe(http.MethodPost, path, account, form)
	if status != http.StatusOK && (status != http.StatusBadRequest || path == "/v1/topups") {
		s.T.Fatalf("POST %s: %d %v", path, status, out)
	}
}

// seen is what a refund can change: the ledger's accounts, Stripe's balances,
// and the booking's refunds.
type seen struct {
	ledger      map[string]int64
	owner, ours int64
	refunds     []payment.Refund
}

func (s *refundWorld) look(ctx context.Context) (v seen, err error) {
	if v.ledger, err = ledger.BookingBalances(ctx, s.DB, string(s.b.ID)); err != nil {
		return v, err
	}
	for account, sum := range map[string]*int64{s.acct: &v.owner, "": &v.ours} {
		balance, err := s.Stripe.Balance(ctx, account)
		if err != nil {
			return v, err
		}
		*sum = balance.Available[s.b.Currency] + balance.Pending[s.b.Currency]
	}
	v.refunds, err = payment.RefundsOf(ctx, s.DB, s.Payment(s.b).ID)
	return v, err
}

// refund previews, refunds and compares.
func (s *refundWorld) refund(rt *rapid.T, amount int64) {
	preview, before, after := s.refunded(rt, amount)
	wrong := s.unlike(preview.Way, before, after)
	if wrong != "" && preview.Else != nil {
		wrong = s.unlike(*preview.Else, before, after)
	}
	if wrong != "" {
		rt.Fatalf("a refund of %d %s: %s\npreview %+v\nelse %+v\nrefunds %+v", amount, s.b.Currency, wrong, preview, preview.Else, after.refunds)
	}
}

// refunded previews a refund and makes it.
func (s *refundWorld) refunded(t rapid.TB, amount int64) (preview checkout.Preview, before, after seen) {
	ctx := s.T.Context()
	preview, err := s.Checkout.PreviewRefund(ctx, s.b, money.New(amount, s.b.Currency))
	if err != nil || preview.Blocked != "" {
		t.Fatalf("preview of %d: %q, %v", amount, preview.Blocked, err)
	}
	if before, err = s.look(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Checkout.RefundSeen(ctx, booking.Admin(s.admin.ID, "192.0.2.9"), s.b.ID, preview.Amount, preview.Left, checkout.Why{Reason: "Broken heating"}); err != nil {
		t.Fatal(err)
	}
	s.Settle()
	if after, err = s.look(ctx); err != nil {
		t.Fatal(err)
	}
	return preview, before, after
}

// unlike says what came otherwise than it was promised.
func (s *refundWorld) unlike(way checkout.Way, before, after seen) string {
	want, short, waits := way.Moves(s.acct), false, false
	ours := way.OurBalance.After.Minor
	leg := func(minor int64) { // the tenant's, as far as it is not what was promised
		want[ledger.Tenant] += minor
		want[ledger.Escrow] -= minor
		ours -= minor
	}
	for i, r := range before.refunds {
		if r.Status == "pending" && after.refunds[i].Status == "succeeded" { // an earlier one had waited for this money
			leg(r.Amount)
		}
	}
	for _, r := range after.refunds[len(before.refunds):] {
		short = short || r.Attempt > 1
		if r.Status == "pending" { // the tenant's leg is still to come
			waits = true
			leg(-r.Amount)
		}
	}
	for _, account := range slices.Sorted(maps.Keys(want)) {
		if moved := after.ledger[account] - before.ledger[account]; moved != want[account] {
			return fmt.Sprintf("%s moved by %d, not by %d", account, moved, want[account])
		}
	}
	owner := money.New(after.ledger[ledger.Owner(s.acct)]+after.ledger[ledger.Debt(s.acct)], s.b.Currency)
	switch {
	case short != way.Short:
		return fmt.Sprintf("short is %v", short)
	case waits != way.Waits:
		return fmt.Sprintf("waiting is %v", waits)
	case way.OwnerBalance.Before.Minor != before.owner || way.OwnerBalance.After.Minor != after.owner:
		return fmt.Sprintf("the owner's balance went from %d to %d", before.owner, after.owner)
	case way.OurBalance.Before.Minor != before.ours || ours != after.ours:
		return fmt.Sprintf("our balance went from %d to %d", before.ours, after.ours)
	case way.OwnerAfter != owner:
		return fmt.Sprintf("the owner keeps %d of the stay", owner.Minor)
	}
	return ""
}

// rest refunds what is left, and sees that nobody has a cent too many.
func (s *refundWorld) rest(rt *rapid.T) {
	s.dashboard("/v1/topups", "", url.Values{"amount": {"9000000"}, "currency": {string(s.b.Currency)}, "description": {"float"}, "statement_descriptor": {"float"}})
	s.Advance(8 * 24 * time.Hour)
	s.Settle()
	if left := payment.Remaining(s.Payment(s.b), s.Refunds(s.b)).Minor; left > 0 {
		s.refund(rt, left)
	}
	end, err := s.look(s.T.Context())
	if err != nil {
		rt.Fatal(err)
	}
	sum := int64(0)
	for _, r := range end.refunds {
		if r.Status == "pending" {
			rt.Fatalf("with money there, a refund is pending: %+v", r)
		}
	}
	for _, minor := range end.ledger {
		sum += minor
	}
	if sum != 0 || end.ledger[ledger.Tenant] != 0 || end.ledger[ledger.Escrow] != 0 {
		rt.Fatalf("everything is refunded, and the books have %v\nrefunds %+v", end.ledger, end.refunds)
	}
}
