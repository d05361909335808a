package stripesandbox

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hearth/internal/stripesandbox/hosted"
)

// challengeView is an intent as its bank's page needs it.
type challengeView struct {
	page    hosted.ChallengePage
	waiting bool
	back    string // where the platform or the session wants the person
}

// lookAtChallenge reads an intent that was confirmed by the API or by Checkout.
func (s *Server) lookAtChallenge(r *http.Request) (v challengeView, found bool) {
	locale := ""
	s.look(func() {
		id, session, failed := r.PathValue("id"), "", false
		if in, ok := s.intents.get(id); ok {
			found, session, failed = true, in.Session, in.Status == "requires_payment_method"
			v = challengeView{waiting: in.Status == "requires_action" && !in.waitsForVoucher(), back: returnOf("payment_intent", in.ReturnURL, in.ID, in.ClientSecret, in.Status),
				page: s.bankAsks(in.Scope, in.Method)}
			v.page.Amount = money(in.Amount, in.Currency)
		} else if si, ok := s.setups.get(id); ok {
			found, session, failed = true, si.Session, si.Status == "requires_payment_method"
			v = challengeView{waiting: si.Status == "requires_action", back: returnOf("setup_intent", si.ReturnURL, si.ID, si.ClientSecret, si.Status), page: s.bankAsks(si.Scope, si.Method)}
			v.page.Setup = true
		}
		v.page.Action = "/3ds/" + id
		if cs, ok := s.sessions.get(session); ok {
			v.back, locale = cs.path(), string(cs.Locale)
			if failed {
				v.back += "?failed=1"
			}
		}
	})
	v.page.Words = hosted.WordsFor(locale, r.Header.Get("Accept-Language"))
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
	v, ok := s.lookAtChallenge(r)
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
	v, _ := s.lookAtChallenge(r)
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

// voucherShow is the page behind an intent's hosted_voucher_url.
func (s *Server) voucherShow(w http.ResponseWriter, r *http.Request) {
	var p hosted.VoucherPage
	locale, found := "", false
	s.look(func() {
		in, ok := s.intents.get(r.PathValue("id"))
		if found = ok && slices.Contains(in.MethodTypes, "oxxo"); !found {
			return
		}
		p = hosted.VoucherPage{Merchant: s.merchant(in.Scope), Amount: money(in.Amount, in.Currency), Number: digitsOf(in.ID, 34)}
		switch {
		case in.waitsForVoucher():
			voucher, _ := in.NextAction["oxxo_display_details"].(map[string]any)
			p.ExpiresAt = instant(orNumber(0, voucher["expires_after"]))
		case in.Status == "succeeded":
			p.Standing = "paid"
		default:
			p.Standing = "over"
		}
		if cs, ok := s.sessions.get(in.Session); ok && cs.UIMode == "hosted" {
			p.Link, locale = webLink(strings.ReplaceAll(string(cs.SuccessURL), "{CHECKOUT_SESSION_ID}", cs.ID)), string(cs.Locale)
		}
	})
	if !found {
		s.nothingHere(w)
		return
	}
	p.Words = hosted.WordsFor(locale, r.Header.Get("Accept-Language"))
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Voucher(w, p) })
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

// methodInWords names how a charge was paid: a card or bank account by kind and
// last digits.
func methodInWords(ch *Charge) string {
	kind := map[any]string{sepaDebit: "SEPA Direct Debit", usBank: "US bank account", "ideal": "iDEAL", "oxxo": "OXXO"}[ch.MethodDetails["type"]]
	if ch.Number == "" {
		return kind
	}
	if card, ok := ch.MethodDetails["card"].(map[string]any); ok {
		kind, _ = card["brand"].(string)
	}
	return kind + " •••• " + ch.Number[max(0, len(ch.Number)-4):]
}
