package stripesandbox

import (
	"math/big"
	"slices"
	"strings"
)

// priceFrom reads a price: its own parameters, or price_data, or
// default_price_data. Its product is for the caller to set.
func (c *call) priceFrom(prefix string) *Price {
	key := func(k string) string { return within(prefix, k) }
	p := &Price{
		header: header{ID: newID("price_"), Object: "price", Created: c.now, Scope: c.scope},
		Active: true, Currency: c.currency(key("currency")), Metadata: map[string]string{}, Type: "one_time",
		TaxBehavior: orElse(c.str(key("tax_behavior")), "unspecified"), UnitExact: orElse(c.str(key("unit_amount_decimal")), c.str(key("unit_amount"))),
	}
	if c.has(key("recurring")) {
		p.Type = "recurring"
		p.Recurring = &Recurring{
			Interval: c.need(key("recurring[interval]")), Count: max(1, c.positive(key("recurring[interval_count]"))),
			Usage: c.oneOf(key("recurring[usage_type]"), "licensed", "licensed", "metered"),
		}
	}
	for _, unknown := range []string{"tiers", "tiers_mode", "custom_unit_amount", "transform_quantity"} {
		if c.has(key(unknown)) {
			c.fail(invalid("", key(unknown), "The sandbox knows prices with an amount per unit only."))
		}
	}
	return p
}

// check refuses what no price can be; it settles the amount.
func (p *Price) check(prefix string) error {
	exact, ok := new(big.Rat).SetString(p.UnitExact)
	switch {
	case p.UnitExact == "":
		return invalid("parameter_missing", within(prefix, "unit_amount"), "You must specify either `unit_amount` or `unit_amount_decimal`.")
	case !ok || strings.ContainsAny(p.UnitExact, "/eE"):
		return invalid("", within(prefix, "unit_amount_decimal"), "Invalid decimal: %s", p.UnitExact)
	case exact.Sign() < 0:
		return invalid("parameter_invalid_integer", within(prefix, "unit_amount"), "This value must be greater than or equal to 0.")
	case fraction(p.UnitExact) > 12:
		return invalid("", within(prefix, "unit_amount_decimal"), "Invalid decimal: %s; must contain at maximum 12 decimal places.", p.UnitExact)
	case p.Recurring != nil && p.Recurring.Usage == "metered":
		return invalid("", within(prefix, "recurring[usage_type]"), "The sandbox knows licensed usage only.")
	}
	if p.Recurring != nil && p.Recurring.Count > maxIntervals[p.Recurring.Interval] {
		return invalid("", within(prefix, "recurring[interval_count]"), "The maximum interval is one year: 1 year, 12 months, 52 weeks or 365 days.")
	}
	p.UnitAmount = nil
	if exact.IsInt() && exact.Num().IsInt64() {
		whole := exact.Num().Int64()
		p.UnitAmount, p.UnitExact = &whole, exact.Num().String()
	}
	return nil
}

var maxIntervals = map[string]int64{"day": 365, "week": 52, "month": 12, "year": 1}

func fraction(number string) int {
	_, digits, _ := strings.Cut(number, ".")
	return len(digits)
}

// times is the price of so many units, to the nearest cent, half up.
func (p *Price) times(quantity int64) int64 {
	exact, _ := new(big.Rat).SetString(p.UnitExact)
	exact.Mul(exact, new(big.Rat).SetInt64(quantity))
	exact.Add(exact, big.NewRat(1, 2))
	return new(big.Int).Div(exact.Num(), exact.Denom()).Int64()
}

func (c *call) addPrice(p *Price, announce bool) {
	c.prices.add(p)
	if announce {
		c.emit("price.created", p)
	}
}

// filePrice files a new price under the product that it names or describes. What
// a line brings inline is for nobody else to buy, and nobody is told of it.
func (c *call) filePrice(prefix string, p *Price, made *Product, named string, inline bool) error {
	if err := p.check(prefix); err != nil {
		return err
	}
	switch {
	case made != nil && named != "":
		return invalid("", within(prefix, "product"), "You may only specify one of these parameters: product, product_data.")
	case made != nil:
		made.Active = made.Active && !inline
		if err := c.addProduct(made, !inline); err != nil {
			return err
		}
		p.Product = made.ID
	case named == "":
		return invalid("parameter_missing", within(prefix, "product"), "Missing required param: %s.", within(prefix, "product"))
	default:
		product, err := referred(c, c.products, named, "product", within(prefix, "product"))
		if err != nil {
			return err
		}
		p.Product = product.ID
	}
	p.Active = p.Active && !inline
	c.addPrice(p, !inline)
	return nil
}

// asked is what a line says about its price: which one, or what it is.
type asked struct {
	param   string
	id      string
	price   *Price
	product *Product
	named   string
}

// askedPrice reads price or price_data of a line.
func (c *call) askedPrice(line string) asked {
	a := asked{param: within(line, "price"), id: c.str(within(line, "price"))}
	if data := within(line, "price_data"); c.has(data) {
		a.price, a.named = c.priceFrom(data), c.str(within(data, "product"))
		if made := within(data, "product_data"); c.has(made) {
			a.product = c.productFrom(made)
		}
	}
	return a
}

// settle finds the price that a line asks for, or files the one it brought.
func (c *call) settle(a asked) (*Price, error) {
	switch {
	case a.id != "" && a.price != nil:
		return nil, invalid("", a.param, "You may only specify one of these parameters: price, price_data.")
	case a.price != nil:
		return a.price, c.filePrice(strings.TrimSuffix(a.param, "[price]")+"[price_data]", a.price, a.product, a.named, true)
	case a.id == "":
		return nil, invalid("parameter_missing", a.param, "Missing required param: %s.", a.param)
	}
	p, err := referred(c, c.prices, a.id, "price", a.param)
	if err == nil && !p.Active {
		err = invalid("", a.param, "The price specified is inactive. This field only accepts active prices.")
	}
	return p, err
}

func (c *call) createPrice() (any, error) {
	p := c.priceFrom("")
	p.Active = !c.has("active") || c.bool("active")
	p.LookupKey, p.Nickname, p.Metadata = c.text("lookup_key"), c.text("nickname"), c.metadata("metadata", nil)
	transfer, named := c.bool("transfer_lookup_key"), c.str("product")
	if scheme := c.str("billing_scheme"); scheme == "tiered" {
		c.fail(invalid("", "billing_scheme", "The sandbox knows prices with an amount per unit only."))
	}
	var made *Product
	if c.has("product_data") {
		made = c.productFrom("product_data")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := c.freeLookupKey(p, transfer); err != nil {
		return nil, err
	}
	return p, c.filePrice("", p, made, named, false)
}

// freeLookupKey sees to it that no other price has the lookup key.
func (c *call) freeLookupKey(p *Price, transfer bool) error {
	if p.LookupKey == "" {
		return nil
	}
	for other := range mine(c, c.prices) {
		if other.LookupKey != p.LookupKey || other.ID == p.ID {
			continue
		}
		if !transfer {
			return invalid("resource_already_exists", "lookup_key", "A price (`%s`) already uses that lookup key.", other.ID)
		}
		before := c.show(other)
		other.LookupKey = ""
		c.prices.save(other)
		c.emitChange("price.updated", other.Scope, before, other)
	}
	return nil
}

func (c *call) getPrice() (any, error) {
	p, err := lookup(c, c.prices, c.id, "price", "id")
	if err != nil {
		return nil, err
	}
	return p, c.check()
}

func (c *call) updatePrice() (any, error) {
	p, err := lookup(c, c.prices, c.id, "price", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(p)
	if c.has("active") {
		p.Active = c.bool("active")
	}
	if c.has("lookup_key") {
		p.LookupKey = c.text("lookup_key")
	}
	if c.has("nickname") {
		p.Nickname = c.text("nickname")
	}
	p.TaxBehavior = orElse(c.str("tax_behavior"), p.TaxBehavior)
	p.Metadata = c.metadata("metadata", p.Metadata)
	transfer := c.bool("transfer_lookup_key")
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := c.freeLookupKey(p, transfer); err != nil {
		return nil, err
	}
	c.emitChange("price.updated", p.Scope, before, p)
	return p, nil
}

func (c *call) listPrices() (any, error) {
	active, currency, product, kind := c.wants("active"), c.wants("currency"), c.wants("product"), c.wants("type")
	interval, usage, keys := c.wants("recurring[interval]"), c.wants("recurring[usage_type]"), c.list("lookup_keys")
	filtered := c.has("recurring")
	return page(c, mine(c, c.prices), func(p *Price) bool {
		if filtered && (p.Recurring == nil || !interval(p.Recurring.Interval) || !usage(p.Recurring.Usage)) {
			return false
		}
		return active(flag(p.Active)) && currency(p.Currency) && product(p.Product) && kind(p.Type) &&
			(len(keys) == 0 || slices.Contains(keys, string(p.LookupKey)))
	})
}
