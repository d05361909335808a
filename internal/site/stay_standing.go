package site

import (
	"fmt"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payment"
)

// standing is how a trip stands, in words for its tenant.
type standing struct {
	Icon, Tone, Title, Text string
	Waiting                 bool // Stripe's word is still to come: the page listens for it
}

// standingOf says where a booking and its payment are. Every state has its own
// words.
func standingOf(b booking.Booking, m stayMoney) standing {
	paid := m.Payment.Status == payment.Paid
	switch {
	case b.Status == booking.Held && b.CancelRequestedAt != nil:
		return standing{Waiting: true, Title: "Releasing your nights…", Text: "We are asking Stripe to close the payment page. Nothing is charged once it is closed."}
	case b.Status == booking.Held:
		return standing{Waiting: true, Title: "Confirming your payment…", Text: "We are waiting for Stripe to tell us about it. That usually takes a few seconds. It is safe to close this page: we’ll mail you."}
	case b.Status == booking.Processing && b.CancelRequestedAt != nil:
		return standing{"undo-2", "warn", "Your cancellation is noted", "The payment is still on its way. As soon as it arrives, all of it goes back to you.", false}
	case b.Status == booking.Processing:
		return standing{"loader", "info", "Your bank is sending the payment", "Bank payments take up to four business days. Your nights are kept for you until then. It is safe to close this page: we’ll mail you when your stay is confirmed.", false}
	case b.Status == booking.Requested:
		return requestStanding(b)
	case b.Status == booking.Confirmed:
		return standing{"circle-check", "ok", "Your stay is confirmed", "We have mailed you the confirmation.", false}
	case b.Status == booking.Completed:
		return standing{"flag", "", "Your stay is over", "We hope you felt at home.", false}
	case paid && b.ConfirmedAt == nil && b.Answer != "":
		return standing{"undo-2", "warn", "Your request had ended when your card was charged", fmt.Sprintf("All of it, %s, goes back to you.", m.Payment.Money(m.Payment.AmountReceived).Format()), false}
	case paid && b.ConfirmedAt == nil:
		return standing{"undo-2", "warn", "We are sorry: those nights were no longer free", fmt.Sprintf("Your payment came after the nights had gone to somebody else. All of it, %s, goes back to you.", m.Payment.Money(m.Payment.AmountReceived).Format()), false}
	case b.Status == booking.Declined, b.Status == booking.Lapsed, b.Status == booking.Cancelled && b.Answer == booking.AnswerWithdraw:
		return endedStanding(b)
	case b.Status == booking.Cancelled && b.ConfirmedAt == nil:
		return standing{"x", "", "You gave these nights back", "Nothing was charged.", false}
	case b.Status == booking.Cancelled:
		return standing{"x", "", "This stay is cancelled", "", false}
	case b.Status == booking.Failed:
		return standing{"circle-alert", "bad", "The payment did not go through", "Your bank refused it, so the nights were released. Nothing was charged. You can book again with another means of payment.", false}
	}
	return standing{"timer", "warn", "The time to pay has run out", "Nothing was charged, and the nights were released. If they are still free, you can book them again.", false}
}

// Bookable reports whether the tenant may want to book the same nights again.
func (st stay) Bookable() bool {
	s := st.Booking.Status
	return !s.Takes() && s != booking.Completed
}

// BookAgainHref leads to the same stay once more.
func (st stay) BookAgainHref() string {
	b := st.Booking
	return fmt.Sprintf("%s/book?in=%s&out=%s&guests=%d", st.Home.Href, b.CheckIn.Format(time.DateOnly), b.CheckOut.Format(time.DateOnly), b.Guests)
}
