package stripesandbox_test

import (
	"fmt"
	"testing"
	"time"

	"hearth/internal/stripesandbox"
)

const schedule = "settings[payouts][schedule]"

// workday is 00:00 UTC of the n-th weekday after an instant.
func workday(unix int64, n int) int64 {
	at := time.Unix(unix, 0).UTC().Truncate(24 * time.Hour)
	for n > 0 {
		at = at.AddDate(0, 0, 1)
		if wd := at.Weekday(); wd != time.Saturday && wd != time.Sunday {
			n--
		}
	}
	return at.Unix()
}

// The delay of whoever settles a charge decides when its money is available.
func TestDelayDaysShiftAvailability(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.post("/v1/accounts/"+o, schedule+"[delay_days]=7")
	for _, c := range []struct {
		name  string
		take  []string
		delay int
	}{
		{"destination charge", destination(o, 100), 2},
		{"on behalf of the owner", append(destination(o, 100), "payment_intent_data[on_behalf_of]="+o), 7},
		{"direct charge", []string{"@" + o}, 7},
	} {
		ch := b.paid(5000, visa, c.take...)
		acting := []string{}
		if c.name == "direct charge" {
			acting = c.take
		}
		row := b.get("/v1/balance_transactions/"+ch.Get("balance_transaction").String(), acting...)
		if want := workday(row.Get("created").Int(), c.delay); row.Get("available_on").Int() != want {
			t.Errorf("%s: available on %v, want %v", c.name, time.Unix(row.Get("available_on").Int(), 0).UTC(), time.Unix(want, 0).UTC())
		}
	}
	if got := b.post("/v1/accounts/"+o, schedule+"[delay_days]=minimum").Get("settings.payouts.schedule.delay_days").Int(); got != 2 {
		t.Errorf("the minimum is %d days", got)
	}
	for _, bad := range []string{"[delay_days]=1", "[delay_days]=32", "[weekly_anchor]=friday", "[monthly_anchor]=3"} {
		b.refused(400, "", "", "/v1/accounts/"+o, schedule+bad)
	}
}

// Automatic payouts come on the days the schedule names, and carry what is available then.
func TestPayoutSchedules(t *testing.T) {
	for _, c := range []struct {
		name     string
		schedule []string
		days     func(time.Time) bool
	}{
		{"daily", []string{"[interval]=daily"}, func(at time.Time) bool { return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday }},
		{"weekly", []string{"[interval]=weekly", "[weekly_anchor]=friday"}, func(at time.Time) bool { return at.Weekday() == time.Friday }},
		{"monthly on a day most months lack", []string{"[interval]=monthly", "[monthly_anchor]=31"}, func(at time.Time) bool { return at.AddDate(0, 0, 1).Day() == 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			o := b.owner()
			b.paid(120000, visa, destination(o, 14400)...)
			var params []string
			for _, p := range c.schedule {
				params = append(params, schedule+p)
			}
			b.post("/v1/accounts/"+o, params...)
			b.advance("840h")
			all := b.get("/v1/payouts", "@"+o).Get("data").Array()
			if len(all) != 1 {
				t.Fatalf("%d payouts came of one payment", len(all))
			}
			po := all[0]
			at := time.Unix(po.Get("created").Int(), 0).UTC()
			if !c.days(at) || at.Hour() != 0 || po.Get("amount").Int() != 105600 || !po.Get("automatic").Bool() {
				t.Errorf("on %v: %s", at, po.Raw)
			}
			b.balanced()
		})
	}
}

// A payout carries what becomes available the moment it goes, and tells when it is told apart.
func TestAutomaticPayoutGoesTheDayMoneyIsThere(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.post("/v1/accounts/"+o, schedule+"[interval]=daily")
	ch := b.paid(120000, visa, destination(o, 14400)...)
	due := b.get("/v1/balance_transactions/" + ch.Get("balance_transaction").String()).Get("available_on").Int()
	b.advance("170h")
	po := b.get("/v1/payouts", "@"+o, fmt.Sprintf("created[gte]=%d", due)).Get("data.0")
	if po.Get("created").Int() != due || po.Get("reconciliation_status").String() == "in_progress" != (po.Get("status").String() != "paid") {
		t.Errorf("available at %d: %s", due, po.Raw)
	}
	b.advance("120h")
	if got := b.get("/v1/payouts/"+po.Get("id").String(), "@"+o); got.Get("reconciliation_status").String() != "completed" {
		t.Errorf("when paid: %s", got.Raw)
	}
	if n := b.get("/v1/events", "@"+o, "type=payout.reconciliation_completed").Get("data.#").Int(); n != 1 {
		t.Errorf("%d events tell that the payout is reconciled", n)
	}
	b.refused(400, "", "", "/v1/payouts/"+po.Get("id").String()+"/cancel", "@"+o)
}

// A change of the schedule moves the payout that is due.
func TestNewScheduleMovesThePayout(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.post("/v1/accounts/"+o, schedule+"[interval]=daily")
	b.paid(10000, visa, destination(o, 1000)...)
	b.post("/v1/accounts/"+o, schedule+"[interval]=manual")
	b.advance("400h")
	if got := b.get("/v1/payouts", "@"+o).Get("data.#").Int(); got != 0 || b.holds(o) != 9000 {
		t.Errorf("a manual schedule made %d payouts", got)
	}
}

// The platform has a bank account, and a schedule when it asks for one.
func TestPlatformPayouts(t *testing.T) {
	b := start(t, func(o *stripesandbox.Options) { o.PlatformPayouts = "daily" })
	b.paid(10000, visa)
	b.advance("170h")
	po := b.get("/v1/payouts", "expand[]=data.destination").Get("data.0")
	if po.Get("amount").Int() != 9680 || !po.Get("automatic").Bool() || po.Get("destination.object").String() != "bank_account" || po.Get("destination.last4").String() != "6789" {
		t.Fatalf("the platform's payout: %s", po.Raw)
	}
	ba := po.Get("destination.id").String()
	if got := b.get("/v1/payouts", "destination="+ba, "status="+po.Get("status").String(), fmt.Sprintf("arrival_date[lte]=%d", po.Get("arrival_date").Int())).Get("data.#").Int(); got != 1 {
		t.Errorf("the filters find %d payouts", got)
	}
	for _, none := range []string{"destination=ba_nope", "status=canceled", fmt.Sprintf("arrival_date[gt]=%d", po.Get("arrival_date").Int()), "arrival_date=1"} {
		if got := b.get("/v1/payouts", none).Get("data.#").Int(); got != 0 {
			t.Errorf("%s finds %d payouts", none, got)
		}
	}
	b.steer("/payouts/"+po.Get("id").String()+"/fail", m{})
	if b.holds("") != 9680 {
		t.Error("a failed payout does not come back to the platform")
	}
	b.paid(20000, "4000000000000077")
	b.refused(400, "resource_missing", "No such external account: 'ba_nope'", "/v1/payouts", "amount=100", "currency=usd", "destination=ba_nope")
	b.post("/v1/payouts", "amount=100", "currency=usd", "method=instant")
	if _, err := stripesandbox.Open(stripesandbox.Options{PlatformPayouts: "hourly"}); err == nil {
		t.Error("the platform is paid out by the hour")
	}
	b.balanced()
}

// An instant payout needs a bank account that takes it, and arrives within the hour.
func TestInstantPayouts(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(10000, "4000000000000077", destination(o, 1000)...)
	if got := b.get("/v1/balance", "@"+o).Get("instant_available.0.amount").Int(); got != 9000 {
		t.Errorf("instant_available is %d", got)
	}
	po := b.post("/v1/payouts", "@"+o, "amount=4000", "currency=usd", "method=instant").Get("id").String()
	b.advance("45m")
	if got := b.get("/v1/payouts/"+po, "@"+o); got.Get("status").String() != "paid" || got.Get("method").String() != "instant" {
		t.Errorf("after 45 minutes: %s", got.Raw)
	}
	slow := b.post("/v1/accounts/"+o+"/external_accounts", "external_account[object]=bank_account", "external_account[country]=US", "external_account[currency]=usd",
		"external_account[routing_number]=110000000", "external_account[account_number]=000888888883").Get("id").String()
	b.refused(400, "instant_payouts_unsupported", "not eligible for instant payouts", "/v1/payouts", "@"+o, "amount=100", "currency=usd", "method=instant", "destination="+slow)
	b.post("/v1/payouts", "@"+o, "amount=100", "currency=usd", "destination="+slow)
}

// What an Express owner owes for 180 days is taken from the platform.
func TestPlatformPaysWhatOwnersOwe(t *testing.T) {
	b := start(t)
	o := b.owner()
	ch := b.paid(120000, visa, destination(o, 14400)...).Get("id").String()
	b.post("/v1/refunds", "charge="+ch, "reverse_transfer=true") // the owner owes the fee
	b.advance("4310h")
	if b.holds(o) != -14400 {
		t.Errorf("before 180 days the owner holds %d", b.holds(o))
	}
	b.advance("24h")
	if p, h := b.holds(""), b.holds(o); p != 10890-14400 || h != 0 {
		t.Errorf("after 180 days the platform holds %d, the owner %d", p, h)
	}
	same(t, "rows", keep(b.rows(""), "connect_collection_transfer"), "connect_collection_transfer -14400")
	same(t, "rows", keep(b.rows(o), "connect_collection_transfer"), "connect_collection_transfer 14400")
	if got := b.get("/v1/balance").Get("connect_reserved.0.amount").Int(); got != 0 {
		t.Errorf("still %d are reserved", got)
	}
	b.balanced()
}

// Debit cards take payouts; the one that cannot process them switches payouts off until it is replaced.
func TestPayoutsToDebitCards(t *testing.T) {
	b := start(t)
	o := b.owner()
	b.paid(10000, "4000000000000077", destination(o, 1000)...)
	card := func(number string) string {
		return b.post("/v1/accounts/"+o+"/external_accounts", "external_account[object]=card", "external_account[number]="+number, "external_account[exp_month]=12",
			"external_account[exp_year]=2040", "external_account[currency]=usd").Get("id").String()
	}
	good, bad := card("4000056655665556"), card("4000056655665572")
	po := b.post("/v1/payouts", "@"+o, "amount=4000", "currency=usd", "destination="+good, "method=instant")
	if po.Get("type").String() != "card" || po.Get("destination").String() != good {
		t.Errorf("to a card: %s", po.Raw)
	}
	b.advance("1h")
	if got := b.get("/v1/payouts/"+po.Get("id").String(), "@"+o).Get("status").String(); got != "paid" {
		t.Errorf("it is %s", got)
	}
	po = b.post("/v1/payouts", "@"+o, "amount=1000", "currency=usd", "destination="+bad)
	b.advance("130h")
	if got := b.get("/v1/payouts/"+po.Get("id").String(), "@"+o); got.Get("status").String() != "failed" || got.Get("failure_code").String() != "could_not_process" || b.holds(o) != 5000 {
		t.Errorf("to a card that cannot: %s", got.Raw)
	}
	b.refused(400, "payouts_not_allowed", "", "/v1/payouts", "@"+o, "amount=1", "currency=usd", "destination="+good)
	b.balanced()
}
