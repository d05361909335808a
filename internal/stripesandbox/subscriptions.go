package stripesandbox

import (
	"slices"
)

func subscriptionOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/subscriptions":             (*call).createSubscription,
		"GET /v1/subscriptions":              (*call).listSubscriptions,
		"GET /v1/subscriptions/{id}":         (*call).getSubscription,
		"POST /v1/subscriptions/{id}":        (*call).updateSubscription,
		"DELETE /v1/subscriptions/{id}":      (*call).cancelSubscription,
		"POST /v1/subscriptions/{id}/resume": (*call).resumeSubscription,
		"POST /v1/subscription_items":        (*call).createSubscriptionItem,
		"DELETE /v1/subscription_items/{id}": (*call).deleteSubscriptionItem,
		"GET /v1/subscription_items":         (*call).listSubscriptionItems,
		"GET /v1/subscription_items/{id}":    (*call).getSubscriptionItem,
		"POST /v1/subscription_items/{id}":   (*call).updateSubscriptionItem,
	}
}

// askedItem is an item as it was sent.
type askedItem struct {
	asked
	quantity int64
	metadata map[string]string
	key      string
}

func (c *call) askedItems(key string) (items []askedItem) {
	for _, k := range c.each(key) {
		items = append(items, askedItem{asked: c.askedPrice(k), quantity: c.quantity(k), metadata: c.metadata(k+"[metadata]", nil), key: k})
	}
	return items
}

// quantity is one unless said.
func (c *call) quantity(line string) int64 {
	if !c.has(within(line, "quantity")) {
		return 1
	}
	return c.int(within(line, "quantity"))
}

// bought is a price and how often it is bought.
type bought struct {
	price    *Price
	quantity int64
	metadata map[string]string
}

// settleItems finds the prices of items that are due together: all recurring, in
// one currency and at one interval.
func (c *call) settleItems(items []askedItem, recurring bool) (parts []bought, err error) {
	for _, i := range items {
		p, err := c.settle(i.asked)
		if err != nil {
			return nil, err
		}
		switch {
		case recurring && p.Recurring == nil:
			return nil, invalid("", i.param, "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.")
		case !recurring && p.Recurring != nil:
			return nil, invalid("", i.param, "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.")
		case recurring && len(parts) > 0 && (*p.Recurring != *parts[0].price.Recurring || p.Currency != parts[0].price.Currency):
			return nil, invalid("", i.param, "Currency and interval fields must match across all plans on this subscription. Found mismatched interval field.")
		}
		parts = append(parts, bought{p, i.quantity, i.metadata})
	}
	return parts, nil
}

func (c *call) createSubscription() (any, error) {
	terms := c.termsFrom("")
	items, extras := c.askedItems("items"), c.askedItems("add_invoice_items")
	behavior := orElse(c.str("payment_behavior"), "allow_incomplete")
	customer, method, offSession := c.str("customer"), c.text("default_payment_method"), c.bool("off_session")
	atEnd, cancelAt, days := c.bool("cancel_at_period_end"), c.int("cancel_at"), c.int("days_until_due")
	collection := orElse(c.str("collection_method"), "charge_automatically")
	save, types := c.text("payment_settings[save_default_payment_method]"), c.list("payment_settings[payment_method_types]")
	if err := c.check(); err != nil {
		return nil, err
	}
	cu, err := referred(c, c.customers, customer, "customer", "customer")
	if err != nil {
		return nil, err
	}
	now := c.nowOn(cu.Clock)
	switch {
	case len(items) == 0:
		return nil, invalid("parameter_missing", "items", "Missing required param: items.")
	case len(items) > 20:
		return nil, invalid("", "items", "A subscription can have up to 20 items.")
	case behavior == "pending_if_incomplete":
		return nil, invalid("", "payment_behavior", "`pending_if_incomplete` is only used with updates and cannot be passed when creating a Subscription.")
	case collection == "send_invoice" && !c.has("days_until_due"):
		return nil, invalid("parameter_missing", "days_until_due", "Missing required param: days_until_due.")
	case collection != "send_invoice" && c.has("days_until_due"):
		return nil, invalid("", "days_until_due", "You can only specify `days_until_due` if `collection_method` is set to `send_invoice`.")
	case cancelAt > 0 && cancelAt <= now:
		return nil, invalid("", "cancel_at", "cancel_at must be a future timestamp.")
	}
	if err := c.checkTerms(terms, now, ""); err != nil {
		return nil, err
	}
	if method != "" {
		if err := c.owns(cu.ID, string(method), "default_payment_method"); err != nil {
			return nil, err
		}
	}
	parts, err := c.settleItems(items, true)
	if err != nil {
		return nil, err
	}
	if natural := parts[0].price.Recurring.next(now, now); terms.Anchor > natural {
		return nil, invalid("", "billing_cycle_anchor", "billing_cycle_anchor cannot be later than next natural billing date (%d) for plan.", natural)
	}
	once, err := c.settleItems(extras, false)
	if err != nil {
		return nil, err
	}
	sub := c.newSubscription(cu, terms, parts)
	sub.Collection, sub.DefaultMethod, sub.DaysDue, sub.CancelAt = collection, method, number(days), number(cancelAt)
	sub.Settings.Save, sub.Settings.Types = orText(save, "off"), types
	if atEnd {
		sub.endWithPeriod(now)
	}
	if err := c.begin(sub, terms, once, behavior, offSession); err != nil {
		return nil, err
	}
	return sub, nil
}

// newSubscription files a subscription with its items; nothing is billed yet.
func (s *Server) newSubscription(cu *Customer, t Terms, parts []bought) *Subscription {
	now := s.nowOn(cu.Clock)
	sub := &Subscription{
		header: header{ID: newID("sub_"), Object: "subscription", Created: now, Scope: cu.Scope}, Currency: parts[0].price.Currency, Customer: cu.ID, Clock: cu.Clock,
		FeePercent: t.FeePercent, Transfer: t.Transfer, OnBehalfOf: t.OnBehalfOf, Description: t.Description, Metadata: t.Metadata,
		Collection: "charge_automatically", Status: "active", StartDate: now, PeriodStart: now, Anchor: now,
	}
	sub.Settings.Save, sub.TrialSettings.End.Missing = "off", t.Missing
	for _, p := range parts {
		item := s.items.add(&SubscriptionItem{header: header{ID: newID("si_"), Object: "subscription_item", Created: now, Scope: sub.Scope},
			Metadata: p.metadata, Quantity: p.quantity, Subscription: sub.ID, Price: p.price.ID})
		sub.Items = append(sub.Items, item.ID)
	}
	end := t.TrialEnd
	if t.TrialDays > 0 {
		end = now + t.TrialDays*day
	}
	switch {
	case end > 0:
		sub.Status, sub.TrialStart, sub.TrialEnd, sub.Anchor, sub.PeriodEnd = "trialing", number(now), number(end), end, end
	case t.Anchor > 0:
		sub.Anchor, sub.PeriodEnd = t.Anchor, t.Anchor
	default:
		sub.PeriodEnd = s.rhythm(sub).next(now, now)
	}
	return s.subscriptions.add(sub)
}

// begin bills a new subscription for the first time: the invoice is finalised at
// once, and paid as the behaviour says; one that is sent stays a draft for an hour.
func (s *Server) begin(sub *Subscription, t Terms, once []bought, behavior string, offSession bool) error {
	now := s.nowOn(sub.Clock)
	inv := s.drawInvoice(sub, "subscription_create")
	if t.Anchor > 0 && sub.Status != "trialing" {
		s.shorten(sub, inv, t.Prorated)
	}
	for _, p := range once {
		s.announceItem(s.itemOf(sub, p, now))
	}
	sub.LatestInvoice = text(inv.ID)
	sends := sub.Collection == "send_invoice"
	inv.AutoAdvance = sends
	s.file(inv, true)
	if sends {
		s.atOn(sub.Clock, now+draftFor, timerFinalise, inv.ID)
	} else {
		if inv.AmountDue > 0 {
			sub.Status = "incomplete"
			if s.methodFor(sub) == "" && behavior != "default_incomplete" {
				return refuse("resource_missing", "", "This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.")
			}
		}
		s.finalise(inv)
	}
	s.watch(sub)
	s.emit("customer.subscription.created", sub)
	if sub.Status != "incomplete" {
		return nil
	}
	s.atOn(sub.Clock, now+incompleteFor, timerIncomplete, sub.ID)
	if behavior == "default_incomplete" {
		return nil
	}
	return s.firstPayment(sub, inv, behavior, offSession)
}

// firstPayment pays a new subscription's invoice. A refusal leaves it incomplete,
// or undoes it all.
func (s *Server) firstPayment(sub *Subscription, inv *Invoice, behavior string, offSession bool) error {
	err := s.collectInvoice(inv, s.payer(inv), offSession)
	if behavior != "error_if_incomplete" {
		return nil
	}
	if err != nil {
		e := *asAPIError(err)
		e.keep, e.Intent, e.Method = false, nil, nil
		return &e
	}
	if sub.Status == "incomplete" {
		return &apiError{Status: 402, Type: "card_error", Code: "subscription_payment_intent_requires_action", executed: true, retry: "false",
			Message: "Payment for this subscription requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with this subscription."}
	}
	return nil
}

// shorten bills the time before a later anchor by its share of a whole period, or not at all.
func (s *Server) shorten(sub *Subscription, inv *Invoice, prorated bool) {
	whole := sub.PeriodEnd - s.rhythm(sub).boundary(sub.PeriodEnd, -1)
	for _, l := range inv.Lines {
		if !prorated {
			l.Amount = 0
			continue
		}
		l.Amount, l.Proration = share(l.Amount, sub.PeriodEnd-sub.PeriodStart, whole), true
	}
}

// itemOf is a price bought once, beside a subscription.
func (s *Server) itemOf(sub *Subscription, p bought, now int64) *InvoiceItem {
	return &InvoiceItem{
		header: header{ID: newID("ii_"), Object: "invoiceitem", Scope: sub.Scope}, Amount: p.price.times(p.quantity), Currency: p.price.Currency, Customer: sub.Customer,
		Date: now, Description: text(s.sold(p.price)), Discountable: true, Metadata: map[string]string{}, Period: Period{Start: now, End: now}, Quantity: p.quantity,
		Subscription: text(sub.ID), Clock: sub.Clock, UnitAmount: p.price.UnitAmount, UnitExact: p.price.UnitExact, Price: p.price.ID,
	}
}

// endWithPeriod lets the current period be the last.
func (sub *Subscription) endWithPeriod(now int64) {
	sub.CancelAtEnd, sub.CancelAt, sub.CanceledAt, sub.Cancellation.Reason = true, number(sub.PeriodEnd), number(now), "cancellation_requested"
}

func (c *call) getSubscription() (any, error) {
	sub, err := lookup(c, c.subscriptions, c.id, "subscription", "id")
	if err != nil {
		return nil, err
	}
	return sub, c.check()
}

// listSubscriptions leaves out what was cancelled, unless it is asked for.
func (c *call) listSubscriptions() (any, error) {
	customer, price, collection, status, clock := c.wants("customer"), c.str("price"), c.wants("collection_method"), c.str("status"), c.str("test_clock")
	began, ends := c.ranged("current_period_start"), c.ranged("current_period_end")
	return page(c, mine(c, c.subscriptions), func(sub *Subscription) bool {
		switch status {
		case "":
			if sub.Status == "canceled" {
				return false
			}
		case "ended":
			if !sub.over() {
				return false
			}
		case "all":
		default:
			if sub.Status != status {
				return false
			}
		}
		return customer(sub.Customer) && collection(sub.Collection) && string(sub.Clock) == clock && began(sub.PeriodStart) && ends(sub.PeriodEnd) &&
			(price == "" || slices.ContainsFunc(sub.Items, func(id string) bool { i, ok := c.items.get(id); return ok && i.Price == price }))
	})
}
