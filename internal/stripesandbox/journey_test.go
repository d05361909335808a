package stripesandbox_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/account"
	"github.com/stripe/stripe-go/v76/accountlink"
	"github.com/stripe/stripe-go/v76/charge"
	checkout "github.com/stripe/stripe-go/v76/checkout/session"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/refund"
	"github.com/stripe/stripe-go/v76/webhook"
)

// The whole journey as the official library sees it: an owner is onboarded, a
// tenant pays, the webhook is signed, the money goes back in two steps.
func TestJourneyWithStripeGo(t *testing.T) {
	b := start(t)
	be := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String(b.url), EnableTelemetry: stripe.Bool(false),
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}})
	const key = "sk_test_journey"
	accounts, links, sessions := account.Client{B: be, Key: key}, accountlink.Client{B: be, Key: key}, checkout.Client{B: be, Key: key}
	intents, charges, refunds := paymentintent.Client{B: be, Key: key}, charge.Client{B: be, Key: key}, refund.Client{B: be, Key: key}

	owner, err := accounts.New(&stripe.AccountParams{Type: stripe.String("express"), Country: stripe.String("US"), Email: stripe.String("o@example.com"),
		Capabilities: &stripe.AccountCapabilitiesParams{Transfers: &stripe.AccountCapabilitiesTransfersParams{Requested: stripe.Bool(true)}}})
	must(t, err)
	if owner.ChargesEnabled || owner.DetailsSubmitted || owner.Capabilities.Transfers != "inactive" || len(owner.Requirements.CurrentlyDue) == 0 {
		t.Fatalf("a new account can already be paid: %+v", owner.Requirements)
	}
	link, err := links.New(&stripe.AccountLinkParams{Account: &owner.ID, Type: stripe.String("account_onboarding"),
		RefreshURL: stripe.String("https://hearth.test/refresh"), ReturnURL: stripe.String("https://hearth.test/return")})
	must(t, err)
	if link.ExpiresAt-link.Created != 300 {
		t.Errorf("link lives %d s, want 300", link.ExpiresAt-link.Created)
	}
	b.steer("/accounts/"+owner.ID+"/onboard", m{"outcome": "active"})
	owner, err = accounts.GetByID(owner.ID, nil)
	must(t, err)
	if !owner.ChargesEnabled || !owner.PayoutsEnabled || !owner.DetailsSubmitted || owner.Capabilities.Transfers != "active" {
		t.Fatalf("not active after onboarding: %+v", owner)
	}

	cs, err := sessions.New(&stripe.CheckoutSessionParams{
		Mode: stripe.String("payment"), SuccessURL: stripe.String("https://hearth.test/ok?s={CHECKOUT_SESSION_ID}"), CancelURL: stripe.String("https://hearth.test/no"),
		ClientReferenceID: stripe.String("booking-1"), CustomerEmail: stripe.String("tenant@example.com"), Metadata: map[string]string{"booking": "1"},
		LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(3), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency: stripe.String("usd"), UnitAmount: stripe.Int64(40000), ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Night")}}}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{ApplicationFeeAmount: stripe.Int64(14400), Metadata: map[string]string{"booking": "1"},
			TransferData: &stripe.CheckoutSessionPaymentIntentDataTransferDataParams{Destination: &owner.ID}},
	})
	must(t, err)
	if cs.AmountTotal != 120000 || cs.PaymentIntent != nil || cs.Status != "open" || cs.URL != b.url+"/c/pay/"+cs.ID {
		t.Fatalf("new session: %+v", cs)
	}
	b.steer("/checkout/"+cs.ID+"/pay", m{"card": "4242424242424242"})
	cs, err = sessions.Get(cs.ID, &stripe.CheckoutSessionParams{Expand: []*string{stripe.String("line_items"), stripe.String("payment_intent.latest_charge.balance_transaction")}})
	must(t, err)
	if cs.Status != "complete" || cs.PaymentStatus != "paid" || cs.URL != "" || cs.CustomerDetails.Email != "tenant@example.com" || len(cs.LineItems.Data) != 1 {
		t.Fatalf("paid session: %+v", cs)
	}
	ch := cs.PaymentIntent.LatestCharge
	if ch.BalanceTransaction.Fee != 3510 || ch.Transfer == nil || ch.ApplicationFee == nil || cs.PaymentIntent.Metadata["booking"] != "1" {
		t.Fatalf("charge: %+v", ch)
	}

	b.flush()
	var seen []string
	for _, d := range b.hook.deliveries() {
		must(t, webhook.ValidatePayload(d.body, d.signature, "whsec_ours"))
		ev, err := webhook.ConstructEvent(d.body, d.signature, "whsec_ours")
		must(t, err)
		seen = append(seen, string(ev.Type))
		if ev.Type == "checkout.session.completed" {
			var snapshot stripe.CheckoutSession
			must(t, json.Unmarshal(ev.Data.Raw, &snapshot))
			if snapshot.ID != cs.ID || snapshot.PaymentStatus != "paid" || ev.Account != "" {
				t.Errorf("completed event: %s", d.body)
			}
		}
	}
	for _, want := range []string{"payment_intent.created", "charge.succeeded", "transfer.created", "application_fee.created", "payment_intent.succeeded", "checkout.session.completed"} {
		if !slices.Contains(seen, want) {
			t.Errorf("no %s among %v", want, seen)
		}
	}
	for _, d := range b.conn.deliveries() {
		ev, err := webhook.ConstructEvent(d.body, d.signature, "whsec_theirs")
		must(t, err)
		if ev.Account != owner.ID {
			t.Errorf("%s on the connect endpoint has account %q", ev.Type, ev.Account)
		}
	}

	part := &stripe.RefundParams{PaymentIntent: &cs.PaymentIntent.ID, Amount: stripe.Int64(40000), ReverseTransfer: stripe.Bool(true), RefundApplicationFee: stripe.Bool(true)}
	part.SetIdempotencyKey("refund:1")
	re, err := refunds.New(part)
	must(t, err)
	again, err := refunds.New(part)
	must(t, err)
	if re.ID != again.ID || again.LastResponse.Header.Get("Idempotent-Replayed") != "true" || re.TransferReversal == nil {
		t.Errorf("the same key made two refunds: %s %s", re.ID, again.ID)
	}
	rest, err := refunds.New(&stripe.RefundParams{PaymentIntent: &cs.PaymentIntent.ID, ReverseTransfer: stripe.Bool(true), RefundApplicationFee: stripe.Bool(true)})
	must(t, err)
	if rest.Amount != 80000 {
		t.Errorf("the rest is %d", rest.Amount)
	}
	whole, err := charges.Get(ch.ID, nil)
	must(t, err)
	if !whole.Refunded || whole.AmountRefunded != 120000 {
		t.Errorf("charge after both: %+v", whole)
	}
	it := refunds.List(&stripe.RefundListParams{PaymentIntent: &cs.PaymentIntent.ID, ListParams: stripe.ListParams{Limit: stripe.Int64(1)}})
	n := 0
	for it.Next() {
		n++
	}
	if must(t, it.Err()); n != 2 {
		t.Errorf("paging through the refunds found %d, want 2", n)
	}
	_, err = refunds.New(&stripe.RefundParams{PaymentIntent: &cs.PaymentIntent.ID})
	var refused *stripe.Error
	if !errors.As(err, &refused) || refused.Code != "charge_already_refunded" {
		t.Errorf("a third refund: %v", err)
	}
	in, err := intents.Get(cs.PaymentIntent.ID, nil)
	must(t, err)
	if in.Status != "succeeded" {
		t.Errorf("intent is %s", in.Status)
	}
	b.balanced()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
