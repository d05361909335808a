package stripesandbox

import "slices"

func invoiceOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/invoices":                         (*call).createInvoice,
		"GET /v1/invoices":                          (*call).listInvoices,
		"GET /v1/invoices/upcoming":                 (*call).upcomingInvoice,
		"GET /v1/invoices/{id}":                     (*call).getInvoice,
		"POST /v1/invoices/{id}":                    (*call).updateInvoice,
		"DELETE /v1/invoices/{id}":                  (*call).deleteInvoice,
		"GET /v1/invoices/{id}/lines":               (*call).listInvoiceLines,
		"POST /v1/invoices/{id}/finalize":           (*call).finaliseInvoice,
		"POST /v1/invoices/{id}/pay":                (*call).payInvoice,
		"POST /v1/invoices/{id}/send":               (*call).sendInvoice,
		"POST /v1/invoices/{id}/void":               (*call).callOffInvoice,
		"POST /v1/invoices/{id}/mark_uncollectible": (*call).writeOffInvoice,

		"POST /v1/invoiceitems":        (*call).createInvoiceItem,
		"GET /v1/invoiceitems":         (*call).listInvoiceItems,
		"GET /v1/invoiceitems/{id}":    (*call).getInvoiceItem,
		"POST /v1/invoiceitems/{id}":   (*call).updateInvoiceItem,
		"DELETE /v1/invoiceitems/{id}": (*call).deleteInvoiceItem,
	}
}

// embedBilling adds what objects of billing show of others.
func (s *Server) embedBilling(r record, m map[string]any) {
	switch t := r.(type) {
	case *Subscription:
		items := s.sublist(t.Items, "/v1/subscription_items?subscription="+t.ID)
		m["items"] = items
	case *SubscriptionItem:
		m["price"] = s.showPrice(t.Price)
	case *Invoice:
		lines := []any{}
		for _, l := range t.Lines[:min(10, len(t.Lines))] {
			lines = append(lines, s.show(l))
		}
		m["lines"] = map[string]any{"object": "list", "data": lines, "has_more": len(t.Lines) > 10, "total_count": len(t.Lines), "url": "/v1/invoices/" + t.ID + "/lines"}
		m["subtotal_excluding_tax"], m["total_excluding_tax"], m["account_country"] = t.Subtotal, t.Total, s.countryOf(t.Scope)
	case *InvoiceLine:
		delete(m, "created")
		m["price"], m["amount_excluding_tax"] = s.showPrice(t.Price), t.Amount
		if p, ok := s.prices.get(t.Price); ok {
			m["unit_amount_excluding_tax"] = p.UnitExact
		}
	case *InvoiceItem:
		delete(m, "created")
		m["price"] = s.showPrice(t.Price)
	}
}

func (s *Server) showPrice(id string) any {
	if p, ok := s.prices.get(id); ok {
		return s.show(p)
	}
	return nil
}

// countryOf is where an account is; the platform is in the United States.
func (s *Server) countryOf(scope string) string {
	if a, ok := s.accounts.get(scope); ok {
		return a.Country
	}
	return "US"
}

func (c *call) createInvoice() (any, error) {
	customer, subscription, currency := c.str("customer"), c.str("subscription"), c.str("currency")
	pending := c.str("pending_invoice_items_behavior") == "include"
	if err := c.check(); err != nil {
		return nil, err
	}
	if sub, ok := c.subscriptions.get(subscription); ok && customer == "" {
		customer = sub.Customer
	}
	if customer == "" {
		return nil, invalid("parameter_missing", "customer", "Missing required param: customer.")
	}
	cu, err := referred(c, c.customers, customer, "customer", "customer")
	if err != nil {
		return nil, err
	}
	inv := c.blankInvoice(c.scope, cu.ID, orElse(currency, orElse(string(cu.Currency), c.defaultCurrency(c.scope))), c.nowOn(cu.Clock))
	if subscription != "" {
		sub, err := referred(c, c.subscriptions, subscription, "subscription", "subscription")
		if err != nil {
			return nil, err
		}
		inv.Subscription, inv.Details.Metadata, inv.Currency, pending = text(sub.ID), sub.Metadata, sub.Currency, true
	}
	if err := c.fillInvoice(inv); err != nil {
		return nil, err
	}
	c.file(inv, pending)
	if inv.AutoAdvance {
		c.atOn(inv.Clock, inv.Created+draftFor, timerFinalise, inv.ID)
	}
	return inv, nil
}

// fillInvoice lays what was sent over a draft.
func (c *call) fillInvoice(inv *Invoice) error {
	p := c.planFrom("")
	method, days, due := c.text("default_payment_method"), c.int("days_until_due"), c.int("due_date")
	inv.Collection = orElse(c.str("collection_method"), inv.Collection)
	for _, f := range []struct {
		key string
		to  *text
	}{{"description", &inv.Description}, {"footer", &inv.Footer}, {"number", &inv.Number}, {"on_behalf_of", &inv.OnBehalfOf}, {"statement_descriptor", &inv.Descriptor}} {
		if c.has(f.key) {
			*f.to = c.text(f.key)
		}
	}
	if c.has("auto_advance") {
		inv.AutoAdvance = c.bool("auto_advance")
	}
	if c.has("effective_at") {
		inv.EffectiveAt = number(c.int("effective_at"))
	}
	inv.Metadata = c.metadata("metadata", inv.Metadata)
	if err := c.check(); err != nil {
		return err
	}
	if c.has("application_fee_amount") {
		inv.Fee = number(p.Fee)
	}
	if c.has("transfer_data") {
		if inv.Transfer = nil; p.Destination != "" {
			inv.Transfer = &InvoiceTransfer{Destination: p.Destination, Amount: number(p.TransferSum)}
		}
	}
	switch {
	case inv.Collection != "send_invoice" && (days > 0 || due > 0):
		return invalid("", "days_until_due", "You can only specify `days_until_due` or `due_date` if `collection_method` is set to `send_invoice`.")
	case days > 0 && due > 0:
		return invalid("", "due_date", "You may only specify one of these parameters: days_until_due, due_date.")
	case due > 0:
		inv.DueDate = number(due)
	case days > 0 || inv.DueDate == 0:
		inv.dueIn(max(days, 0), inv.Created)
		if inv.Collection == "send_invoice" && !c.has("days_until_due") {
			inv.dueIn(30, inv.Created)
		}
	}
	if method != "" {
		if err := c.owns(inv.Customer, string(method), "default_payment_method"); err != nil {
			return err
		}
		inv.DefaultMethod = method
	}
	plan := IntentPlan{OnBehalfOf: inv.OnBehalfOf, Fee: int64(inv.Fee), Descriptor: inv.Descriptor}
	if inv.Transfer != nil {
		plan.Destination, plan.TransferSum = inv.Transfer.Destination, int64(inv.Transfer.Amount)
	}
	return c.checkPlan(plan, max(plan.Fee, plan.TransferSum), "") // the total is not known yet
}

func (c *call) getInvoice() (any, error) {
	inv, err := lookup(c, c.invoices, c.id, "invoice", "id")
	if err != nil {
		return nil, err
	}
	return inv, c.check()
}

func (c *call) listInvoices() (any, error) {
	customer, subscription, status, collection := c.wants("customer"), c.wants("subscription"), c.wants("status"), c.wants("collection_method")
	due := c.ranged("due_date")
	return page(c, mine(c, c.invoices), func(inv *Invoice) bool {
		return customer(inv.Customer) && subscription(string(inv.Subscription)) && status(inv.Status) && collection(inv.Collection) && due(int64(inv.DueDate))
	})
}

func (c *call) listInvoiceLines() (any, error) {
	inv, err := lookup(c, c.invoices, c.id, "invoice", "id")
	if err != nil {
		return nil, err
	}
	return page(c, slices.Values(inv.Lines), nil)
}

// upcomingInvoice is a preview of what a subscription's next period will bring.
func (c *call) upcomingInvoice() (any, error) {
	customer, id := c.str("customer"), c.str("subscription")
	if err := c.check(); err != nil {
		return nil, err
	}
	if customer == "" && id == "" {
		return nil, invalid("parameter_missing", "customer", "You must specify either `customer` or `subscription`.")
	}
	for sub := range mine(c, c.subscriptions) {
		if !sub.over() && !sub.CancelAtEnd && (id == "" || sub.ID == id) && (customer == "" || sub.Customer == customer) {
			return c.upcoming(sub), nil
		}
	}
	e := invalid("invoice_upcoming_none", "", "No upcoming invoices for customer: %s", customer)
	e.Status = 404
	return nil, e
}
