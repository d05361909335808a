package site

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/view"
)

// disputeAsk is what an admin can do about a dispute. Each asks first, on a page
// that says what will happen; the form carries what the admin has seen.
type disputeAsk struct {
	Key    string // in the address
	Offer  string // the button that leads to the page
	Title  string
	Text   string // what will happen
	Button string
	Danger bool
	Seen   string
	Cannot string // why it cannot be done now, "" when it can

	do func(ctx context.Context, by booking.Actor, seen, reason string) error
}

// adminDisputeAskPage asks.
type adminDisputeAskPage struct {
	page
	Dispute disputeRow
	Ask     disputeAsk
	Staged  *payment.Answer // what goes to the bank
	Fields  []evidenceText
	Papers  []paperLink
	Form    disputeAskForm
	Errors  map[string]string
}

type disputeAskForm struct {
	Seen   string `form:"seen"`
	Reason string `form:"reason"`
}

// disputeAsks are the acts, those that cannot be done now too.
func (s *Server) disputeAsks(ctx context.Context, c checkout.Case, v *payment.Recovery, answers []payment.Answer) ([]disputeAsk, error) {
	recover, err := s.askToRecover(ctx, c, v)
	return []disputeAsk{s.askToSubmit(c, answers), recover, s.askToReturn(c, v), s.askToAccept(c)}, err
}

func (s *Server) askToSubmit(c checkout.Case, answers []payment.Answer) disputeAsk {
	a := disputeAsk{Key: "submit", Offer: "Submit the evidence", Title: "Submit the evidence to the bank", Button: "Submit it, for good", Seen: strconv.Itoa(len(answers)),
		Text: "The bank reads exactly what is above. It is final: banks take evidence once. Their decision takes weeks, sometimes months.",
		do: func(ctx context.Context, by booking.Actor, seen, reason string) error {
			number, _ := strconv.Atoi(seen) // what is no number was never shown
			return s.Checkout.SubmitEvidence(ctx, by, c.Dispute.ID, number, reason)
		}}
	switch staged := len(answers) > 0 && !answers[len(answers)-1].Submit && answers[len(answers)-1].State == "done"; {
	case !c.Dispute.Answerable():
		a.Cannot = "The bank takes no evidence any more."
	case !staged:
		a.Cannot = "Keep the evidence at Stripe first, and look at it."
	}
	return a
}

func (s *Server) askToRecover(ctx context.Context, c checkout.Case, v *payment.Recovery) (disputeAsk, error) {
	can, err := payment.ToRecover(ctx, s.DB, c.Payment, c.Dispute)
	fee := c.Payment.Money(payment.FeeShare(c.Payment, can.Amount.Minor))
	a := disputeAsk{Key: "recover", Offer: "Take the owner’s part back", Title: "Take the owner’s part back", Danger: true, Seen: strconv.FormatInt(can.Amount.Minor, 10),
		Button: "Take back " + can.Amount.Sub(fee).Format(),
		Text: fmt.Sprintf("The transfer is reversed by %s and we give up our fee of %s on it, so that %s loses %s. Where their balance is too low they owe it, and later payouts keep it back. By itself this happens only when the dispute is lost; when it is won after all, they get it back.",
			can.Amount.Format(), fee.Format(), c.Owner.Name, can.Amount.Sub(fee).Format()),
		do: func(ctx context.Context, by booking.Actor, seen, reason string) error {
			minor, _ := strconv.ParseInt(seen, 10, 64)
			return s.Checkout.RecoverDispute(ctx, by, c.Dispute.ID, c.Payment.Money(minor), reason)
		}}
	if v != nil || c.Dispute.Inquiry() || c.Dispute.Withdrawn <= 0 || can.Amount.IsZero() {
		a.Cannot = "There is nothing to take back: the bank holds none of our money, or it was taken back already."
	}
	return a, err
}

func (s *Server) askToReturn(c checkout.Case, v *payment.Recovery) disputeAsk {
	a := disputeAsk{Key: "return", Offer: "Give it back again", Title: "Give the owner’s part back", Button: "Ask Stripe again", Seen: "0", Cannot: "There is nothing to give back.",
		do: func(ctx context.Context, by booking.Actor, seen, reason string) error {
			attempt, _ := strconv.Atoi(seen)
			return s.Checkout.ReturnAgain(ctx, by, c.Dispute.ID, attempt, reason)
		}}
	if v != nil && v.State == "returning" && v.FailureReason != "" {
		a.Cannot, a.Seen = "", strconv.Itoa(v.ReturnAttempt)
		a.Text = fmt.Sprintf("The dispute was won, and Stripe refused to transfer %s to %s: %s. Mend the cause first.", v.Net().Format(), c.Owner.Name, v.FailureReason)
	}
	return a
}

func (s *Server) askToAccept(c checkout.Case) disputeAsk {
	a := disputeAsk{Key: "accept", Offer: "Accept the dispute", Title: "Accept the dispute", Button: "Give it up, for good", Danger: true, Seen: c.Dispute.Status,
		Text: fmt.Sprintf("The tenant keeps %s at once, and it cannot be taken back. It counts like a lost dispute: the owner’s part is taken back from %s, our fee and the dispute fee are gone.", c.Dispute.Money().Format(), c.Owner.Name),
		do: func(ctx context.Context, by booking.Actor, seen, reason string) error {
			return s.Checkout.AcceptDispute(ctx, by, c.Dispute.ID, seen, reason)
		}}
	if c.Dispute.Status != "needs_response" {
		a.Cannot = "Only a chargeback that waits for an answer can be accepted. This one is " + view.Spoken(c.Dispute.Status) + "."
	}
	return a
}

// asked is the act of the address.
func (s *Server) asked(r *http.Request) (checkout.Case, disputeAsk, error) {
	c, err := s.oneDispute(r)
	if err != nil {
		return c, disputeAsk{}, err
	}
	v, err := s.recoveryOf(r.Context(), c.Dispute.ID)
	if err != nil {
		return c, disputeAsk{}, err
	}
	answers, err := payment.AnswersOf(r.Context(), s.DB, c.Dispute.ID)
	if err != nil {
		return c, disputeAsk{}, err
	}
	asks, err := s.disputeAsks(r.Context(), c, v, answers)
	for _, a := range asks {
		if a.Key == r.PathValue("act") && err == nil {
			return c, a, nil
		}
	}
	if err == nil {
		err = fault.New(fault.NotFound, noSuchAct)
	}
	return c, disputeAsk{}, err
}

func (s *Server) getAdminDisputeAsk(w http.ResponseWriter, r *http.Request) error {
	c, a, err := s.asked(r)
	if err != nil {
		return err
	}
	if a.Cannot != "" {
		err = fault.New(fault.Conflict, "%s", a.Cannot)
	}
	return s.disputeAskPage(w, r, c, a, disputeAskForm{Seen: a.Seen}, err)
}

func (s *Server) disputeAskPage(w http.ResponseWriter, r *http.Request, c checkout.Case, a disputeAsk, form disputeAskForm, wrong error) error {
	p := adminDisputeAskPage{page: s.base(r, a.Title), Dispute: s.disputeRowOf(c), Ask: a, Form: form, Errors: formErrors(wrong)}
	p.Nav = "admin:disputes"
	if a.Key == "submit" {
		var err error
		if p.Staged, p.Papers, err = s.staged(r.Context(), c.Dispute.ID); err != nil {
			return err
		}
		for _, f := range checkout.EvidenceFields(c.Dispute.Reason) {
			if p.Staged != nil && p.Staged.Fields[f.Name] != "" {
				p.Fields = append(p.Fields, evidenceText{f, p.Staged.Fields[f.Name]})
			}
		}
	}
	if wrong != nil {
		return s.again(w, wrong, "admin_dispute_ask", p)
	}
	return s.render(w, "admin_dispute_ask", p)
}

func (s *Server) postAdminDisputeAsk(w http.ResponseWriter, r *http.Request) error {
	c, a, err := s.asked(r)
	if err != nil {
		return err
	}
	var form disputeAskForm
	if err := decode(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	err = a.do(r.Context(), admin(r), form.Seen, form.Reason)
	if fault.Is(err, fault.Conflict) {
		form.Seen = a.Seen // the page shows it as it is now
	}
	if formErrors(err) != nil {
		return s.disputeAskPage(w, r, c, a, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", map[string]string{"submit": "The evidence is with the bank.", "recover": "The owner’s part is taken back.",
		"return": "The owner’s part is on its way back.", "accept": "The dispute is accepted."}[a.Key])
	return seeOther(w, r, "/admin/disputes/"+c.Dispute.ID)
}
