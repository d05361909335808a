package stripesandbox

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// hostedWait is how long Checkout waits for the receiver of
// checkout.session.completed before it sends the person back.
const hostedWait = 10 * time.Second

// checkoutView is what a request finds behind a payment page.
type checkoutView struct {
	id        string
	page      hosted.CheckoutPage
	status    string // open, complete, expired; "" is unknown
	challenge bool   // the bank waits for an answer
	intent    string // the payment intent, once there is one
	last4     string
	methods   []string
	success   string // where a paid session leads
	leaves    bool   // the person goes there even when no bank's page came between
	cancel    string
	now       time.Time
}

// view reads a session for its page. The lock is held.
func (s *Server) view(id string) (v checkoutView) {
	cs, ok := s.sessions.get(id)
	if !ok {
		return v
	}
	v = checkoutView{
		id: cs.ID, status: cs.Status, methods: cs.MethodTypes, now: instant(s.now), cancel: string(cs.CancelURL),
		success: strings.ReplaceAll(string(cs.SuccessURL)+cs.ReturnURL, "{CHECKOUT_SESSION_ID}", cs.ID), leaves: cs.OnCompletion != "if_required",
		page: hosted.CheckoutPage{
			Merchant: s.merchant(cs.Scope), Total: money(cs.AmountTotal, cs.Currency), Hold: cs.Plan.CaptureMethod == "manual",
			Methods: cs.MethodTypes, CancelURL: webLink(string(cs.CancelURL)), Action: cs.path(), Embedded: cs.UIMode == "embedded", ExpiresAt: instant(cs.ExpiresAt),
			Form: hosted.CheckoutForm{Email: string(cs.CustomerEmail), EmailFixed: cs.CustomerEmail != "", Country: "US"},
		},
	}
	for _, l := range cs.Lines {
		v.page.Lines = append(v.page.Lines, hosted.CheckoutLine{Name: l.Name, Description: l.Description, Quantity: l.Quantity,
			Unit: money(l.UnitAmount, l.Currency), Amount: money(l.UnitAmount*l.Quantity, l.Currency)})
	}
	v.intent = string(cs.Intent)
	if in, ok := s.intents.get(v.intent); ok && in.Status == "requires_action" {
		v.challenge = true
		if pm, ok := s.methods.get(string(in.Method)); ok {
			v.last4 = pm.Number[max(0, len(pm.Number)-4):]
		}
	}
	return v
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

func (s *Server) checkoutShow(w http.ResponseWriter, r *http.Request) {
	v := s.lookAt(r)
	if v.status != "open" {
		s.checkoutOver(w, v)
		return
	}
	s.showCheckout(w, http.StatusOK, v)
}

func (s *Server) lookAt(r *http.Request) (v checkoutView) {
	s.look(func() { v = s.view(r.PathValue("id")) })
	if v.id != "" && !strings.HasPrefix(r.URL.Path, v.page.Action) {
		return checkoutView{} // hosted and embedded sessions have pages of their own
	}
	return v
}

func (s *Server) showCheckout(w http.ResponseWriter, code int, v checkoutView) {
	v.page.Form.CVC = "" // as a careful page does
	s.draw(w, code, v, func(w io.Writer) error { return hosted.Checkout(w, v.page) })
}

// draw sends a page of a session.
func (s *Server) draw(w http.ResponseWriter, code int, v checkoutView, page func(io.Writer) error) {
	s.replyUnder(hosted.CheckoutPolicy(v.page.Embedded, v.success), w, code, page)
}

// checkoutOver says what became of a session that takes no payment any more.
func (s *Server) checkoutOver(w http.ResponseWriter, v checkoutView) {
	if v.status == "complete" && v.page.Embedded {
		s.embeddedDone(w, v)
		return
	}
	p := hosted.NoticePage{Surface: "Checkout", Title: "This payment page does not exist", Text: "Check the address, or start again from the site that sent you here."}
	code := http.StatusNotFound
	switch v.status {
	case "complete":
		code = http.StatusOK
		p = hosted.NoticePage{Surface: "Checkout", Title: "You have paid already", Text: "This order is complete; you will not be charged twice.", Link: webLink(v.success), LinkLabel: "Go on to " + v.page.Merchant}
	case "expired":
		code = http.StatusGone
		p = hosted.NoticePage{Surface: "Checkout", Title: "This payment page has expired", Text: "You have not been charged. Go back to start again.", Link: webLink(v.cancel), LinkLabel: "Back to " + v.page.Merchant}
	}
	p.Embedded = v.page.Embedded
	s.draw(w, code, v, func(w io.Writer) error { return hosted.Notice(w, p) })
}

// checkoutPay takes the posted form: it fills in a test number, or pays. A
// second click finds the session complete and goes where the first one went.
func (s *Server) checkoutPay(w http.ResponseWriter, r *http.Request) {
	v := s.lookAt(r)
	if v.status != "open" {
		s.checkoutDone(w, r, v)
		return
	}
	form := readCheckout(r)
	if v.page.Form.EmailFixed {
		form.Email, form.EmailFixed = v.page.Form.Email, true
	}
	if number := r.PostFormValue("use_card"); number != "" {
		fillCard(&form, number, v.now)
	} else if number := r.PostFormValue("use_iban"); number != "" {
		fillIBAN(&form, number)
	} else if number := r.PostFormValue("use_account"); number != "" {
		fillAccount(&form, number)
	} else {
		s.attempt(w, r, v, form)
		return
	}
	v.page.Form = form
	s.draw(w, http.StatusOK, v, func(w io.Writer) error { return hosted.Checkout(w, v.page) })
}

// attempt checks the form and pays with it.
func (s *Server) attempt(w http.ResponseWriter, r *http.Request, v checkoutView, form hosted.CheckoutForm) {
	v.page.Form = form
	if v.page.Errors = checkCheckout(form, v.methods, v.now); len(v.page.Errors) > 0 {
		s.showCheckout(w, http.StatusUnprocessableEntity, v)
		return
	}
	_, err := s.Pay(r.PathValue("id"), payer(form, v.now))
	s.afterAttempt(w, r, form, err)
}

// checkoutChallenge takes the answer to the bank's question.
func (s *Server) checkoutChallenge(w http.ResponseWriter, r *http.Request) {
	v := s.lookAt(r)
	if v.status != "open" || !v.challenge {
		s.checkoutDone(w, r, v)
		return
	}
	form := readCheckout(r)
	form.EmailFixed = v.page.Form.EmailFixed
	_, err := s.CompleteChallenge(v.intent, r.PostFormValue("outcome") == "complete")
	s.afterAttempt(w, r, form, err)
}

// afterAttempt shows what an attempt came to: a refusal in place, the bank's
// question, or the way back to the merchant.
func (s *Server) afterAttempt(w http.ResponseWriter, r *http.Request, form hosted.CheckoutForm, err error) {
	v := s.lookAt(r)
	v.page.Form = form
	switch {
	case v.status != "open":
		s.checkoutDone(w, r, v)
	case err != nil && asAPIError(err).Status >= http.StatusInternalServerError:
		s.trouble(w, "Checkout", err)
	case err != nil:
		s.showRefusal(w, v, asAPIError(err))
	case v.challenge:
		p := hosted.ChallengePage{Merchant: v.page.Merchant, Amount: v.page.Total, Last4: v.last4, Action: v.page.Action + "/challenge", Embedded: v.page.Embedded, Form: form}
		s.draw(w, http.StatusOK, v, func(w io.Writer) error { return hosted.Challenge(w, p) })
	default:
		s.showCheckout(w, http.StatusOK, v)
	}
}

// showRefusal puts the bank's answer above the form, or beside the field it is about.
func (s *Server) showRefusal(w http.ResponseWriter, v checkoutView, e *apiError) {
	fields := map[string]string{"number": "number", "cvc": "cvc", "exp_month": "expiry", "exp_year": "expiry"}
	if field, ok := fields[e.Param]; ok {
		v.page.Errors = map[string]string{field: e.Message}
	} else if v.page.Declined = e.Message; e.Code == "payment_intent_authentication_failure" {
		// The API's words are for developers.
		v.page.Declined = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
	}
	s.showCheckout(w, http.StatusPaymentRequired, v)
}

// checkoutDone sends the person back to the merchant once the merchant's server
// has heard of it, or explains why there is nothing to go back with.
func (s *Server) checkoutDone(w http.ResponseWriter, r *http.Request, v checkoutView) {
	if v.status != "complete" || webLink(v.success) == "" && !v.page.Embedded {
		s.checkoutOver(w, v)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), hostedWait)
	defer cancel()
	_ = s.AwaitEvent(ctx, "checkout.session.completed", r.PathValue("id")) // late or not, the person goes on
	if v.page.Embedded {
		s.embeddedDone(w, v)
		return
	}
	// The URL goes out as the merchant wrote it: http.Redirect would re-encode.
	w.Header().Set("Location", v.success)
	w.WriteHeader(http.StatusSeeOther)
}

// path is where a session's page is.
func (cs *Session) path() string {
	if cs.UIMode == "embedded" {
		return "/c/embed/" + cs.ID
	}
	return "/c/pay/" + cs.ID
}

// embeddedDone stays in the frame: the page around it hears that the session is
// complete, and where to go.
func (s *Server) embeddedDone(w http.ResponseWriter, v checkoutView) {
	p := hosted.DonePage{Session: v.id, NoticePage: hosted.NoticePage{Title: "Thank you", Text: "Your order is complete.", LinkLabel: "Go on to " + v.page.Merchant}}
	if v.leaves {
		p.Link = webLink(v.success)
		p.Leads = p.Link
	}
	s.draw(w, http.StatusOK, v, func(w io.Writer) error { return hosted.Done(w, p) })
}
