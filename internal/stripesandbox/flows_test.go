package stripesandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// rows are an account's balance transactions, oldest first: "type amount fee".
func (b *bench) rows(account string) []string {
	b.t.Helper()
	params := []string{"limit=100"}
	if account != "" {
		params = append(params, "@"+account)
	}
	var out []string
	for _, t := range b.get("/v1/balance_transactions", params...).Get("data").Array() {
		row := fmt.Sprintf("%s %d", t.Get("type"), t.Get("amount").Int())
		if fee := t.Get("fee").Int(); fee != 0 {
			row += fmt.Sprintf(" fee %d", fee)
		}
		out = append(out, row)
	}
	slices.Reverse(out)
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %s\nwant %s", what, strings.Join(got, " | "), strings.Join(want, " | "))
	}
}

const visa = "4242424242424242"

// Taking a stay of 1200.00 with a fee of 144.00 in every way there is.
func TestFlowsOfTakingMoney(t *testing.T) {
	for _, c := range []struct {
		name           string
		take           func(b *bench, owner string)
		platform, host []string
		p, o           int64
	}{
		{"A destination with application fee", func(b *bench, o string) { b.paid(120000, visa, destination(o, 14400)...) },
			[]string{"charge 120000 fee 3510", "transfer -120000", "application_fee 14400"}, []string{"payment 120000 fee 14400"}, 10890, 105600},
		{"B destination with transfer amount", func(b *bench, o string) {
			b.paid(120000, visa, "payment_intent_data[transfer_data][destination]="+o, "payment_intent_data[transfer_data][amount]=105600")
		}, []string{"charge 120000 fee 3510", "transfer -105600"}, []string{"payment 105600"}, 10890, 105600},
		{"C on behalf of the owner", func(b *bench, o string) {
			b.paid(120000, visa, append(destination(o, 14400), "payment_intent_data[on_behalf_of]="+o)...)
		}, []string{"charge 120000 fee 3510", "transfer -120000", "application_fee 14400"}, []string{"payment 120000 fee 14400"}, 10890, 105600},
		{"D direct", func(b *bench, o string) {
			b.paid(120000, visa, "@"+o, "payment_intent_data[application_fee_amount]=14400")
		}, []string{"application_fee 14400"}, []string{"charge 120000 fee 17910"}, 14400, 102090},
		{"E separate charge and transfers", func(b *bench, o string) {
			ch := b.paid(120000, visa)
			for _, sum := range []string{"90000", "15600"} {
				b.post("/v1/transfers", "amount="+sum, "currency=usd", "destination="+o, "source_transaction="+ch.Get("id").String())
			}
		}, []string{"charge 120000 fee 3510", "transfer -90000", "transfer -15600"}, []string{"payment 90000", "payment 15600"}, 10890, 105600},
		{"manual capture of a part", func(b *bench, o string) {
			ch := b.paid(120000, visa, append(destination(o, 14400), "payment_intent_data[capture_method]=manual")...)
			if ch.Get("captured").Bool() || len(b.rows("")) > 0 {
				b.t.Error("money moved at authorisation")
			}
			b.post("/v1/payment_intents/"+ch.Get("payment_intent").String()+"/capture", "amount_to_capture=80000", "application_fee_amount=9600")
		}, []string{"charge 80000 fee 2350", "transfer -80000", "application_fee 9600"}, []string{"payment 80000 fee 9600"}, 7250, 70400},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			o := b.owner()
			c.take(b, o)
			same(t, "platform", b.rows(""), c.platform...)
			same(t, "owner", b.rows(o), c.host...)
			if p, h := b.holds(""), b.holds(o); p != c.p || h != c.o {
				t.Errorf("platform %d owner %d, want %d %d", p, h, c.p, c.o)
			}
			b.balanced()
		})
	}
}

// Giving it back: who pays, to the cent.
func TestFlowsOfRefunds(t *testing.T) {
	for _, c := range []struct {
		name     string
		direct   bool
		amount   int64
		rev, fee bool
		p, o     int64
	}{
		{"full, platform pays all", false, 120000, false, false, -109110, 105600},
		{"full, owner pays the fee too", false, 120000, true, false, 10890, -14400},
		{"full, all undone", false, 120000, true, true, -3510, 0},
		{"part, platform pays", false, 40000, false, false, -29110, 105600},
		{"part, owner pays", false, 40000, true, false, 10890, 65600},
		{"part, as a stay of 800", false, 40000, true, true, 6090, 70400},
		{"direct full", true, 120000, false, false, 14400, -17910},
		{"direct full with fee", true, 120000, false, true, 0, -3510},
		{"direct part", true, 40000, false, false, 14400, 62090},
		{"direct part with fee", true, 40000, false, true, 9600, 66890},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			o := b.owner()
			take, acting := destination(o, 14400), []string{}
			if c.direct {
				take, acting = []string{"@" + o, "payment_intent_data[application_fee_amount]=14400"}, []string{"@" + o}
			}
			ch := b.paid(120000, visa, take...)
			params := append(acting, "charge="+ch.Get("id").String(), fmt.Sprintf("amount=%d", c.amount), fmt.Sprintf("refund_application_fee=%t", c.fee))
			if c.rev {
				params = append(params, "reverse_transfer=true")
			}
			b.post("/v1/refunds", params...)
			if p, h := b.holds(""), b.holds(o); p != c.p || h != c.o {
				t.Errorf("platform %d owner %d, want %d %d\n%v\n%v", p, h, c.p, c.o, b.rows(""), b.rows(o))
			}
			b.balanced()
		})
	}
}

// The rows of a full refund carry the words and sources that recordings show.
func TestRefundRowsAreNamedAsStripeNamesThem(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(120000, visa, destination(o, 14400)...)
	re := b.post("/v1/refunds", "charge="+ch.Get("id").String(), "reverse_transfer=true", "refund_application_fee=true")
	rev := b.get("/v1/transfers/" + ch.Get("transfer").String() + "/reversals/" + re.Get("transfer_reversal").String())
	if rev.Get("source_refund").String() != re.Get("id").String() {
		t.Errorf("reversal does not name its refund: %s", rev.Raw)
	}
	for _, want := range []struct{ kind, category, source string }{
		{"refund", "refund", re.Get("id").String()},
		{"transfer_refund", "transfer_reversal", ch.Get("transfer").String()},
		{"application_fee_refund", "platform_earning_refund", ch.Get("application_fee").String()},
	} {
		row := b.get("/v1/balance_transactions", "type="+want.kind).Get("data.0")
		if row.Get("reporting_category").String() != want.category || row.Get("source").String() != want.source {
			t.Errorf("%s row: %s", want.kind, row.Raw)
		}
		charge := b.get("/v1/balance_transactions/" + ch.Get("balance_transaction").String())
		if row.Get("available_on").Int() != charge.Get("available_on").Int() {
			t.Errorf("%s of a pending charge is available at another time than the charge", want.kind)
		}
	}
	pyr := b.get("/v1/refunds/"+rev.Get("destination_payment_refund").String(), "@"+o)
	if pyr.Get("transfer_reversal").String() != rev.Get("id").String() || pyr.Get("source_transfer_reversal").String() != rev.Get("id").String() {
		t.Errorf("owner's refund: %s", pyr.Raw)
	}
}

// Proportional reversals round to the nearest cent; the last takes what is left.
func TestReversalsRoundAsRecorded(t *testing.T) {
	for _, c := range []struct {
		charge, transfer int64
		refunds, want    []int64
	}{
		{1200, 880, []int64{500, 700}, []int64{367, 513}},
		{1200, 880, []int64{1000, 200}, []int64{733, 147}},
		{1200, 880, []int64{500, 500, 200}, []int64{367, 367, 146}}, // 146.67 would be 147
		{1200, 880, []int64{1000, 100, 100}, []int64{733, 73, 74}},  // 73.33 would be 73
		{153, 109, []int64{50}, []int64{36}},
	} {
		b := start(t)
		o := b.owner()
		ch := b.paid(c.charge, visa, "payment_intent_data[transfer_data][destination]="+o, fmt.Sprintf("payment_intent_data[transfer_data][amount]=%d", c.transfer))
		for i, amount := range c.refunds {
			re := b.post("/v1/refunds", "charge="+ch.Get("id").String(), fmt.Sprintf("amount=%d", amount), "reverse_transfer=true", "expand[]=transfer_reversal")
			if got := re.Get("transfer_reversal.amount").Int(); got != c.want[i] {
				t.Errorf("%d of %d reverses %d of %d, want %d", amount, c.charge, got, c.transfer, c.want[i])
			}
		}
		b.balanced()
	}
}

func TestDisputeMovesMoney(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(120000, visa, destination(o, 14400)...)
	id := ch.Get("id").String()
	d := b.steer("/charges/"+id+"/dispute", m{"reason": "fraudulent"})
	if got := b.holds(""); got != -110610 {
		t.Errorf("after the chargeback the platform holds %d, want -110610", got)
	}
	b.refused(400, "charge_disputed", "Charge "+id+" has been charged back; cannot issue a refund.", "/v1/refunds", "charge="+id)
	b.post("/v1/transfers/"+ch.Get("transfer").String()+"/reversals", "amount=120000", "refund_application_fee=true")
	if p, h := b.holds(""), b.holds(o); p != -5010 || h != 0 {
		t.Errorf("recovered: platform %d owner %d, want -5010 0", p, h)
	}
	won := b.steer("/disputes/"+d.Get("id").String()+"/resolve", m{"outcome": "won"})
	if won.Get("status").String() != "won" || !won.Get("is_charge_refundable").Bool() || len(won.Get("balance_transactions").Array()) != 2 {
		t.Errorf("won: %s", won.Raw)
	}
	if got := b.holds(""); got != 120000-5010 {
		t.Errorf("won after recovery: platform %d", got)
	}
	same(t, "dispute rows", keep(b.rows(""), "adjustment"), "adjustment -120000 fee 1500", "adjustment 120000")
	b.balanced()
}

func keep(rows []string, kind string) (out []string) {
	for _, r := range rows {
		if strings.HasPrefix(r, kind+" ") {
			out = append(out, r)
		}
	}
	return out
}

func TestDisputeCardsAndEvidence(t *testing.T) {
	for _, c := range []struct{ card, evidence, first, last string }{
		{"4000000000000259", "winning_evidence", "needs_response", "won"},
		{"4000000000002685", "losing_evidence", "needs_response", "lost"},
		{"4000000000001976", "losing_evidence", "warning_needs_response", "warning_closed"},
		{"4000000000001976", "escalate_inquiry_evidence", "warning_needs_response", "needs_response"},
	} {
		b := start(t)
		ch := b.paid(50000, c.card).Get("id").String()
		b.advance("5s")
		d := b.get("/v1/disputes", "charge="+ch).Get("data.0")
		if d.Get("status").String() != c.first {
			t.Fatalf("%s: %s", c.card, d.Raw)
		}
		b.post("/v1/disputes/"+d.Get("id").String(), "evidence[uncategorized_text]="+c.evidence)
		b.advance("5s")
		if got := b.get("/v1/disputes/" + d.Get("id").String()).Get("status").String(); got != c.last {
			t.Errorf("%s with %s ends %s, want %s", c.card, c.evidence, got, c.last)
		}
		b.balanced()
	}
}

// What the owner no longer has cannot be taken back; what the platform does not
// have yet leaves the refund pending until it has.
func TestShortBalances(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(120000, visa, destination(o, 14400)...).Get("id").String()
	b.advance("120h")
	b.post("/v1/payouts", "@"+o, "amount=105600", "currency=usd")
	b.refused(400, "balance_insufficient", "", "/v1/refunds", "charge="+ch, "reverse_transfer=true", "refund_application_fee=true")
	if got := b.get("/v1/charges/" + ch).Get("amount_refunded").Int(); got != 0 {
		t.Errorf("the refused refund left %d refunded", got)
	}
	re := b.post("/v1/refunds", "charge="+ch)
	if re.Get("status").String() != "pending" || re.Get("balance_transaction").Type != gjson.Null {
		t.Errorf("without platform balance: %s", re.Raw)
	}
	b.paid(500000, "4000000000000077")
	if got := b.get("/v1/refunds/" + re.Get("id").String()); got.Get("status").String() != "succeeded" || got.Get("balance_transaction").String() == "" {
		t.Errorf("with platform balance: %s", got.Raw)
	}
	b.balanced()
}

// Transfers of one charge may not come to more than it.
func TestTransfersStayWithinTheirSource(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(1000, visa).Get("id").String()
	b.post("/v1/transfers", "amount=800", "currency=usd", "destination="+o, "source_transaction="+ch)
	b.refused(400, "", "only $2.00 of it is left", "/v1/transfers", "amount=201", "currency=usd", "destination="+o, "source_transaction="+ch)
	tr := b.post("/v1/transfers", "amount=200", "currency=usd", "destination="+o, "source_transaction="+ch).Get("id").String()
	b.post("/v1/transfers/"+tr+"/reversals", "amount=50")
	b.refused(400, "", "greater than unreversed amount", "/v1/transfers/"+tr+"/reversals", "amount=151")
	if got := b.get("/v1/transfers/" + tr); got.Get("amount_reversed").Int() != 50 || got.Get("reversed").Bool() || got.Get("reversals.data.#").Int() != 1 {
		t.Errorf("partly reversed: %s", got.Raw)
	}
}

func TestFeeRefundsStayWithinTheFee(t *testing.T) {
	b := start(t)
	o := b.owner()
	fee := b.paid(10000, visa, destination(o, 1000)...).Get("application_fee").String()
	b.post("/v1/application_fees/"+fee+"/refunds", "amount=300")
	b.refused(400, "", "greater than unrefunded amount on fee ($7.00)", "/v1/application_fees/"+fee+"/refunds", "amount=701")
	b.post("/v1/application_fees/" + fee + "/refunds")
	b.refused(400, "", "already been refunded", "/v1/application_fees/"+fee+"/refunds")
	if p, h := b.holds(""), b.holds(o); p != -320 || h != 10000 {
		t.Errorf("platform %d owner %d", p, h)
	}
	b.balanced()
}
