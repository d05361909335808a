package site

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/view"
)

// stayAnswerPage is where a request is accepted or declined, by the owner or by
// an admin for them. It shows what the owner gets before anything is done.
type stayAnswerPage struct {
	page
	stay
	TenantName string
	Earnings   []view.Line
	Until      time.Time // in the home's own time
	Left       string    // "23 hours"
	Blocked    string
	Path       string // of the stay
	ForOwner   bool
	Form       answerForm
	Errors     map[string]string
}

type answerForm struct {
	Answer string `form:"answer"` // accept, decline
	Reason string `form:"reason"`
}

func (s *Server) getStayAnswer(desk refundDesk) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		b, err := desk.find(r)
		if err != nil {
			return err
		}
		return s.stayAnswerPage(w, r, desk, b, answerForm{}, nil)
	}
}

func (s *Server) stayAnswerPage(w http.ResponseWriter, r *http.Request, desk refundDesk, b booking.Booking, form answerForm, wrong error) error {
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := stayAnswerPage{stay: st, Earnings: earnings(st), Until: b.HoldUntil.In(b.Location()), Left: leftWords(b.HoldUntil.Sub(s.Now())),
		Path: desk.path + b.Code, ForOwner: desk.nav == "owner:stays", Form: form, Errors: formErrors(wrong)}
	if !p.ForOwner {
		p.Earnings[len(p.Earnings)-1].Label = "The owner receives"
	}
	if p.TenantName, err = desk.tenantName(r.Context(), b); err != nil {
		return err
	}
	switch {
	case b.Status != booking.Requested || b.Answer != "":
		p.Blocked = "This request has been answered, or its time is over."
	case !s.Now().Before(b.HoldUntil):
		p.Blocked = "The time to answer is over. The tenant’s card is being let go."
	}
	p.page = s.base(r, "Request "+b.Code)
	p.Nav = desk.nav
	if wrong == nil {
		return s.render(w, "stay_answer", p)
	}
	return s.again(w, wrong, "stay_answer", p)
}

func (s *Server) postStayAnswer(desk refundDesk) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		b, err := desk.find(r)
		if err != nil {
			return err
		}
		var form answerForm
		if err := decode(r, &form); err != nil {
			return err
		}
		form.Reason = reasonOf(form.Reason)
		err = s.answer(r.Context(), desk.by(r), b, form)
		if formErrors(err) != nil {
			if b, gone := desk.find(r); gone == nil { // as it is now
				return s.stayAnswerPage(w, r, desk, b, form, err)
			}
		}
		if err != nil {
			return err
		}
		if b, err = booking.ByID(r.Context(), s.DB, b.ID); err != nil {
			return err
		}
		s.flash(r, "ok", answered(b))
		return seeOther(w, r, desk.path+b.Code)
	}
}

func (s *Server) answer(ctx context.Context, by booking.Actor, b booking.Booking, form answerForm) error {
	switch {
	case form.Answer == "accept":
		return s.Checkout.Accept(ctx, by, b.ID)
	case form.Answer != "decline":
		return fault.New(fault.Invalid, "Accept or decline.")
	case form.Reason == "" && by.Kind == "admin":
		return fault.Field("reason", "Say why: it is kept with the booking, and the tenant reads it.")
	}
	return s.Checkout.Decline(ctx, by, b.ID, form.Reason)
}

// answered says how an answered request stands.
func answered(b booking.Booking) string {
	switch {
	case b.Status == booking.Confirmed:
		return "Accepted: the tenant has paid, and the stay is confirmed."
	case b.Status == booking.Declined:
		return "Declined. The nights are free again, and the tenant was charged nothing."
	case b.Answer == booking.AnswerAccept:
		return "Accepted. Stripe is charging the tenant’s card; the stay is confirmed as soon as it says so."
	}
	return "Declined. Stripe is letting the tenant’s card go; then the nights are free again."
}

// postTripWithdraw takes a request back.
func (s *Server) postTripWithdraw(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	err = s.Checkout.Withdraw(r.Context(), booking.Tenant(me(r).ID), b.ID)
	if f, ok := fault.Of(err); ok && f.Kind == fault.Conflict {
		s.flash(r, "warn", f.Message)
		return seeOther(w, r, "/trips/"+b.Code)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Your request is withdrawn. Nothing was charged.")
	return seeOther(w, r, "/trips/"+b.Code)
}

// leftWords is how much time is left, roughly.
func leftWords(d time.Duration) string {
	switch {
	case d <= 0:
		return "no time"
	case d < 2*time.Hour:
		return view.Plural(max(1, int(d.Minutes())), "minute", "minutes")
	}
	return view.Plural(int(d.Hours()), "hour", "hours")
}

// untilWords is by when something is to be done, in the booking's own time.
func untilWords(b booking.Booking) string { return view.MomentZone(b.HoldUntil.In(b.Location())) }

// requestStanding is how a request stands for its tenant.
func requestStanding(b booking.Booking) standing {
	switch b.Answer {
	case "":
		return standing{"hourglass", "info", "We have asked the owner", fmt.Sprintf("They have until %s, the home’s own time, to answer. You have not been charged: your card is held for %s, charged when the owner accepts, and let go when they decline or do not answer. We mail you either way.", untilWords(b), b.Total().Format()), false}
	case booking.AnswerAccept:
		return standing{"loader", "info", "The owner has accepted", "Your card is being charged. We mail you as soon as your stay is confirmed.", false}
	}
	return standing{"loader", "", "Your request is ending", "Your card is being let go. Nothing is charged.", false}
}

const letGoText = "Nothing was charged, and your card is no longer held. Your bank may show the reserved amount for a few days more."

// endedStanding is how a request has ended for its tenant.
func endedStanding(b booking.Booking) standing {
	switch {
	case b.Status == booking.Declined:
		return standing{"ban", "", "The owner declined", letGoText, false}
	case b.Status == booking.Cancelled:
		return standing{"x", "", "You withdrew your request", letGoText, false}
	case b.Answer == booking.AnswerAccept:
		return standing{"timer", "warn", "Your card could not be charged any more", "The owner accepted, but your card was no longer held, so there is no stay. Nothing was charged.", false}
	}
	return standing{"timer", "", "Your request has lapsed", "It did not come to a stay in the time there was. " + letGoText, false}
}

// answerWords is the step in which a request was answered.
func answerWords(step booking.Step, by string) view.Happening {
	if step.Reason == acceptedReason {
		return view.Happening{At: step.At, Icon: "check", Tone: "ok", Title: "Accepted" + by, Text: "The card is charged."}
	}
	return view.Happening{At: step.At, Icon: "hourglass", Title: "Answered" + by, Text: "The card is let go."}
}

// acceptedReason is what the history says of a request that was accepted.
const acceptedReason = "Accepted"

// settled reports an answer of which the booking's end says it all.
func settled(step booking.Step, b booking.Booking) bool {
	return step.FromStatus == booking.Requested && step.ToStatus == booking.Requested && step.Reason != acceptedReason && b.Status != booking.Requested
}
