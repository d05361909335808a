package checkout_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"

	"github.com/jackc/pgx/v5"
)

// raw is a payment that was made by Stripe's API, in a way that Hearth sells
// nothing by. What it moves is posted all the same.
type raw struct{ account, intent string }

// api speaks to Stripe as whoever holds the keys: "a=b" are parameters. It
// answers what Stripe says, refusals too.
func (s *stage) api(method, path, account string, params ...string) (int, map[string]any) {
	s.T.Helper()
	form := url.Values{}
	for _, p := range params {
		name, value, _ := strings.Cut(p, "=")
		form.Add(name, value)
	}
	return s.TryAtStripe(method, path, account, form)
}

// make is api for what must go well.
func (s *stage) make(path, account string, params ...string) map[string]any {
	s.T.Helper()
	status, out := s.api(http.MethodPost, path, account, params...)
	if status != http.StatusOK {
		s.T.Fatalf("POST %s %v: %d %v", path, params, status, out)
	}
	return out
}

// charge takes money off a card and returns the charge. What it moves is posted
// after every step from now on.
func (s *stage) charge(amount int64, account string, params ...string) string {
	s.T.Helper()
	intent := s.make("/v1/payment_intents", account, append([]string{fmt.Sprintf("amount=%d", amount), "currency=" + string(s.currency),
		"payment_method_types[]=card", "payment_method=pm_card_visa", "confirm=true"}, params...)...)
	s.raws = append(s.raws, raw{account, intent["id"].(string)})
	return intent["latest_charge"].(string)
}

// giveBack refunds a charge.
func (s *stage) giveBack(charge string, amount int64, account string, flags ...string) {
	s.T.Helper()
	params := []string{"charge=" + charge, fmt.Sprintf("amount=%d", amount)}
	for _, flag := range flags {
		params = append(params, flag+"=true")
	}
	s.make("/v1/refunds", account, params...)
}

const both, reverse, fee = "reverse_transfer refund_application_fee", "reverse_transfer", "refund_application_fee"

// destination are the parameters of a destination charge with our fee.
func (s *stage) destination(fee int64) []string {
	return []string{"transfer_data[destination]=" + s.acct, fmt.Sprintf("application_fee_amount=%d", fee)}
}

// postRaws looks at every raw payment and posts what it moved, twice: the second
// time must change nothing.
func (s *stage) postRaws() {
	s.T.Helper()
	for _, r := range s.raws {
		look, err := s.Stripe.LookAtDirectPayment(s.T.Context(), r.account, "", r.intent)
		if err != nil {
			s.T.Fatal(err)
		}
		p := payment.Payment{Currency: s.currency}
		for range 2 {
			s.inTx(func(tx pgx.Tx) error { return payment.Post(s.T.Context(), tx, p, look) })
			s.postDisputes(r, p)
		}
	}
}

func (s *stage) postDisputes(r raw, p payment.Payment) {
	s.T.Helper()
	_, all := s.api(http.MethodGet, "/v1/disputes", r.account, "payment_intent="+r.intent)
	for _, one := range all["data"].([]any) {
		d := stripeapi.Dispute{ID: one.(map[string]any)["id"].(string), Account: r.account}
		rows, err := s.Stripe.BalanceTransactions(s.T.Context(), stripeapi.BalanceQuery{Account: r.account, Source: d.ID})
		if err != nil {
			s.T.Fatal(err)
		}
		for _, row := range rows {
			s.inTx(func(tx pgx.Tx) error { return payment.PostDispute(s.T.Context(), tx, p, d, row) })
		}
	}
}

func (s *stage) inTx(do func(tx pgx.Tx) error) {
	s.T.Helper()
	if err := pgx.BeginFunc(s.T.Context(), s.DB, do); err != nil {
		s.T.Fatal(err)
	}
}

// chargeBack lets the bank take a charge back, and returns the dispute.
func (s *stage) chargeBack(charge string, inquiry bool) string {
	s.T.Helper()
	return s.Control("charges/"+charge+"/dispute", map[string]any{"inquiry": inquiry})["id"].(string)
}

func (s *stage) decide(dispute, outcome string) {
	s.T.Helper()
	s.Control("disputes/"+dispute+"/resolve", map[string]any{"outcome": outcome})
}

// tableOf is a flow that is shown as a table.
type tableOf struct {
	name  string
	table func(t *testing.T) string
}

// everyFlow is all that docs/money.md shows, in its order.
func everyFlow() (all []tableOf) {
	for _, f := range flows {
		all = append(all, tableOf{f.name, f.table})
	}
	for _, f := range rawFlows {
		all = append(all, tableOf{f.name, f.table})
	}
	older := func(o *stripesandbox.Options) { o.Pricing.DisputeFeeReturned = true }
	all = append(all,
		tableOf{wonOlder.name, func(t *testing.T) string { return newStage(t, "usd", older).show(wonOlder) }},
		tableOf{split.name, func(t *testing.T) string {
			s := newStage(t, "usd")
			s.other = s.AccountOf(s.Owner("Cleo").ID).StripeAccountID
			s.begin()
			return s.show(split)
		}})
	for _, c := range []struct {
		currency money.Currency
		flow
	}{{"jpy", inYen}, {"kwd", inDinars}} {
		all = append(all, tableOf{c.name, func(t *testing.T) string { return newStage(t, c.currency).show(c.flow) }})
	}
	return all
}

// payer makes an account whose direct charges cost us Stripe's fee, and watches it.
func (s *stage) payer() {
	s.T.Helper()
	made := s.make("/v1/accounts", "", "controller[fees][payer]=application", "controller[losses][payments]=application", "controller[stripe_dashboard][type]=express",
		"country=US", "capabilities[card_payments][requested]=true", "capabilities[transfers][requested]=true")
	s.acct = made["id"].(string)
	s.Control("accounts/"+s.acct+"/onboard", map[string]any{"outcome": "active"})
	s.begin()
}

// postFeesPaid books what Stripe takes from us for others' charges, as the
// reconciliation does: no look at a payment shows it.
func (s *stage) postFeesPaid() {
	s.T.Helper()
	rows, err := s.Stripe.BalanceTransactions(s.T.Context(), stripeapi.BalanceQuery{Type: "stripe_fee"})
	if err != nil {
		s.T.Fatal(err)
	}
	for _, row := range rows {
		s.inTx(func(tx pgx.Tx) error {
			_, err := ledger.Post(s.T.Context(), tx, ledger.Transaction{Reference: "stripe_fee:" + row.ID, Kind: "stripe_fee", ObjectID: row.SourceID, At: row.Created,
				Postings: []ledger.Posting{{From: ledger.Revenue, To: ledger.StripeFees, Amount: money.New(-row.Net, s.currency)}}})
			return err
		})
	}
}

var rawFlows = []flow{
	{"Who pays for a refund", "The same destination charge of 1200.00, refunded with and without the two flags, each row on its own. Hearth sends both or, when the owner's balance is short, neither; the others are what somebody can do at Stripe's Dashboard. `refund_application_fee` alone is refused. What a refund takes from nobody else stays open in `escrow`.", func(s *stage) {
		for _, r := range []struct {
			name   string
			amount int64
			flags  []string
		}{
			{"1200.00, neither", 120000, nil},
			{"1200.00, `reverse_transfer`", 120000, []string{reverse}},
			{"1200.00, both", 120000, strings.Fields(both)},
			{"400.00, neither", 40000, nil},
			{"400.00, `reverse_transfer`", 40000, []string{reverse}},
			{"400.00, both", 40000, strings.Fields(both)},
		} {
			s.begin()
			s.giveBack(s.charge(120000, "", s.destination(14400)...), r.amount, "", r.flags...)
			s.after(r.name)
		}
		if status, _ := s.api(http.MethodPost, "/v1/refunds", "", "charge="+s.charge(120000, "", s.destination(14400)...), fee+"=true"); status != http.StatusBadRequest {
			s.T.Errorf("the fee alone was refunded: %d", status)
		}
	}},
	{"A transfer of part of the charge", "`transfer_data[amount]` leaves our part with us and makes no application fee. A refund reverses in proportion to the transfer, and what we kept gives the rest.", func(s *stage) {
		ch := s.charge(120000, "", "transfer_data[destination]="+s.acct, "transfer_data[amount]=105600")
		s.after("the tenant pays")
		s.giveBack(ch, 40000, "", reverse)
		s.after("a refund of 400.00")
		s.giveBack(ch, 80000, "", reverse)
		s.after("a refund of the remaining 800.00")
	}},
	{"Rounding", "12.00 paid, 8.80 transferred: a refund of 5.00 reverses 3.67 (366.67 cents), one of 1.00 0.73, and the one that completes the charge whatever is left.", func(s *stage) {
		ch := s.charge(1200, "", "transfer_data[destination]="+s.acct, "transfer_data[amount]=880")
		s.after("the tenant pays")
		for _, amount := range []int64{500, 100, 600} {
			s.giveBack(ch, amount, "", reverse)
			s.after(fmt.Sprintf("a refund of %s", money.New(amount, "usd").Decimal()))
		}
	}},
	{"Rounding of the fee", "10.00 paid with a fee of 0.30: a refund of 1.00 gives 0.03 of the fee back, one of 5.00 0.15, and the last whatever is left.", func(s *stage) {
		ch := s.charge(1000, "", s.destination(30)...)
		s.after("the tenant pays")
		for _, amount := range []int64{100, 500, 400} {
			s.giveBack(ch, amount, "", strings.Fields(both)...)
			s.after(fmt.Sprintf("a refund of %s", money.New(amount, "usd").Decimal()))
		}
	}},
	{"On behalf of the owner", "`on_behalf_of` changes whose name is on the statement and when the money comes, not who has it.", func(s *stage) {
		ch := s.charge(120000, "", append(s.destination(14400), "on_behalf_of="+s.acct)...)
		s.after("the tenant pays")
		s.giveBack(ch, 40000, "", strings.Fields(both)...)
		s.after("a refund of 400.00")
		d := s.chargeBack(s.charge(50000, "", append(s.destination(6000), "on_behalf_of="+s.acct)...), false)
		s.after("another stay, of 500.00, is paid and disputed")
		s.decide(d, "won")
		s.after("won")
	}},
	{"Held, and captured in part", "A request to book only holds the money: nothing moves until it is captured, and what is not captured is never taken. A hold that is released is no refund, whatever Stripe calls it.", func(s *stage) {
		s.charge(120000, "", append(s.destination(14400), "capture_method=manual")...)
		s.after("the tenant asks, 1200.00 held")
		s.make("/v1/payment_intents/"+s.raws[0].intent+"/capture", "", "amount_to_capture=80000", "application_fee_amount=9600")
		s.after("800.00 captured")
		s.charge(120000, "", append(s.destination(14400), "capture_method=manual")...)
		s.make("/v1/payment_intents/"+s.raws[1].intent+"/cancel", "")
		s.after("another hold, released")
	}},
	{"A direct charge", "The charge is on the owner's own account, who pays Stripe's fee, refunds and disputes; only our fee comes to us. It goes back with a refund only when that says so.", func(s *stage) {
		ch := s.charge(120000, s.acct, "application_fee_amount=14400")
		s.after("the tenant pays")
		s.giveBack(ch, 40000, s.acct)
		s.after("a refund of 400.00 without the fee")
		s.giveBack(ch, 80000, s.acct, fee)
		s.after("the rest, with the fee")
	}},
	{"A direct charge, disputed", "The bank takes amount and dispute fee from the owner's account.", func(s *stage) {
		won := s.chargeBack(s.charge(120000, s.acct, "application_fee_amount=14400"), false)
		s.after("the bank opens a dispute")
		s.decide(won, "won")
		s.after("won")
		lost := s.chargeBack(s.charge(50000, s.acct, "application_fee_amount=6000"), false)
		s.after("another stay, of 500.00, is disputed")
		s.decide(lost, "lost")
		s.after("lost")
	}},
	{"A direct charge for which we pay Stripe", "The account's `controller` says that fees are ours: they come off our balance.", func(s *stage) {
		s.payer()
		s.charge(120000, s.acct, "application_fee_amount=14400")
		s.Settle()
		s.postFeesPaid()
		s.after("the tenant pays")
	}},
	{"A dispute that is settled at Stripe's Dashboard", "Somebody takes the owner's part back, and transfers it again, in the charge's own transfer group, once the dispute is won: nothing does so by itself. Both are posted. Our fee stays in `escrow`, as nobody said whose it is.", func(s *stage) {
		ch := s.charge(120000, "", append(s.destination(14400), "transfer_group=stay")...)
		s.after("the tenant pays")
		d := s.chargeBack(ch, false)
		s.after("the bank opens a dispute")
		_, made := s.api(http.MethodGet, "/v1/charges/"+ch, "")
		s.make("/v1/transfers/"+made["transfer"].(string)+"/reversals", "", "amount=120000", "refund_application_fee=true")
		s.after("the owner's part is taken back")
		s.decide(d, "won")
		s.after("won")
		s.Advance(inAWeek)
		s.make("/v1/transfers", "", "amount=105600", "currency=usd", "destination="+s.acct, "transfer_group=stay")
		s.after("transferred again")
	}},
	{"An inquiry that becomes a dispute", "While the bank only asks, no money moves.", func(s *stage) {
		d := s.chargeBack(s.charge(120000, "", s.destination(14400)...), true)
		s.after("the bank asks")
		s.decide(d, "escalated")
		s.after("it opens a dispute")
		s.decide(d, "lost")
		s.after("lost")
	}},
	{"An owner below zero", "A full refund that left the fee with us took more than the owner had. When their account is paid out by itself, Stripe debits their bank: a payout of a negative amount.", func(s *stage) {
		s.giveBack(s.charge(120000, "", s.destination(14400)...), 120000, "", reverse)
		s.after("paid and refunded with `reverse_transfer` alone")
		s.make("/v1/accounts/"+s.acct, "", "settings[payouts][schedule][interval]=daily")
		s.Advance(inAWeek)
		s.after("Stripe debits the owner's bank")
	}},
}

var wonOlder = flow{"Dispute, won, where the dispute fee comes back", "Older prices of Stripe give the fee back with a win.", func(s *stage) {
	d := s.chargeBack(s.charge(120000, "", s.destination(14400)...), false)
	s.after("paid, and disputed")
	s.decide(d, "won")
	s.after("won")
}}

var split = flow{"Separate charge and transfers", "The charge stays with us and is transferred in parts, to co-owners or later. A refund touches no transfer: each is reversed on its own. What is not transferred is ours, and is in `escrow` until nothing more can follow.", func(s *stage) {
	ch := s.charge(120000, "")
	s.after("the tenant pays")
	share := s.make("/v1/transfers", "", "amount=90000", "currency=usd", "destination="+s.acct, "source_transaction="+ch)
	s.after("the owner's 900.00")
	other := s.make("/v1/transfers", "", "amount=15600", "currency=usd", "destination="+s.other, "source_transaction="+ch)
	s.after("the co-owner's 156.00")
	s.giveBack(ch, 40000, "")
	s.after("a refund of 400.00")
	s.make("/v1/transfers/"+share["id"].(string)+"/reversals", "", "amount=30000")
	s.make("/v1/transfers/"+other["id"].(string)+"/reversals", "", "amount=5200")
	s.after("a third taken back from each")
	d := s.chargeBack(ch, false)
	s.after("the rest is disputed")
	s.decide(d, "lost")
	s.after("lost")
}}

var (
	inYen    = flow{"In yen, without decimals", "The numbers are whole yen: a stay of ¥100,005, our fee ¥12,001 (12,000.6).", walkInCurrency}
	inDinars = flow{"In dinars, with three decimals", "The numbers are fils: a stay of KWD 100.005, our fee KWD 12.001. Stripe pays out no odd fils: the last stay in the balance.", walkInCurrency}
)

// walkInCurrency pays three stays of 100005: one is refunded in parts, one paid
// out, one disputed.
func walkInCurrency(s *stage) {
	pay := func(inDays int) booking.Booking {
		b := s.Held(s.tenant, factory.Home(s.T, s.DB, s.owner.ID, map[string]any{"nightly_price": 20001, "cleaning_fee": 0, "currency": s.currency}), inDays, 5)
		s.Pay(b, apptest.Good)
		return b
	}
	first := pay(30)
	s.after("the tenant pays")
	s.refund(first, 33333)
	s.after("a refund of 33333")
	s.refund(first, 66672)
	s.after("a refund of the remaining 66672")
	pay(3)
	s.after("the second stay is paid")
	s.Advance(inAWeek)
	s.payOut()
	s.after("its payout")
	made, err := s.Stripe.Payouts(s.T.Context(), s.acct, time.Time{}, time.Time{})
	if err != nil || len(made) != 1 || made[0].Currency != s.currency {
		s.T.Fatalf("payouts %+v, %v", made, err)
	}
	third := pay(40)
	s.after("the third stay is paid")
	d := s.chargeBack(s.Payment(third).ChargeID, false)
	s.after("the bank opens a dispute")
	s.decide(d, "won")
	s.after("won")
}
