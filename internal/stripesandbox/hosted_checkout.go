package stripesandbox

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// hostedWait is how long Checkout waits for the receiver of
// checkout.session.completed before it sends the person back.
const hostedWait = 10 * time.Second

func (s *Server) checkoutShow(w http.ResponseWriter, r *http.Request) {
	v := s.lookAt(r)
	if v.status != "open" {
		s.checkoutOver(w, v)
		return
	}
	if r.URL.Query().Has("failed") { // a bank's page sent the person back
		v.page.Declined = v.page.Say("unauthenticated")
	}
	s.showCheckout(w, http.StatusOK, v)
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
	say, code := v.page.Words.Say, http.StatusNotFound
	p := hosted.NoticePage{Title: say("none_title"), Text: say("none_text")}
	switch v.status {
	case "complete":
		code = http.StatusOK
		p = hosted.NoticePage{Title: say("paid_title"), Text: say("paid_text"), Link: webLink(v.success), LinkLabel: say("go_on", v.page.Merchant)}
	case "expired":
		code = http.StatusGone
		p = hosted.NoticePage{Title: say("expired_title"), Text: say("expired_text"), Link: webLink(v.cancel), LinkLabel: say("back", v.page.Merchant)}
	}
	p.Surface, p.Words, p.Embedded = "Checkout", v.page.Words, v.page.Embedded
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

// attempt checks the form and pays with it, or with a wallet, which knows all
// but the answers to the merchant's own questions.
func (s *Server) attempt(w http.ResponseWriter, r *http.Request, v checkoutView, form hosted.CheckoutForm) {
	wallet := r.PostFormValue("wallet")
	if wallet != "" {
		fillWallet(&form, v.page.Asks)
	}
	v.page.Form = form
	if v.page.Errors = v.wrong(form, wallet); len(v.page.Errors) > 0 {
		s.showCheckout(w, http.StatusUnprocessableEntity, v)
		return
	}
	p := payer(form, v)
	if wallet != "" {
		p = Payer{Wallet: wallet, Email: p.Email, Name: p.Name, Phone: p.Phone, Country: p.Country, PostalCode: p.PostalCode, Answers: p.Answers}
	}
	_, err := s.Pay(r.PathValue("id"), p)
	s.afterAttempt(w, r, form, err)
}

// checkoutChallenge takes the answer to the bank's question.
func (s *Server) checkoutChallenge(w http.ResponseWriter, r *http.Request) {
	v := s.lookAt(r)
	if v.status != "open" || v.intent == "" {
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
		v.leaves = v.leaves || form.Method == "ideal"
		s.checkoutDone(w, r, v)
	case err != nil && asAPIError(err).Status >= http.StatusInternalServerError:
		s.trouble(w, "Checkout", err)
	case err != nil:
		s.showRefusal(w, v, asAPIError(err))
	case v.intent != "":
		v.asks.Carried = carried(r)
		s.draw(w, http.StatusOK, v, func(w io.Writer) error { return hosted.Challenge(w, v.asks) })
	default:
		s.showCheckout(w, http.StatusOK, v)
	}
}

// carried is what was typed, to take along; the security code is not.
func carried(r *http.Request) (fields []hosted.Hidden) {
	for name, values := range r.PostForm {
		if !slices.Contains([]string{"cvc", "do", "outcome", "wallet"}, name) && values[0] != "" {
			fields = append(fields, hosted.Hidden{Name: name, Value: values[0]})
		}
	}
	slices.SortFunc(fields, func(a, b hosted.Hidden) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// showRefusal puts the bank's answer above the form, or beside the field it is
// about, in the person's language where we have the words.
func (s *Server) showRefusal(w http.ResponseWriter, v checkoutView, e *apiError) {
	says := v.page.Said(orElse(e.DeclineCode, e.Code), v.page.Said(e.Code, e.Message))
	if strings.HasSuffix(e.Code, "_intent_authentication_failure") {
		says = v.page.Say("unauthenticated") // the API's words are for developers
	}
	fields := map[string]string{"number": "number", "cvc": "cvc", "exp_month": "expiry", "exp_year": "expiry", "iban": "iban"}
	if field, ok := fields[e.Param]; ok && (v.page.Form.Method == "card" || field == "iban") {
		v.page.Errors = map[string]string{field: says}
	} else {
		v.page.Declined = says
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
	switch {
	case v.page.Embedded:
		s.embeddedDone(w, v)
	case v.voucher != "":
		http.Redirect(w, r, v.voucher, http.StatusSeeOther) // it leads on to the merchant
	default:
		// The URL goes out as the merchant wrote it: http.Redirect would re-encode.
		w.Header().Set("Location", v.success)
		w.WriteHeader(http.StatusSeeOther)
	}
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
	say := v.page.Words.Say
	p := hosted.DonePage{Session: v.id, Voucher: v.voucher, NoticePage: hosted.NoticePage{Words: v.page.Words, Title: say("thanks"), Text: say("thanks_text")}}
	if v.leaves && webLink(v.success) != "" {
		p.Link, p.LinkLabel = webLink(v.success), say("go_on", v.page.Merchant)
	}
	s.draw(w, http.StatusOK, v, func(w io.Writer) error { return hosted.Done(w, p) })
}
