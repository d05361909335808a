package checkout_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/stripeapi"
	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

const (
	moneyPage  = "../../docs/money.md"
	flowsBegin = "<!-- flows: written by TestMoneyTable, UPDATE_DOCS=1 -->\n"
	flowsEnd   = "<!-- flows: end -->"
)

// TestMoneyTable walks every way that money takes and writes down what each
// account has after each step; docs/money.md shows exactly that.
func TestMoneyTable(t *testing.T) {
	t.Parallel()
	all := everyFlow()
	tables := make([]string, len(all))
	t.Run("flows", func(t *testing.T) {
		for i, f := range all {
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				tables[i] = f.table(t)
			})
		}
	})
	page, err := os.ReadFile(moneyPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), flowsBegin)
	shown, after, ended := strings.Cut(rest, flowsEnd)
	if !found || !ended {
		t.Fatalf("%s has lost its marks", moneyPage)
	}
	walked := "\n" + strings.Join(tables, "\n") + "\n"
	if shown == walked || t.Failed() {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatalf("%s shows other numbers than the flows have; UPDATE_DOCS=1 writes these:\n%s", moneyPage, walked)
	}
	if err := os.WriteFile(moneyPage, []byte(before+flowsBegin+walked+flowsEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

type flow struct {
	name, story string
	walk        func(s *stage)
}

// stage is a world with an owner whose money is watched.
type stage struct {
	*apptest.World
	owner, tenant, admin user.User
	acct                 string
	other                string // another account that the charge is split with
	currency             money.Currency
	raws                 []raw
	platform, owned      int64 // at Stripe, before the first step
	baseline             map[string]int64
	rows                 strings.Builder
}

func (f flow) table(t *testing.T) string { return newStage(t, "usd").show(f) }

func newStage(t *testing.T, currency money.Currency, edit ...func(*stripesandbox.Options)) *stage {
	t.Helper()
	w := apptest.Start(t, edit...)
	owner, tenant := w.Owner("Nora"), factory.Person(t, w.DB, "Maya")
	s := &stage{World: w, owner: owner, tenant: tenant, admin: factory.Person(t, w.DB, "Ada", user.Admin), acct: w.AccountOf(owner.ID).StripeAccountID, currency: currency}
	// The fees of another owner's stay: a platform has money of its own.
	w.Confirmed(tenant, factory.Home(t, w.DB, w.Owner("Ossi").ID, map[string]any{"nightly_price": 100000, "currency": currency}), 90, 20)
	w.Advance(3 * 24 * time.Hour)
	s.begin()
	return s
}

// begin makes everything after it count from here.
func (s *stage) begin() {
	s.T.Helper()
	s.platform, s.owned, s.baseline = s.atStripe(""), s.atStripe(s.acct), s.balances()
}

func (s *stage) show(f flow) string {
	s.T.Helper()
	fmt.Fprintf(&s.rows, "### %s\n\n%s\n\n| after | %s |\n|---|%s\n", f.name, f.story, strings.Join(s.columns(), " | "), strings.Repeat("--:|", len(s.columns())))
	f.walk(s)
	return s.rows.String()
}

// columns are the accounts, the owner's without their name.
func (s *stage) columns() []string {
	all := []string{"tenant", "escrow", "owner", "debt", "revenue", "stripe_fees", "disputes", "bank"}
	if s.other != "" {
		all = slices.Insert(all, 3, "co-owner")
	}
	return all
}

func (s *stage) balances() map[string]int64 {
	s.T.Helper()
	all := map[string]int64{}
	for _, column := range s.columns() {
		account := column
		switch column {
		case "owner", "debt", "bank":
			account += ":" + s.acct
		case "co-owner":
			account = ledger.Owner(s.other)
		}
		balance, err := ledger.Balance(s.T.Context(), s.DB, account, s.currency)
		if err != nil {
			s.T.Fatal(err)
		}
		all[column] = balance.Minor
	}
	return all
}

func (s *stage) atStripe(account string) (sum int64) {
	s.T.Helper()
	balance, err := s.Stripe.Balance(s.T.Context(), account)
	if err != nil {
		s.T.Fatal(err)
	}
	return balance.Available[s.currency] + balance.Pending[s.currency]
}

// after settles what happened and writes the row. The books must sum to
// nothing, and say what Stripe says.
func (s *stage) after(step string) {
	s.T.Helper()
	s.Settle()
	s.postRaws()
	now, sum, cells := s.balances(), int64(0), []string{}
	for _, column := range s.columns() {
		now[column] -= s.baseline[column]
		sum += now[column]
		cell := ""
		if now[column] != 0 {
			cell = fmt.Sprint(now[column])
		}
		cells = append(cells, cell)
	}
	if sum != 0 {
		s.T.Errorf("after %q the books sum to %d: %v", step, sum, now)
	}
	if theirs := s.atStripe(s.acct) - s.owned; theirs != now["owner"] {
		s.T.Errorf("after %q the owner's balance is %d at Stripe: %v", step, theirs, now)
	}
	if s.other != "" && s.atStripe(s.other) != now["co-owner"] {
		s.T.Errorf("after %q the co-owner's balance is %d at Stripe: %v", step, s.atStripe(s.other), now)
	}
	if theirs := s.atStripe("") - s.platform; theirs != now["escrow"]+now["revenue"]+now["debt"] {
		s.T.Errorf("after %q our balance is %d at Stripe: %v", step, theirs, now)
	}
	fmt.Fprintf(&s.rows, "| %s | %s |\n", step, strings.Join(cells, " | "))
}

// home lets five nights for 1200.00 and ten for 2400.00.
func (s *stage) home() listing.Listing {
	return factory.Home(s.T, s.DB, s.owner.ID, map[string]any{"nightly_price": 24000, "cleaning_fee": 0, "currency": s.currency})
}

func (s *stage) paid(card string, inDays, nights int) booking.Booking {
	s.T.Helper()
	b := s.Held(s.tenant, s.home(), inDays, nights)
	s.Pay(b, card)
	return b
}

func (s *stage) refund(b booking.Booking, minor int64) {
	s.T.Helper()
	if _, err := s.Checkout.Refund(s.T.Context(), booking.Admin(s.admin.ID, "192.0.2.9"), b.ID, money.New(minor, s.currency), "Broken heating"); err != nil {
		s.T.Fatal(err)
	}
}

func (s *stage) payOut() {
	s.T.Helper()
	if _, err := s.Payout.ReleaseDue(s.T.Context(), s.Now()); err != nil {
		s.T.Fatal(err)
	}
}

func (s *stage) look(b booking.Booking) stripeapi.PaymentLook {
	s.T.Helper()
	look, err := s.Stripe.LookAtPayment(s.T.Context(), s.Session(b), s.Payment(b).IntentID())
	if err != nil {
		s.T.Fatal(err)
	}
	return look
}

// disputed is a stay whose tenant's bank takes the money back.
func (s *stage) disputed() (b booking.Booking, dispute string) {
	s.T.Helper()
	b = s.paid(apptest.Good, 30, 5)
	s.after("the tenant pays")
	dispute = s.dispute(b)
	s.after("the bank opens a dispute")
	return b, dispute
}

// disputedAfterThePayout is a disputed stay whose money is at the owner's bank.
func (s *stage) disputedAfterThePayout() (dispute string) {
	s.T.Helper()
	b := s.paid(apptest.Good, 3, 5)
	s.after("the tenant pays")
	s.Advance(inAWeek)
	s.payOut()
	s.after("the payout")
	dispute = s.dispute(b)
	s.after("the bank opens a dispute")
	return dispute
}

func (s *stage) dispute(b booking.Booking) string {
	s.T.Helper()
	return s.chargeBack(s.look(b).Charges[0].ID, false)
}

// resolve is the bank's decision.
func (s *stage) resolve(dispute, outcome string) {
	s.T.Helper()
	s.Control("disputes/"+dispute+"/resolve", map[string]any{"outcome": outcome})
	s.Settle()
}

// recover takes what can be taken back, as an admin who has read how much.
func (s *stage) recover(dispute string) {
	s.T.Helper()
	s.Settle()
	if err := s.Checkout.RecoverDispute(s.T.Context(), booking.Admin(s.admin.ID, "192.0.2.9"), dispute, usd(120000), "The owner let us down"); err != nil {
		s.T.Fatal(err)
	}
}

const (
	inAWeek = 7 * 24 * time.Hour
	refails = "4000000000005126"
)

var flows = []flow{
	{"Pay, and pay out", "A destination charge: the whole 1200.00 goes to the owner at once and our fee comes back; Stripe's fee is ours to pay. The day after check-in a payout takes the owner's balance to their bank; one that the bank returns is paid out again later.", func(s *stage) {
		s.paid(apptest.Good, 3, 5)
		s.after("the tenant pays")
		s.Advance(inAWeek)
		s.payOut()
		s.after("the payout")
		made, err := s.Stripe.Payouts(s.T.Context(), s.acct, time.Time{}, time.Time{})
		if err != nil || len(made) != 1 {
			s.T.Fatalf("payouts %+v, %v", made, err)
		}
		s.Control("payouts/"+made[0].ID+"/fail", map[string]any{"reason": "account_closed"})
		s.after("the bank returns the payout")
	}},
	{"Refund in full", "`reverse_transfer` and `refund_application_fee` go with every refund, so owner and platform give back what each had. Only Stripe's fee is gone.", func(s *stage) {
		b := s.paid(apptest.Good, 30, 5)
		s.after("the tenant pays")
		s.refund(b, 120000)
		s.after("a refund of 1200.00")
	}},
	{"Refund in part", "The same in proportion: what is left is what a stay of 800.00 would have been. The refund that completes the charge takes whatever is left.", func(s *stage) {
		b := s.paid(apptest.Good, 30, 5)
		s.after("the tenant pays")
		s.refund(b, 40000)
		s.after("a refund of 400.00")
		s.refund(b, 80000)
		s.after("a refund of the remaining 800.00")
	}},
	{"Refund when the owner's balance is short", "The money is at the owner's bank already, so Stripe refuses the reversal. The tenant does not wait: a second attempt under a new key refunds them from our balance, we give up our fee, and the owner owes the rest. Before the owner's next stay is paid out, what is owed is taken back out of it: a reversal of its transfer that belongs to no refund.", func(s *stage) {
		b := s.paid(apptest.Good, 3, 5)
		s.after("the tenant pays")
		s.Advance(inAWeek)
		s.payOut()
		s.after("the payout")
		s.refund(b, 120000)
		s.after("a refund of 1200.00")
		s.paid(apptest.Good, 3, 10)
		s.after("the owner's next stay, of 2400.00, is paid")
		s.Advance(inAWeek)
		s.payOut()
		s.after("what is owed is netted, and the rest paid out")
	}},
	{"A refund that the tenant's bank returns", "Stripe takes the money back into our balance, days later; owner and fee stay reversed, and an admin is told to refund the tenant in another way. Until then escrow holds the tenant's money.", func(s *stage) {
		b := s.paid(refails, 30, 5)
		s.after("the tenant pays")
		s.refund(b, 120000)
		s.after("a refund of 1200.00")
		s.Advance(inAWeek)
		s.after("the bank returns it")
	}},
	{"Dispute, lost", "The bank takes amount and dispute fee from us, not from the owner. While it runs the owner's payout is frozen and refunds are refused. When it is lost, Hearth takes the owner's part back: the transfer is reversed, and we give up our fee with it.", func(s *stage) {
		_, dispute := s.disputed()
		s.resolve(dispute, "lost")
		s.after("lost")
		sweep(s.T, s.World)
		s.after("Hearth reverses the transfer")
	}},
	{"Dispute, won", "The amount comes back, the dispute fee does not.", func(s *stage) {
		_, dispute := s.disputed()
		s.resolve(dispute, "won")
		s.after("won")
	}},
	{"Dispute, lost when the owner's balance is short", "The money had left before the dispute came, so Stripe refuses the reversal. The owner owes us their part, and later payouts leave it in the balance.", func(s *stage) {
		dispute := s.disputedAfterThePayout()
		s.resolve(dispute, "lost")
		sweep(s.T, s.World)
		s.after("lost, and Stripe refuses the reversal")
		s.paid(apptest.Good, 3, 10)
		s.after("the owner's next stay, of 2400.00, is paid")
		s.Advance(inAWeek)
		s.payOut()
		s.after("its payout leaves what is owed")
	}},
	{"Dispute, won after the owner's part was taken back", "An admin may take it back while the bank decides. Stripe gives nothing back to the owner by itself: after a win Hearth makes a transfer of what the owner lost, and our fee is ours again.", func(s *stage) {
		_, dispute := s.disputed()
		s.recover(dispute)
		s.after("an admin takes the owner's part back")
		s.resolve(dispute, "won")
		s.after("won")
		sweep(s.T, s.World)
		s.after("Hearth transfers it back")
	}},
	{"Dispute, won after the owner came to owe it", "The same with a short balance: the debt is lifted, and what was netted of it by then goes back to the stay that it was taken from, to be paid out with that.", func(s *stage) {
		dispute := s.disputedAfterThePayout()
		s.recover(dispute)
		s.after("an admin takes the owner's part back, and Stripe refuses")
		s.paid(apptest.Good, 3, 10)
		s.after("the owner's next stay, of 2400.00, is paid")
		s.Advance(inAWeek)
		s.payOut()
		s.after("what is owed is netted, and the rest paid out")
		s.resolve(dispute, "won")
		s.after("won")
		s.payOut()
		s.after("what was netted is given back, and paid out")
	}},
}
