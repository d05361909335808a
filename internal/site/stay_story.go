package site

import (
	"context"
	"slices"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payment"
	"hearth/internal/view"
)

// story tells what happened to a stay, in plain words, newest first. Viewer is
// "tenant" or "owner": what became of the tenant's cards is the tenant's own
// affair.
func (s *Server) story(ctx context.Context, st stay, viewer string) ([]view.Happening, error) {
	steps, err := booking.History(ctx, s.DB, st.Booking.ID)
	if err != nil {
		return nil, err
	}
	var all []view.Happening
	for i, step := range steps {
		if settled(step, st.Booking) {
			continue
		}
		all = append(all, stepWords(step, viewer))
		if i > 0 || viewer != "tenant" {
			continue
		}
		for _, c := range st.Money.Charges { // Stripe counts seconds: within one, first booked, then paid
			all = append(all, chargeWords(c))
		}
	}
	for _, r := range st.Money.Refunds {
		all = append(all, refundWords(r))
	}
	for i := range all {
		all[i].At = all[i].At.In(st.Booking.Location())
	}
	slices.SortStableFunc(all, func(a, b view.Happening) int {
		return a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second))
	})
	slices.Reverse(all)
	return all, nil
}

// stepWords is a step of the booking.
func stepWords(step booking.Step, viewer string) view.Happening {
	h := view.Happening{At: step.At}
	say := func(icon, tone, title, text string) { h.Icon, h.Tone, h.Title, h.Text = icon, tone, title, text }
	by := map[string]string{"tenant": " by the tenant", "owner": " by the owner", "admin": " by Hearth"}[step.Actor]
	if step.Actor == viewer {
		by = " by you"
	}
	if step.FromStatus == booking.Requested && step.ToStatus == booking.Requested {
		return answerWords(step, by)
	}
	switch {
	case step.FromStatus == step.ToStatus && step.ToStatus == booking.Held:
		say("undo-2", "", "Nights given up"+by, "")
	case step.FromStatus == step.ToStatus:
		say("undo-2", "warn", "Cancellation asked for"+by, "The payment goes back as soon as it arrives.")
	case step.ToStatus == booking.Held:
		say("calendar-plus", "", "Booked", "The nights are held while the payment is made.")
	case step.ToStatus == booking.Processing:
		say("loader", "info", "Payment on its way", "Bank payments take a few days. The nights stay taken.")
	case step.ToStatus == booking.Requested:
		say("hourglass", "info", "Asked the owner", "The card is held, and charged only when the owner accepts.")
	case step.ToStatus == booking.Confirmed:
		say("check", "ok", "Stay confirmed", "The payment has arrived.")
	case step.ToStatus == booking.Completed:
		say("flag", "", "Stay completed", "")
	case step.ToStatus == booking.Expired:
		say("timer", "", "Hold ended", "Nothing was paid in time, and the nights were released.")
	case step.ToStatus == booking.Failed:
		say("circle-alert", "bad", "Payment failed", "The bank refused the payment, and the nights were released.")
	case step.ToStatus == booking.Declined:
		say("ban", "", "Declined"+by, step.Reason)
	case step.ToStatus == booking.Lapsed:
		say("timer", "", "Request lapsed", step.Reason+".")
	case step.FromStatus == booking.Requested && step.ToStatus == booking.Cancelled:
		say("x", "", "Request withdrawn"+by, "Nothing was charged.")
	case step.FromStatus == booking.Held:
		say("x", "", "Nights released", "Nothing was charged.")
	default:
		say("x", "", "Cancelled"+by, givenReason(step))
	}
	return h
}

// givenReason is what a person said; the words of our own are left out.
func givenReason(step booking.Step) string {
	if step.ActorID == nil || step.Reason == "Cancelled" {
		return ""
	}
	return step.Reason
}

func chargeWords(c payment.Charge) view.Happening {
	switch {
	case c.Status == "succeeded" && !c.Captured:
		return view.Happening{Icon: "credit-card", Tone: "info", Title: "Card held, not charged", Text: card(c), At: c.CreatedAt}
	case c.Status == "succeeded":
		return view.Happening{Icon: "credit-card", Tone: "ok", Title: "Paid", Text: card(c), At: c.CreatedAt}
	case c.Status == "failed":
		return view.Happening{Icon: "triangle-alert", Tone: "warn", Title: "A payment was declined", Text: declined(c), At: c.CreatedAt}
	}
	return view.Happening{Icon: "loader", Tone: "info", Title: "Payment started", Text: card(c), At: c.CreatedAt}
}

// declined is what Stripe says about a refused card, in words for its owner.
func declined(c payment.Charge) string {
	if c.FailureMessage == "" {
		return card(c)
	}
	return card(c) + ": " + c.FailureMessage
}

func refundWords(r payment.Refund) view.Happening {
	h := view.Happening{Icon: "undo-2", Tone: "info", Title: "Refund of " + r.Money().Format() + " asked for", At: r.CreatedAt}
	switch r.Status {
	case "succeeded", "pending":
		h.Title, h.Code = "Refund of "+r.Money().Format(), r.StripeID()
	case "failed", "canceled":
		h.Icon, h.Tone, h.Title, h.Text = "circle-alert", "bad", "A refund of "+r.Money().Format()+" could not be made", "We have been told, and take care of it."
	}
	return h
}
