package stripeapi

import "net/url"

// ForReject refuses a homeowner for good.
const ForReject = "account_reject"

// RejectPath refuses an account: it can neither take money nor be paid out.
func RejectPath(account string) string { return at(AccountsPath, account) + "/reject" }

// RejectReasons are the reasons that Stripe takes, with what they mean.
var RejectReasons = [][2]string{{"fraud", "Fraud"}, {"terms_of_service", "Broke the terms of service"}, {"other", "Another reason"}}

// RejectParams ask Stripe to refuse an account for good.
type RejectParams struct{ Reason string }

// Values are the parameters as they are sent.
func (p RejectParams) Values() url.Values { return url.Values{"reason": {p.Reason}} }
