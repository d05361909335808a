package stripesandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// The rest of the flows: who has what after each step, in cents.
func TestFlowsToTheCent(t *testing.T) {
	stay := func(b *bench, o string) reply { return b.paid(120000, visa, destination(o, 14400)...) }
	shared := func(b *bench, o string) reply {
		return b.paid(120000, visa, "payment_intent_data[transfer_data][destination]="+o, "payment_intent_data[transfer_data][amount]=105600")
	}
	refund := func(b *bench, ch reply, params ...string) {
		b.post("/v1/refunds", append([]string{"charge=" + ch.Get("id").String()}, params...)...)
	}
	charged := func(b *bench, ch reply) string {
		return b.steer("/charges/"+ch.Get("id").String()+"/dispute", m{}).Get("id").String()
	}
	recover := func(b *bench, ch reply) {
		b.post("/v1/transfers/"+ch.Get("transfer").String()+"/reversals", "amount=120000", "refund_application_fee=true")
	}
	end := func(b *bench, d, outcome string) { b.steer("/disputes/"+d+"/resolve", m{"outcome": outcome}) }
	separate := func(b *bench, o string) (ch reply, transfers []string) {
		ch = b.paid(120000, visa)
		for _, sum := range []string{"90000", "15600"} {
			transfers = append(transfers, b.post("/v1/transfers", "amount="+sum, "currency=usd", "destination="+o, "source_transaction="+ch.Get("id").String()).Get("id").String())
		}
		return ch, transfers
	}
	for _, c := range []struct {
		name string
		play func(b *bench, o string)
		p, o int64
	}{
		{"B full, reversed", func(b *bench, o string) { refund(b, shared(b, o), "reverse_transfer=true") }, 10890 - 120000 + 105600, 0},
		{"B part, reversed", func(b *bench, o string) { refund(b, shared(b, o), "amount=40000", "reverse_transfer=true") }, 10890 - 40000 + 35200, 105600 - 35200},
		{"B full, platform pays", func(b *bench, o string) { refund(b, shared(b, o)) }, -109110, 105600},
		{"C full, all undone", func(b *bench, o string) {
			refund(b, b.paid(120000, visa, append(destination(o, 14400), "payment_intent_data[on_behalf_of]="+o)...), "reverse_transfer=true", "refund_application_fee=true")
		}, -3510, 0},
		{"E refund touches no transfer", func(b *bench, o string) { ch, _ := separate(b, o); refund(b, ch) }, -109110, 105600},
		{"E refund, transfers reversed one by one", func(b *bench, o string) {
			ch, transfers := separate(b, o)
			refund(b, ch)
			for _, tr := range transfers {
				b.post("/v1/transfers/" + tr + "/reversals")
			}
		}, -3510, 0},
		{"D in two parts with the fee, as recorded", func(b *bench, o string) {
			ch := b.paid(30000, visa, "@"+o, "payment_intent_data[application_fee_amount]=3000")
			for i, back := range []int64{1000, 2000} {
				refund(b, ch, "@"+o, fmt.Sprintf("amount=%d", back*10), "refund_application_fee=true")
				if got := b.get("/v1/application_fees/" + ch.Get("application_fee").String()).Get("amount_refunded").Int(); got != []int64{1000, 3000}[i] {
					b.t.Errorf("the fee is refunded by %d", got)
				}
			}
		}, 0, -900},
		{"A in two parts, the fee's cents", func(b *bench, o string) {
			ch := b.paid(1000, visa, destination(o, 30)...)
			refund(b, ch, "amount=100", "reverse_transfer=true", "refund_application_fee=true")
			refund(b, ch, "amount=500", "reverse_transfer=true", "refund_application_fee=true")
		}, 1000 - 59 - 1000 + 30 - 3 - 15, 1000 - 30 - 100 + 3 - 500 + 15},
		{"disputed", func(b *bench, o string) { charged(b, stay(b, o)) }, -110610, 105600},
		{"disputed on behalf of the owner: still the platform", func(b *bench, o string) {
			charged(b, b.paid(120000, visa, append(destination(o, 14400), "payment_intent_data[on_behalf_of]="+o)...))
		}, -110610, 105600},
		{"disputed after separate transfers", func(b *bench, o string) { ch, _ := separate(b, o); charged(b, ch) }, -110610, 105600},
		{"disputed direct charge: the owner", func(b *bench, o string) {
			charged(b, b.paid(120000, visa, "@"+o, "payment_intent_data[application_fee_amount]=14400"))
		}, 14400, 102090 - 121500},
		{"disputed, lost", func(b *bench, o string) { end(b, charged(b, stay(b, o)), "lost") }, -110610, 105600},
		{"disputed, recovered", func(b *bench, o string) { ch := stay(b, o); charged(b, ch); recover(b, ch) }, -5010, 0},
		{"disputed, recovered, lost", func(b *bench, o string) {
			ch := stay(b, o)
			d := charged(b, ch)
			recover(b, ch)
			end(b, d, "lost")
		}, -5010, 0},
		{"disputed, won", func(b *bench, o string) { end(b, charged(b, stay(b, o)), "won") }, 9390, 105600},
		{"disputed, recovered, won, transferred again", func(b *bench, o string) {
			ch := stay(b, o)
			d := charged(b, ch)
			recover(b, ch)
			end(b, d, "won")
			b.paid(200000, "4000000000000077") // for the balance: nothing is sent again by itself
			b.post("/v1/transfers", "amount=105600", "currency=usd", "destination="+o)
		}, 9390 + 200000 - 5830, 105600},
		{"inquiry", func(b *bench, o string) {
			b.steer("/charges/"+stay(b, o).Get("id").String()+"/dispute", m{"inquiry": true})
		}, 10890, 105600},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			o := b.owner()
			c.play(b, o)
			if p, h := b.holds(""), b.holds(o); p != c.p || h != c.o {
				t.Errorf("platform %d owner %d, want %d %d\n%v\n%v", p, h, c.p, c.o, b.rows(""), b.rows(o))
			}
			b.balanced()
		})
	}
}

// D′: where the platform pays Stripe's fees, a direct charge costs the owner its fee only.
func TestPlatformPaysTheFeesOfDirectCharges(t *testing.T) {
	b := start(t)
	o := b.post("/v1/accounts", "type=standard", "country=US", "controller[fees][payer]=application", "capabilities[card_payments][requested]=true", "capabilities[transfers][requested]=true").Get("id").String()
	b.steer("/accounts/"+o+"/onboard", m{"outcome": "active"})
	b.paid(120000, visa, "@"+o, "payment_intent_data[application_fee_amount]=14400")
	same(t, "platform", b.rows(""), "application_fee 14400", "stripe_fee -3510")
	same(t, "owner", b.rows(o), "charge 120000 fee 14400")
	if p, h := b.holds(""), b.holds(o); p != 10890 || h != 105600 {
		t.Errorf("platform %d owner %d", p, h)
	}
	b.balanced()
}

// The older pricing gives a dispute's fee back when it is won.
func TestDisputeFeeReturned(t *testing.T) {
	b := start(t, func(o *stripesandbox.Options) { o.Pricing.DisputeFeeReturned = true })
	o := b.owner()
	ch := b.paid(120000, visa, destination(o, 14400)...).Get("id").String()
	d := b.steer("/charges/"+ch+"/dispute", m{}).Get("id").String()
	won := b.steer("/disputes/"+d+"/resolve", m{"outcome": "won"})
	row := won.Get("balance_transactions.1")
	if b.holds("") != 10890 || row.Get("fee").Int() != -1500 || row.Get("fee_details.0.description").String() != "Dispute fee refund" || row.Get("description").String() != "Chargeback reversal for "+ch ||
		row.Get("reporting_category").String() != "dispute_reversal" {
		t.Errorf("holds %d: %s", b.holds(""), won.Raw)
	}
	b.balanced()
}

// Every kind of row has the name, category, source and words of the recordings.
func TestRowsAreNamedAsRecorded(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(500000, "4000000000000077")
	ch := b.paid(120000, "4000000000000077", append(destination(o, 14400), "payment_intent_data[description]=A stay")...)
	re := b.post("/v1/refunds", "charge="+ch.Get("id").String(), "amount=40000", "reverse_transfer=true", "refund_application_fee=true").Get("id").String()
	b.steer("/refunds/"+re+"/fail", m{})
	b.steer("/disputes/"+b.steer("/charges/"+b.paid(5000, visa).Get("id").String()+"/dispute", m{}).Get("id").String()+"/resolve", m{"outcome": "won"})
	po := b.post("/v1/payouts", "@"+o, "amount=1000", "currency=usd").Get("id").String()
	b.post("/v1/payouts/"+po+"/cancel", "@"+o)
	po = b.post("/v1/payouts", "@"+o, "amount=1000", "currency=usd").Get("id").String()
	b.steer("/payouts/"+po+"/fail", m{})
	for _, c := range []struct{ on, kind, category, source, words string }{
		{"", "charge", "charge", "ch_", "A stay"}, {"", "transfer", "transfer", "tr_", ""}, {"", "application_fee", "platform_earning", "fee_", "Application fee from application Sandbox business for " + o},
		{"", "refund", "refund", "re_", "REFUND FOR CHARGE (A stay)"}, {"", "transfer_refund", "transfer_reversal", "tr_", "REFUND FOR TRANSFER"},
		{"", "application_fee_refund", "platform_earning_refund", "fee_", "REFUND FOR APPLICATION FEE"}, {"", "refund_failure", "refund_failure", "re_", "REFUND FAILURE"},
		{"", "adjustment", "dispute_reversal", "dp_", "Chargeback reversal for "},
		{o, "payment", "charge", "py_", ""}, {o, "payment_refund", "refund", "pyr_", "REFUND FOR PAYMENT"},
		{o, "payout", "payout", "po_", "STRIPE PAYOUT"}, {o, "payout_cancel", "payout_cancel", "po_", "STRIPE PAYOUT"}, {o, "payout_failure", "payout_failure", "po_", "STRIPE PAYOUT"},
	} {
		params := []string{"type=" + c.kind, "limit=100"}
		if c.on != "" {
			params = append(params, "@"+c.on)
		}
		found := false
		for _, row := range b.get("/v1/balance_transactions", params...).Get("data").Array() {
			found = found || row.Get("reporting_category").String() == c.category && strings.HasPrefix(row.Get("source").String(), c.source) &&
				(row.Get("description").String() == c.words || strings.HasSuffix(c.words, " ") && strings.HasPrefix(row.Get("description").String(), c.words))
		}
		if !found {
			t.Errorf("no %s in the category %s from a %s says %q", c.kind, c.category, c.source, c.words)
		}
	}
	b.balanced()
}

// What goes back of money that is still pending comes when it does; of money that is there, at once.
func TestRefundsFollowTheirCharge(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(500000, "4000000000000077")
	ch := b.paid(120000, visa, destination(o, 14400)...)
	due := b.get("/v1/balance_transactions/" + ch.Get("balance_transaction").String()).Get("available_on").Int()
	kinds := map[string]string{"refund": "", "transfer_refund": "", "application_fee_refund": "", "payment_refund": o}
	look := func(want func(created int64) int64) {
		t.Helper()
		re := b.post("/v1/refunds", "charge="+ch.Get("id").String(), "amount=10000", "reverse_transfer=true", "refund_application_fee=true")
		for kind, on := range kinds {
			params := []string{"type=" + kind, "limit=1"}
			if on != "" {
				params = append(params, "@"+on)
			}
			row := b.get("/v1/balance_transactions", params...).Get("data.0")
			if at := row.Get("available_on").Int(); at != want(row.Get("created").Int()) || row.Get("fee").Int() != 0 {
				t.Errorf("%s of %s is available at %d: %s", kind, re.Get("id"), at, row.Raw)
			}
		}
	}
	look(func(int64) int64 { return due })
	b.advance("170h")
	look(func(created int64) int64 { return created })
	b.balanced()
}

// A transfer without a source goes at once, and needs the money to be there.
func TestTransfersFollowTheirSource(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(1000, visa).Get("id").String()
	b.refused(400, "balance_insufficient", "", "/v1/transfers", "amount=100", "currency=usd", "destination="+o)
	tr := b.post("/v1/transfers", "amount=900", "currency=usd", "destination="+o, "source_transaction="+ch, "expand[]=balance_transaction", "expand[]=destination_payment.balance_transaction")
	due := b.get("/v1/charges/"+ch, "expand[]=balance_transaction").Get("balance_transaction.available_on").Int()
	if tr.Get("balance_transaction.available_on").Int() != due || tr.Get("destination_payment.balance_transaction.available_on").Int() != due || !strings.HasPrefix(tr.Get("transfer_group").String(), "group_pi_") {
		t.Errorf("with a source, available at %d: %s", due, tr.Raw)
	}
	b.paid(5000, "4000000000000077")
	tr = b.post("/v1/transfers", "amount=100", "currency=usd", "destination="+o, "transfer_group=mine", "source_type=bank_account", "expand[]=balance_transaction")
	if tr.Get("balance_transaction.available_on").Int() != tr.Get("created").Int() || tr.Get("source_type").String() != "bank_account" {
		t.Errorf("without a source: %s", tr.Raw)
	}
	for filter, want := range map[string]int64{"destination=" + o: 2, "transfer_group=mine": 1, "destination=acct_nope": 0, "created[gte]=1": 2} {
		if got := b.get("/v1/transfers", filter).Get("data.#").Int(); got != want {
			t.Errorf("%s finds %d, want %d", filter, got, want)
		}
	}
	b.balanced()
}
