package stripesandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// checkoutView is what a request finds behind a payment page.
type checkoutView struct {
	id      string
	page    hosted.CheckoutPage
	status  string               // open, complete, expired; "" is unknown
	asks    hosted.ChallengePage // what the bank waits for an answer to
	intent  string               // of what it asks about; "" asks nothing
	voucher string               // where the voucher is that the person leaves with
	success string               // where a paid session leads
	leaves  bool                 // the person goes there even when no bank's page came between
	cancel  string
	fields  []*CustomField
	now     time.Time
}

// lookAt reads a session for its page, in the person's language.
func (s *Server) lookAt(r *http.Request) (v checkoutView) {
	s.look(func() {
		if cs, ok := s.sessions.get(r.PathValue("id")); ok && strings.HasPrefix(r.URL.Path, cs.path()) { // hosted and embedded sessions have pages of their own
			v = s.view(cs)
		}
		v.page.Words = hosted.WordsFor(localeOf(s.sessions.get(r.PathValue("id"))), r.Header.Get("Accept-Language"))
	})
	v.asks.Words = v.page.Words
	if v.page.Form.Billing.Country == "" {
		v.page.Form.Billing.Country = v.page.Home()
	}
	return v
}

func localeOf(cs *Session, ok bool) string {
	if !ok {
		return ""
	}
	return string(cs.Locale)
}

// view is a session as its page shows it, all but the words. The lock is held.
func (s *Server) view(cs *Session) checkoutView {
	email := string(s.emailOf(cs))
	v := checkoutView{
		id: cs.ID, status: cs.Status, now: instant(s.now), cancel: string(cs.CancelURL), fields: cs.CustomFields,
		success: strings.ReplaceAll(string(cs.SuccessURL)+cs.ReturnURL, "{CHECKOUT_SESSION_ID}", cs.ID), leaves: cs.OnCompletion != "if_required",
		page: hosted.CheckoutPage{
			Merchant: s.merchant(cs.Scope), Mode: cs.Mode, Submit: string(cs.SubmitType), Total: money(cs.AmountTotal, cs.Currency), Hold: cs.Plan.CaptureMethod == "manual",
			Keeps: cs.Mode != "payment" || cs.futureUsage("card") != "", Methods: cs.MethodTypes, CancelURL: webLink(string(cs.CancelURL)),
			Action: cs.path(), Embedded: cs.UIMode == "embedded", ExpiresAt: instant(cs.ExpiresAt), Asks: asksOf(cs),
			Form: hosted.CheckoutForm{Email: email, EmailFixed: email != ""},
		},
	}
	for _, l := range cs.Lines {
		v.page.Lines = append(v.page.Lines, s.lineOf(l))
	}
	if cs.free() {
		v.page.Methods = nil
	}
	if cs.Terms != nil {
		v.page.Trial = cs.Terms.trial(s.now)
	}
	if slices.Contains(v.page.Methods, "card") {
		s.offerCards(cs, &v.page)
	}
	if in, ok := s.intentOf(cs); ok {
		s.viewIntent(in, &v)
	}
	if si, ok := s.setups.get(string(cs.Setup)); ok && si.Status == "requires_action" {
		v.intent, v.asks = si.ID, s.bankAsks(si.Scope, si.Method)
		v.asks.Setup, v.asks.Action, v.asks.Embedded = true, v.page.Action+"/challenge", v.page.Embedded
	}
	return v
}

func (s *Server) lineOf(l LineItem) hosted.CheckoutLine {
	line := hosted.CheckoutLine{Name: l.Name, Description: l.Description, Quantity: l.Quantity, Unit: money(l.UnitAmount, l.Currency), Amount: money(l.Amount, l.Currency)}
	if p, ok := s.prices.get(l.Price); ok && p.Recurring != nil {
		line.Interval, line.Count = p.Recurring.Interval, p.Recurring.Count
	}
	return line
}

// offerCards adds the cards that the customer has, and the wallets.
func (s *Server) offerCards(cs *Session, p *hosted.CheckoutPage) {
	if cs.Mode == "setup" {
		return
	}
	p.Wallets = []hosted.Choice{{Value: "apple_pay", Label: "Apple Pay"}, {Value: "google_pay", Label: "Google Pay"}, {Value: "link", Label: "Link"}}
	cu, ok := s.customers.get(string(cs.Customer))
	p.CanSave = ok && !p.Keeps
	if !ok {
		return
	}
	for _, id := range cu.Methods {
		if pm, ok := s.methods.get(id); ok && pm.Type == "card" {
			p.Saved = append(p.Saved, hosted.SavedCard{ID: pm.ID, Brand: brandName(pm.Card["brand"]), Last4: pm.Number[len(pm.Number)-4:],
				Expiry: fmt.Sprintf("%02d / %02d", orNumber(0, pm.Card["exp_month"]), orNumber(0, pm.Card["exp_year"])%100)})
		}
	}
}

// viewIntent adds what the payment itself waits for.
func (s *Server) viewIntent(in *Intent, v *checkoutView) {
	if in.Status != "requires_action" {
		return
	}
	if in.waitsForVoucher() {
		v.voucher = "/vouchers/" + in.ID
		return
	}
	v.intent, v.asks = in.ID, s.bankAsks(in.Scope, in.Method)
	v.asks.Amount = money(in.Amount, in.Currency)
	v.asks.Action, v.asks.Embedded = v.page.Action+"/challenge", v.page.Embedded
	v.leaves = v.leaves || v.asks.Bank != ""
}

// bankAsks is the question of a method's bank: 3D Secure, or iDEAL's.
func (s *Server) bankAsks(scope string, method text) hosted.ChallengePage {
	p := hosted.ChallengePage{Merchant: s.merchant(scope)}
	pm, ok := s.methods.get(string(method))
	switch {
	case ok && pm.Type == "card":
		p.Last4 = pm.Number[max(0, len(pm.Number)-4):]
	case ok && pm.Type == "ideal":
		bank, _ := pm.Other["bank"].(string)
		p.Bank = "iDEAL"
		for _, b := range hosted.Banks {
			if b.Value == bank {
				p.Bank = b.Label
			}
		}
	}
	return p
}

// asksOf is what the merchant wants to know beside the payment.
func asksOf(cs *Session) hosted.CheckoutAsks {
	says := func(place string) string {
		m, _ := cs.CustomText[place].(map[string]any)
		words, _ := m["message"].(string)
		return words
	}
	a := hosted.CheckoutAsks{
		Phone: cs.PhoneNumbers["enabled"], Address: cs.BillingAddress == "required",
		ShippingText: says("shipping_address"), SubmitText: says("submit"), TermsText: says("terms_of_service_acceptance"),
	}
	if cs.ShippingAsked != nil {
		a.Shipping = cs.ShippingAsked.Countries
	}
	if cs.ConsentAsked != nil {
		a.Terms, a.News = cs.ConsentAsked.Terms == "required", cs.ConsentAsked.Promotions == "auto"
	}
	for _, f := range cs.CustomFields {
		field := hosted.CheckoutField{Key: f.Key, Label: string(f.Label.Custom), Kind: f.Type, Optional: f.Optional, Maximum: 255}
		switch {
		case f.Dropdown != nil:
			for _, o := range f.Dropdown.Options {
				field.Options = append(field.Options, hosted.Choice{Value: o.Value, Label: o.Label})
			}
		case f.Numeric != nil && f.Numeric.Maximum > 0:
			field.Maximum = int64(f.Numeric.Maximum)
		case f.Text != nil && f.Text.Maximum > 0:
			field.Maximum = int64(f.Text.Maximum)
		}
		a.Fields = append(a.Fields, field)
	}
	return a
}

// merchant is whom the person pays: the platform, or with a direct charge an owner.
func (s *Server) merchant(scope string) string {
	if a, ok := s.accounts.get(scope); ok {
		return orElse(s.ownerName(a), s.name)
	}
	return s.name
}

// webLink keeps a link that a browser may follow.
func webLink(link string) string {
	if u, err := url.Parse(link); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return link
	}
	return ""
}

// brandName is a card's brand as people write it.
func brandName(brand any) string {
	name, _ := brand.(string)
	if written, ok := map[string]string{"amex": "American Express", "mastercard": "Mastercard", "unionpay": "UnionPay", "jcb": "JCB", "diners": "Diners Club"}[name]; ok {
		return written
	}
	if name == "" {
		return "Card"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
