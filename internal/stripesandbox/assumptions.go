package stripesandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Assumption is something about Stripe for which nobody has evidence: the
// sandbox takes the likelier answer, and another one when it is told.
type Assumption struct {
	Name string
	// Values are what may be assumed, the default first. A value in angle
	// brackets stands for any text.
	Values []string
	Says   string
}

const (
	assumeUnauthorized = "unauthorized_type"
	assumeForbidden    = "forbidden_code"
	assumeConflict     = "conflict_type"
	assumeKeyScope     = "idempotency_scope"
	assumeHoldStatus   = "held_session_payment_status"
	assumeRelease      = "released_hold_sends_charge_refunded"
	assumeDisputed     = "disputed_after_win"
	assumeLoneFee      = "fee_refund_without_reversal"
	assumeOwnerFee     = "owner_pays_fee"
	assumeFeeReturn    = "owner_fee_refund_type"
	assumeFailedRefund = "refund_failure_category"
	assumeFailedText   = "refund_failure_description"
	assumeFeeEvents    = "application_fee_events"
	assumePayments     = "owner_payment_events"
	assumeMetadata     = "session_metadata_copied"
	assumeRedirects    = "automatic_methods_redirect"
	assumeStandard     = "new_standard_receives_transfers"
	assumeRejected     = "rejected_account_due"
	assumeSanctions    = "sanctioned_disabled_reason"
	assumeDemandDays   = "later_demand_days"
	assumeAutomatic    = "intents_are_automatic"
	assumeUnpaid       = "subscription_after_retries"
	assumeIncomplete   = "incomplete_subscription_canceled"
	assumePercent      = "fee_percent_on_platform"
	assumeHalf         = "half_cents"
	assumeLength       = "metadata_value_length"
	assumeCode         = "oauth_code_minutes"
	assumeClient       = "oauth_invalid_client_status"
	assumeDenied       = "oauth_denied_error"
	assumeSetupPath    = "express_setup_path"
)

var assumptions = []Assumption{
	{assumeUnauthorized, []string{"invalid_request_error", "authentication_error", "<type>"}, "the error type of a 401"},
	{assumeForbidden, []string{"account_invalid", "<code>"}, "the error code of a 403"},
	{assumeConflict, []string{"invalid_request_error", "idempotency_error", "<type>"}, "the error type of a 409, a key in use"},
	{assumeKeyScope, []string{"account", "platform"}, "idempotency keys are apart for each `Stripe-Account`, or shared"},
	{assumeHoldStatus, []string{"unpaid", "paid", "no_payment_required"}, "`payment_status` of a session whose money is only held"},
	{assumeRelease, []string{"yes", "no"}, "a hold that lapses or is cancelled sends `charge.refunded` too"},
	{assumeDisputed, []string{"yes", "no"}, "`charge.disputed` stays true after a win"},
	{assumeLoneFee, []string{"refuse", "allow"}, "`refund_application_fee` without `reverse_transfer` on a destination charge"},
	{assumeOwnerFee, []string{"on_payment", "own_row"}, "the application fee of a destination charge is the fee of the owner's `payment` row, or a row of its own"},
	{assumeFeeReturn, []string{"adjustment", "<type>"}, "the type of the owner's row for a fee that is given back"},
	{assumeFailedRefund, []string{"refund_failure", "<category>"}, "`reporting_category` of a refund that failed"},
	{assumeFailedText, []string{"REFUND FAILURE", "<text>"}, "and its description"},
	{assumeFeeEvents, []string{"platform", "account"}, "whose event `application_fee.created` is"},
	{assumePayments, []string{"yes", "no"}, "owners' accounts send `payment.created` for their `py_`"},
	{assumeRedirects, []string{"by_currency", "always"}, "confirming with automatic payment methods needs a `return_url` where one of them redirects (iDEAL, for EUR), or always: at Stripe the Dashboard's settings decide"},
	{assumeStandard, []string{"yes", "no"}, "a Standard account that asked for no capabilities receives transfers, as Stripe's own command line presumes"},
	{assumeRejected, []string{"document", "nothing"}, "what is due of a rejected account that had told everything"},
	{assumeSanctions, []string{"listed", "under_review", "<reason>"}, "`disabled_reason` of an account whose owner was born on 1900-01-01"},
	{assumeDemandDays, []string{"14", "7", "30", "90"}, "days until a later demand stops payouts"},
	{assumeMetadata, []string{"no", "yes"}, "a session's metadata is copied to its payment intent"},
	{assumeAutomatic, []string{"yes", "no"}, "an intent that names no `payment_method_types` uses automatic payment methods, or takes cards"},
	{assumeUnpaid, []string{"canceled", "unpaid"}, "what a subscription becomes when the last of four attempts at a renewal failed"},
	{assumeIncomplete, []string{"incomplete_expired", "canceled"}, "what an incomplete subscription becomes when it is cancelled"},
	{assumePercent, []string{"with_transfer_data", "refuse"}, "`application_fee_percent` on a subscription of the platform's own"},
	{assumeHalf, []string{"up", "down", "even"}, "where half a cent goes when a transfer, a fee or a percentage is shared out"},
	{assumeLength, []string{"500", "<number>"}, "characters in a value of metadata, at most"},
	{assumeCode, []string{"5", "10", "60"}, "minutes until an OAuth code expires"},
	{assumeClient, []string{"401", "400"}, "the status of `invalid_client`"},
	{assumeDenied, []string{"access_denied", "<error>"}, "the `error` that a person who says no comes back with"},
	{assumeSetupPath, []string{"e", "<path>"}, "`/setup/…/` of an Express account's link"},
}

// Assumptions is what can be assumed, for help texts.
func Assumptions() []Assumption { return slices.Clone(assumptions) }

// assumed lays what was told over the defaults.
func assumed(told map[string]string) (map[string]string, error) {
	out := map[string]string{}
	for _, a := range assumptions {
		out[a.Name] = a.Values[0]
	}
	for name, value := range told {
		i := slices.IndexFunc(assumptions, func(a Assumption) bool { return a.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("nothing called %q can be assumed", name)
		}
		if a := assumptions[i]; !slices.Contains(a.Values, value) && !strings.HasPrefix(a.Values[len(a.Values)-1], "<") {
			return nil, fmt.Errorf("%s can be %s, not %q", name, oneOfText(a.Values), value)
		} else if _, err := strconv.Atoi(value); err != nil && a.Values[len(a.Values)-1] == "<number>" {
			return nil, fmt.Errorf("%s is a number, not %q", name, value)
		}
		out[name] = value
	}
	return out, nil
}

// assumesNumber is what is taken for true, where that is a number.
func (s *Server) assumesNumber(name string) int64 {
	n, _ := strconv.ParseInt(s.assumes(name), 10, 64)
	return n
}

// assumes is what is taken for true.
func (s *Server) assumes(name string) string { return s.assumed[name] }
