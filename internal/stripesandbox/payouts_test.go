package stripesandbox_test

import "testing"

func TestPayouts(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(120000, visa, destination(o, 14400)...)
	b.refused(400, "balance_insufficient", "You have insufficient funds", "/v1/payouts", "@"+o, "amount=105600", "currency=usd")
	b.advance("120h") // settled
	po := b.post("/v1/payouts", "@"+o, "amount=105600", "currency=usd")
	if po.Get("status").String() != "pending" || b.holds(o) != 0 {
		t.Fatalf("payout: %s", po.Raw)
	}
	b.advance("2h")
	if got := b.get("/v1/payouts/"+po.Get("id").String(), "@"+o).Get("status").String(); got != "in_transit" {
		t.Errorf("on its way it is %s", got)
	}
	b.advance("120h")
	if got := b.get("/v1/payouts/"+po.Get("id").String(), "@"+o).Get("status").String(); got != "paid" {
		t.Errorf("at the end it is %s", got)
	}
	b.steer("/payouts/"+po.Get("id").String()+"/fail", m{"reason": "account_closed"})
	if b.holds(o) != 105600 || b.get("/v1/accounts/"+o).Get("payouts_enabled").Bool() {
		t.Error("a returned payout gives the money back and switches payouts off")
	}
	b.refused(400, "payouts_not_allowed", "", "/v1/payouts", "@"+o, "amount=1", "currency=usd")
	b.balanced()
}

func TestAutomaticPayoutCarriesItsRows(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.post("/v1/accounts/"+o, "settings[payouts][schedule][interval]=daily")
	b.paid(120000, visa, destination(o, 14400)...)
	b.advance("144h")
	po := b.get("/v1/payouts", "@"+o).Get("data.0")
	if !po.Get("automatic").Bool() || po.Get("amount").Int() != 105600 {
		t.Fatalf("payout: %s", po.Raw)
	}
	rows := b.get("/v1/balance_transactions", "@"+o, "payout="+po.Get("id").String()).Get("data").Array()
	if len(rows) != 2 {
		t.Errorf("the payout carries %d rows, want the payment and itself", len(rows))
	}
	b.balanced()
}

func TestCancelAndReversePayouts(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(120000, "4000000000000077", destination(o, 14400)...)
	po := "/v1/payouts/" + b.post("/v1/payouts", "@"+o, "amount=5600", "currency=usd").Get("id").String()
	if got := b.post(po+"/cancel", "@"+o); got.Get("status").String() != "canceled" || b.holds(o) != 105600 {
		t.Errorf("canceled: %s", got.Raw)
	}
	po = "/v1/payouts/" + b.post("/v1/payouts", "@"+o, "amount=105600", "currency=usd").Get("id").String()
	b.advance("2h")
	b.refused(400, "", "while they are pending", po+"/cancel", "@"+o)
	b.refused(400, "", "can be reversed", po+"/reverse", "@"+o)
	b.advance("120h")
	back := b.post(po+"/reverse", "@"+o)
	if back.Get("amount").Int() != -105600 || "/v1/payouts/"+back.Get("original_payout").String() != po || b.holds(o) != 105600 {
		t.Errorf("reversed: %s", back.Raw)
	}
	if b.get(po, "@"+o).Get("reversed_by").String() != back.Get("id").String() {
		t.Error("a reversed payout does not name its reversal")
	}
	b.balanced()
}

// The bank's number decides; a new bank account switches payouts on again.
func TestPayoutFailsByBankNumber(t *testing.T) {
	b := start(t)
	o := b.owner()
	bank := []string{"external_account[object]=bank_account", "external_account[country]=US", "external_account[currency]=usd", "external_account[routing_number]=110000000", "default_for_currency=true"}
	b.post("/v1/accounts/"+o+"/external_accounts", with(bank, "external_account[account_number]=000111111116")...)
	b.paid(10000, "4000000000000077", destination(o, 1000)...)
	po := b.post("/v1/payouts", "@"+o, "amount=9000", "currency=usd").Get("id").String()
	b.advance("130h")
	if got := b.get("/v1/payouts/"+po, "@"+o); got.Get("status").String() != "failed" || got.Get("failure_code").String() != "no_account" || b.holds(o) != 9000 {
		t.Errorf("failed: %s", got.Raw)
	}
	if b.get("/v1/accounts/" + o).Get("payouts_enabled").Bool() {
		t.Error("payouts go on to a bank that returned one")
	}
	b.post("/v1/accounts/"+o+"/external_accounts", with(bank, "external_account[account_number]=000123456789")...)
	b.post("/v1/payouts", "@"+o, "amount=9000", "currency=usd")
	b.balanced()
}

// An owner below zero is debited on an automatic schedule; until then the
// platform is shown what it stands in for.
func TestNegativeBalances(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(120000, visa, destination(o, 14400)...).Get("id").String()
	b.post("/v1/refunds", "charge="+ch, "reverse_transfer=true")
	if got := b.get("/v1/balance").Get(`connect_reserved.#(currency=="usd").amount`).Int(); got != 14400 {
		t.Errorf("the platform reserves %d, want 14400", got)
	}
	b.advance("120h")
	b.post("/v1/accounts/"+o, "settings[payouts][schedule][interval]=daily")
	b.advance("96h")
	po := b.get("/v1/payouts", "@"+o).Get("data.0")
	if po.Get("amount").Int() != -14400 || b.holds(o) != 0 {
		t.Errorf("debited: %s, holds %d", po.Raw, b.holds(o))
	}
	b.balanced()
}
