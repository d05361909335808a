package stripesandbox

const (
	timerCycle      = "cycle"      // a period ends
	timerUpcoming   = "upcoming"   // an invoice is announced
	timerTrialEnds  = "trial-ends" // a trial's end is announced
	timerIncomplete = "incomplete" // a first invoice was not paid in time
	timerCancelAt   = "cancel-at"  // a subscription ends on its day
	timerUnpause    = "unpause"    // collection is resumed
	timerFinalise   = "finalise"   // a draft is due
	timerRetry      = "retry"      // a payment is tried again
	timerOverdue    = "overdue"    // a sent invoice should have been paid
)

// fireBilling does what a timer of billing was set for.
func (s *Server) fireBilling(t *Timer) error {
	if inv, ok := s.invoices.get(t.Ref); ok {
		switch t.Kind {
		case timerFinalise:
			return s.draftIsDue(inv)
		case timerRetry:
			return s.tryAgain(t.Ref)
		case timerOverdue:
			s.invoiceOverdue(inv)
		}
		return nil
	}
	sub, ok := s.subscriptions.get(t.Ref)
	if !ok || sub.over() {
		return nil
	}
	switch t.Kind {
	case timerCycle:
		s.renew(sub)
	case timerUpcoming:
		s.announce(sub)
	case timerTrialEnds:
		s.emit("customer.subscription.trial_will_end", sub)
	case timerIncomplete:
		s.callOff(sub, "incomplete_expired")
	case timerCancelAt:
		s.endSubscription(sub, "cancellation_requested")
	case timerUnpause:
		s.amend(sub, func() { sub.Pause = nil })
	}
	return nil
}

// over says whether nothing will come of a subscription any more.
func (sub *Subscription) over() bool {
	return sub.Status == "canceled" || sub.Status == "incomplete_expired"
}

// amend alters a subscription and tells of it.
func (s *Server) amend(sub *Subscription, alter func()) {
	before := s.show(sub)
	alter()
	s.subscriptions.save(sub)
	s.emitChange("customer.subscription.updated", sub.Scope, before, sub)
}

func (s *Server) become(sub *Subscription, status string) {
	s.amend(sub, func() { sub.Status = status })
}

// renew begins a subscription's next period, unless it was to end with this one.
func (s *Server) renew(sub *Subscription) {
	missing := sub.Status == "trialing" && sub.Collection == "charge_automatically" && s.methodFor(sub) == ""
	switch {
	case sub.CancelAtEnd:
		s.endSubscription(sub, "cancellation_requested")
		return
	case sub.Status == "incomplete" || sub.Status == "paused":
		return
	case missing && sub.TrialSettings.End.Missing == "cancel":
		s.endSubscription(sub, "")
		return
	case missing && sub.TrialSettings.End.Missing == "pause":
		s.become(sub, "paused")
		s.emit("customer.subscription.paused", sub)
		return
	}
	lastStart, lastEnd := sub.PeriodStart, sub.PeriodEnd
	before := s.show(sub)
	sub.PeriodStart = sub.PeriodEnd
	sub.PeriodEnd = s.rhythm(sub).next(sub.Anchor, sub.PeriodStart)
	if sub.Status == "trialing" {
		sub.Status = "active"
	}
	inv := s.drawInvoice(sub, "subscription_cycle")
	inv.PeriodStart, inv.PeriodEnd = lastStart, lastEnd // what was used up since the last invoice
	sub.LatestInvoice = text(inv.ID)
	s.subscriptions.save(sub)
	inv.AutoAdvance = sub.Status != "unpaid" && (sub.Pause == nil || sub.Pause.Behavior != "keep_as_draft")
	if inv.AutoAdvance && sub.Collection == "charge_automatically" {
		inv.NextAttempt = number(inv.Created + draftFor)
	}
	s.file(inv, true)
	if inv.AutoAdvance {
		s.atOn(inv.Clock, inv.Created+draftFor, timerFinalise, inv.ID)
	}
	s.emitChange("customer.subscription.updated", sub.Scope, before, sub)
	s.watch(sub)
}

// draftIsDue finalises a draft, and pays it or sends it.
func (s *Server) draftIsDue(inv *Invoice) error {
	if inv.Status != "draft" {
		return nil
	}
	sub, ok := s.subscriptions.get(string(inv.Subscription))
	if ok && sub.Pause != nil {
		s.finalise(inv)
		if inv.Status == "open" && sub.Pause.Behavior == "void" {
			s.voidInvoice(inv)
		} else if inv.Status == "open" {
			s.giveUpOn(inv)
		}
		return nil
	}
	s.finalise(inv)
	if inv.Collection == "send_invoice" {
		if inv.Status == "open" {
			s.emit("invoice.sent", inv)
		}
		return nil
	}
	return s.tryAgain(inv.ID)
}

// giveUpOn marks an invoice as one that will not be paid.
func (s *Server) giveUpOn(inv *Invoice) {
	inv.Status, inv.NextAttempt, inv.AutoAdvance, inv.Transitions.Uncollectible = "uncollectible", 0, false, number(s.nowOn(inv.Clock))
	s.invoices.save(inv)
	s.stopInvoice(inv)
	s.emit("invoice.marked_uncollectible", inv)
}

func (s *Server) invoiceOverdue(inv *Invoice) {
	if sub, ok := s.subscriptions.get(string(inv.Subscription)); ok && inv.Status == "open" && sub.Status == "active" {
		s.become(sub, "past_due")
	}
}

// announce sends the next invoice ahead, which has no id yet.
func (s *Server) announce(sub *Subscription) {
	if !sub.CancelAtEnd {
		s.emitAs("invoice.upcoming", sub.Scope, s.upcoming(sub), nil)
	}
}

// upcoming is the invoice that the next period will bring.
func (s *Server) upcoming(sub *Subscription) map[string]any {
	next := *sub
	next.PeriodStart = sub.PeriodEnd
	next.PeriodEnd = s.rhythm(sub).next(sub.Anchor, sub.PeriodEnd)
	next.Status = "active"
	inv := s.drawInvoice(&next, "upcoming")
	inv.Created, inv.PeriodStart, inv.PeriodEnd, inv.NextAttempt = sub.PeriodEnd, sub.PeriodStart, sub.PeriodEnd, number(sub.PeriodEnd+draftFor)
	inv.DeliveredAt = 0
	for item := range s.invoiceItems.newest() {
		if item.waitsFor(inv) {
			inv.Lines = append([]*InvoiceLine{item.line()}, inv.Lines...)
		}
	}
	s.sumUp(inv)
	m := s.show(inv)
	delete(m, "id")
	return m
}

// watch sets the timers of a subscription's current period.
func (s *Server) watch(sub *Subscription) {
	now := s.nowOn(sub.Clock)
	s.atOn(sub.Clock, sub.PeriodEnd, timerCycle, sub.ID)
	if at := sub.PeriodEnd - upcomingFor; at > now {
		s.atOn(sub.Clock, at, timerUpcoming, sub.ID)
	}
	if sub.Status == "trialing" {
		s.atOn(sub.Clock, max(now, int64(sub.TrialEnd)-trialWarning), timerTrialEnds, sub.ID)
	}
	if sub.CancelAt > 0 && !sub.CancelAtEnd {
		s.atOn(sub.Clock, int64(sub.CancelAt), timerCancelAt, sub.ID)
	}
}

// endSubscription cancels at once. What is still owed stays open, and nobody asks for it any more.
func (s *Server) endSubscription(sub *Subscription, reason text) {
	now := number(s.nowOn(sub.Clock))
	sub.Status, sub.EndedAt = "canceled", now
	if sub.CanceledAt == 0 {
		sub.CanceledAt = now
	}
	sub.Cancellation.Reason = orText(sub.Cancellation.Reason, reason)
	s.subscriptions.save(sub)
	s.stopSubscription(sub)
	s.emit("customer.subscription.deleted", sub)
	for inv := range s.invoices.newest() {
		if string(inv.Subscription) == sub.ID && (inv.Status == "draft" || inv.Status == "open") {
			before := s.show(inv)
			inv.AutoAdvance, inv.NextAttempt = false, 0
			s.invoices.save(inv)
			s.stopInvoice(inv)
			s.emitChange("invoice.updated", inv.Scope, before, inv)
		}
	}
}

func (s *Server) stopSubscription(sub *Subscription) {
	for _, kind := range []string{timerCycle, timerUpcoming, timerTrialEnds, timerIncomplete, timerCancelAt, timerUnpause} {
		s.stop(kind, sub.ID)
	}
}

// callOff ends a subscription whose first invoice nobody paid.
func (s *Server) callOff(sub *Subscription, status string) {
	if sub.Status != "incomplete" {
		return
	}
	if status == "canceled" {
		s.endSubscription(sub, "cancellation_requested")
	} else {
		s.amend(sub, func() { sub.Status, sub.EndedAt = status, number(s.nowOn(sub.Clock)) })
		s.stopSubscription(sub)
	}
	if inv, ok := s.invoices.get(string(sub.LatestInvoice)); ok && inv.Status == "open" {
		s.voidInvoice(inv)
	}
}

// subscriptionPaid wakes the subscription whose latest invoice is settled.
func (s *Server) subscriptionPaid(inv *Invoice) {
	sub, ok := s.subscriptions.get(string(inv.Subscription))
	if !ok || sub.over() || string(sub.LatestInvoice) != inv.ID {
		return
	}
	in, _ := s.intents.get(string(inv.Intent))
	keep := in != nil && sub.DefaultMethod != in.Method && (sub.Settings.Save == "on_subscription" || s.methodFor(sub) == "")
	revived := sub.Status == "incomplete" || sub.Status == "past_due" || sub.Status == "unpaid" || sub.Status == "paused"
	if !keep && !revived {
		return
	}
	s.stop(timerIncomplete, sub.ID)
	s.amend(sub, func() {
		if keep {
			sub.DefaultMethod = in.Method
		}
		if revived {
			sub.Status = "active"
		}
	})
}

// methodFor is the payment method that pays a subscription.
func (s *Server) methodFor(sub *Subscription) text {
	if cu, ok := s.customers.get(sub.Customer); ok {
		return orText(sub.DefaultMethod, cu.usual())
	}
	return sub.DefaultMethod
}

// rhythm is how often a subscription is due; its items agree on it.
func (s *Server) rhythm(sub *Subscription) *Recurring {
	item, _ := s.items.get(sub.Items[0])
	p, _ := s.prices.get(item.Price)
	return p.Recurring
}

// subscriptionsOf is the list that a customer shows when asked to: what was cancelled is left out.
func (s *Server) subscriptionsOf(customer string) map[string]any {
	var ids []string
	for sub := range s.subscriptions.newest() {
		if sub.Customer == customer && !sub.over() {
			ids = append(ids, sub.ID)
		}
	}
	return s.sublist(ids, "/v1/customers/"+customer+"/subscriptions")
}

// endAllOf ends the subscriptions of a customer who is deleted.
func (s *Server) endAllOf(cu *Customer) {
	for sub := range s.subscriptions.newest() {
		if sub.Customer == cu.ID && !sub.over() {
			s.endSubscription(sub, "")
		}
	}
}
