package stripesandbox_test

import (
	"cmp"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hearth/internal/stripesandbox"
)

// history is a world to which things happen in any order.
type history struct {
	*rapid.T
	desk
	books
	owners []string
}

func begin(t *rapid.T, s *stripesandbox.Server) *history {
	h := &history{T: t, desk: desk{s, t.Fatalf, map[string]bool{}, map[string]string{}}}
	for _, kind := range [][2]string{{"manual", "account"}, {"daily", "application"}} {
		o := h.call(http.MethodPost, "/v1/accounts", "type=express", "controller[fees][payer]="+kind[1], "country=US", "capabilities[transfers][requested]=true", "capabilities[card_payments][requested]=true",
			"settings[payouts][schedule][interval]="+kind[0]).Get("id").String()
		h.control("/accounts/"+o+"/onboard", `{"outcome":"active"}`)
		h.owners = append(h.owners, o)
	}
	h.Check()
	return h
}

// Check is what holds after every step.
func (h *history) Check() {
	h.books = h.read(append([]string{""}, h.owners...)...)
	for _, what := range h.wrong() {
		h.Error(what)
	}
}

// post asks for something that may be refused, but never by a failure.
func (h *history) post(path string, params ...string) {
	r := h.call(http.MethodPost, path, params...)
	h.Logf("POST %s %s = %d %s %s", path, strings.Join(params, " "), r.status, r.Get("id"), r.Get("error.message"))
}

func (h *history) steer(path, format string, args ...any) {
	r := h.control(path, fmt.Sprintf(format, args...))
	h.Logf("control %s %s = %d %s", path, fmt.Sprintf(format, args...), r.status, r.Get("error.message"))
}

func (h *history) one(of ...string) string { return rapid.SampledFrom(of).Draw(h.T, "one") }

func (h *history) chance() bool { return rapid.Bool().Draw(h.T, "chance") }

// seldom is one time in four.
func (h *history) seldom() bool { return rapid.IntRange(0, 3).Draw(h.T, "seldom") == 0 }

func (h *history) owner() string { return h.one(h.owners...) }

// pick draws an object there is, mostly one that fits.
func (h *history) pick(kind string, fits ...func(shown) bool) shown {
	var fit []shown
	for _, o := range h.of[kind] {
		if !slices.ContainsFunc(fits, func(f func(shown) bool) bool { return !f(o) }) {
			fit = append(fit, o)
		}
	}
	if len(fit) == 0 || rapid.IntRange(0, 9).Draw(h.T, "misfit") == 9 {
		fit = h.of[kind]
	}
	return fit[rapid.IntRange(0, len(fit)-1).Draw(h.T, kind)]
}

// Where the next step is likely to do something.
func waits(re shown) bool { return is(re, "status", "requires_action") }
func held(in shown) bool  { return is(in, "status", "requires_capture") }
func open(d shown) bool   { return !among(d, "status", "won", "lost", "warning_closed") }
func left(o shown) bool { // to give back: of a charge, a transfer or a fee
	return o.Get("amount").Int() > o.Get("amount_refunded").Int()+o.Get("amount_reversed").Int() && (!o.Get("captured").Exists() || o.Get("captured").Bool())
}

// acting are the header and the id of an object.
func acting(o shown) []string {
	if o.scope == "" {
		return nil
	}
	return []string{"@" + o.scope}
}

// upTo is an amount parameter of at most a little more than there is, or none.
func (h *history) upTo(name string, most int64) []string {
	if most < 1 || h.chance() {
		return nil
	}
	return []string{fmt.Sprintf("%s=%d", name, rapid.Int64Range(1, most+most/8+1).Draw(h.T, name))}
}

func (h *history) flags(names ...string) (out []string) {
	for _, name := range names {
		out = append(out, fmt.Sprintf("%s=%t", name, h.chance()))
	}
	return out
}

func (h *history) Pay() {
	amount := rapid.Int64Range(1000, 300000).Draw(h.T, "amount")
	o := h.owner()
	params := []string{fmt.Sprintf("amount=%d", amount), "currency=" + h.one("usd", "usd", "usd", "eur", "jpy", "kwd"), "confirm=true", "payment_method_types[0]=card",
		"payment_method=pm_card_" + h.one("visa", "bypassPending", "bypassPending", "createDispute", "createDisputeInquiry", "pendingRefund", "refundFail", "createIssuerFraudRecord", "visa", "bypassPending")}
	fee := h.upTo("application_fee_amount", amount)
	switch h.one("plain", "destination", "destination", "behalf", "amount", "direct", "direct") {
	case "destination":
		params = append(append(params, "transfer_data[destination]="+o), fee...)
	case "behalf":
		params = append(append(params, "transfer_data[destination]="+o, "on_behalf_of="+o), fee...)
	case "amount":
		params = append(append(params, "transfer_data[destination]="+o), h.upTo("transfer_data[amount]", amount)...)
	case "direct":
		params = append(append(params, "@"+o), fee...)
	}
	if h.seldom() {
		params = append(params, "capture_method=manual")
	}
	h.post("/v1/payment_intents", params...)
}

func (h *history) Debit() {
	h.post("/v1/payment_intents", "amount=50000", "currency=usd", "confirm=true", "payment_method_types[0]=us_bank_account",
		"payment_method=pm_usBankAccount_"+h.one("success", "noAccount", "dispute"), "transfer_data[destination]="+h.owner(), "application_fee_amount=5000")
}

func (h *history) Capture() {
	in := h.pick("payment_intent", held)
	most := in.Get("amount_capturable").Int()
	params := append(acting(in), h.upTo("amount_to_capture", most)...)
	if in.Get("application_fee_amount").Int() > 0 {
		params = append(params, h.upTo("application_fee_amount", most)...)
	}
	h.post("/v1/payment_intents/"+in.Get("id").String()+"/capture", params...)
}

func (h *history) Cancel() {
	in := h.pick("payment_intent", func(in shown) bool { return !among(in, "status", "succeeded", "canceled") })
	h.post("/v1/payment_intents/"+in.Get("id").String()+"/cancel", acting(in)...)
}

func (h *history) Refund() {
	ch := h.pick("charge", left)
	params := append(acting(ch), "charge="+ch.Get("id").String())
	params = append(params, h.upTo("amount", ch.Get("amount_captured").Int()-ch.Get("amount_refunded").Int())...)
	if !strings.HasPrefix(ch.Get("id").String(), "ch_") && h.chance() {
		params = append(params, "instructions_email=a@example.com")
	}
	if ch.Get("transfer").Exists() || rapid.IntRange(0, 9).Draw(h.T, "none to reverse") == 9 {
		params = append(params, h.flags("reverse_transfer")...)
	}
	h.post("/v1/refunds", append(params, h.flags("refund_application_fee")...)...)
}

func (h *history) RefundFails() {
	h.steer("/refunds/"+h.pick("refund", func(re shown) bool { return !among(re, "status", "failed", "canceled") }).Get("id").String()+"/fail", `{}`)
}

func (h *history) RefundCancelled() {
	re := h.pick("refund", waits)
	h.post("/v1/refunds/"+re.Get("id").String()+"/cancel", acting(re)...)
}

// RefundTo is a payer who says where the money goes.
func (h *history) RefundTo() {
	h.steer("/refunds/"+h.pick("refund", waits).Get("id").String()+"/complete", `{}`)
}

func (h *history) Transfer() {
	ch := h.pick("charge", left)
	params := []string{"currency=" + ch.Get("currency").String(), "destination=" + h.owner(), fmt.Sprintf("amount=%d", rapid.Int64Range(1, ch.Get("amount").Int()).Draw(h.T, "amount"))}
	if h.chance() {
		params = append(params, "source_transaction="+ch.Get("id").String())
	}
	h.post("/v1/transfers", params...)
}

func (h *history) Reverse() {
	tr := h.pick("transfer", left)
	params := append(h.upTo("amount", tr.Get("amount").Int()-tr.Get("amount_reversed").Int()), h.flags("refund_application_fee")...)
	h.post("/v1/transfers/"+tr.Get("id").String()+"/reversals", params...)
}

func (h *history) FeeRefund() {
	fee := h.pick("application_fee", left)
	h.post("/v1/application_fees/"+fee.Get("id").String()+"/refunds", h.upTo("amount", fee.Get("amount").Int()-fee.Get("amount_refunded").Int())...)
}

func (h *history) Dispute() {
	ch := h.pick("charge", left, func(ch shown) bool { return !ch.Get("disputed").Bool() && is(ch, "source_transfer", "") })
	amount := int64(0)
	if h.seldom() {
		amount = rapid.Int64Range(1, ch.Get("amount").Int()+1).Draw(h.T, "amount")
	}
	h.steer("/charges/"+ch.Get("id").String()+"/dispute", `{"inquiry":%t,"amount":%d}`, h.chance(), amount)
}

func (h *history) Evidence() {
	d := h.pick("dispute", open)
	text := h.one("winning_evidence", "losing_evidence", "escalate_inquiry_evidence", "nothing of note")
	h.post("/v1/disputes/"+d.Get("id").String(), append(append(acting(d), "evidence[uncategorized_text]="+text), h.flags("submit")...)...)
}

func (h *history) Resolve() {
	h.steer("/disputes/"+h.pick("dispute", open).Get("id").String()+"/resolve", `{"outcome":%q}`, h.one("won", "lost", "escalated"))
}

func (h *history) Close() {
	d := h.pick("dispute", open)
	h.post("/v1/disputes/"+d.Get("id").String()+"/close", acting(d)...)
}

func (h *history) PayOut() {
	bal := h.pick("balance", func(bal shown) bool { return bal.Get("available.#(amount>0)").Exists() })
	all := bal.Get("available").Array()
	have := all[rapid.IntRange(0, len(all)-1).Draw(h.T, "currency")]
	amount := rapid.Int64Range(1, max(1, have.Get("amount").Int()+100)).Draw(h.T, "amount")
	h.post("/v1/payouts", append(acting(bal), "currency="+have.Get("currency").String(), fmt.Sprintf("amount=%d", amount), "method="+h.one("standard", "instant"))...)
}

func (h *history) TopUp() {
	h.post("/v1/topups", "amount=70000", "currency="+h.one("usd", "jpy"), "source="+h.one("btok_us_verified", "btok_us_verified_noAccount"))
}

func (h *history) TopUpEnds() {
	tu := h.pick("topup").Get("id").String()
	if h.chance() {
		h.post("/v1/topups/" + tu + "/cancel")
		return
	}
	h.steer("/topups/"+tu+"/resolve", `{"outcome":%q}`, h.one("succeeded", "failed", "reversed"))
}

func (h *history) StopPayout() {
	po := h.pick("payout")
	h.post("/v1/payouts/"+po.Get("id").String()+"/"+h.one("cancel", "reverse"), acting(po)...)
}

func (h *history) PayoutFails() {
	h.steer("/payouts/"+h.pick("payout").Get("id").String()+"/fail", `{}`)
}

// NewBank lets payouts run again.
func (h *history) NewBank() {
	h.post("/v1/accounts/"+h.owner(), "external_account=btok_us_verified", "settings[payouts][schedule][interval]="+h.one("manual", "daily", "weekly", "monthly"))
}

func (h *history) Wait() {
	h.steer("/clock", `{"advance":%q}`, h.one("3s", "2h", "26h", "80h", "200h", "4400h"))
}

// Leave disconnects the second owner, now and then.
func (h *history) Leave() {
	if rapid.IntRange(0, 7).Draw(h.T, "leave") == 7 {
		h.steer("/accounts/"+h.owners[1]+"/deauthorize", `{}`)
	}
}

// steps are what can happen, and what there must be for it.
var steps = map[string]struct {
	of string
	do func(*history)
}{
	"pay": {"", (*history).Pay}, "pay again": {"", (*history).Pay}, "debit": {"", (*history).Debit}, "capture": {"payment_intent", (*history).Capture},
	"cancel": {"payment_intent", (*history).Cancel}, "refund": {"charge", (*history).Refund}, "refund again": {"charge", (*history).Refund},
	"refund fails": {"refund", (*history).RefundFails}, "refund cancelled": {"refund", (*history).RefundCancelled}, "refund to": {"refund", (*history).RefundTo},
	"transfer": {"charge", (*history).Transfer}, "reverse": {"transfer", (*history).Reverse}, "fee refund": {"application_fee", (*history).FeeRefund},
	"dispute": {"charge", (*history).Dispute}, "evidence": {"dispute", (*history).Evidence}, "resolve": {"dispute", (*history).Resolve}, "close": {"dispute", (*history).Close},
	"pay out": {"balance", (*history).PayOut}, "stop payout": {"payout", (*history).StopPayout}, "payout fails": {"payout", (*history).PayoutFails}, "new bank": {"", (*history).NewBank},
	"top up": {"", (*history).TopUp}, "top-up ends": {"topup", (*history).TopUpEnds}, "wait": {"", (*history).Wait}, "wait more": {"", (*history).Wait}, "leave": {"", (*history).Leave},
}

// Whatever happens in whatever order, the promises hold after every step.
// HEARTH_SANDBOX_HISTORIES=500 lives through more of them.
func TestHistoriesKeepTheBooks(t *testing.T) {
	for name, value := range map[string]string{"rapid.checks": cmp.Or(os.Getenv("HEARTH_SANDBOX_HISTORIES"), "25"), "rapid.nofailfile": "true"} {
		was := flag.Lookup(name).Value.String()
		must(t, flag.Set(name, value))
		defer flag.Set(name, was)
	}
	rapid.Check(t, func(rt *rapid.T) {
		s, err := stripesandbox.Open(stripesandbox.Options{PlatformPayouts: rapid.SampledFrom([]string{"", "daily"}).Draw(rt, "platform payouts")})
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		h := begin(rt, s)
		for range rapid.IntRange(20, 80).Draw(rt, "steps") {
			var can []string
			for name, s := range steps {
				if s.of == "" || len(h.of[s.of]) > 0 {
					can = append(can, name)
				}
			}
			slices.Sort(can)
			name := rapid.SampledFrom(can).Draw(rt, "step")
			steps[name].do(h)
			if h.Check(); rt.Failed() {
				rt.Fatalf("after a step called %q", name)
			}
		}
	})
}
