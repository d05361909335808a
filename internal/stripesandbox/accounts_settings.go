package stripesandbox

import (
	"strconv"
	"strings"
)

func newAccountSettings(kind string) AccountSettings {
	return AccountSettings{
		Bacs:         map[string]text{"display_name": "", "service_user_number": ""},
		Branding:     map[string]text{"icon": "", "logo": "", "primary_color": "", "secondary_color": ""},
		CardPayments: map[string]any{"decline_on": map[string]any{"avs_failure": false, "cvc_failure": false}, "statement_descriptor_prefix": nil, "statement_descriptor_prefix_kana": nil, "statement_descriptor_prefix_kanji": nil},
		Dashboard:    map[string]text{"display_name": "", "timezone": "Etc/UTC"},
		Invoices:     map[string]any{"default_account_tax_ids": nil},
		Payments:     map[string]text{"statement_descriptor": "", "statement_descriptor_kana": "", "statement_descriptor_kanji": ""},
		Payouts:      PayoutSettings{DebitNegative: kind != "custom", Schedule: Schedule{Interval: "daily", DelayDays: 2}},
		SEPA:         map[string]text{},
	}
}

func (c *call) readSettings(a *Account) error {
	st := &a.Settings
	for group, into := range map[string]map[string]text{"branding": st.Branding, "payments": st.Payments, "bacs_debit_payments": st.Bacs} {
		for k, v := range c.hash("settings[" + group + "]") {
			into[k] = text(v)
		}
	}
	for which, purpose := range map[string]string{"icon": "business_icon", "logo": "business_logo"} {
		if c.has("settings[branding][" + which + "]") {
			if err := c.fileFor("settings[branding]["+which+"]", purpose); err != nil {
				return err
			}
		}
	}
	for k, v := range c.hash("settings[card_payments]") {
		st.CardPayments[k] = v
	}
	if on, ok := st.CardPayments["decline_on"].(map[string]any); ok {
		for k := range c.hash("settings[card_payments][decline_on]") {
			on[k] = c.bool("settings[card_payments][decline_on][" + k + "]")
		}
	}
	for group, into := range map[string]**agreement{"card_issuing": &st.CardIssuing, "treasury": &st.Treasury} {
		if key := "settings[" + group + "][tos_acceptance]"; c.has(key) {
			fresh, told := &agreement{}, TOSAcceptance{}
			c.readAgreement(key, &told)
			fresh.TOS.Date, fresh.TOS.IP, fresh.TOS.UserAgent = told.Date, told.IP, string(told.UserAgent)
			*into = fresh
		}
	}
	c.readPayoutSettings(a)
	return nil
}

func (c *call) readPayoutSettings(a *Account) {
	p := &a.Settings.Payouts
	p.Schedule = c.readSchedule(p.Schedule)
	if c.has("settings[payouts][debit_negative_balances]") {
		p.DebitNegative = c.bool("settings[payouts][debit_negative_balances]")
	}
	p.StatementDescriptor = orText(c.text("settings[payouts][statement_descriptor]"), p.StatementDescriptor)
}

// settle leaves a schedule the anchor of its interval only.
func (sc *Schedule) settle() {
	if sc.Interval != "weekly" {
		sc.WeeklyAnchor = ""
	}
	if sc.Interval != "monthly" {
		sc.MonthlyAnchor = 0
	}
}

// readProfile reads business_profile; its name is the dashboard's too.
func (c *call) readProfile(a *Account) {
	for k, v := range c.hash("business_profile") {
		switch {
		case v == "":
			a.BusinessProfile[k] = nil
		case k == "estimated_worker_count":
			a.BusinessProfile[k] = c.int("business_profile[" + k + "]")
		default:
			a.BusinessProfile[k] = v
		}
	}
	for _, group := range []string{"annual_revenue", "monthly_estimated_revenue", "support_address"} {
		told := c.hash("business_profile[" + group + "]")
		if len(told) == 0 {
			continue
		}
		m := map[string]any{}
		if group == "support_address" {
			m = noAddress()
		}
		for k, v := range told {
			m[k] = v
			if k == "amount" {
				m[k] = c.int("business_profile[" + group + "][amount]")
			}
		}
		a.BusinessProfile[group] = m
	}
	if name := a.profile("name"); name != "" {
		a.Settings.Dashboard["display_name"] = text(name)
	}
}

func (c *call) readAgreement(key string, into *TOSAcceptance) {
	for k, v := range c.hash(key) {
		switch k {
		case "date":
			into.Date = number(c.int(key + "[date]"))
		case "ip":
			into.IP = text(v)
		case "user_agent":
			into.UserAgent = text(v)
		case "service_agreement":
			into.Agreement = v
		}
	}
}

// readFacts keeps what is told below a key as facts below a prefix; the key ""
// is the whole request. A document is a file that exists.
func (c *call) readFacts(a *Account, key, prefix string) error {
	for k, v := range c.tree(key) {
		name := strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(strings.TrimPrefix(k, key), "["), "]", ""), "[", ".")
		switch {
		case strings.HasPrefix(name, "metadata"):
			continue
		case strings.HasPrefix(name, "dob."):
			v = numeral(c.int(k))
		case v != "" && (strings.HasSuffix(name, ".front") || strings.HasSuffix(name, ".back") || strings.Contains(name, ".files.")):
			if err := c.fileFor(k, "identity_document", "additional_verification", "account_requirement"); err != nil {
				return err
			}
			name = strings.TrimSuffix(name, ".0") // the first of files stands for them
		}
		c.learn(a, prefix+"."+name, v)
	}
	return nil
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
