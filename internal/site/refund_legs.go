package site

import (
	"strings"

	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/view"
)

// refundLegs says about refunds what their figures mean. Pages that show
// refunds embed it.
type refundLegs struct{}

// Expectation is what a tenant may expect of a refund.
func (refundLegs) Expectation(r payment.Refund) string {
	switch {
	case r.Dead() && r.StripeID() == "":
		return "It could not be sent. We have been told, and take care of it."
	case r.Dead():
		return "Your bank returned it. The money is safe with us: we will pay you another way."
	case r.Status == "succeeded":
		return "Sent to where you paid from. Banks take 5–10 business days to show it; it cannot be undone."
	}
	return "On its way to where you paid from. It arrives in 5–10 business days and cannot be undone."
}

// Awaited reports whether the bank's number for a refund is still to come.
func (refundLegs) Awaited(r payment.Refund) bool {
	return r.Status == "succeeded" && r.Reference == "" && r.ReferenceStatus == "pending"
}

// TenantLeg is where the tenant's money is.
func (refundLegs) TenantLeg(r payment.Refund) string {
	switch {
	case r.Dead() && r.StripeID() == "":
		return "Refused by Stripe: " + view.Spoken(r.FailureReason)
	case r.Dead():
		return "Returned by the bank: " + view.Spoken(r.FailureReason)
	case r.Status == "succeeded":
		return "Sent"
	case r.Status == "requested":
		return "Asked for, not answered"
	case r.Status == "requires_action":
		return "Waits for the tenant to say where to"
	}
	return "Waits at Stripe, perhaps for our balance"
}

// OwnerLeg is what a refund did to its homeowner's money: the leg that goes its
// own way, whatever becomes of the tenant's.
func (refundLegs) OwnerLeg(r payment.Refund) string {
	var parts []string
	say := func(minor int64, before, after string) {
		if minor != 0 {
			parts = append(parts, before+money.New(max(minor, -minor), r.Currency).Format()+after)
		}
	}
	say(r.ReversedAmount, "", " taken back")
	say(r.FeeRefunded, "", " of our fee returned")
	if r.OwnerDebt < 0 {
		say(r.OwnerDebt, "", " no longer owed")
	} else {
		say(r.OwnerDebt, "", " owed to us")
	}
	switch {
	case len(parts) > 0 && r.Dead():
		return strings.Join(parts, ", ") + "; not given back"
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case r.Dead():
		return "Untouched"
	case r.Status == "requested":
		return "Waits for Stripe"
	}
	return "Nothing"
}

// OurLeg is what it cost us beside the fee that Stripe returned.
func (refundLegs) OurLeg(r payment.Refund) string {
	in := func(minor int64) string { return money.New(minor, r.Currency).Format() }
	switch {
	case r.Absorbed > 0:
		return in(r.Absorbed) + " paid by us"
	case r.FeeWaived > 0:
		return in(r.FeeWaived) + " of our fee given up"
	case r.Absorbed+r.FeeWaived < 0:
		return in(-r.Absorbed-r.FeeWaived) + " brought back to us"
	case !r.Dead() && r.Status != "requested" && r.ReversedAmount+r.OwnerDebt == 0:
		return "Paid with what an earlier refund left with us"
	}
	return ""
}

var causes = map[string]string{
	"policy":      "As the tenant’s terms say",
	"owner":       "By the homeowner",
	"admin":       "Goodwill",
	"dispute":     "Agreed with the tenant in a dispute",
	"unavailable": "Paid when the nights were gone",
	"late":        "Cancelled before the payment came",
	"stripe":      "Made at Stripe",
}

// Cause is what a refund is for; one that was made at Stripe is explained by
// what it took with it.
func (refundLegs) Cause(r payment.Refund) string {
	if r.Cause != "stripe" {
		return causes[r.Cause]
	}
	const who = "Made at Stripe by somebody with access: "
	switch {
	case r.ReversedAmount > 0 && r.FeeRefunded > 0:
		return who + "as Hearth does it, with the owner’s money and our fee."
	case r.ReversedAmount > 0:
		return who + "the owner gave it all, and we kept our fee on it."
	case r.Absorbed > 0:
		return who + "the owner kept their part, and we paid."
	}
	return who + "the owner’s money and our fee were left alone."
}
