package app

import (
	"hearth/internal/checkout"
	"hearth/internal/connect"
	"hearth/internal/hosting"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/reconcile"
	"hearth/internal/webhook"
)

// Types says, for every event type that concerns us, how to find whom it is
// about. The webhook endpoints at Stripe are created with exactly these types.
func Types() map[string]webhook.Resolve {
	types := map[string]webhook.Resolve{}
	each := func(resolve webhook.Resolve, names ...string) {
		for _, name := range names {
			types[name] = resolve
		}
	}
	each(payment.SubjectOf,
		"checkout.session.completed", "checkout.session.async_payment_succeeded",
		"checkout.session.async_payment_failed", "checkout.session.expired",
		"payment_intent.created", "payment_intent.succeeded", "payment_intent.processing",
		"payment_intent.requires_action", "payment_intent.amount_capturable_updated",
		"payment_intent.payment_failed", "payment_intent.canceled",
		"charge.succeeded", "charge.pending", "charge.failed", "charge.captured", "charge.expired", "charge.updated",
		"charge.refunded", "charge.refund.updated", "refund.created", "refund.updated",
		"transfer.created", "transfer.updated", "transfer.reversed",
		"application_fee.created", "application_fee.refunded", "application_fee.refund.updated",
		"radar.early_fraud_warning.created", "radar.early_fraud_warning.updated")
	each(payment.DisputeOf,
		"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
		"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated")
	each(connect.SubjectOf,
		"account.updated", "account.application.authorized", "account.application.deauthorized",
		"account.external_account.created", "account.external_account.updated", "account.external_account.deleted",
		"capability.updated", "person.created", "person.updated", "person.deleted")
	each(payout.SubjectOf,
		"payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.canceled", "payout.reconciliation_completed")
	return types
}

// worthCatchingUp are the events about what nobody waits for: the sweep asks
// Stripe for those that no webhook brought, of our own account and of every
// connected one. Stripe takes up to 20 types.
var worthCatchingUp = map[string][]string{
	reconcile.PlatformEvents: append([]string{
		"transfer.reversed", "application_fee.refunded", "radar.early_fraud_warning.created",
		"account.application.deauthorized",
	}, movesMoney...),
	reconcile.AccountEvents: append([]string{
		"account.updated", "account.external_account.updated", "capability.updated",
		"payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.canceled",
	}, movesMoney...),
}

// movesMoney happens on our account, or on an owner's who is charged directly.
var movesMoney = []string{
	"payment_intent.succeeded", "charge.refunded", "charge.refund.updated",
	"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed",
	"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated",
}

// handlers says who looks at which kind of subject.
func handlers(c *checkout.Service, h *hosting.Service, p *payout.Service) map[string]inbound.Handler {
	return map[string]inbound.Handler{
		inbound.Payment: c.OnPayment,
		inbound.Dispute: c.OnDispute,
		inbound.Account: h.OnAccount,
		inbound.Payout:  p.OnPayout,
	}
}
