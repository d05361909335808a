package stripesandbox

import "strings"

// testCard is what a test number does. An unknown number that passes Luhn is refused.
type testCard struct {
	number, alias  string // alias: pm_card_…
	brand          string
	code, decline  string // refused with these; after a challenge when challenge is set
	challenge      bool   // asks for 3DS on-session
	setUp          bool   // its bank has agreed to payments without the customer
	onSetup        bool   // its bank agrees to them when it is set up with a challenge
	elevated       bool   // Radar wants a person to look at the payment
	instant        bool   // funds are available at once
	dispute        string // disputed with this reason soon after
	inquiry        bool   // … as an inquiry
	fraudWarning   bool
	refundsPending bool
	refundsFail    bool
	blocked        bool // by Radar, before the network
	funding        string
}

var testCards = []testCard{
	{number: "4242424242424242", alias: "visa", brand: "visa"},
	{number: "5555555555554444", alias: "mastercard", brand: "mastercard"},
	{number: "378282246310005", alias: "amex", brand: "amex"},
	{number: "4000056655665556", alias: "visa_debit", brand: "visa", funding: "debit"},
	{number: "6205500000000000004", alias: "unionpay", brand: "unionpay"},
	{number: "5200828282828210", alias: "mastercard_debit", brand: "mastercard", funding: "debit"},
	{number: "5105105105105100", alias: "mastercard_prepaid", brand: "mastercard", funding: "prepaid"},
	{number: "6011111111111117", alias: "discover", brand: "discover"},
	{number: "3056930009020004", alias: "diners", brand: "diners"},
	{number: "3566002020360505", alias: "jcb", brand: "jcb"},
	{number: "4000000000000077", alias: "bypassPending", brand: "visa", instant: true},
	{number: "4000002500003155", alias: "authenticationRequiredOnSetup", brand: "visa", challenge: true, onSetup: true},
	{number: "4000002760003184", alias: "authenticationRequired", brand: "visa", challenge: true},
	{number: "4000003800000446", alias: "authenticationRequiredSetupForOffSession", brand: "visa", challenge: true, setUp: true},
	{number: "4000000000003220", alias: "threeDSecure2Required", brand: "visa", challenge: true},
	{number: "4000008400001629", alias: "threeDSecureRequiredChargeDeclined", brand: "visa", challenge: true, code: "card_declined", decline: "generic_decline"},
	{number: "4000008260003178", alias: "authenticationRequiredChargeDeclinedInsufficientFunds", brand: "visa", challenge: true, code: "card_declined", decline: "insufficient_funds"},
	{number: "4000000000000002", alias: "visa_chargeDeclined", brand: "visa", code: "card_declined", decline: "generic_decline"},
	{number: "4000000000009995", alias: "visa_chargeDeclinedInsufficientFunds", brand: "visa", code: "card_declined", decline: "insufficient_funds"},
	{number: "4000000000009987", alias: "visa_chargeDeclinedLostCard", brand: "visa", code: "card_declined", decline: "lost_card"},
	{number: "4000000000009979", alias: "visa_chargeDeclinedStolenCard", brand: "visa", code: "card_declined", decline: "stolen_card"},
	{number: "4000000000000069", alias: "chargeDeclinedExpiredCard", brand: "visa", code: "expired_card"},
	{number: "4000000000000127", alias: "chargeDeclinedIncorrectCvc", brand: "visa", code: "incorrect_cvc"},
	{number: "4000000000000119", alias: "chargeDeclinedProcessingError", brand: "visa", code: "processing_error"},
	{number: "4242424242424241", brand: "visa", code: "incorrect_number"},
	{number: "4000000000006975", alias: "visa_chargeDeclinedVelocityLimitExceeded", brand: "visa", code: "card_declined", decline: "card_velocity_exceeded"},
	{number: "4000000000000341", alias: "chargeCustomerFail", brand: "visa", code: "card_declined", decline: "generic_decline"},
	{number: "4100000000000019", alias: "radarBlock", brand: "visa", code: "card_declined", decline: "fraudulent", blocked: true},
	{number: "4000000000009235", alias: "riskLevelElevated", brand: "visa", elevated: true},
	{number: "4000000000000259", alias: "createDispute", brand: "visa", dispute: "fraudulent"},
	{number: "4000000000002685", alias: "createDisputeProductNotReceived", brand: "visa", dispute: "product_not_received"},
	{number: "4000000000001976", alias: "createDisputeInquiry", brand: "visa", dispute: "fraudulent", inquiry: true},
	{number: "4000000000005423", alias: "createIssuerFraudRecord", brand: "visa", fraudWarning: true},
	{number: "4000000000007726", alias: "pendingRefund", brand: "visa", refundsPending: true},
	{number: "4000000000005126", alias: "refundFail", brand: "visa", refundsFail: true},
	// Trigger cards for the owner's requirements; they pay like any other.
	{number: "4000000000004202", brand: "visa"}, {number: "4000000000004210", brand: "visa"}, {number: "4000000000004236", brand: "visa"},
}

func cardByNumber(number string) (testCard, bool) {
	number = strings.NewReplacer(" ", "", "-", "").Replace(number)
	for _, c := range testCards {
		if c.number == number {
			return c, true
		}
	}
	return testCard{}, false
}

func cardByAlias(alias string) (testCard, bool) {
	name, ok := strings.CutPrefix(alias, "pm_card_")
	if !ok {
		return testCard{}, false
	}
	for _, c := range testCards {
		if c.alias != "" && (c.alias == name || c.alias == "visa_"+name || "visa_"+c.alias == name) {
			return c, true
		}
	}
	return testCard{}, false
}

// alone says whether the card pays while its holder is away.
func (t testCard) alone(pm *PaymentMethod) bool {
	return !t.challenge || t.setUp || t.onSetup && pm.Ready
}

// unkeepable: the bank declines the card when it is attached, too. One test card
// is there to be attached and to fail later; Radar judges payments only.
func (t testCard) unkeepable() bool {
	return t.code != "" && !t.challenge && !t.blocked && t.alias != "chargeCustomerFail"
}

// refusal is the error a refused card answers with.
func (t testCard) refusal() *apiError {
	e := &apiError{Status: 402, Type: "card_error", Code: t.code, DeclineCode: t.decline, executed: true, keep: true, retry: "false"}
	switch t.code {
	case "expired_card":
		e.Message, e.Param = "Your card has expired.", "exp_month"
	case "incorrect_cvc":
		e.Message, e.Param = "Your card's security code is incorrect.", "cvc"
	case "incorrect_number":
		e.Message, e.Param = "Your card number is incorrect.", "number"
	case "processing_error":
		e.Message = "An error occurred while processing your card. Try again in a little bit."
	case "authentication_required":
		e.Message = "Your card was declined. This transaction requires authentication."
	case "payment_intent_authentication_failure", "setup_intent_authentication_failure":
		e.Type = "invalid_request_error"
		e.Message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent again."
		if t.code == "setup_intent_authentication_failure" {
			e.Message = "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new PaymentMethod to attempt to fulfill this SetupIntent again."
		}
	default:
		e.Message = "Your card was declined."
		if t.decline == "insufficient_funds" {
			e.Message = "Your card has insufficient funds."
		}
	}
	return e
}

// details is how the card shows on a payment method.
func (t testCard) details(expMonth, expYear int) map[string]any {
	funding := t.funding
	if funding == "" {
		funding = "credit"
	}
	return map[string]any{
		"brand": t.brand, "checks": map[string]any{"address_line1_check": nil, "address_postal_code_check": nil, "cvc_check": "pass"},
		"country": "US", "display_brand": t.brand, "exp_month": expMonth, "exp_year": expYear, "fingerprint": "fp" + t.number[len(t.number)-8:],
		"funding": funding, "generated_from": nil, "last4": t.number[len(t.number)-4:],
		"networks":             map[string]any{"available": []any{t.brand}, "preferred": nil},
		"three_d_secure_usage": map[string]any{"supported": true}, "wallet": nil,
	}
}
