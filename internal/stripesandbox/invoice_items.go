package stripesandbox

func (c *call) createInvoiceItem() (any, error) {
	customer, invoice, subscription := c.str("customer"), c.str("invoice"), c.str("subscription")
	wanted, priced := c.askedPrice(""), c.has("price") || c.has("price_data")
	ii := &InvoiceItem{
		header:   header{ID: newID("ii_"), Object: "invoiceitem", Scope: c.scope},
		Currency: c.str("currency"), Amount: c.int("amount"), Quantity: c.quantity(""), Discountable: true, Metadata: map[string]string{},
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	cu, err := referred(c, c.customers, customer, "customer", "customer")
	if err != nil {
		return nil, err
	}
	now := c.nowOn(cu.Clock)
	ii.Customer, ii.Clock, ii.Date, ii.Period = cu.ID, cu.Clock, now, Period{Start: now, End: now}
	if subscription != "" {
		sub, err := referred(c, c.subscriptions, subscription, "subscription", "subscription")
		if err != nil {
			return nil, err
		}
		ii.Subscription = text(sub.ID)
	}
	if priced {
		if err := c.priceItem(ii, wanted); err != nil {
			return nil, err
		}
	}
	if err := c.fillItem(ii, priced); err != nil {
		return nil, err
	}
	if ii.Currency == "" {
		ii.Currency = orElse(string(cu.Currency), c.defaultCurrency(c.scope))
	}
	if ii.Price == "" {
		c.oneOff(ii)
	}
	if invoice == "" {
		c.announceItem(ii)
		return ii, nil
	}
	inv, err := referred(c, c.invoices, invoice, "invoice", "invoice")
	if err != nil {
		return nil, err
	}
	if inv.Status != "draft" || inv.Customer != cu.ID || inv.Currency != ii.Currency {
		return nil, invalid("invoice_not_editable", "invoice", "This invoice is no longer editable, or of another customer or currency.")
	}
	c.announceItem(ii)
	c.rewrite(inv, func() { c.place(ii, inv) })
	return ii, nil
}

// priceItem takes an item's amount from a price, which is bought once.
func (c *call) priceItem(ii *InvoiceItem, wanted asked) error {
	parts, err := c.settleItems([]askedItem{{asked: wanted}}, false)
	if err != nil {
		return err
	}
	p := parts[0].price
	ii.Price, ii.Currency, ii.Amount = p.ID, p.Currency, p.times(ii.Quantity)
	ii.UnitAmount, ii.UnitExact = p.UnitAmount, p.UnitExact
	ii.Description = orText(ii.Description, text(c.sold(p)))
	return nil
}

// oneOff gives an item that was only told its amount a price of its own, as Stripe does.
func (c *call) oneOff(ii *InvoiceItem) {
	product := &Product{header: header{ID: newID("prod_"), Object: "product", Created: c.now, Scope: ii.Scope}, Name: orElse(string(ii.Description), "Item"),
		Features: []map[string]any{}, Images: []string{}, Metadata: map[string]string{}, Updated: c.now}
	c.products.add(product)
	p := &Price{header: header{ID: newID("price_"), Object: "price", Created: c.now, Scope: ii.Scope}, Currency: ii.Currency, Metadata: map[string]string{},
		Product: product.ID, TaxBehavior: "unspecified", Type: "one_time", UnitAmount: ii.UnitAmount, UnitExact: ii.UnitExact}
	ii.Price = c.prices.add(p).ID
}

// fillItem lays what was sent over an item, whose amount may be given whole or by the unit.
func (c *call) fillItem(ii *InvoiceItem, priced bool) error {
	unit := orElse(c.str("unit_amount_decimal"), c.str("unit_amount"))
	switch {
	case priced:
	case unit != "":
		p := &Price{UnitExact: unit}
		if err := p.check(""); err != nil {
			return err
		}
		ii.UnitAmount, ii.UnitExact, ii.Amount = p.UnitAmount, p.UnitExact, p.times(ii.Quantity)
	case c.has("amount"):
		whole := c.int("amount")
		ii.Amount, ii.Quantity, ii.UnitAmount, ii.UnitExact = whole, 1, &whole, c.str("amount")
	case ii.Date == c.nowOn(ii.Clock) && ii.UnitExact == "":
		return invalid("parameter_missing", "amount", "You must pass either `amount`, `unit_amount` or a price.")
	}
	if c.has("description") {
		ii.Description = c.text("description")
	}
	if c.has("discountable") {
		ii.Discountable = c.bool("discountable")
	}
	if c.has("period") {
		ii.Period = Period{Start: c.int("period[start]"), End: c.int("period[end]")}
	}
	ii.Metadata = c.metadata("metadata", ii.Metadata)
	return c.check()
}

// rewrite changes the lines of a draft and counts it up again.
func (c *call) rewrite(inv *Invoice, alter func()) {
	before := c.show(inv)
	alter()
	c.count(inv)
	c.emitChange("invoice.updated", inv.Scope, before, inv)
}

func (c *call) getInvoiceItem() (any, error) {
	ii, err := lookup(c, c.invoiceItems, c.id, "invoiceitem", "id")
	if err != nil {
		return nil, err
	}
	return ii, c.check()
}

func (c *call) listInvoiceItems() (any, error) {
	customer, invoice, pending := c.wants("customer"), c.wants("invoice"), c.wants("pending")
	since := c.ranged("created")
	return page(c, mine(c, c.invoiceItems), func(ii *InvoiceItem) bool {
		return customer(ii.Customer) && invoice(string(ii.Invoice)) && pending(flag(ii.Invoice == "")) && since(ii.Date)
	})
}

func (c *call) updateInvoiceItem() (any, error) {
	ii, inv, err := c.looseItem()
	if err != nil {
		return nil, err
	}
	wanted, priced := c.askedPrice(""), c.has("price") || c.has("price_data")
	if c.has("quantity") {
		ii.Quantity = c.int("quantity")
		if p, ok := c.prices.get(ii.Price); ok && !priced {
			ii.Amount = p.times(ii.Quantity)
		}
	}
	if priced {
		if err := c.priceItem(ii, wanted); err != nil {
			return nil, err
		}
	}
	if err := c.fillItem(ii, priced); err != nil {
		return nil, err
	}
	if !priced && (c.has("amount") || c.has("unit_amount") || c.has("unit_amount_decimal")) {
		c.oneOff(ii)
	}
	if inv != nil {
		c.rewrite(inv, func() {
			for i, l := range inv.Lines {
				if l.InvoiceItem == ii.ID {
					line := ii.line()
					line.ID = l.ID
					inv.Lines[i] = line
				}
			}
		})
	}
	return ii, nil
}

func (c *call) deleteInvoiceItem() (any, error) {
	ii, inv, err := c.looseItem()
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if inv != nil {
		c.rewrite(inv, func() { inv.Lines = without(inv.Lines, ii.ID) })
	}
	c.invoiceItems.remove(ii.ID)
	c.emit("invoiceitem.deleted", ii)
	return map[string]any{"id": ii.ID, "object": ii.Object, "deleted": true}, nil
}

func without(lines []*InvoiceLine, item string) (left []*InvoiceLine) {
	for _, l := range lines {
		if l.InvoiceItem != item {
			left = append(left, l)
		}
	}
	return left
}

// looseItem is an item that may still be changed: it waits, or is on a draft.
func (c *call) looseItem() (*InvoiceItem, *Invoice, error) {
	ii, err := lookup(c, c.invoiceItems, c.id, "invoiceitem", "id")
	if err != nil {
		return nil, nil, err
	}
	if ii.Invoice == "" {
		return ii, nil, nil
	}
	inv, err := lookup(c, c.invoices, string(ii.Invoice), "invoice", "id")
	if err == nil && inv.Status != "draft" {
		err = refuse("invoice_not_editable", "", "You can't modify or delete an invoice item that's attached to an invoice that is no longer editable.")
	}
	return ii, inv, err
}
