package stripesandbox

import (
	"errors"
	"strings"
)

func (c *call) createAccountLink() (any, error) {
	id, kind := c.need("account"), c.oneOf("type", "", "account_onboarding", "account_update")
	c.need("type")
	l := &AccountLink{RefreshURL: c.str("refresh_url"), ReturnURL: c.str("return_url"), Kind: kind, Account: id}
	c.ignore("collect", "collection_options")
	if err := c.check(); err != nil {
		return nil, err
	}
	a, err := c.connected(id)
	if err != nil {
		return nil, err
	}
	if kind == "account_update" && a.Type != "custom" {
		return nil, invalid("", "type", "You cannot create `account_update` type Account Links for this account. Valid types for this account are [\"account_onboarding\"].")
	}
	for param, u := range map[string]string{"refresh_url": l.RefreshURL, "return_url": l.ReturnURL} {
		if u == "" {
			return nil, invalid("parameter_missing", param, "Missing required param: %s.", param)
		}
		if !isURL(u) {
			return nil, invalid("url_invalid", param, "Not a valid URL")
		}
	}
	l.header = header{ID: token(24), Object: "account_link", Created: c.now}
	l.ExpiresAt, l.URL = c.now+300, c.baseURL+"/setup/e/"+a.ID+"/"+l.ID
	a.Linked = true
	c.accounts.save(a)
	c.links.add(l)
	return withoutID(c.show(l)), nil
}

func withoutID(m map[string]any) map[string]any { delete(m, "id"); return m }

func (c *call) createLoginLink() (any, error) {
	a, err := c.connected(c.id)
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if a.Type != "express" {
		return nil, refuse("", "", "Invalid account: %s is not an Express account.", a.ID)
	}
	if !a.Submitted {
		return nil, refuse("", "", "Cannot create a login link for an account that has not completed onboarding.")
	}
	l := c.logins.add(&LoginLink{header: header{ID: token(24), Object: "login_link", Created: c.now}, Account: a.ID})
	l.URL = c.baseURL + "/express/" + a.ID + "/" + l.ID
	return withoutID(c.show(l)), nil
}

// ErrLinkUsed says that a link was opened before, has expired, or its account
// is rejected: the visitor belongs to the link's RefreshURL.
var ErrLinkUsed = errors.New("the account link was used or has expired")

// OpenAccountLink uses an account link up: it opens once, within 300 seconds.
// With ErrLinkUsed the link is still returned, for its RefreshURL; it is nil
// when there is no such link.
func (s *Server) OpenAccountLink(account, token string) (link *AccountLink, err error) {
	err = s.do(func() error {
		l, ok := s.links.get(token)
		if !ok || l.Account != account {
			return missing("account_link", "id", token)
		}
		link = l
		a, ok := s.accounts.get(account)
		if l.Used || l.ExpiresAt <= s.now || !ok || a.Rejected != "" || a.Disconnected {
			return ErrLinkUsed
		}
		l.Used = true
		s.links.save(l)
		return nil
	})
	return link, err
}

// OpenLoginLink uses a login link up; it opens once.
func (s *Server) OpenLoginLink(account, token string) error {
	return s.do(func() error {
		l, ok := s.logins.get(token)
		if !ok || l.Account != account || l.Used {
			return ErrLinkUsed
		}
		l.Used = true
		s.logins.save(l)
		return nil
	})
}

// OnboardingForm is what an owner types on the hosted onboarding pages. Facts
// are by Stripe's dotted names (individual.first_name); empty ones say nothing.
type OnboardingForm struct {
	Facts              map[string]string
	BusinessType       string // individual unless said
	ProductDescription string
	Routing, Account   string // the bank account, where given
	Agree              bool   // to the terms
	IP                 string
	// Done sends the form: details_submitted. Before, what was typed is kept.
	Done bool
}

// SubmitOnboarding keeps what an owner typed and, when done, sends it.
func (s *Server) SubmitOnboarding(account string, f OnboardingForm) error {
	return s.do(func() error {
		a, ok := s.accounts.get(account)
		if !ok {
			return noAccess(account)
		}
		if f.Account != "" {
			if _, err := s.addBank(a, BankAccount{Number: f.Account, Routing: text(f.Routing), Country: a.Country, Currency: a.DefaultCurrency}, true); err != nil {
				return err
			}
		}
		s.change(a, func() { s.fillFromForm(a, f) })
		return nil
	})
}

func (s *Server) fillFromForm(a *Account, f OnboardingForm) {
	for k, v := range f.Facts {
		if v = strings.TrimSpace(v); v != "" {
			a.Facts[k] = v
		}
	}
	a.BusinessType = orText(text(f.BusinessType), orText(a.BusinessType, "individual"))
	a.BusinessProfile["product_description"] = orText(text(f.ProductDescription), a.BusinessProfile["product_description"])
	if f.Agree {
		a.TOS = TOSAcceptance{Date: number(s.now), IP: text(orElse(f.IP, "127.0.0.1"))}
	}
	if f.Done {
		a.Submitted = true
		if a.Check == "failed" || a.Demand != "" {
			a.Check, a.Demand = "", "" // what was demanded is looked at anew
		}
	}
}

// Onboard takes an account where onboarding can end: active, pending (the check
// still runs), restricted (a document is demanded), rejected, or due (active,
// with a later demand in 14 days).
func (s *Server) Onboard(account, outcome string) (found *Account, err error) {
	err = s.do(func() error {
		a, ok := s.accounts.get(account)
		if !ok {
			return noAccess(account)
		}
		found = a
		if len(a.Banks) == 0 {
			if _, err := s.addBank(a, BankAccount{Number: "000123456789", Routing: "110000000", Country: a.Country, Currency: a.DefaultCurrency}, true); err != nil {
				return err
			}
		}
		return s.onboardTo(a, outcome)
	})
	return found, err
}

func (s *Server) onboardTo(a *Account, outcome string) error {
	form := OnboardingForm{Facts: testPerson(), Agree: true, Done: true, ProductDescription: "A home to rent", BusinessType: "individual"}
	s.change(a, func() {
		s.fillFromForm(a, form)
		a.Rejected, a.Failures, a.Demand = "", nil, ""
		s.stop(timerCheck, a.ID)
		switch outcome {
		case "pending":
			a.Check = "pending" // until onboarded again: no timer
		case "restricted":
			a.Check = "failed"
			a.Failures = []RequirementError{{Code: "verification_document_failed_other", Reason: "A document is needed.", Requirement: "individual.verification.document"}}
		case "rejected":
			a.Rejected = "fraud"
		case "due":
			a.Check, a.Demand, a.DemandBy = "verified", "individual.verification.document", s.now+14*day
			s.at(a.DemandBy, timerDemand, a.ID)
		default:
			a.Check = "verified"
		}
	})
	switch outcome {
	case "", "active", "pending", "restricted", "rejected", "due":
		return nil
	}
	return invalid("", "outcome", "Invalid outcome: must be one of active, pending, restricted, rejected, due")
}

// testPerson passes every check at once.
func testPerson() map[string]string {
	return map[string]string{
		"individual.first_name": "Jenny", "individual.last_name": "Rosen", "individual.email": "jenny@example.com", "individual.phone": "0000000000",
		"individual.dob.day": "1", "individual.dob.month": "1", "individual.dob.year": "1902", "individual.ssn_last_4": "0000",
		"individual.address.line1": "address_full_match", "individual.address.city": "South San Francisco", "individual.address.state": "CA",
		"individual.address.postal_code": "94080",
	}
}

// Deauthorize is the owner disconnecting from the platform.
func (s *Server) Deauthorize(account string) error {
	return s.do(func() error { return s.deauthorize(account) })
}

func (s *Server) deauthorize(account string) error {
	a, ok := s.accounts.get(account)
	if !ok || a.Disconnected {
		return noAccess(account)
	}
	a.Disconnected = true
	s.accounts.save(a)
	s.emitOn(a.ID, "account.application.deauthorized", s.application())
	return nil
}
