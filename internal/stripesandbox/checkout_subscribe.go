package stripesandbox

import "slices"

// checkSubscription refuses what Stripe refuses of a session in subscription mode.
func (c *call) checkSubscription(cs *Session) error {
	if c.has("payment_intent_data") {
		return invalid("", "payment_intent_data", "You can not pass `payment_intent_data` in `subscription` mode.")
	}
	terms := c.termsFrom("subscription_data")
	if err := c.check(); err != nil {
		return err
	}
	if err := c.checkTerms(terms, c.now, "subscription_data"); err != nil {
		return err
	}
	if terms.TrialEnd > 0 && terms.TrialEnd < c.now+2*day {
		return invalid("", "subscription_data[trial_end]", "The `trial_end` date has to be at least 2 days in the future.")
	}
	cs.Terms = &terms
	var rhythm *Recurring
	for _, l := range cs.Lines {
		p, _ := c.prices.get(l.Price)
		switch {
		case p.Recurring == nil:
		case rhythm != nil && *rhythm != *p.Recurring:
			return invalid("", "line_items", "Checkout does not support multiple prices with different billing intervals.")
		default:
			rhythm = p.Recurring
		}
	}
	if natural := rhythm.next(c.now, c.now); terms.Anchor > natural {
		return invalid("", "subscription_data[billing_cycle_anchor]", "billing_cycle_anchor cannot be later than next natural billing date (%d) for plan.", natural)
	}
	c.firstTotal(cs)
	if len(cs.MethodTypes) == 0 {
		cs.MethodTypes = slices.DeleteFunc(offered(cs.Currency, false), func(t string) bool { return !kinds[t].saves })
	}
	for i, t := range cs.MethodTypes {
		if !kinds[t].saves {
			return invalid("", "payment_method_types["+string(rune('0'+i))+"]", "The payment method type `%s` cannot be used in `subscription` mode.", t)
		}
	}
	return nil
}

// firstTotal is what the first invoice will ask for: while a trial runs, only
// what is bought once.
func (c *call) firstTotal(cs *Session) {
	if cs.Terms.TrialEnd+cs.Terms.TrialDays == 0 {
		return
	}
	cs.AmountTotal = 0
	for _, l := range cs.Lines {
		if p, _ := c.prices.get(l.Price); p.Recurring == nil {
			cs.AmountTotal += l.Amount
		}
	}
	cs.AmountSubtotal = cs.AmountTotal
}

// subscribe is one attempt of a person to begin what the session is for. The
// first makes the customer, the subscription and its invoice; later ones pay that.
func (s *Server) subscribe(cs *Session, pm *PaymentMethod, p Payer) error {
	s.tell(cs, p.over(pm.Billing), p)
	sub, err := s.subscriptionFor(cs)
	if err != nil {
		return err
	}
	inv, _ := s.invoices.get(string(sub.LatestInvoice))
	in, ok := s.intents.get(string(inv.Intent))
	if !ok { // nothing is due while a trial runs; the method is kept for later
		if err := s.keepFor(sub, pm); err != nil {
			return err
		}
		return s.subscribeLater(cs)
	}
	sub.DefaultMethod = text(pm.ID)
	s.subscriptions.save(sub)
	in.Session, in.MethodTypes, in.Method, in.ReturnURL = cs.ID, cs.MethodTypes, text(pm.ID), cs.Link
	s.intents.save(in)
	if err := s.confirm(in, false); err != nil {
		return err
	}
	s.completeSession(in)
	return nil
}

// keepFor makes a method that pays nothing yet the subscription's own.
func (s *Server) keepFor(sub *Subscription, pm *PaymentMethod) error {
	cu, _ := s.customers.get(sub.Customer)
	if pm.Customer == "" {
		if card, _ := cardByNumber(pm.Number); card.unkeepable() {
			return card.refusal()
		}
		pm.Ready = true
		s.keepMethod(pm, cu)
	}
	s.amend(sub, func() { sub.DefaultMethod = text(pm.ID) })
	return nil
}

// subscribeLater completes a session that asks for no money yet.
func (s *Server) subscribeLater(cs *Session) error {
	sub, err := s.subscriptionFor(cs)
	if err == nil {
		cs.Customer = text(sub.Customer)
		s.finish(cs, "no_payment_required")
	}
	return err
}

// subscriptionFor is the subscription that a session's attempts are about.
func (s *Server) subscriptionFor(cs *Session) (*Subscription, error) {
	if sub, ok := s.subscriptions.get(cs.Pending); ok && !sub.over() {
		return sub, nil
	}
	cu, ok := s.customers.get(string(cs.Customer))
	if !ok {
		cu = s.customerFor(cs)
	}
	var items, once []bought
	for _, l := range cs.Lines {
		p, _ := s.prices.get(l.Price)
		b := bought{price: p, quantity: l.Quantity, metadata: map[string]string{}}
		if p.Recurring == nil {
			once = append(once, b)
		} else {
			items = append(items, b)
		}
	}
	sub := s.newSubscription(cu, *cs.Terms, items)
	cs.Pending = sub.ID
	s.sessions.save(cs)
	return sub, s.begin(sub, *cs.Terms, once, "default_incomplete", false)
}

// intentOf is the payment intent that a session's person is paying: its own, or
// the one of its subscription's first invoice.
func (s *Server) intentOf(cs *Session) (*Intent, bool) {
	if sub, ok := s.subscriptions.get(cs.Pending); ok {
		if inv, ok := s.invoices.get(string(sub.LatestInvoice)); ok {
			return s.intents.get(string(inv.Intent))
		}
	}
	return s.intents.get(string(cs.Intent))
}
