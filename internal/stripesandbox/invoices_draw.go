package stripesandbox

import (
	"fmt"
	"maps"
	"slices"
)

// drawInvoice writes the draft of a subscription's invoice for the period it is in. It
// is not filed yet, so that an upcoming one can be shown.
func (s *Server) drawInvoice(sub *Subscription, reason string) *Invoice {
	now := s.nowOn(sub.Clock)
	inv := s.blankInvoice(sub.Scope, sub.Customer, sub.Currency, now)
	inv.Reason, inv.Collection, inv.AutoAdvance = reason, sub.Collection, true
	inv.Subscription, inv.OnBehalfOf = text(sub.ID), sub.OnBehalfOf
	inv.Details.Metadata = maps.Clone(sub.Metadata)
	inv.dueIn(int64(sub.DaysDue), now)
	for _, id := range sub.Items {
		if item, ok := s.items.get(id); ok {
			inv.Lines = append(inv.Lines, s.periodLine(sub, item))
		}
	}
	return inv
}

// blankInvoice is a draft without lines.
func (s *Server) blankInvoice(scope, customer, currency string, now int64) *Invoice {
	inv := &Invoice{
		header:   header{ID: newID("in_"), Object: "invoice", Created: now, Scope: scope},
		Customer: customer, Currency: currency, Collection: "charge_automatically", Metadata: map[string]string{}, Reason: "manual", Status: "draft",
		PeriodStart: now, PeriodEnd: now, DeliveredAt: number(now),
	}
	if cu, ok := s.customers.get(customer); ok {
		inv.CustomerEmail, inv.CustomerName, inv.CustomerPhone = cu.Email, cu.Name, cu.Phone
		inv.StartingBalance, inv.Clock, inv.Footer = cu.Balance, cu.Clock, cu.InvoiceSettings.Footer
	}
	return inv
}

// dueIn gives an invoice that is sent its due date; days of -1 give none.
func (inv *Invoice) dueIn(days, now int64) {
	if inv.Collection == "send_invoice" {
		inv.DueDate = number(now + days*day)
	}
}

// periodLine is what an item costs for its subscription's current period.
func (s *Server) periodLine(sub *Subscription, item *SubscriptionItem) *InvoiceLine {
	p, _ := s.prices.get(item.Price)
	l := &InvoiceLine{
		header: header{ID: newID("il_"), Object: "line_item"}, Amount: p.times(item.Quantity), Currency: p.Currency, Discountable: true,
		Metadata: maps.Clone(sub.Metadata), Period: Period{Start: sub.PeriodStart, End: sub.PeriodEnd}, Quantity: item.Quantity,
		Subscription: text(sub.ID), Item: item.ID, Type: "subscription", Price: p.ID,
		Description: text(fmt.Sprintf("%d × %s (at %s / %s)", item.Quantity, s.sold(p), human(p.times(1), p.Currency), p.Recurring.words())),
	}
	if sub.Status == "trialing" {
		l.Amount, l.Description = 0, text("Trial period for "+s.sold(p))
	}
	return l
}

// sold is the name of what a price is for.
func (s *Server) sold(p *Price) string {
	if product, ok := s.products.get(p.Product); ok {
		return product.Name
	}
	return ""
}

// file keeps a draft, takes the pending items that are its customer's, and counts it up.
func (s *Server) file(inv *Invoice, withPending bool) {
	s.invoices.add(inv)
	if withPending {
		for item := range s.invoiceItems.newest() {
			if item.waitsFor(inv) {
				s.place(item, inv)
			}
		}
	}
	s.count(inv)
	if cu, ok := s.customers.get(inv.Customer); ok && cu.Currency == "" {
		cu.Currency = text(inv.Currency)
		s.customers.save(cu)
	}
	s.emit("invoice.created", inv)
}

// waitsFor says whether a pending item belongs on the invoice: one that names a
// subscription waits for that subscription's.
func (ii *InvoiceItem) waitsFor(inv *Invoice) bool {
	return ii.Invoice == "" && ii.Customer == inv.Customer && ii.Currency == inv.Currency && (ii.Subscription == "" || ii.Subscription == inv.Subscription)
}

// place puts an item on an invoice, before what the subscription itself costs.
func (s *Server) place(ii *InvoiceItem, inv *Invoice) {
	ii.Invoice = text(inv.ID)
	s.invoiceItems.save(ii)
	line := ii.line()
	at := slices.IndexFunc(inv.Lines, func(l *InvoiceLine) bool { return l.Type == "subscription" })
	if at < 0 {
		at = len(inv.Lines)
	}
	inv.Lines = slices.Insert(inv.Lines, at, line)
}

func (ii *InvoiceItem) line() *InvoiceLine {
	return &InvoiceLine{
		header: header{ID: newID("il_"), Object: "line_item"}, Amount: ii.Amount, Currency: ii.Currency, Description: ii.Description, Discountable: ii.Discountable,
		InvoiceItem: ii.ID, Metadata: maps.Clone(ii.Metadata), Period: ii.Period, Proration: ii.Proration, Quantity: ii.Quantity,
		Subscription: ii.Subscription, Item: ii.Item, Type: "invoiceitem", Price: ii.Price,
	}
}

// count sums a draft up, and keeps it.
func (s *Server) count(inv *Invoice) {
	s.sumUp(inv)
	s.invoices.save(inv)
}

// sumUp settles a draft's total, what is due of it, and what the platform and the
// owner get of it. A subscription's shares are of the total, to the nearest cent.
func (s *Server) sumUp(inv *Invoice) {
	inv.Subtotal = 0
	for _, l := range inv.Lines {
		l.Invoice, l.Scope = text(inv.ID), inv.Scope
		inv.Subtotal += l.Amount
	}
	inv.Total = inv.Subtotal
	if cu, ok := s.customers.get(inv.Customer); ok {
		inv.StartingBalance = cu.Balance
	}
	inv.AmountDue = max(0, inv.Total+inv.StartingBalance)
	if tooSmall(inv.AmountDue, inv.Currency) {
		inv.AmountDue = 0 // the customer's balance takes it
	}
	inv.AmountRemaining = inv.AmountDue - inv.AmountPaid
	if sub, ok := s.subscriptions.get(string(inv.Subscription)); ok {
		s.shareOut(inv, sub)
	}
}

// shareOut applies a subscription's percentages.
func (s *Server) shareOut(inv *Invoice, sub *Subscription) {
	if sub.FeePercent != nil {
		inv.Fee = number(s.percentOf(max(0, inv.Total), *sub.FeePercent))
	}
	if sub.Transfer != nil {
		inv.Transfer = &InvoiceTransfer{Destination: sub.Transfer.Destination}
		if sub.Transfer.Percent != nil {
			inv.Transfer.Amount = number(s.percentOf(max(0, inv.Total), *sub.Transfer.Percent))
		}
	}
}

// tooSmall says whether no card is charged for so little.
func tooSmall(amount int64, currency string) bool {
	return amount < 50 && slices.Contains([]string{"usd", "eur", "chf"}, currency)
}
