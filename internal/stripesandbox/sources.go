package stripesandbox

import (
	"maps"
	"slices"
)

// Sources are cards and bank accounts of the older kind. Each is a payment method
// under the same id, so that intents can use it.
func sourceOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/customers/{id}/sources":              (*call).createSource,
		"GET /v1/customers/{id}/sources":               (*call).listSources,
		"GET /v1/customers/{id}/sources/{sub}":         (*call).getSource,
		"POST /v1/customers/{id}/sources/{sub}":        (*call).updateSource,
		"DELETE /v1/customers/{id}/sources/{sub}":      (*call).deleteSource,
		"POST /v1/customers/{id}/sources/{sub}/verify": (*call).verifySource,
	}
}

func (c *call) createSource() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "customer")
	if err != nil {
		return nil, err
	}
	token, param := c.str("source"), "source"
	var ba *BankAccount
	for _, key := range []string{"source", "card", "bank_account"} {
		if spelled := c.readSource(key); spelled != nil {
			ba = spelled
		} else if v := c.str(key); v != "" {
			token, param = v, key
		}
	}
	metadata := c.metadata("metadata", nil)
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case ba != nil:
		err = c.settleSource(ba)
	case token == "":
		err = invalid("parameter_missing", "source", "Missing required param: source.")
	default:
		ba, err = c.sourceOf(token, param)
	}
	if err != nil {
		return nil, err
	}
	before := c.show(cu)
	if err := c.addSource(cu, ba); err != nil {
		return nil, err
	}
	maps.Copy(ba.Metadata, metadata)
	c.emit("customer.source.created", ba)
	c.emitChange("customer.updated", cu.Scope, before, cu)
	return ba, nil
}

// linked finds a source of the customer in the path.
func (c *call) linked() (*Customer, *BankAccount, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "customer")
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(cu.Sources, c.sub) {
		return nil, nil, missing("source", "id", c.sub)
	}
	ba, err := lookup(c, c.banks, c.sub, "source", "id")
	return cu, ba, err
}

func (c *call) getSource() (any, error) {
	_, ba, err := c.linked()
	if err != nil {
		return nil, err
	}
	return ba, c.check()
}

func (c *call) listSources() (any, error) {
	cu, err := lookup(c, c.customers, c.id, "customer", "customer")
	if err != nil {
		return nil, err
	}
	object := c.wants("object")
	return page(c, byID(c.banks, cu.Sources), func(ba *BankAccount) bool { return object(ba.Object) })
}

func (c *call) updateSource() (any, error) {
	_, ba, err := c.linked()
	if err != nil {
		return nil, err
	}
	before := c.show(ba)
	ba.Metadata = c.metadata("metadata", ba.Metadata)
	if ba.Card != nil {
		c.updateCard(ba.Card)
	}
	c.into("account_holder_name", &ba.HolderName)
	c.into("account_holder_type", &ba.HolderType)
	if err := c.check(); err != nil {
		return nil, err
	}
	if pm, ok := c.methods.get(ba.ID); ok && ba.Card != nil {
		if err := c.cardExpiry(ba.Card.ExpMonth, ba.Card.ExpYear); err != nil {
			return nil, err
		}
		pm.Card["exp_month"], pm.Card["exp_year"], pm.Billing.Name, pm.Billing.Address = ba.Card.ExpMonth, ba.Card.ExpYear, ba.Card.Name, ba.Card.Address
		c.methods.save(pm)
	}
	c.emitChange("customer.source.updated", ba.Scope, before, ba)
	return ba, nil
}

// deleteSource takes a source away; the next newest becomes the default.
func (c *call) deleteSource() (any, error) {
	cu, ba, err := c.linked()
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	before := c.show(cu)
	cu.Sources = slices.DeleteFunc(cu.Sources, func(id string) bool { return id == ba.ID })
	cu.Methods = slices.DeleteFunc(cu.Methods, func(id string) bool { return id == ba.ID })
	if string(cu.DefaultSource) == ba.ID {
		cu.DefaultSource = ""
		if len(cu.Sources) > 0 {
			cu.DefaultSource = text(cu.Sources[0])
		}
	}
	c.emit("customer.source.deleted", ba)
	c.methods.remove(ba.ID)
	c.banks.remove(ba.ID)
	c.emitChange("customer.updated", cu.Scope, before, cu)
	return map[string]any{"id": ba.ID, "object": ba.Object, "deleted": true}, nil
}

// verifySource takes the two amounts that the bank statement shows: 32 and 45.
func (c *call) verifySource() (any, error) {
	_, ba, err := c.linked()
	if err != nil {
		return nil, err
	}
	amounts := c.list("amounts")
	if err := c.check(); err != nil {
		return nil, err
	}
	switch {
	case ba.Card != nil:
		return nil, refuse("", "", "Only bank accounts can be verified; %s is a card.", ba.ID)
	case ba.Status == "verified":
		return nil, refuse("bank_account_verified", "", "This bank account has already been verified.")
	case !slices.Equal(amounts, []string{"32", "45"}) && !slices.Equal(amounts, []string{"45", "32"}):
		return nil, refuse("", "amounts", "The amounts provided do not match the amounts that were sent to the bank account.")
	}
	before := c.show(ba)
	ba.Status = "verified"
	if pm, ok := c.methods.get(ba.ID); ok {
		pm.Ready = true
		c.methods.save(pm)
	}
	c.emitChange("customer.source.updated", ba.Scope, before, ba)
	return ba, nil
}
