package stripesandbox

import (
	"io"
	"net/http"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// invoiceView reads an invoice for its page. The lock is held.
func (s *Server) invoiceView(id string) (v hosted.InvoicePage, found bool) {
	inv, ok := s.invoices.get(id)
	if !ok || inv.Status == "draft" {
		return v, false
	}
	v = hosted.InvoicePage{
		Merchant: s.merchant(inv.Scope), Number: string(inv.Number), Customer: string(orText(inv.CustomerName, inv.CustomerEmail)), Status: inv.Status,
		Total: money(inv.Total, inv.Currency), Due: money(inv.AmountRemaining, inv.Currency), Issued: instant(int64(inv.EffectiveAt)), Action: "/i/" + inv.ID,
	}
	if inv.DueDate > 0 {
		v.DueDate = instant(int64(inv.DueDate))
	}
	for _, l := range inv.Lines {
		v.Lines = append(v.Lines, hosted.InvoiceLine{Description: string(l.Description), Amount: money(l.Amount, l.Currency), From: instant(l.Period.Start), To: instant(l.Period.End)})
	}
	if in, ok := s.intents.get(string(inv.Intent)); ok {
		v.Processing = in.Status == "processing"
		if in.Status == "requires_action" {
			v.Challenge = "/3ds/" + in.ID
		}
	}
	return v, true
}

func (s *Server) invoiceShow(w http.ResponseWriter, r *http.Request) {
	var v hosted.InvoicePage
	var found bool
	s.look(func() { v, found = s.invoiceView(r.PathValue("id")) })
	if !found {
		s.nothingHere(w)
		return
	}
	s.drawInvoicePage(w, http.StatusOK, v)
}

func (s *Server) drawInvoicePage(w http.ResponseWriter, code int, v hosted.InvoicePage) {
	v.Form.CVC = ""
	s.reply(w, code, func(w io.Writer) error { return hosted.Invoice(w, v) })
}

// invoicePay takes the posted form: it fills in a test number, or pays.
func (s *Server) invoicePay(w http.ResponseWriter, r *http.Request) {
	var v hosted.InvoicePage
	var found bool
	var now time.Time
	s.look(func() { v, found = s.invoiceView(r.PathValue("id")); now = instant(s.now) })
	switch {
	case !found:
		s.nothingHere(w)
		return
	case !v.Payable():
		http.Redirect(w, r, v.Action, http.StatusSeeOther)
		return
	}
	v.Form = readCheckout(r)
	v.Form.Method = "card"
	if number := r.PostFormValue("use_card"); number != "" {
		fillCard(&v.Form, number, now)
		s.drawInvoicePage(w, http.StatusOK, v)
		return
	}
	if v.Errors = checkCard(v.Form, now); len(v.Errors) > 0 {
		s.drawInvoicePage(w, http.StatusUnprocessableEntity, v)
		return
	}
	next, err := s.PayInvoice(r.PathValue("id"), payer(v.Form, checkoutView{now: now}))
	switch {
	case err == nil:
		http.Redirect(w, r, next, http.StatusSeeOther)
	case asAPIError(err).Status >= http.StatusInternalServerError:
		s.trouble(w, "Invoicing", err)
	default:
		v.Declined = asAPIError(err).Message
		s.drawInvoicePage(w, http.StatusPaymentRequired, v)
	}
}

// checkCard finds what can be seen to be wrong with a card without its bank.
func checkCard(f hosted.CheckoutForm, now time.Time) map[string]string {
	c := &formCheck{words: hosted.WordsFor("en", ""), wrong: map[string]string{}}
	c.card(f, now)
	c.need(f.Name != "", "name")
	return c.wrong
}

// PayInvoice pays an open invoice as its page does, and keeps the card for the
// subscription. It answers where the person goes next.
func (s *Server) PayInvoice(id string, p Payer) (next string, err error) {
	err = s.do(func() error {
		inv, ok := s.invoices.get(id)
		if !ok || inv.Status != "open" {
			return refuse("", "", "There is nothing to pay here.")
		}
		card, ok := cardByNumber(p.Card)
		if !ok || card.code == "incorrect_number" {
			return refuse("incorrect_number", "number", "Your card number is incorrect.")
		}
		pm := s.newCardMethod(inv.Scope, card, p.ExpMonth, p.ExpYear, p.billing(inv.CustomerEmail))
		in, ok := s.intents.get(string(inv.Intent))
		if !ok {
			return refuse("", "", "There is nothing to pay here.")
		}
		if inv.Subscription != "" {
			in.FutureUsage = "off_session" // the next months are paid with it too
		}
		in.ReturnURL = string(inv.HostedURL)
		s.intents.save(in)
		next = "/i/" + inv.ID
		if err := s.collectInvoice(inv, text(pm.ID), false); err != nil {
			return s.withState(err)
		}
		if in.Status == "requires_action" {
			next = "/3ds/" + in.ID
		}
		return nil
	})
	return next, err
}
