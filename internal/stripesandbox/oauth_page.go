package stripesandbox

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"hearth/internal/stripesandbox/hosted"
)

// consentAnswer is either a page to show or a place to go to.
type consentAnswer struct {
	page *hosted.ConsentPage
	code int
	to   string
}

// consentShow is the authorize page. A request that names no place to go back
// to is explained here; any other mistake is sent back there.
func (s *Server) consentShow(w http.ResponseWriter, r *http.Request) {
	s.consent(w, r, r.URL.Query(), func(c ConsentRequest) (consentAnswer, error) {
		return consentAnswer{page: s.consentPage(r, c), code: http.StatusOK}, nil
	})
}

func (s *Server) consentPost(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	_ = r.ParseForm()
	s.consent(w, r, r.PostForm, func(c ConsentRequest) (consentAnswer, error) { return s.consentAnswer(r, c) })
}

// consent checks the request and does what the answer is, in one transaction.
func (s *Server) consent(w http.ResponseWriter, r *http.Request, form url.Values, do func(ConsentRequest) (consentAnswer, error)) {
	var c ConsentRequest
	var out consentAnswer
	err := s.do(func() (err error) {
		if c, err = s.consentFrom(r.URL.Path, form); err == nil {
			out, err = do(c)
		}
		return err
	})
	e, refused := errors.AsType[*oauthError](err)
	switch {
	case refused && e.Kind != "invalid_client" && e.Kind != "invalid_redirect_uri":
		to := c.back(url.Values{"error": {e.Kind}, "error_description": {e.Description}})
		http.Redirect(w, r, to, http.StatusSeeOther)
	case refused:
		s.notice(w, http.StatusBadRequest, hosted.NoticePage{Surface: "Connect", Title: "This request cannot be shown", Text: err.Error()})
	case err != nil:
		s.trouble(w, "Connect", err)
	case out.page != nil:
		s.reply(w, out.code, func(w io.Writer) error { return hosted.Consent(w, *out.page) }, c.RedirectURI)
	default:
		http.Redirect(w, r, out.to, http.StatusSeeOther)
	}
}

// consentPage asks who the person is. The lock is held.
func (s *Server) consentPage(r *http.Request, c ConsentRequest) *hosted.ConsentPage {
	p := &hosted.ConsentPage{Platform: s.name, Write: c.Scope == "read_write", Express: c.Express, Register: c.Landing == "register", Action: r.URL.Path, Fields: c.fields(),
		Email: c.User["email"], BusinessName: c.User["business_name"], BusinessType: c.User["business_type"], Country: orElse(strings.ToUpper(c.User["country"]), "US")}
	if c.Express {
		return p
	}
	for a := range s.accounts.newest() {
		if a.Type == "standard" && a.Rejected == "" {
			p.Accounts = append(p.Accounts, hosted.ConsentAccount{ID: a.ID, Name: orElse(s.ownerName(a), string(a.Email)), Connected: !a.Disconnected})
		}
	}
	return p
}

// fields carry the request along in a form.
func (c ConsentRequest) fields() []hosted.Hidden {
	out := []hosted.Hidden{{Name: "client_id", Value: c.ClientID}, {Name: "scope", Value: c.Scope}, {Name: "state", Value: c.State}, {Name: "redirect_uri", Value: c.RedirectURI},
		{Name: "response_type", Value: c.ResponseType}, {Name: "stripe_landing", Value: c.Landing}}
	if c.Always {
		out = append(out, hosted.Hidden{Name: "always_prompt", Value: "true"})
	}
	for k, v := range c.User {
		out = append(out, hosted.Hidden{Name: "stripe_user[" + k + "]", Value: v})
	}
	for _, name := range c.Suggested {
		out = append(out, hosted.Hidden{Name: "suggested_capabilities[]", Value: name})
	}
	return out
}

// consentAnswer does what the pressed button says: log in as an account, let the
// platform have it, make a new one, skip its form, or say no. The lock is held.
func (s *Server) consentAnswer(r *http.Request, c ConsentRequest) (consentAnswer, error) {
	account, known := s.accounts.get(r.PostForm.Get("account"))
	known = known && account.Type == "standard" && account.Rejected == "" && !c.Express
	switch r.PostForm.Get("answer") {
	case "login":
		page := s.consentPage(r, c)
		if !known {
			page.Errors = map[string]string{"account": "Choose an account."}
			return consentAnswer{page: page, code: http.StatusUnprocessableEntity}, nil
		}
		if account.Disconnected || c.Always {
			page.Confirm = &hosted.ConsentAccount{ID: account.ID, Name: orElse(s.ownerName(account), string(account.Email)), Connected: !account.Disconnected}
			return consentAnswer{page: page, code: http.StatusOK}, nil
		}
		return consentAnswer{to: s.grant(c, account.ID)}, nil
	case "connect", "skip":
		if known {
			return consentAnswer{to: s.grant(c, account.ID)}, nil
		}
		a := s.newcomer(r, c)
		return consentAnswer{to: s.grant(c, a.ID)}, s.onboardTo(a, "active")
	case "register":
		if email := r.PostForm.Get("email"); !c.Express && !emailShape.MatchString(email) {
			page := s.consentPage(r, c)
			page.Email, page.Register, page.Errors = email, true, map[string]string{"email": "Enter your e-mail address."}
			return consentAnswer{page: page, code: http.StatusUnprocessableEntity}, nil
		}
		a := s.newcomer(r, c)
		l := s.addLink(a, &AccountLink{Kind: "account_onboarding", RefreshURL: s.denied(c), ReturnURL: s.denied(c), Consent: &c})
		return consentAnswer{to: l.URL}, nil
	}
	return consentAnswer{to: s.denied(c)}, nil
}

// newcomer is an account that a person makes on the way: not yet the platform's
// to see, with what the platform and the person told.
func (s *Server) newcomer(r *http.Request, c ConsentRequest) *Account {
	told := func(key string) string { return strings.TrimSpace(orElse(r.PostForm.Get(key), c.User[key])) }
	kind := "standard"
	if c.Express {
		kind = "express"
	}
	a := s.newAccount(kind, orElse(strings.ToUpper(told("country")), "US"))
	a.Disconnected, a.Linked, a.Email = true, true, text(told("email"))
	if currency := c.User["currency"]; len(currency) == 3 {
		a.DefaultCurrency = strings.ToLower(currency)
	}
	asked := c.Suggested
	if len(asked) == 0 {
		asked = []string{"card_payments", "transfers"}
	}
	for _, name := range asked {
		a.Requested[name] = s.now
	}
	s.accounts.add(a)
	switch told("business_type") {
	case "individual", "sole_prop":
		a.BusinessType = "individual"
	case "company", "corporation", "llc", "partnership":
		a.BusinessType = "company"
	case "non_profit":
		a.BusinessType = "non_profit"
	}
	for key, profile := range map[string]string{"business_name": "name", "url": "url", "product_description": "product_description"} {
		if v := told(key); v != "" {
			a.BusinessProfile[profile] = v
		}
	}
	if a.isCompany() && told("business_name") != "" {
		s.learn(a, "company.name", told("business_name"))
	}
	for key, fact := range map[string]string{"email": "email", "phone_number": "phone", "first_name": "first_name", "last_name": "last_name", "dob_day": "dob.day", "dob_month": "dob.month",
		"dob_year": "dob.year", "street_address": "address.line1", "city": "address.city", "state": "address.state", "zip": "address.postal_code"} {
		if v := told(key); v != "" {
			s.learn(a, "individual."+fact, v)
		}
	}
	s.derive(a)
	return a
}
