package stripesandbox

import (
	"fmt"
	"slices"
	"time"
)

// revision is a change of one item: another price or quantity, a new item, or its end.
type revision struct {
	askedItem
	id       string
	gone     bool
	resized  bool
	repriced bool
}

func (c *call) revisions(key string) (all []revision) {
	for _, k := range c.each(key) {
		all = append(all, c.revisionAt(k, c.str(within(k, "id"))))
	}
	return all
}

func (c *call) revisionAt(k, id string) revision {
	return revision{
		askedItem: askedItem{asked: c.askedPrice(k), quantity: c.quantity(k), metadata: c.metadata(within(k, "metadata"), nil), key: k}, id: id,
		gone: c.bool(within(k, "deleted")), resized: c.has(within(k, "quantity")), repriced: c.has(within(k, "price")) || c.has(within(k, "price_data")),
	}
}

// revise changes items, and bills or credits the rest of the period unless told not to.
func (c *call) revise(sub *Subscription, all []revision) error {
	behavior, at := orElse(c.str("proration_behavior"), "create_prorations"), c.nowOn(sub.Clock)
	if when := c.int("proration_date"); when > 0 {
		at = when
	}
	if len(all) == 0 {
		return nil
	}
	if at < sub.PeriodStart || at > sub.PeriodEnd {
		return invalid("", "proration_date", "proration_date must be within the current period.")
	}
	if sub.Status == "trialing" || sub.Status == "incomplete" {
		behavior = "none" // nothing was paid for yet
	}
	for _, r := range all {
		if err := c.reviseItem(sub, r, behavior != "none", at); err != nil {
			return err
		}
	}
	if len(sub.Items) == 0 {
		return invalid("", "items", "A subscription must have at least one item.")
	}
	c.subscriptions.save(sub)
	if behavior == "always_invoice" {
		return c.billNow(sub)
	}
	return nil
}

func (c *call) reviseItem(sub *Subscription, r revision, prorated bool, at int64) error {
	item := &SubscriptionItem{header: header{ID: newID("si_"), Object: "subscription_item", Created: c.nowOn(sub.Clock), Scope: sub.Scope}, Metadata: map[string]string{}, Quantity: 1, Subscription: sub.ID}
	if r.id != "" {
		found, err := referred(c, c.items, r.id, "subscription_item", within(r.key, "id"))
		if err != nil || found.Subscription != sub.ID {
			return missingRef("subscription_item", within(r.key, "id"), r.id)
		}
		item = found
	}
	price, _ := c.prices.get(item.Price)
	if r.repriced || price == nil {
		parts, err := c.settleItems([]askedItem{r.askedItem}, true)
		if err != nil {
			return err
		}
		if now := c.rhythm(sub); *parts[0].price.Recurring != *now || parts[0].price.Currency != sub.Currency {
			return invalid("", r.param, "Currency and interval fields must match across all plans on this subscription. Found mismatched interval field.")
		}
		if prorated && price != nil {
			c.prorate(sub, price, item, -1, at)
		}
		item.Price = parts[0].price.ID
	} else if prorated && (r.resized || r.gone) {
		c.prorate(sub, price, item, -1, at)
	}
	for k, v := range r.metadata {
		item.Metadata[k] = v
	}
	if r.gone {
		c.items.remove(item.ID)
		sub.Items = slices.DeleteFunc(sub.Items, func(id string) bool { return id == item.ID })
		return nil
	}
	if r.resized {
		item.Quantity = r.quantity
	}
	if r.id == "" {
		c.items.add(item)
		sub.Items = append(sub.Items, item.ID)
	}
	if price, _ = c.prices.get(item.Price); prorated && (r.resized || r.repriced) {
		c.prorate(sub, price, item, 1, at)
	}
	return nil
}

// prorate credits (sign −1) or bills (+1) an item for the rest of its period, by
// the second and to the nearest cent, on the next invoice.
func (s *Server) prorate(sub *Subscription, p *Price, item *SubscriptionItem, sign, at int64) {
	words := map[int64]string{-1: "Unused time on", 1: "Remaining time on"}[sign]
	name := s.sold(p)
	if item.Quantity != 1 {
		name = fmt.Sprintf("%d × %s", item.Quantity, name)
	}
	amount := sign * share(p.times(item.Quantity), sub.PeriodEnd-at, sub.PeriodEnd-sub.PeriodStart)
	ii := s.itemOf(sub, bought{price: p, quantity: item.Quantity}, s.nowOn(sub.Clock))
	ii.Amount, ii.UnitAmount, ii.UnitExact = amount, &amount, fmt.Sprint(amount)
	ii.Description = text(fmt.Sprintf("%s %s after %s", words, name, time.Unix(at, 0).UTC().Format("02 Jan 2006")))
	ii.Proration, ii.Discountable, ii.Item, ii.Period = true, false, item.ID, Period{Start: at, End: sub.PeriodEnd}
	s.announceItem(ii)
}

// announceItem files a pending item.
func (s *Server) announceItem(ii *InvoiceItem) {
	s.invoiceItems.add(ii)
	s.emit("invoiceitem.created", ii)
}

func (c *call) getSubscriptionItem() (any, error) {
	item, err := lookup(c, c.items, c.id, "subscription_item", "id")
	if err != nil {
		return nil, err
	}
	return item, c.check()
}

func (c *call) listSubscriptionItems() (any, error) {
	sub, err := referred(c, c.subscriptions, c.str("subscription"), "subscription", "subscription")
	if err != nil {
		return nil, err
	}
	return page(c, byID(c.items, sub.Items), nil)
}

func (c *call) updateSubscriptionItem() (any, error) {
	item, err := lookup(c, c.items, c.id, "subscription_item", "id")
	if err != nil {
		return nil, err
	}
	return item, c.reviseAlone(item.Subscription, c.revisionAt("", item.ID))
}

// reviseAlone changes one item by its own route.
func (c *call) reviseAlone(id string, r revision) error {
	if err := c.check(); err != nil {
		return err
	}
	sub, err := referred(c, c.subscriptions, id, "subscription", "subscription")
	if err != nil {
		return err
	}
	if sub.over() {
		return refuse("", "", "A canceled subscription can only update its cancellation_details and metadata.")
	}
	before := c.show(sub)
	if err := c.revise(sub, []revision{r}); err != nil {
		return err
	}
	c.emitChange("customer.subscription.updated", sub.Scope, before, sub)
	return nil
}

func (c *call) createSubscriptionItem() (any, error) {
	id, r := c.str("subscription"), c.revisionAt("", "")
	r.resized = true
	if err := c.reviseAlone(id, r); err != nil {
		return nil, err
	}
	sub, _ := c.subscriptions.get(id)
	item, _ := c.items.get(sub.Items[len(sub.Items)-1])
	return item, nil
}

func (c *call) deleteSubscriptionItem() (any, error) {
	item, err := lookup(c, c.items, c.id, "subscription_item", "id")
	if err != nil {
		return nil, err
	}
	if err := c.reviseAlone(item.Subscription, revision{id: item.ID, gone: true}); err != nil {
		return nil, err
	}
	return map[string]any{"id": item.ID, "object": item.Object, "deleted": true}, nil
}
