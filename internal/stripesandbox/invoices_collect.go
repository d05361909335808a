package stripesandbox

import (
	"fmt"
)

// How the sandbox collects; a dashboard's settings at Stripe.
const (
	draftFor      = hour      // a draft waits so long before it is finalised and paid
	incompleteFor = 23 * hour // a first invoice may be paid so long
	upcomingFor   = 7 * day   // invoice.upcoming comes so long before a period ends
	trialWarning  = 3 * day   // customer.subscription.trial_will_end likewise
)

// retryAfter are the waits between the attempts at an invoice: four in 15 days.
var retryAfter = []int64{3 * day, 5 * day, 7 * day}

// finalise makes a draft due: it gets its number, the customer's balance and a
// payment intent. One that asks for nothing is paid.
func (s *Server) finalise(inv *Invoice) {
	now := s.nowOn(inv.Clock)
	s.stop(timerFinalise, inv.ID)
	s.count(inv)
	s.settleBalance(inv)
	inv.Status, inv.EffectiveAt, inv.Transitions.Finalized, inv.HostedURL = "open", number(now), number(now), text(s.baseURL+"/i/"+inv.ID)
	if inv.AmountDue > 0 {
		in := s.newIntent(inv.Scope, inv.AmountDue, inv.Currency, s.planOf(inv), []string{"card"})
		in.Customer, in.Invoice = text(inv.Customer), text(inv.ID)
		if inv.Reason == "subscription_create" && inv.Collection == "charge_automatically" {
			in.FutureUsage = "off_session"
		}
		if method := s.payer(inv); method != "" && inv.Collection == "charge_automatically" {
			in.Method, in.Status = method, "requires_confirmation"
		}
		s.intents.save(in)
		inv.Intent = text(in.ID)
	}
	s.invoices.save(inv)
	s.emit("invoice.finalized", inv)
	if inv.AmountDue == 0 {
		s.invoicePaid(inv)
	} else if inv.DueDate > 0 {
		s.atOn(inv.Clock, int64(inv.DueDate), timerOverdue, inv.ID)
	}
}

// settleBalance numbers an invoice and lets the customer's balance take or give its part.
func (s *Server) settleBalance(inv *Invoice) {
	cu, ok := s.customers.get(inv.Customer)
	if !ok {
		return
	}
	before := s.show(cu)
	if cu.NextInvoice = max(1, cu.NextInvoice); inv.Number == "" {
		if cu.InvoicePrefix == "" {
			cu.InvoicePrefix = text(upperToken(8))
		}
		inv.Number = text(fmt.Sprintf("%s-%04d", cu.InvoicePrefix, cu.NextInvoice))
		cu.NextInvoice++
	}
	cu.Balance = inv.Total + inv.StartingBalance - inv.AmountDue
	left := cu.Balance
	inv.EndingBalance = &left
	s.customers.save(cu)
	s.emitChange("customer.updated", cu.Scope, before, cu)
}

// planOf is how an invoice's payment is split.
func (s *Server) planOf(inv *Invoice) IntentPlan {
	p := IntentPlan{Fee: min(int64(inv.Fee), inv.AmountDue), OnBehalfOf: inv.OnBehalfOf, CaptureMethod: "automatic", Metadata: map[string]string{}, Descriptor: inv.Descriptor}
	switch inv.Reason {
	case "manual":
		p.Description = "Payment for Invoice"
	case "subscription_create":
		p.Description = "Subscription creation"
	default:
		p.Description = "Subscription update"
	}
	if inv.Transfer != nil {
		p.Destination, p.TransferSum = inv.Transfer.Destination, min(int64(inv.Transfer.Amount), inv.AmountDue)
	}
	return p
}

// usual is the payment method that pays a customer's invoices unless they say.
func (cu *Customer) usual() text { return orText(cu.InvoiceSettings.DefaultMethod, cu.DefaultSource) }

// owns refuses a payment method that is not attached to the customer.
func (c *call) owns(customer, method, param string) error {
	if pm, ok := c.methods.get(method); !ok || string(pm.Customer) != customer {
		return invalid("resource_missing", param, "The customer does not have a payment method with the ID %s. The payment method must be attached to the customer.", method)
	}
	return nil
}

// payer is the method that pays an invoice: its own, its subscription's, its customer's.
func (s *Server) payer(inv *Invoice) text {
	method := inv.DefaultMethod
	if sub, ok := s.subscriptions.get(string(inv.Subscription)); ok {
		method = orText(method, sub.DefaultMethod)
	}
	if cu, ok := s.customers.get(inv.Customer); ok {
		method = orText(method, cu.usual())
	}
	return method
}

// collectInvoice tries to pay an open invoice. What came of it reaches the invoice and
// its subscription through billed; the error is for whoever asked.
func (s *Server) collectInvoice(inv *Invoice, method text, offSession bool) error {
	in, ok := s.intents.get(string(inv.Intent))
	if !ok || in.Status == "processing" || in.Status == "succeeded" || in.Status == "canceled" {
		return nil
	}
	pm, ok := s.methods.get(string(method))
	if !ok {
		s.invoiceFailed(inv)
		return refuse("resource_missing", "", "There is no `default_payment_method` set on this Customer or Invoice. Please set either a default payment method or pass one.")
	}
	in.Method = text(pm.ID)
	card, _ := cardByNumber(pm.Number)
	// A bank that insists on being asked is asked on the invoice's page, even of a renewal.
	return s.confirm(in, offSession && card.alone(pm))
}

// tryAgain is an automatic attempt: the schedule counts it, and sets the next.
func (s *Server) tryAgain(id string) error {
	inv, ok := s.invoices.get(id)
	if !ok || inv.Status != "open" || inv.Collection != "charge_automatically" {
		return nil
	}
	s.scheduleRetry(inv)
	_ = s.collectInvoice(inv, s.payer(inv), true) // nobody asked; the events tell
	return nil
}

// scheduleRetry counts an automatic attempt and says when the next would be.
func (s *Server) scheduleRetry(inv *Invoice) {
	inv.Attempts++
	inv.NextAttempt = 0
	if n := inv.Attempts - 1; inv.AutoAdvance && n < int64(len(retryAfter)) {
		inv.NextAttempt = number(s.nowOn(inv.Clock) + retryAfter[n])
		s.atOn(inv.Clock, int64(inv.NextAttempt), timerRetry, inv.ID)
	}
	s.invoices.save(inv)
}

// giveUp ends a subscription whose invoice nobody pays.
func (s *Server) giveUp(inv *Invoice) {
	sub, ok := s.subscriptions.get(string(inv.Subscription))
	if !ok || sub.Status != "past_due" {
		return
	}
	if s.assumes(assumeUnpaid) == "canceled" {
		s.endSubscription(sub, "payment_failed")
		return
	}
	s.become(sub, "unpaid")
}

// billed tells an intent's invoice what became of it.
func (s *Server) billed(in *Intent) {
	inv, ok := s.invoices.get(string(in.Invoice))
	if !ok || inv.Status != "open" && inv.Status != "uncollectible" {
		return
	}
	inv.Charge = in.LatestCharge
	switch in.Status {
	case "succeeded":
		inv.AmountPaid = in.Received
		s.invoicePaid(inv)
	case "processing":
		inv.Attempted, inv.Attempts = true, max(1, inv.Attempts)
		s.stop(timerRetry, inv.ID)
		s.invoices.save(inv)
		s.subscriptionPaid(inv) // a debit under way counts until the bank says no
	case "requires_action":
		s.emit("invoice.payment_action_required", inv)
		s.invoiceFailed(inv)
	case "requires_payment_method":
		s.invoiceFailed(inv)
	case "canceled": // by the API: nobody can pay it any more
		s.voidInvoice(inv)
	}
}

// invoicePaid closes an invoice that has its money, or needs none.
func (s *Server) invoicePaid(inv *Invoice) {
	if inv.AmountDue > 0 {
		inv.Attempted, inv.Attempts = true, max(1, inv.Attempts)
	} else {
		inv.Attempted = true
	}
	inv.Status, inv.Paid, inv.NextAttempt, inv.AutoAdvance = "paid", true, 0, false
	inv.AmountRemaining, inv.Transitions.Paid = 0, number(s.nowOn(inv.Clock))
	s.invoices.save(inv)
	s.stopInvoice(inv)
	s.delinquent(inv.Customer, false)
	s.emit("invoice.paid", inv)
	s.emit("invoice.payment_succeeded", inv)
	s.subscriptionPaid(inv)
}

// invoiceFailed notes an attempt that brought nothing.
func (s *Server) invoiceFailed(inv *Invoice) {
	inv.Attempted, inv.Attempts = true, max(1, inv.Attempts)
	s.invoices.save(inv)
	s.emit("invoice.payment_failed", inv)
	if sub, ok := s.subscriptions.get(string(inv.Subscription)); ok && sub.Status == "active" {
		s.become(sub, "past_due")
	}
	s.delinquent(inv.Customer, true)
	switch {
	case inv.NextAttempt > 0 && !s.waiting(timerRetry, inv.ID): // a debit that failed since
		s.atOn(inv.Clock, int64(inv.NextAttempt), timerRetry, inv.ID)
	case inv.NextAttempt == 0 && inv.Attempts > int64(len(retryAfter)):
		s.giveUp(inv)
	}
}

// delinquent says whether a customer's last invoice was paid.
func (s *Server) delinquent(customer string, late bool) {
	cu, ok := s.customers.get(customer)
	if !ok || cu.Delinquent == late {
		return
	}
	before := s.show(cu)
	cu.Delinquent = late
	s.customers.save(cu)
	s.emitChange("customer.updated", cu.Scope, before, cu)
}

// stopInvoice takes back all that was to happen to an invoice.
func (s *Server) stopInvoice(inv *Invoice) {
	for _, kind := range []string{timerFinalise, timerRetry, timerOverdue} {
		s.stop(kind, inv.ID)
	}
}

// voidInvoice calls an invoice off, and with it its payment.
func (s *Server) voidInvoice(inv *Invoice) {
	inv.Status, inv.NextAttempt, inv.AutoAdvance, inv.Transitions.Voided = "void", 0, false, number(s.nowOn(inv.Clock))
	inv.AmountRemaining = 0
	s.invoices.save(inv)
	s.stopInvoice(inv)
	if in, ok := s.intents.get(string(inv.Intent)); ok && in.Status != "canceled" && in.Status != "succeeded" {
		s.cancel(in, "void_invoice")
	}
	s.emit("invoice.voided", inv)
}
