package stripesandbox_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// Whatever is not known for sure can be assumed otherwise, and then is otherwise.
func TestAssumptions(t *testing.T) {
	seen := map[string]func(b *bench) string{
		"rejected_account_due": func(b *bench) string {
			o := b.owner()
			b.post("/v1/accounts/"+o+"/reject", "reason=fraud")
			if b.get("/v1/accounts/"+o).Get("requirements.past_due.0").String() == "individual.verification.document" {
				return "document"
			}
			return "nothing"
		},
		"sanctioned_disabled_reason": func(b *bench) string {
			a := b.post("/v1/accounts", "type=express").Get("id").String()
			must(t, b.SubmitOnboarding(a, stripesandbox.OnboardingForm{Facts: knownPerson(map[string]string{"individual.dob.year": "1900"}), ProductDescription: "x", Account: "000123456789",
				Routing: "110000000", Agree: true, Done: true}))
			b.advance("5s")
			return b.get("/v1/accounts/" + a).Get("requirements.disabled_reason").String()
		},
		"later_demand_days": func(b *bench) string {
			o := b.owner()
			b.steer("/accounts/"+o+"/onboard", m{"outcome": "due"})
			left := b.get("/v1/accounts/"+o).Get("requirements.current_deadline").Int() - b.steer("/clock", m{}).Get("unix").Int()
			return strconv.FormatInt((left+60)/86400, 10)
		},
		"unauthorized_type": func(b *bench) string {
			req, _ := http.NewRequest("GET", b.url+"/v1/balance", nil)
			return b.do(req).Get("error.type").String()
		},
		"forbidden_code": func(b *bench) string { return b.call("GET", "/v1/balance", "@acct_nope").Get("error.code").String() },
		"conflict_type": func(b *bench) string {
			b.steer("/faults", m{"route": "POST /v1/customers", "kind": "slow", "count": 2})
			answers := make(chan reply)
			for range 2 {
				go func() { answers <- b.call("POST", "/v1/customers", "#same") }()
			}
			one, two := <-answers, <-answers
			return one.Get("error.type").String() + two.Get("error.type").String()
		},
		"idempotency_scope": func(b *bench) string {
			o := b.owner()
			if b.post("/v1/customers", "#k").Get("id").String() == b.post("/v1/customers", "#k", "@"+o).Get("id").String() {
				return "platform"
			}
			return "account"
		},
		"held_session_payment_status": func(b *bench) string {
			cs := b.session(9000, "payment_intent_data[capture_method]=manual").Get("id").String()
			return b.steer("/checkout/"+cs+"/pay", m{"card": visa}).Get("payment_status").String()
		},
		"released_hold_sends_charge_refunded": func(b *bench) string {
			in := b.paid(9000, visa, "payment_intent_data[capture_method]=manual").Get("payment_intent").String()
			b.post("/v1/payment_intents/" + in + "/cancel")
			return yesNo(b.get("/v1/events", "type=charge.refunded").Get("data.#").Int() > 0)
		},
		"disputed_after_win": func(b *bench) string {
			ch := b.paid(9000, visa).Get("id").String()
			b.steer("/disputes/"+b.steer("/charges/"+ch+"/dispute", m{}).Get("id").String()+"/resolve", m{"outcome": "won"})
			return yesNo(b.get("/v1/charges/" + ch).Get("disputed").Bool())
		},
		"fee_refund_without_reversal": func(b *bench) string {
			ch := b.paid(9000, visa, destination(b.owner(), 900)...).Get("id").String()
			if b.call("POST", "/v1/refunds", "charge="+ch, "refund_application_fee=true").status == http.StatusOK {
				return "allow"
			}
			return "refuse"
		},
		"owner_pays_fee": func(b *bench) string {
			o := b.owner()
			b.paid(9000, visa, destination(o, 900)...)
			if b.holds(o) != 8100 {
				return "not at all"
			}
			if b.get("/v1/balance_transactions", "@"+o, "type=payment").Get("data.0.fee").Int() == 900 {
				return "on_payment"
			}
			return "own_row"
		},
		"owner_fee_refund_type": func(b *bench) string {
			o := b.owner()
			ch := b.paid(9000, visa, destination(o, 900)...).Get("id").String()
			b.post("/v1/refunds", "charge="+ch, "reverse_transfer=true", "refund_application_fee=true")
			return b.get("/v1/balance_transactions", "@"+o, "limit=1").Get("data.0.type").String()
		},
		"refund_failure_category":    func(b *bench) string { return b.failedRefund().Get("reporting_category").String() },
		"refund_failure_description": func(b *bench) string { return b.failedRefund().Get("description").String() },
		"application_fee_events": func(b *bench) string {
			b.paid(9000, visa, destination(b.owner(), 900)...)
			if b.get("/v1/events", "type=application_fee.created").Get("data.#").Int() > 0 {
				return "platform"
			}
			return "account"
		},
		"owner_payment_events": func(b *bench) string {
			o := b.owner()
			b.paid(9000, visa, destination(o, 900)...)
			return yesNo(b.get("/v1/events", "@"+o, "type=payment.created").Get("data.#").Int() > 0)
		},
		"automatic_methods_redirect": func(b *bench) string {
			if b.call("POST", "/v1/payment_intents", "amount=500", "currency=usd", "confirm=true", "payment_method=pm_card_visa").status == http.StatusOK {
				return "by_currency"
			}
			return "always"
		},
		"new_standard_receives_transfers": func(b *bench) string {
			b.steer("/import", m{"balance": m{"usd": 1000}})
			o := b.post("/v1/accounts", "type=standard").Get("id").String()
			return yesNo(b.call("POST", "/v1/transfers", "amount=500", "currency=usd", "destination="+o).status == http.StatusOK)
		},
		"half_cents": func(b *bench) string {
			o := b.owner()
			ch := b.paid(1000, visa, destination(o, 15)...).Get("id").String() // half of it is 7.5
			b.post("/v1/refunds", "charge="+ch, "amount=500", "reverse_transfer=true", "refund_application_fee=true")
			odd := b.get("/v1/application_fees").Get("data.0.amount_refunded").Int()
			ch = b.paid(1000, visa, destination(o, 13)...).Get("id").String() // 6.5
			b.post("/v1/refunds", "charge="+ch, "amount=500", "reverse_transfer=true", "refund_application_fee=true")
			even := b.get("/v1/application_fees").Get("data.0.amount_refunded").Int()
			return map[[2]int64]string{{8, 7}: "up", {7, 6}: "down", {8, 6}: "even"}[[2]int64{odd, even}]
		},
		"metadata_value_length": func(b *bench) string {
			for _, n := range []int{20, 500} {
				if b.call("POST", "/v1/customers", "metadata[a]="+strings.Repeat("é", n+1)).status == http.StatusBadRequest &&
					b.call("POST", "/v1/customers", "metadata[a]="+strings.Repeat("é", n)).status == http.StatusOK {
					return fmt.Sprint(n)
				}
			}
			return "more"
		},
		"oauth_code_minutes": func(b *bench) string {
			for _, minutes := range []string{"5", "10", "60"} {
				c := b.authorize("/oauth/authorize")
				code := c.answered(c.press(c.open(), answerButton("skip"), nil)).Get("code")
				b.advance(minutes + "m")
				if b.trade("grant_type=authorization_code", "code="+code).Get("error").String() == "invalid_grant" {
					return minutes
				}
			}
			return "longer"
		},
		"oauth_invalid_client_status": func(b *bench) string {
			return fmt.Sprint(b.trade("grant_type=authorization_code", "code=ac_1", "client_id=ca_nope").status)
		},
		"oauth_denied_error": func(b *bench) string {
			c := b.authorize("/oauth/authorize")
			return c.answered(c.press(c.open(), answerButton("deny"), nil)).Get("error")
		},
		"express_setup_path": func(b *bench) string {
			a := b.post("/v1/accounts", "type=express").Get("id").String()
			link := b.post("/v1/account_links", "account="+a, "type=account_onboarding", "refresh_url=https://h.test/", "return_url=https://h.test/").Get("url").String()
			if res, err := http.Get(link); err != nil || res.StatusCode != http.StatusOK {
				return "nowhere"
			}
			_, rest, _ := strings.Cut(link, "/setup/")
			path, _, _ := strings.Cut(rest, "/")
			return path
		},
		"session_metadata_copied": func(b *bench) string {
			in := b.get("/v1/payment_intents/" + b.paid(9000, visa, "metadata[a]=b").Get("payment_intent").String())
			return yesNo(in.Get("metadata.a").String() == "b")
		},
		"intents_are_automatic": func(b *bench) string {
			return yesNo(b.post("/v1/payment_intents", "amount=500", "currency=usd").Get("automatic_payment_methods.enabled").Bool())
		},
		"subscription_after_retries": func(b *bench) string {
			clock := b.clock("2024-01-01T00:00:00Z")
			cu := b.tenant(visa, "test_clock="+clock)
			sub := id(b.post("/v1/subscriptions", "customer="+cu, "items[0][price]="+b.rent(90000)).Result)
			b.usual(cu, "4000000000000341")
			b.live(clock, "2024-02-20T00:00:00Z")
			return b.sub(sub).Get("status").String()
		},
		"incomplete_subscription_canceled": func(b *bench) string {
			sub := b.post("/v1/subscriptions", "customer="+b.tenant(""), "items[0][price]="+b.rent(90000), "payment_behavior=default_incomplete")
			return b.ok(b.call("DELETE", "/v1/subscriptions/"+id(sub.Result))).Get("status").String()
		},
		"fee_percent_on_platform": func(b *bench) string {
			r := b.call("POST", "/v1/subscriptions", "customer="+b.tenant(visa), "items[0][price]="+b.rent(90000), "application_fee_percent=10", "transfer_data[destination]="+b.owner())
			if r.status == http.StatusOK {
				return "with_transfer_data"
			}
			return "refuse"
		},
	}
	for _, a := range stripesandbox.Assumptions() {
		t.Run(a.Name, func(t *testing.T) {
			look, ok := seen[a.Name]
			if !ok {
				t.Fatal("nothing shows it")
			}
			for i, value := range a.Values {
				if value = strings.Trim(value, "<>"); value == "number" {
					value = "20"
				}
				b := start(t, func(o *stripesandbox.Options) {
					if i > 0 { // the default needs no telling
						o.Assume = map[string]string{a.Name: value}
					}
				})
				if got := look(b); got != value {
					t.Errorf("with %s it is %s", value, got)
				}
				b.balanced()
			}
		})
	}
	for name, value := range map[string]string{"colour": "red", "disputed_after_win": "perhaps"} {
		if s, err := stripesandbox.Open(stripesandbox.Options{Assume: map[string]string{name: value}}); err == nil {
			s.Close()
			t.Errorf("%s=%s was taken", name, value)
		}
	}
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// failedRefund is the row of a refund that the bank sent back.
func (b *bench) failedRefund() reply {
	b.t.Helper()
	re := b.post("/v1/refunds", "charge="+b.paid(9000, visa).Get("id").String()).Get("id").String()
	b.steer("/refunds/"+re+"/fail", m{"reason": "declined"})
	return reply{Result: b.get("/v1/balance_transactions", "type=refund_failure").Get("data.0")}
}
