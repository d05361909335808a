package stripesandbox

import (
	"io"
	"net/http"
	"net/url"

	"hearth/internal/stripesandbox/hosted"
)

// challengeView is an intent as its bank's page needs it.
type challengeView struct {
	page    hosted.ChallengePage
	waiting bool
	back    string // where the platform or the session wants the person
}

// lookAtChallenge reads an intent that was confirmed by the API or by Checkout.
func (s *Server) lookAtChallenge(id string) (v challengeView, found bool) {
	s.look(func() {
		var method text
		var session string
		if in, ok := s.intents.get(id); ok {
			found, method, session = true, in.Method, in.Session
			v = challengeView{waiting: in.Status == "requires_action", back: returnOf("payment_intent", in.ReturnURL, in.ID, in.ClientSecret, in.Status),
				page: hosted.ChallengePage{Merchant: s.merchant(in.Scope), Amount: money(in.Amount, in.Currency), Action: "/3ds/" + in.ID}}
		} else if si, ok := s.setups.get(id); ok {
			found, method, session = true, si.Method, si.Session
			v = challengeView{waiting: si.Status == "requires_action", back: returnOf("setup_intent", si.ReturnURL, si.ID, si.ClientSecret, si.Status),
				page: hosted.ChallengePage{Merchant: s.merchant(si.Scope), Setup: true, Action: "/3ds/" + si.ID}}
		}
		if pm, ok := s.methods.get(string(method)); ok {
			v.page.Last4 = pm.Number[max(0, len(pm.Number)-4):]
		}
		if cs, ok := s.sessions.get(session); ok {
			v.back = "/c/pay/" + cs.ID
		}
	})
	return v, found
}

// returnOf is an intent's return_url with what Stripe adds to it.
func returnOf(noun, to, id, secret, status string) string {
	u, err := url.Parse(to)
	if err != nil || webLink(to) == "" {
		return ""
	}
	outcome := "succeeded"
	if status == "requires_payment_method" {
		outcome = "failed"
	}
	q := u.Query()
	q.Set(noun, id)
	q.Set(noun+"_client_secret", secret)
	q.Set("redirect_status", outcome)
	u.RawQuery = q.Encode()
	return u.String()
}

func (s *Server) challengeShow(w http.ResponseWriter, r *http.Request) {
	v, ok := s.lookAtChallenge(r.PathValue("id"))
	if !ok || !v.waiting {
		s.challengeOver(w, r, v)
		return
	}
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Challenge(w, v.page) }, v.back)
}

func (s *Server) challengeAnswer(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, err := s.CompleteChallenge(id, r.PostFormValue("outcome") == "complete"); err != nil && asAPIError(err).Status >= http.StatusInternalServerError {
		s.trouble(w, "Checkout", err)
		return
	}
	v, _ := s.lookAtChallenge(id)
	s.challengeOver(w, r, v)
}

// challengeOver sends the person on; a refusal is the platform's to explain.
func (s *Server) challengeOver(w http.ResponseWriter, r *http.Request, v challengeView) {
	if v.back == "" {
		s.notice(w, http.StatusOK, hosted.NoticePage{Surface: "Checkout", Title: "Your bank has its answer", Text: "You can close this page."})
		return
	}
	http.Redirect(w, r, v.back, http.StatusSeeOther)
}

// receipt is the page behind a charge's receipt_url.
func (s *Server) receipt(w http.ResponseWriter, r *http.Request) {
	var p hosted.ReceiptPage
	found := false
	s.look(func() {
		ch, ok := s.charges.get(r.PathValue("id"))
		if found = ok && ch.Status == "succeeded"; !found {
			return
		}
		p = hosted.ReceiptPage{Merchant: s.merchant(ch.Scope), Charge: ch.ID, Description: string(ch.Description), Paid: instant(ch.Created),
			Amount: money(ch.Amount, ch.Currency), Refunded: money(ch.Refunded, ch.Currency), Method: methodInWords(ch)}
	})
	if !found {
		s.nothingHere(w)
		return
	}
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Receipt(w, p) })
}

// methodInWords names a card or bank account by kind and last digits.
func methodInWords(ch *Charge) string {
	kind := map[any]string{sepaDebit: "SEPA Direct Debit", usBank: "US bank account"}[ch.MethodDetails["type"]]
	if card, ok := ch.MethodDetails["card"].(map[string]any); ok {
		kind, _ = card["brand"].(string)
	}
	return kind + " •••• " + ch.Number[max(0, len(ch.Number)-4):]
}
