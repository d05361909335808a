package stripesandbox_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"
)

// planted is an object with one field set to something else.
func planted(o shown, path string, value any) shown {
	var v any
	if err := json.Unmarshal([]byte(o.Raw), &v); err != nil {
		panic(err)
	}
	at, keys := v, strings.Split(path, ".")
	for _, k := range keys[:len(keys)-1] {
		if list, ok := at.([]any); ok {
			n, _ := strconv.Atoi(k)
			at = list[n]
			continue
		}
		at = at.(map[string]any)[k]
	}
	at.(map[string]any)[keys[len(keys)-1]] = value
	text, _ := json.Marshal(v)
	return shown{o.scope, gjson.ParseBytes(text)}
}

// A history can only show what the promises notice: each one notices its defect.
func TestPromisesNoticeDefects(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(80000, "4000000000000077")
	kept := b.paid(120000, visa, destination(o, 14400)...)
	b.post("/v1/refunds", "charge="+kept.Get("id").String(), "amount=40000", "reverse_transfer=true", "refund_application_fee=true")
	back := b.paid(9000, visa)
	b.steer("/charges/"+back.Get("id").String()+"/dispute", m{})
	b.post("/v1/payouts", "amount=500", "currency=usd")
	b.steer("/topups/"+b.post("/v1/topups", "amount=700", "currency=usd").Get("id").String()+"/resolve", m{"outcome": "succeeded"})
	d := desk{b.Server, t.Fatalf, map[string]bool{}, map[string]string{}}
	sound := d.read("", o)
	if wrong := sound.wrong(); len(wrong) > 0 {
		t.Fatalf("the books are wrong already:\n%s", strings.Join(wrong, "\n"))
	}
	defects := []struct {
		promise, kind, path string
		value               any
	}{
		{"a row adds up", "balance_transaction", "net", 1},
		{"a row adds up", "balance_transaction", "fee", 1},
		{"a row adds up", "balance_transaction", "available_on", 1},
		{"a balance is the sum of its rows", "balance", "available.0.amount", 1},
		{"a balance is the sum of its rows", "balance", "pending.0.amount", 1},
		{"a balance is the sum of its rows", "balance", "pending", []any{}},
		{"a charge is captured within its amount", "charge", "amount_captured", 999999},
		{"a charge is captured within its amount", "charge", "captured", false},
		{"an intent received what its charge captured", "payment_intent", "amount_received", 1},
		{"an intent received what its charge captured", "payment_intent", "status", "requires_capture"},
		{"a charge is refunded what its refunds say", "charge", "amount_refunded", 1},
		{"a charge is refunded what its refunds say", "charge", "refunded", true},
		{"a charge is refunded what its refunds say", "refund", "amount", 999999},
		{"a refund has moved what it says", "refund", "status", "pending"},
		{"a refund has moved what it says", "balance_transaction", "source", "re_other"},
		{"a transfer is reversed what its reversals say", "transfer", "amount_reversed", 1},
		{"a transfer is reversed what its reversals say", "transfer", "reversed", true},
		{"a transfer is reversed what its reversals say", "transfer_reversal", "amount", 1},
		{"a charge covers the transfers it is the source of", "transfer", "amount", 120001},
		{"a fee is refunded what its refunds say", "application_fee", "amount_refunded", 1},
		{"a fee is refunded what its refunds say", "application_fee", "refunded", true},
		{"a fee is refunded what its refunds say", "fee_refund", "amount", 1},
		{"a dispute has moved what its status says", "dispute", "status", "won"},
		{"a dispute has moved what its status says", "dispute", "amount", 1},
		{"a disputed charge keeps what was withdrawn out of refunds", "dispute", "is_charge_refundable", true},
		{"a payout has moved what its status says", "payout", "status", "failed"},
		{"a payout has moved what its status says", "payout", "amount", 1},
		{"a top-up has moved what its status says", "topup", "amount", 1},
		{"a top-up has moved what its status says", "topup", "status", "pending"},
		{"an object has its official shape", "charge", "status", "lucky"},
		{"an object has its official shape", "refund", "colour", "red"},
		{"an object has its official shape", "event", "data.object.id", 7},
	}
	noticed := map[string]bool{"all money comes to zero": true, "an automatic payout is the sum of its rows": true}
	for _, c := range defects {
		noticed[c.promise] = true
		if !slices.ContainsFunc(sound.of[c.kind], func(o shown) bool { return sound.with(c.kind, o, planted(o, c.path, c.value)).breaks(c.promise) }) {
			t.Errorf("%q does not notice a %s whose %s is %v", c.promise, c.kind, c.path, c.value)
		}
	}
	for promise := range promises {
		if !noticed[promise] {
			t.Errorf("no defect was planted for %q", promise)
		}
	}
	off := sound
	off.sums = map[string]gjson.Result{"usd": gjson.Parse("1")}
	if !off.breaks("all money comes to zero") {
		t.Error("nobody notices that money is missing")
	}
	off.carried = map[string]int64{sound.of["payout"][0].Get("id").String(): 1}
	if !off.breaks("an automatic payout is the sum of its rows") {
		t.Error("nobody notices that a payout carries other rows")
	}
}

// with are the books with one object in another's place, as if seen for the first time.
func (b books) with(kind string, was, is shown) books {
	of := map[string][]shown{}
	for k, all := range b.of {
		of[k] = slices.Clone(all)
	}
	i := slices.IndexFunc(of[kind], func(o shown) bool { return o.Raw == was.Raw })
	of[kind][i] = is
	changed := books{now: b.now, sums: b.sums, of: of, carried: b.carried, seen: map[string]bool{}}
	changed.sumUp()
	return changed
}

func (b books) breaks(promise string) (broken bool) {
	promises[promise](b, func(shown, string) { broken = true })
	return broken
}
