package stripesandbox

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

func accountOperations() map[string]operation {
	return map[string]operation{
		"GET /v1/account": (*call).ownAccount,

		"POST /v1/accounts":                                (*call).createAccount,
		"GET /v1/accounts":                                 (*call).listAccounts,
		"GET /v1/accounts/{id}":                            (*call).getAccount,
		"POST /v1/accounts/{id}":                           (*call).updateAccount,
		"DELETE /v1/accounts/{id}":                         (*call).deleteAccount,
		"POST /v1/accounts/{id}/reject":                    (*call).rejectAccount,
		"GET /v1/accounts/{id}/capabilities":               (*call).listCapabilities,
		"GET /v1/accounts/{id}/capabilities/{sub}":         (*call).getCapability,
		"POST /v1/accounts/{id}/capabilities/{sub}":        (*call).updateCapability,
		"POST /v1/accounts/{id}/persons":                   (*call).createPerson,
		"GET /v1/accounts/{id}/persons":                    (*call).listPersons,
		"GET /v1/accounts/{id}/persons/{sub}":              (*call).getPerson,
		"POST /v1/accounts/{id}/persons/{sub}":             (*call).updatePerson,
		"DELETE /v1/accounts/{id}/persons/{sub}":           (*call).deletePerson,
		"POST /v1/accounts/{id}/external_accounts":         (*call).createBank,
		"GET /v1/accounts/{id}/external_accounts":          (*call).listBanks,
		"GET /v1/accounts/{id}/external_accounts/{sub}":    (*call).getBank,
		"POST /v1/accounts/{id}/external_accounts/{sub}":   (*call).updateBank,
		"DELETE /v1/accounts/{id}/external_accounts/{sub}": (*call).deleteBank,

		"POST /v1/accounts/{id}/login_links": (*call).createLoginLink,
		"POST /v1/account_links":             (*call).createAccountLink,
		"POST /v1/account_sessions":          (*call).createAccountSession,
	}
}

// ownAccount answers GET /v1/account.
func (c *call) ownAccount() (any, error) {
	if c.scope != "" {
		c.id = c.scope
		return c.getAccount()
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	cfg := c.config()
	own := c.newAccount("standard", "US").Settings // what every account shows, with the platform's own over it
	own.Dashboard["display_name"], own.Payouts.Schedule = text(c.name), cfg.PlatformSchedule
	return map[string]any{"id": cfg.Platform, "object": "account", "type": "standard", "charges_enabled": true, "payouts_enabled": true, "details_submitted": true,
		"country": "US", "default_currency": "usd", "email": "platform@example.com", "business_type": "company", "created": cfg.Created,
		"capabilities": map[string]any{"card_payments": "active", "transfers": "active"}, "metadata": map[string]any{}, "settings": plain(own)}, nil
}

func (c *call) createAccount() (any, error) {
	kind := c.oneOf("type", "standard", "express", "standard", "custom")
	a := c.newAccount(kind, orElse(strings.ToUpper(c.str("country")), "US"))
	a.DefaultCurrency = orElse(strings.ToLower(c.str("default_currency")), a.DefaultCurrency)
	c.readPayer(a)
	c.accounts.add(a)
	if err := c.fillAccount(a); err != nil {
		return nil, err
	}
	if a.Requested["card_payments"] > 0 && a.Requested["transfers"] == 0 && kind != "standard" {
		return nil, invalid("", "capabilities", "You cannot request the capability card_payments without transfers.")
	}
	c.derive(a)
	c.emitOn(a.ID, "account.application.authorized", c.application())
	for p := range c.personsOf(a) {
		c.emit("person.created", p)
	}
	return a, nil
}

// newAccount is an account that nobody has told anything about yet.
func (s *Server) newAccount(kind, country string) *Account {
	a := &Account{
		header: header{ID: newID("acct_"), Object: "account", Created: s.now},
		Type:   kind, Country: country, DefaultCurrency: currencyOf(country),
		Capabilities: map[string]string{}, Requested: map[string]int64{}, Facts: map[string]string{}, Metadata: map[string]string{},
		Controller:      map[string]any{"type": "application", "is_controller": true},
		BusinessProfile: nulls("annual_revenue", "estimated_worker_count", "mcc", "name", "product_description", "support_address", "support_email", "support_phone", "support_url", "url"),
		Settings:        newAccountSettings(kind),
	}
	if kind == "standard" {
		a.Controller = map[string]any{"type": "account"}
	}
	return a
}

// application is the platform as events about connecting name it.
func (s *Server) application() *header {
	return &header{ID: s.config().ClientID, Object: "application"}
}

// fillAccount reads what create and update have in common.
func (c *call) fillAccount(a *Account) error {
	if err := c.spread("account_token", "account"); err != nil {
		return err
	}
	if c.bool("tos_shown_and_accepted") {
		c.values.Set("tos_acceptance[date]", strconv.FormatInt(c.now, 10))
		c.values.Set("tos_acceptance[ip]", "127.0.0.1")
	}
	c.closedToPlatform(a)
	if c.has("email") {
		a.Email = c.text("email")
	}
	if c.has("business_type") {
		a.BusinessType = text(c.oneOf("business_type", "", "individual", "company", "non_profit", "government_entity"))
	}
	a.Metadata = c.metadata("metadata", a.Metadata)
	for _, who := range []string{"individual", "company", "documents"} {
		if err := c.readFacts(a, who, who); err != nil {
			return err
		}
	}
	c.readProfile(a)
	for key := range c.tree("capabilities") {
		name := strings.TrimSuffix(strings.TrimPrefix(key, "capabilities["), "][requested]")
		c.request(a, name, c.bool(key))
	}
	if err := c.readSettings(a); err != nil {
		return err
	}
	c.readAgreement("tos_acceptance", &a.TOS)
	if err := c.addBankFrom(a); err != nil {
		return err
	}
	return c.check()
}

// closedToPlatform: what Stripe collects itself, once a link was made, the
// platform may no longer write.
func (c *call) closedToPlatform(a *Account) {
	if !a.closed() {
		return
	}
	for _, key := range []string{"individual", "company", "tos_acceptance", "business_type", "account_token", "documents", "external_account"} {
		if c.has(key) {
			c.fail(closedRefusal(key))
		}
	}
}

func closedRefusal(param string) *apiError {
	return invalid("", param, "This application does not have the required permissions for the parameter '%s': once an Account Link or Account Session was made, Stripe collects it from the account's owner.", param)
}

// closed says whether who is behind the account is Stripe's to know.
func (a *Account) closed() bool { return a.Linked && a.Type != "custom" }

func (c *call) request(a *Account, capability string, wanted bool) {
	if !slices.Contains(capabilityNames, capability) {
		c.fail(invalid("parameter_unknown", "capabilities["+capability+"]", "Received unknown parameter: capabilities[%s]", capability))
		return
	}
	if !wanted {
		delete(a.Requested, capability)
		delete(a.Capabilities, capability)
		return
	}
	if a.Requested[capability] == 0 {
		a.Requested[capability] = c.now
		a.Capabilities[capability] = "inactive"
	}
}

// connected finds an account the platform may see.
func (c *call) connected(id string) (*Account, error) {
	a, ok := c.accounts.get(id)
	if !ok || a.Disconnected || c.scope != "" && c.scope != id {
		return nil, noAccess(id)
	}
	if c.writes {
		c.accounts.save(a)
	}
	return a, nil
}

func (c *call) getAccount() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	return a, c.check()
}

func (c *call) listAccounts() (any, error) {
	return page(c, c.accounts.newest(), func(a *Account) bool { return !a.Disconnected })
}

func (c *call) updateAccount() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	before := c.snapshot(a)
	if c.has("default_currency") {
		a.DefaultCurrency = strings.ToLower(c.str("default_currency"))
	}
	if err := c.fillAccount(a); err != nil {
		return nil, err
	}
	c.changed(a, before)
	return a, nil
}

func (c *call) rejectAccount() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	reason := c.need("reason")
	if err := c.check(); err != nil {
		return nil, err
	}
	if a.Type == "standard" {
		return nil, refuse("", "", "Standard accounts cannot be rejected by the platform.")
	}
	c.change(a, func() { a.Rejected = reason })
	return a, nil
}

func (c *call) deleteAccount() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	for b := range c.balances.newest() {
		if b.Scope == a.ID && (b.Available != 0 || b.Pending != 0) {
			return nil, refuse("", "", "Account %s still has a balance; it cannot be deleted.", a.ID)
		}
	}
	for _, id := range a.Persons {
		c.persons.remove(id)
	}
	for _, id := range a.Banks {
		c.banks.remove(id)
	}
	c.stop(timerCheck, a.ID)
	c.stop(timerDemand, a.ID)
	c.emitOn(a.ID, "account.application.deauthorized", c.application())
	c.accounts.remove(a.ID)
	return map[string]any{"id": a.ID, "object": "account", "deleted": true}, nil
}

// accountBefore is what an account, its capabilities and people showed before a change.
type accountBefore struct {
	shown        map[string]any
	capabilities map[string]string
	persons      map[string]map[string]any
}

func (s *Server) snapshot(a *Account) accountBefore {
	b := accountBefore{s.show(a), maps.Clone(a.Capabilities), map[string]map[string]any{}}
	for p := range s.personsOf(a) {
		b.persons[p.ID] = s.show(p)
	}
	return b
}

// change alters an account, derives what follows, and tells who listens.
func (s *Server) change(a *Account, fn func()) {
	before := s.snapshot(a)
	fn()
	s.changed(a, before)
}

// changed derives what follows from a change that was made, and tells who listens.
func (s *Server) changed(a *Account, before accountBefore) {
	s.derive(a)
	s.emitChange("account.updated", a.ID, before.shown, a)
	for _, name := range capabilityNames {
		if a.Capabilities[name] != before.capabilities[name] {
			s.emitOn(a.ID, "capability.updated", s.capability(a, name))
		}
	}
	for p := range s.personsOf(a) {
		if was, known := before.persons[p.ID]; known {
			s.emitChange("person.updated", a.ID, was, p)
		} else {
			s.emit("person.created", p)
		}
	}
	s.scheduleAutoPayout(a.ID)
}
