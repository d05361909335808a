package stripesandbox

import (
	"fmt"
	"slices"
)

// askedLine is a line item as it was sent.
type askedLine struct {
	asked
	quantity   int64
	adjustable *Adjustable
}

// askedLines reads line items.
func (c *call) askedLines() (lines []askedLine) {
	for _, k := range c.each("line_items") {
		l := askedLine{asked: c.askedPrice(k), quantity: c.positive(k + "[quantity]")}
		if !c.has(k + "[quantity]") {
			c.fail(invalid("parameter_missing", k+"[quantity]", "Quantity is required. Add `quantity` to `%s`", k))
		}
		if c.bool(k + "[adjustable_quantity][enabled]") {
			l.adjustable = &Adjustable{Minimum: c.int(k + "[adjustable_quantity][minimum]"), Maximum: c.positive(k + "[adjustable_quantity][maximum]")}
			if l.adjustable.Maximum == 0 {
				l.adjustable.Maximum = 99
			}
		}
		lines = append(lines, l)
	}
	return lines
}

// settleLines finds the prices of a session's lines, or files those they brought.
func (c *call) settleLines(cs *Session, lines []askedLine) error {
	recurring := false
	for i, l := range lines {
		p, err := c.settle(l.asked)
		if err != nil {
			return err
		}
		param := fmt.Sprintf("line_items[%d]", i)
		if p.Recurring != nil && cs.Mode == "payment" {
			return invalid("", param+"[price]", "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.")
		}
		if cs.Currency != "" && cs.Currency != p.Currency {
			return invalid("", param+"[price_data][currency]", "All prices on a Checkout session must be expressed in the same currency.")
		}
		if l.adjustable != nil && (l.quantity < l.adjustable.Minimum || l.quantity > l.adjustable.Maximum) {
			return invalid("", param+"[quantity]", "The quantity must be between the minimum (%d) and the maximum (%d) of `adjustable_quantity`.", l.adjustable.Minimum, l.adjustable.Maximum)
		}
		recurring = recurring || p.Recurring != nil
		product, _ := c.products.get(p.Product)
		cs.Currency = p.Currency
		cs.Lines = append(cs.Lines, LineItem{
			ID: newID("li_"), Price: p.ID, Product: p.Product, Currency: p.Currency, UnitAmount: p.times(1), Amount: p.times(l.quantity),
			Name: product.Name, Description: string(product.Description), Images: product.Images, Quantity: l.quantity, Adjustable: l.adjustable,
		})
	}
	if cs.Mode == "subscription" && len(lines) > 0 && !recurring {
		return invalid("", "line_items", "You must provide at least one recurring price in `subscription` mode when using prices.")
	}
	cs.total()
	return nil
}

// total sums the lines up.
func (cs *Session) total() {
	cs.AmountTotal = 0
	for _, l := range cs.Lines {
		cs.AmountTotal += l.Amount
	}
	cs.AmountSubtotal = cs.AmountTotal
}

func (c *call) sessionLines() (any, error) {
	cs, err := lookup(c, c.sessions, c.id, "checkout.session", "id")
	if err != nil {
		return nil, err
	}
	return page(c, slices.Values(c.itemsOf(cs)), nil)
}

// Item is a line as the API shows it.
type Item struct {
	header
	Discount    int64          `json:"amount_discount"`
	Subtotal    int64          `json:"amount_subtotal"`
	Tax         int64          `json:"amount_tax"`
	Total       int64          `json:"amount_total"`
	Currency    string         `json:"currency"`
	Description string         `json:"description"`
	Price       map[string]any `json:"price"`
	Quantity    int64          `json:"quantity"`
}

func (s *Server) itemsOf(cs *Session) (items []*Item) {
	for _, l := range cs.Lines {
		item := &Item{header: header{ID: l.ID, Object: "item"}, Subtotal: l.Amount, Total: l.Amount, Currency: l.Currency, Description: l.Name, Quantity: l.Quantity}
		if p, ok := s.prices.get(l.Price); ok {
			item.Price = s.show(p)
		}
		items = append(items, item)
	}
	return items
}

// lineItems is the list a session shows of its lines when it is expanded.
func (s *Server) lineItems(cs *Session) map[string]any {
	data := []any{}
	for _, item := range s.itemsOf(cs) {
		data = append(data, s.show(item))
	}
	return map[string]any{"object": "list", "data": data, "has_more": false, "url": "/v1/checkout/sessions/" + cs.ID + "/line_items"}
}
