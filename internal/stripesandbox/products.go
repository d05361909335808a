package stripesandbox

import "slices"

func catalogOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/products":        (*call).createProduct,
		"GET /v1/products":         (*call).listProducts,
		"GET /v1/products/{id}":    (*call).getProduct,
		"POST /v1/products/{id}":   (*call).updateProduct,
		"DELETE /v1/products/{id}": (*call).deleteProduct,

		"POST /v1/prices":      (*call).createPrice,
		"GET /v1/prices":       (*call).listPrices,
		"GET /v1/prices/{id}":  (*call).getPrice,
		"POST /v1/prices/{id}": (*call).updatePrice,
	}
}

// productFrom reads a product: its own parameters, or a price's product_data.
func (c *call) productFrom(prefix string) *Product {
	key := func(k string) string { return within(prefix, k) }
	p := &Product{
		header: header{ID: orElse(c.str(key("id")), newID("prod_")), Object: "product", Created: c.now, Scope: c.scope},
		Name:   c.need(key("name")), Active: !c.has(key("active")) || c.bool(key("active")), Features: []map[string]any{}, Images: []string{}, Updated: c.now,
	}
	c.fillProduct(p, prefix)
	return p
}

// fillProduct lays what was sent over what there is.
func (c *call) fillProduct(p *Product, prefix string) {
	key := func(k string) string { return within(prefix, k) }
	for _, f := range []struct {
		name string
		to   *text
	}{{"description", &p.Description}, {"statement_descriptor", &p.Descriptor}, {"tax_code", &p.TaxCode}, {"unit_label", &p.UnitLabel}, {"url", &p.URL}} {
		if c.has(key(f.name)) {
			*f.to = c.text(key(f.name))
		}
	}
	if c.has(key("images")) {
		c.str(key("images"))
		p.Images = append([]string{}, c.list(key("images"))...)
	}
	if c.has(key("features")) {
		c.str(key("features"))
		p.Features = []map[string]any{}
		for _, k := range c.each(key("features")) {
			p.Features = append(p.Features, map[string]any{"name": c.str(k + "[name]")})
		}
	}
	if c.has(key("shippable")) {
		ships := c.bool(key("shippable"))
		p.Shippable = &ships
	}
	p.Metadata = c.metadata(key("metadata"), p.Metadata)
}

// addProduct files a product, unless its id is taken.
func (c *call) addProduct(p *Product, announce bool) error {
	if _, taken := c.products.get(p.ID); taken {
		return invalid("resource_already_exists", "id", "Product already exists.")
	}
	c.products.add(p)
	if announce {
		c.emit("product.created", p)
	}
	return nil
}

func (c *call) createProduct() (any, error) {
	p := c.productFrom("")
	var price *Price
	if c.has("default_price_data") {
		price = c.priceFrom("default_price_data")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if price != nil {
		if err := price.check("default_price_data"); err != nil {
			return nil, err
		}
		price.Product, p.DefaultPrice = p.ID, text(price.ID)
	}
	if err := c.addProduct(p, true); err != nil {
		return nil, err
	}
	if price != nil {
		c.addPrice(price, true)
	}
	return p, nil
}

func (c *call) getProduct() (any, error) {
	p, err := lookup(c, c.products, c.id, "product", "id")
	if err != nil {
		return nil, err
	}
	return p, c.check()
}

func (c *call) updateProduct() (any, error) {
	p, err := lookup(c, c.products, c.id, "product", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(p)
	c.fillProduct(p, "")
	if c.has("active") {
		p.Active = c.bool("active")
	}
	p.Name = orElse(c.str("name"), p.Name)
	wanted := c.str("default_price")
	if err := c.check(); err != nil {
		return nil, err
	}
	if wanted != "" {
		price, err := referred(c, c.prices, wanted, "price", "default_price")
		if err != nil {
			return nil, err
		}
		if price.Product != p.ID {
			return nil, invalid("", "default_price", "The price specified by `default_price` must belong to the product `%s`.", p.ID)
		}
		p.DefaultPrice = text(price.ID)
	}
	p.Updated = c.now
	c.emitChange("product.updated", p.Scope, before, p)
	return p, nil
}

func (c *call) listProducts() (any, error) {
	active, shippable, url, ids := c.wants("active"), c.wants("shippable"), c.wants("url"), c.list("ids")
	return page(c, mine(c, c.products), func(p *Product) bool {
		return active(flag(p.Active)) && url(string(p.URL)) && shippable(flag(p.Shippable != nil && *p.Shippable)) && (len(ids) == 0 || slices.Contains(ids, p.ID))
	})
}

func (c *call) deleteProduct() (any, error) {
	p, err := lookup(c, c.products, c.id, "product", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	for price := range c.prices.newest() {
		if price.Product == p.ID {
			return nil, refuse("", "id", "This product cannot be deleted because it has one or more user-created prices.")
		}
	}
	c.products.remove(p.ID)
	c.emit("product.deleted", p)
	return map[string]any{"id": p.ID, "object": "product", "deleted": true}, nil
}

// flag is a boolean as a filter spells it.
func flag(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
