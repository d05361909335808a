package stripesandbox

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

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
	c.fillAccount(a)
	if err := c.check(); err != nil {
		return nil, err
	}
	if a.Requested["card_payments"] > 0 && a.Requested["transfers"] == 0 && kind != "standard" {
		return nil, invalid("", "capabilities", "You cannot request the capability card_payments without transfers.")
	}
	c.accounts.add(a)
	if err := c.addBankFrom(a); err != nil {
		return nil, err
	}
	c.derive(a)
	c.emitOn(a.ID, "account.application.authorized", c.application())
	return a, nil
}

// newAccount is an account that nobody has told anything about yet.
func (s *Server) newAccount(kind, country string) *Account {
	a := &Account{
		header: header{ID: newID("acct_"), Object: "account", Created: s.now},
		Type:   kind, Country: country, DefaultCurrency: currencyOf(country),
		Capabilities: map[string]string{}, Requested: map[string]int64{}, Facts: map[string]string{}, Metadata: map[string]string{},
		Controller: map[string]any{"type": "application", "is_controller": true}, BusinessProfile: map[string]text{},
		Settings: AccountSettings{
			Branding:     map[string]text{"icon": "", "logo": "", "primary_color": "", "secondary_color": ""},
			CardPayments: map[string]any{"decline_on": map[string]any{"avs_failure": false, "cvc_failure": false}, "statement_descriptor_prefix": nil, "statement_descriptor_prefix_kana": nil, "statement_descriptor_prefix_kanji": nil},
			Dashboard:    map[string]text{"display_name": "", "timezone": "Etc/UTC"},
			Payments:     map[string]text{"statement_descriptor": "", "statement_descriptor_kana": "", "statement_descriptor_kanji": ""},
			Payouts:      PayoutSettings{DebitNegative: kind != "custom", Schedule: Schedule{Interval: "daily", DelayDays: 2}},
			SEPA:         map[string]text{},
		},
	}
	if kind == "standard" {
		a.Controller = map[string]any{"type": "account"}
	}
	for _, k := range []string{"annual_revenue", "estimated_worker_count", "mcc", "name", "product_description", "support_address", "support_email", "support_phone", "support_url", "url"} {
		a.BusinessProfile[k] = ""
	}
	return a
}

// application is the platform as events about connecting name it.
func (s *Server) application() *header {
	return &header{ID: s.config().ClientID, Object: "application"}
}

// currencyOf is the currency an account of a country settles in.
func currencyOf(country string) string {
	switch country {
	case "US":
		return "usd"
	case "GB":
		return "gbp"
	case "CH":
		return "chf"
	case "CA":
		return "cad"
	case "AU":
		return "aud"
	case "JP":
		return "jpy"
	}
	return "eur"
}

// fillAccount reads what create and update have in common.
func (c *call) fillAccount(a *Account) {
	if c.has("email") {
		a.Email = c.text("email")
	}
	if c.has("business_type") {
		a.BusinessType = text(c.oneOf("business_type", "", "individual", "company", "non_profit", "government_entity"))
	}
	a.Metadata = c.metadata("metadata", a.Metadata)
	for k, v := range c.hash("business_profile") {
		a.BusinessProfile[k] = text(v)
	}
	c.readFacts(a)
	for key := range c.tree("capabilities") {
		name := strings.TrimSuffix(strings.TrimPrefix(key, "capabilities["), "][requested]")
		c.request(a, name, c.bool(key))
	}
	c.readPayoutSettings(a)
	for k, v := range c.hash("tos_acceptance") {
		switch k {
		case "date":
			a.TOS.Date = number(c.int("tos_acceptance[date]"))
		case "ip":
			a.TOS.IP = text(v)
		case "user_agent":
			a.TOS.UserAgent = text(v)
		}
	}
	c.ignore("settings[payments]", "settings[dashboard]", "settings[branding]", "settings[card_payments]", "business_profile", "documents")
}

func (c *call) request(a *Account, capability string, wanted bool) {
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

func (c *call) readPayoutSettings(a *Account) {
	p := &a.Settings.Payouts
	const key = "settings[payouts][schedule]"
	p.Schedule.Interval = c.oneOf(key+"[interval]", p.Schedule.Interval, "manual", "daily", "weekly", "monthly")
	if v := c.str(key + "[delay_days]"); v == "minimum" {
		p.Schedule.DelayDays = 2
	} else if v != "" {
		p.Schedule.DelayDays = c.int(key + "[delay_days]")
	}
	if v := c.str(key + "[weekly_anchor]"); v != "" {
		p.Schedule.WeeklyAnchor = v
	}
	if n := c.int(key + "[monthly_anchor]"); n > 0 {
		p.Schedule.MonthlyAnchor = n
	}
	if p.Schedule.Interval != "weekly" {
		p.Schedule.WeeklyAnchor = ""
	}
	if p.Schedule.Interval != "monthly" {
		p.Schedule.MonthlyAnchor = 0
	}
	if c.has("settings[payouts][debit_negative_balances]") {
		p.DebitNegative = c.bool("settings[payouts][debit_negative_balances]")
	}
	p.StatementDescriptor = orText(c.text("settings[payouts][statement_descriptor]"), p.StatementDescriptor)
}

// readFacts keeps what is told about the owner, by dotted name.
func (c *call) readFacts(a *Account) {
	for _, who := range []string{"individual", "company"} {
		for key, v := range c.tree(who) {
			name := strings.ReplaceAll(strings.ReplaceAll(key, "]", ""), "[", ".")
			if a.Linked && a.Type != "custom" {
				c.fail(invalid("", key, "You cannot change `%s` of this account: it is collected by Stripe's onboarding once an Account Link was made.", name))
			}
			if strings.HasPrefix(name, who+".dob.") {
				v = numeral(c.int(key))
			}
			a.Facts[name] = v
		}
	}
}

// numeral writes a number that was told; 0 stands for one that was not.
func numeral(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// tree reads everything below a key, under its full name.
func (p *params) tree(key string) map[string]string {
	out := map[string]string{}
	for k, v := range p.values {
		if strings.HasPrefix(k, key+"[") {
			p.known[k] = true
			out[k] = v[0]
		}
	}
	return out
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
	before := c.show(a)
	c.fillAccount(a)
	if err := c.addBankFrom(a); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.derive(a)
	c.emitChange("account.updated", a.ID, before, a)
	c.scheduleAutoPayout(a.ID)
	return a, nil
}

func (c *call) rejectAccount() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	reason := c.oneOf("reason", "", "fraud", "terms_of_service", "other")
	c.need("reason")
	if err := c.check(); err != nil {
		return nil, err
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
		if b.Scope == a.ID && b.Available+b.Pending != 0 {
			return nil, refuse("", "", "Account %s still has a balance; it cannot be deleted.", a.ID)
		}
	}
	c.accounts.remove(a.ID)
	return map[string]any{"id": a.ID, "object": "account", "deleted": true}, nil
}

// change alters an account, derives what follows, and tells who listens.
func (s *Server) change(a *Account, fn func()) {
	before, was := s.show(a), maps.Clone(a.Capabilities)
	fn()
	s.derive(a)
	s.accounts.save(a)
	s.emitChange("account.updated", a.ID, before, a)
	for _, name := range slices.Sorted(maps.Keys(a.Capabilities)) {
		if a.Capabilities[name] != was[name] {
			s.emitOn(a.ID, "capability.updated", s.capability(a, name))
		}
	}
	s.scheduleAutoPayout(a.ID)
}
