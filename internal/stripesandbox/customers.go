package stripesandbox

import (
	"iter"
	"slices"
)

func customerOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/customers":        (*call).createCustomer,
		"GET /v1/customers":         (*call).listCustomers,
		"GET /v1/customers/{id}":    (*call).getCustomer,
		"POST /v1/customers/{id}":   (*call).updateCustomer,
		"DELETE /v1/customers/{id}": (*call).deleteCustomer,

		"GET /v1/customers/{id}/payment_methods":       (*call).listCustomerMethods,
		"GET /v1/customers/{id}/payment_methods/{sub}": (*call).getCustomerMethod,
	}
}

// newCustomer is a customer about whom nothing is known yet; it is not filed.
func (s *Server) newCustomer(scope string) *Customer {
	return &Customer{header: header{ID: newID("cus_"), Object: "customer", Created: s.now, Scope: scope},
		TaxExempt: "none", NextInvoice: 1, Locales: []string{}, InvoicePrefix: text(upperToken(8)), Metadata: map[string]string{}}
}

func (c *call) createCustomer() (any, error) {
	cu := c.newCustomer(c.scope)
	c.fillCustomer(cu)
	method, clock, source, spelled := c.str("payment_method"), c.text("test_clock"), c.str("source"), c.readSource("source")
	if err := c.check(); err != nil {
		return nil, err
	}
	if clock != "" {
		if _, err := referred(c, c.clocks, string(clock), "test clock", "test_clock"); err != nil {
			return nil, err
		}
		cu.Clock, cu.Created = clock, c.nowOn(clock)
	}
	c.customers.add(cu)
	if err := c.replaceSource(cu, source, spelled); err != nil {
		return nil, err
	}
	if err := c.adopt(cu, method); err != nil {
		return nil, err
	}
	if err := c.checkDefault(cu); err != nil {
		return nil, err
	}
	c.emit("customer.created", cu)
	return cu, nil
}

// adopt attaches what a new customer was made with.
func (c *call) adopt(cu *Customer, method string) error {
	if method == "" {
		return nil
	}
	pm, err := c.useMethod(method)
	if err != nil {
		return err
	}
	return c.attach(pm, cu)
}

// checkDefault wants the default method to be one of the customer's own.
func (c *call) checkDefault(cu *Customer) error {
	const param = "invoice_settings[default_payment_method]"
	id := string(cu.InvoiceSettings.DefaultMethod)
	if id == "" || !c.has(param) {
		return nil
	}
	if id == c.str("payment_method") && len(cu.Methods) > 0 { // the one just attached, by a name that makes a new one each time
		cu.InvoiceSettings.DefaultMethod = text(cu.Methods[0])
		return nil
	}
	pm, err := c.useMethod(id)
	if err != nil {
		return missingRef("PaymentMethod", param, id)
	}
	if string(pm.Customer) != cu.ID {
		return refuse("resource_missing", param, "The customer does not have a payment method with the ID %s. The payment method must be attached to the customer.", id)
	}
	cu.InvoiceSettings.DefaultMethod = text(pm.ID)
	return nil
}

func (c *call) fillCustomer(cu *Customer) {
	for _, f := range []struct {
		key string
		to  *text
	}{{"email", &cu.Email}, {"name", &cu.Name}, {"phone", &cu.Phone}, {"description", &cu.Description}, {"tax_exempt", &cu.TaxExempt}, {"invoice_prefix", &cu.InvoicePrefix},
		{"invoice_settings[default_payment_method]", &cu.InvoiceSettings.DefaultMethod}, {"invoice_settings[footer]", &cu.InvoiceSettings.Footer}} {
		c.into(f.key, f.to)
	}
	cu.Address, cu.Shipping = c.address("address", cu.Address), c.shipping("shipping", cu.Shipping)
	if c.has("balance") {
		cu.Balance = c.int("balance")
	}
	if c.has("next_invoice_sequence") {
		cu.NextInvoice = c.positive("next_invoice_sequence")
	}
	if c.has("preferred_locales") {
		cu.Locales = append([]string{}, c.list("preferred_locales")...)
	}
	if c.has("invoice_settings[custom_fields]") {
		cu.InvoiceSettings.CustomFields = nil
		for _, k := range c.each("invoice_settings[custom_fields]") {
			cu.InvoiceSettings.CustomFields = append(cu.InvoiceSettings.CustomFields, InvoiceField{c.need(k + "[name]"), c.need(k + "[value]")})
		}
	}
	if v := c.str("invoice_settings[rendering_options][amount_tax_display]"); v != "" {
		cu.InvoiceSettings.Rendering = map[string]string{"amount_tax_display": v}
	}
	cu.Metadata = c.metadata("metadata", cu.Metadata)
}

// address lays a postal address over the one there is; an empty one unsets it.
func (c *call) address(key string, old *Address) *Address {
	if !c.has(key) {
		return old
	}
	if v, sent := c.values[key]; sent && v[0] == "" {
		c.str(key)
		return nil
	}
	a := Address{}
	if old != nil {
		a = *old
	}
	c.fillAddress(key, &a)
	return &a
}

func (c *call) fillAddress(key string, a *Address) {
	c.into(key+"[city]", &a.City)
	c.into(key+"[country]", &a.Country)
	c.into(key+"[line1]", &a.Line1)
	c.into(key+"[line2]", &a.Line2)
	c.into(key+"[postal_code]", &a.PostalCode)
	c.into(key+"[state]", &a.State)
}

func (c *call) shipping(key string, old *Shipping) *Shipping {
	if !c.has(key) {
		return old
	}
	if v, sent := c.values[key]; sent && v[0] == "" {
		c.str(key)
		return nil
	}
	sh := Shipping{}
	if old != nil {
		sh = *old
	}
	c.into(key+"[name]", &sh.Name)
	c.into(key+"[phone]", &sh.Phone)
	c.into(key+"[carrier]", &sh.Carrier)
	c.into(key+"[tracking_number]", &sh.Tracking)
	c.fillAddress(key+"[address]", &sh.Address)
	return &sh
}

// getCustomer shows what is left of a deleted one too.
func (c *call) getCustomer() (any, error) {
	if d, ok := c.deleted.get(c.id); ok && d.Scope == c.scope && d.Object == "customer" {
		return d, c.check()
	}
	cu, err := lookup(c, c.customers, c.id, "customer", "id")
	if err != nil {
		return nil, err
	}
	return cu, c.check()
}

func (c *call) updateCustomer() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(cu)
	c.fillCustomer(cu)
	source, spelled, preferred := orElse(c.str("source"), c.str("card")), c.readSource("card"), orElse(c.str("default_source"), c.str("default_card"))
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := c.replaceSource(cu, source, spelled); err != nil {
		return nil, err
	}
	if preferred != "" {
		if !slices.Contains(cu.Sources, preferred) {
			return nil, noLinked(cu, preferred)
		}
		cu.DefaultSource = text(preferred)
	}
	if err := c.checkDefault(cu); err != nil {
		return nil, err
	}
	c.emitChange("customer.updated", cu.Scope, before, cu)
	return cu, nil
}

func (c *call) listCustomers() (any, error) {
	email, clock := c.str("email"), c.str("test_clock") // compared letter by letter, as Stripe does
	return page(c, mine(c, c.customers), func(cu *Customer) bool {
		return (email == "" || string(cu.Email) == email) && string(cu.Clock) == clock
	})
}

// deleteCustomer leaves a stub; the customer's methods can never be used again.
func (c *call) deleteCustomer() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c.removeCustomer(cu), nil
}

func (s *Server) removeCustomer(cu *Customer) *Deleted {
	s.endAllOf(cu)
	s.emit("customer.deleted", cu)
	for pm := range s.methodsOf(cu) {
		pm.Customer, pm.Spent = "", true
		s.methods.save(pm)
	}
	for _, id := range cu.Sources {
		s.banks.remove(id)
	}
	s.customers.remove(cu.ID)
	return s.deleted.add(&Deleted{header: header{ID: cu.ID, Object: "customer", Scope: cu.Scope}, Gone: true})
}

// customerOf finds the customer that a parameter names.
func (c *call) customerOf(param, id string) (*Customer, error) {
	cu, ok := c.customers.get(id)
	if !ok || cu.Scope != c.scope {
		return nil, missingRef("customer", param, id)
	}
	c.customers.save(cu)
	return cu, nil
}

func (c *call) listCustomerMethods() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "customer")
	if err != nil {
		return nil, err
	}
	kind := c.wants("type")
	return page(c, c.methodsOf(cu), func(pm *PaymentMethod) bool { return kind(pm.Type) })
}

func (c *call) getCustomerMethod() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "customer")
	if err != nil {
		return nil, err
	}
	pm, ok := c.methods.get(c.sub)
	if !ok || string(pm.Customer) != cu.ID {
		return nil, missing("PaymentMethod", "payment_method", c.sub)
	}
	return pm, c.check()
}

// methodsOf walks a customer's payment methods, the last attached first.
func (s *Server) methodsOf(cu *Customer) iter.Seq[*PaymentMethod] { return byID(s.methods, cu.Methods) }
