package stripesandbox

import "slices"

// capabilityNames are those an account may ask for.
var capabilityNames = []string{
	"acss_debit_payments", "affirm_payments", "afterpay_clearpay_payments", "au_becs_debit_payments", "bacs_debit_payments", "bancontact_payments", "bank_transfer_payments",
	"blik_payments", "boleto_payments", "card_issuing", "card_payments", "cartes_bancaires_payments", "cashapp_payments", "eps_payments", "fpx_payments", "giropay_payments",
	"grabpay_payments", "ideal_payments", "india_international_payments", "jcb_payments", "klarna_payments", "konbini_payments", "legacy_payments", "link_payments", "oxxo_payments",
	"p24_payments", "paynow_payments", "promptpay_payments", "revolut_pay_payments", "sepa_debit_payments", "sofort_payments", "swish_payments", "tax_reporting_us_1099_k",
	"tax_reporting_us_1099_misc", "transfers", "treasury", "us_bank_account_ach_payments", "zip_payments",
}

// capabilityOf finds the account and the name of a capability in the path.
func (c *call) capabilityOf() (*Account, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(capabilityNames, c.sub) {
		return nil, missing("capability", "capability", c.sub)
	}
	return a, nil
}

func (c *call) getCapability() (any, error) {
	a, err := c.capabilityOf()
	if err != nil {
		return nil, err
	}
	return c.capability(a, c.sub), c.check()
}

func (c *call) listCapabilities() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	data := []any{}
	for _, name := range capabilityNames {
		if a.Requested[name] > 0 {
			data = append(data, c.show(c.capability(a, name)))
		}
	}
	return map[string]any{"object": "list", "data": data, "has_more": false, "url": c.path}, c.check()
}

func (c *call) updateCapability() (any, error) {
	a, err := c.capabilityOf()
	if err != nil {
		return nil, err
	}
	wanted, sent := c.bool("requested"), c.has("requested")
	if err := c.check(); err != nil {
		return nil, err
	}
	if sent {
		c.change(a, func() { c.request(a, c.sub, wanted) })
	}
	return c.capability(a, c.sub), nil
}

// embedAccount shows an account as its platform may see it: who is behind an
// Express or Standard account is gone once a link was made.
func (s *Server) embedAccount(a *Account, m map[string]any) {
	if a.Type != "standard" {
		url := "/v1/accounts/" + a.ID
		m["external_accounts"] = s.sublist(a.Banks, url+"/external_accounts")
		if a.Type == "express" {
			m["login_links"] = s.sublist(nil, url+"/login_links")
		}
	}
	if a.closed() {
		delete(m, "tos_acceptance")
		return
	}
	if a.isCompany() {
		m["company"] = showCompany(a)
	} else if p := s.individual(a); p != nil {
		m["individual"] = s.show(p)
	}
}
