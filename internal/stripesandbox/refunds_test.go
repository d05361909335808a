package stripesandbox_test

import (
	"net/http"
	"testing"

	"github.com/tidwall/gjson"
)

// debited is a paid debit's charge: its refunds can ask the payer where to go.
func (b *bench) debited() string {
	b.t.Helper()
	in := b.post("/v1/payment_intents", "amount=9000", "currency=usd", "confirm=true", "payment_method_types[0]=us_bank_account", "payment_method=pm_usBankAccount_success",
		"mandate_data[customer_acceptance][type]=offline")
	b.steer("/intents/"+in.Get("id").String()+"/debit", m{"outcome": "succeed"})
	return in.Get("latest_charge").String()
}

// A payer who must say where a refund goes is asked by e-mail; until then no money moves.
func TestRefundsThatAskThePayer(t *testing.T) {
	for _, c := range []struct {
		name, status, reason string
		then                 func(b *bench, re string)
		back                 int64
	}{
		{"answered", "pending", "", func(b *bench, re string) { b.steer("/refunds/"+re+"/complete", m{}) }, 4000}, // pending: the balance is short
		{"cancelled", "canceled", "merchant_request", func(b *bench, re string) { b.post("/v1/refunds/" + re + "/cancel") }, 0},
		{"expired", "failed", "unknown", func(b *bench, re string) { b.post("/v1/test_helpers/refunds/" + re + "/expire") }, 0},
		{"forgotten", "failed", "unknown", func(b *bench, _ string) { b.advance("1090h") }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			ch := b.debited()
			b.advance("100h")
			b.post("/v1/payouts", "amount=8700", "currency=usd")
			re := b.post("/v1/refunds", "charge="+ch, "amount=4000", "instructions_email=a@example.com")
			id := re.Get("id").String()
			if re.Get("status").String() != "requires_action" || re.Get("next_action.display_details.email_sent.email_sent_to").String() != "a@example.com" || re.Get("balance_transaction").Type != gjson.Null {
				t.Errorf("at first: %s", re.Raw)
			}
			c.then(b, id)
			got := b.get("/v1/refunds/" + id)
			if got.Get("status").String() != c.status || got.Get("failure_reason").String() != c.reason || got.Get("next_action").Exists() {
				t.Errorf("then: %s", got.Raw)
			}
			if back := b.get("/v1/charges/" + ch).Get("amount_refunded").Int(); back != c.back {
				t.Errorf("%d are refunded, want %d", back, c.back)
			}
			if n := b.get("/v1/events", "type=charge.refund.updated").Get("data.#").Int(); n != 1 {
				t.Errorf("%d events tell of it", n)
			}
			b.refused(400, "", "Canceling this refund is unsupported.", "/v1/refunds/"+id+"/cancel")
			b.refused(400, "", "requires_action", "/v1/test_helpers/refunds/"+id+"/expire")
			b.balanced()
		})
	}
}

// A bank names a card's refund some days later; one that failed has no name.
func TestRefundsGetTheirReference(t *testing.T) {
	b := start(t)
	good := b.post("/v1/refunds", "charge="+b.paid(9000, visa).Get("id").String())
	bad := b.post("/v1/refunds", "charge="+b.paid(9000, "4000000000005126").Get("id").String()).Get("id").String()
	if card := good.Get("destination_details.card"); card.Get("reference_status").String() != "pending" || card.Get("reference").Exists() {
		t.Errorf("at first: %s", card.Raw)
	}
	b.advance("80h")
	if card := b.get("/v1/refunds/" + good.Get("id").String()).Get("destination_details.card"); card.Get("reference_status").String() != "available" || len(card.Get("reference").String()) != 23 {
		t.Errorf("later: %s", card.Raw)
	}
	got := b.get("/v1/refunds/" + bad)
	if got.Get("destination_details.card.reference").Exists() || got.Get("status").String() != "failed" || got.Get("failure_reason").String() != "expired_or_canceled_card" {
		t.Errorf("failed: %s", got.Raw)
	}
}

// Lists of refunds know their filters.
func TestRefundLists(t *testing.T) {
	b := start(t)
	one, two := b.paid(9000, visa), b.paid(8000, visa)
	b.post("/v1/refunds", "charge="+one.Get("id").String(), "amount=1000")
	b.post("/v1/refunds", "payment_intent="+one.Get("payment_intent").String(), "amount=2000")
	b.advance("1h")
	late := b.post("/v1/refunds", "charge="+two.Get("id").String())
	for filter, want := range map[string]int64{"limit=100": 3, "charge=" + one.Get("id").String(): 2, "payment_intent=" + one.Get("payment_intent").String(): 2,
		"charge=" + two.Get("id").String(): 1, "created[gte]=" + late.Get("created").String(): 1, "created[lt]=" + late.Get("created").String(): 2} {
		if got := b.get("/v1/refunds", filter).Get("data.#").Int(); got != want {
			t.Errorf("%q finds %d, want %d", filter, got, want)
		}
	}
}

// An early fraud warning can be acted on until its charge is refunded whole or disputed.
func TestWarningsAreSettled(t *testing.T) {
	for name, act := range map[string]func(b *bench, ch string){
		"refunded": func(b *bench, ch string) {
			b.post("/v1/refunds", "charge="+ch, "amount=1000")
			if !b.get("/v1/radar/early_fraud_warnings", "charge="+ch).Get("data.0.actionable").Bool() {
				b.t.Error("a part refunded settles a warning")
			}
			b.post("/v1/refunds", "charge="+ch)
		},
		"disputed": func(b *bench, ch string) { b.steer("/charges/"+ch+"/dispute", m{}) },
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t)
			ch := b.paid(5000, "4000000000005423").Get("id").String()
			b.advance("5s")
			act(b, ch)
			if w := b.get("/v1/radar/early_fraud_warnings", "charge="+ch).Get("data.0"); w.Get("actionable").Bool() {
				t.Errorf("still to be acted on: %s", w.Raw)
			}
			ev := b.get("/v1/events", "type=radar.early_fraud_warning.updated").Get("data.0.data")
			if !ev.Get("previous_attributes.actionable").Bool() || ev.Get("object.actionable").Bool() {
				t.Errorf("event: %s", ev.Raw)
			}
		})
	}
}

// An owner who refunds what a transfer brought gives it back to the platform.
func TestOwnersGiveTransfersBack(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(10000, visa, destination(o, 1000)...)
	tr := b.get("/v1/transfers/" + ch.Get("transfer").String())
	py := tr.Get("destination_payment").String()
	re := b.post("/v1/refunds", "@"+o, "charge="+py, "amount=2500", "metadata[why]=kind")
	if re.Get("source_transfer_reversal").String() == "" || re.Get("metadata.why").String() != "kind" {
		t.Errorf("refund: %s", re.Raw)
	}
	if got := b.get("/v1/transfers/" + tr.Get("id").String()).Get("amount_reversed").Int(); got != 2500 {
		t.Errorf("%d were reversed", got)
	}
	b.refused(400, "", "greater than unrefunded amount on charge ($75.00)", "/v1/refunds", "@"+o, "charge="+py, "amount=7501")
	b.post("/v1/transfers/"+tr.Get("id").String()+"/reversals", "amount=7500")
	b.refused(400, "charge_already_refunded", "has already been refunded", "/v1/refunds", "@"+o, "charge="+py)
	if p, h := b.holds(""), b.holds(o); p != 10000-320+1000 || h != -1000 {
		t.Errorf("platform %d owner %d", p, h)
	}
	b.balanced()
}

// walkAskedRefunds ends one refund by cancelling it and one by letting it expire.
func (w *walk) walkAskedRefunds() {
	ask := func(ch string) string {
		return id(w.step("POST", "/v1/refunds", "charge="+ch, "amount=100", "instructions_email=a@example.com"))
	}
	ch := w.debited()
	w.step("POST", "/v1/refunds/"+ask(ch)+"/cancel")
	w.step("POST", "/v1/test_helpers/refunds/"+ask(ch)+"/expire")
	w.steer("/refunds/"+ask(ch)+"/complete", m{})
	if r := w.control("/refunds/re_nope/complete", m{}); r.status != http.StatusBadRequest {
		w.t.Errorf("completing no refund: %d", r.status)
	}
}

// walkOldRoutes are those below a charge or a fee, and updates of what gives money back.
func (w *walk) walkOldRoutes(account string) {
	ch := "/v1/charges/" + id(w.paid(5000, visa).Result)
	w.steer(ch[3:]+"/dispute", m{"reason": "general", "amount": 2000})
	w.step("GET", ch+"/dispute")
	w.step("POST", ch+"/dispute", "evidence[customer_name]=Ada", "submit=false")
	w.step("POST", ch+"/dispute/close")

	paid := w.paid(10000, visa, destination(account, 1000)...)
	fee := "/v1/application_fees/" + paid.Get("application_fee").String()
	w.step("POST", fee+"/refunds/"+id(w.step("POST", fee+"/refunds", "amount=100")), "metadata[a]=b")
	w.step("POST", fee+"/refund", "amount=200")
	tr := "/v1/transfers/" + paid.Get("transfer").String()
	w.step("POST", tr+"/reversals/"+id(w.step("POST", tr+"/reversals", "amount=100", "description=Oops")), "metadata[a]=b")
}
