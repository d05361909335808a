package stripesandbox

import "slices"

// changing is an invoice looked up to be changed, with how it was.
func (c *call) changing(from ...string) (*Invoice, map[string]any, error) {
	inv, err := lookup(c, c.invoices, c.id, "invoice", "id")
	if err != nil {
		return nil, nil, err
	}
	if err := c.check(); err != nil {
		return nil, nil, err
	}
	if !slices.Contains(from, inv.Status) {
		return nil, nil, c.notIn(inv)
	}
	return inv, c.show(inv), nil
}

func (c *call) notIn(inv *Invoice) *apiError {
	switch inv.Status {
	case "draft":
		return refuse("", "", "You can only do this to a finalized invoice; this one is still a draft.")
	case "paid":
		return refuse("", "", "Invoice is already paid")
	}
	return refuse("invoice_not_editable", "", "Finalized invoices can't be updated in this way: this invoice is `%s`.", inv.Status)
}

func (c *call) updateInvoice() (any, error) {
	inv, before, err := c.changing("draft", "open", "paid", "void", "uncollectible")
	if err != nil {
		return nil, err
	}
	if inv.Status != "draft" {
		for key := range c.values {
			if name := nameOf(key); !slices.Contains([]string{"metadata", "auto_advance", "default_payment_method", "expand"}, name) {
				return nil, refuse("invoice_not_editable", name, "Finalized invoices can't be updated in this way")
			}
		}
	}
	if err := c.fillInvoice(inv); err != nil {
		return nil, err
	}
	if inv.Status == "draft" {
		c.count(inv)
	}
	switch {
	case !inv.AutoAdvance:
		c.stop(timerFinalise, inv.ID)
		c.stop(timerRetry, inv.ID)
		inv.NextAttempt = 0
	case inv.Status == "draft" && !c.waiting(timerFinalise, inv.ID):
		c.atOn(inv.Clock, c.nowOn(inv.Clock)+draftFor, timerFinalise, inv.ID)
	}
	c.emitChange("invoice.updated", inv.Scope, before, inv)
	return inv, nil
}

// deleteInvoice throws a draft away; its items wait again.
func (c *call) deleteInvoice() (any, error) {
	inv, _, err := c.changing("draft")
	if err != nil {
		return nil, err
	}
	if inv.Subscription != "" {
		return nil, refuse("", "", "You can't delete invoices created by subscriptions.")
	}
	for _, l := range inv.Lines {
		if item, ok := c.invoiceItems.get(l.InvoiceItem); ok {
			item.Invoice = ""
			c.invoiceItems.save(item)
		}
	}
	c.stopInvoice(inv)
	c.invoices.remove(inv.ID)
	c.emit("invoice.deleted", inv)
	return map[string]any{"id": inv.ID, "object": "invoice", "deleted": true}, nil
}

func (c *call) finaliseInvoice() (any, error) {
	sent, advance := c.has("auto_advance"), c.bool("auto_advance")
	inv, _, err := c.changing("draft")
	if err != nil {
		return nil, err
	}
	if sent {
		inv.AutoAdvance = advance
	}
	c.finalise(inv)
	if inv.Status == "open" && inv.AutoAdvance && inv.Collection == "charge_automatically" {
		inv.NextAttempt = number(c.nowOn(inv.Clock) + draftFor)
		c.atOn(inv.Clock, int64(inv.NextAttempt), timerRetry, inv.ID)
	}
	return inv, nil
}

// payInvoice tries at once, with the invoice's own method or the one that is sent.
func (c *call) payInvoice() (any, error) {
	method, outside := c.str("payment_method"), c.bool("paid_out_of_band")
	offSession := !c.has("off_session") || c.bool("off_session")
	inv, _, err := c.changing("draft", "open", "uncollectible")
	if err != nil {
		return nil, err
	}
	if inv.Status == "draft" {
		c.finalise(inv)
	}
	if inv.Status == "paid" {
		return inv, nil
	}
	if outside {
		inv.OutOfBand, inv.AmountPaid = true, inv.AmountDue
		if in, ok := c.intents.get(string(inv.Intent)); ok && in.Status != "canceled" {
			c.cancel(in, "")
		}
		c.invoicePaid(inv)
		return inv, nil
	}
	with := c.payer(inv)
	if method != "" {
		if err := c.owns(inv.Customer, method, "payment_method"); err != nil {
			return nil, err
		}
		with = text(method)
	}
	if err := c.collectInvoice(inv, with, offSession); err != nil {
		return nil, err
	}
	if inv.Status == "open" {
		e := refuse("invoice_payment_intent_requires_action", "", "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.")
		e.Status, e.Type, e.keep = 402, "card_error", true
		if in, ok := c.intents.get(string(inv.Intent)); ok && in.Status == "requires_action" {
			e.Intent = in
			return nil, e
		}
	}
	return inv, nil
}

func (c *call) sendInvoice() (any, error) {
	inv, _, err := c.changing("draft", "open")
	if err != nil {
		return nil, err
	}
	if inv.Collection != "send_invoice" {
		return nil, refuse("", "", "You can only manually send an invoice if its collection method is 'send_invoice'.")
	}
	if inv.Status == "draft" {
		c.finalise(inv)
	}
	c.emit("invoice.sent", inv)
	return inv, nil
}

func (c *call) callOffInvoice() (any, error) {
	inv, _, err := c.changing("open", "uncollectible")
	if err != nil {
		return nil, err
	}
	c.voidInvoice(inv)
	return inv, nil
}

func (c *call) writeOffInvoice() (any, error) {
	inv, _, err := c.changing("open")
	if err != nil {
		return nil, err
	}
	c.giveUpOn(inv)
	return inv, nil
}
