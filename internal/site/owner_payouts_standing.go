package site

import (
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/hosting"
	"hearth/internal/view"
)

// accountStanding is how an owner's account stands, in words for the owner.
type accountStanding struct {
	Badge       view.Badge
	Title, Text string
	Action      string // the button that leads to Stripe; "" when nothing is to be done there
	Look        bool   // the owner may ask us to look again
}

func accountStandingOf(a connect.Account) accountStanding {
	st := accountStanding{Badge: accountBadge(a)}
	explained, _ := fault.Of(hosting.Explain(a))
	switch a.State() {
	case connect.NotStarted:
		st.Title, st.Action = "Set up your payouts", "Set up payouts"
		st.Text = "Stripe pays homeowners for us. Tell Stripe who you are and where your money should go: it takes about five minutes, on Stripe’s own page. Tenants can book your homes as soon as it is done."
	case connect.Incomplete:
		st.Title, st.Action = "Stripe still needs a few things", "Continue at Stripe"
		st.Text = "Your homes go on sale when Stripe has all it needs. What you have typed there is kept."
	case connect.InReview:
		st.Title, st.Look = "Stripe is checking what you sent", true
		st.Text = "You have nothing to do. It usually takes minutes, at most a few days; we will mail you if Stripe needs more."
	case connect.Restricted:
		st.Title, st.Text, st.Look = "Your homes are off sale", "Stripe has paused your account and looks into it. You have nothing to do at the moment; Stripe’s support can tell you more.", true
		if a.NeedsAction() {
			st.Text, st.Action, st.Look = "Stripe cannot pay you until this is settled. Stays that are booked already are not affected.", "Continue at Stripe", false
		}
	case connect.Paused:
		st.Title, st.Text = "Your account is on hold", "We are looking into something: new bookings and payouts wait until we have. Stays that are booked are not affected. Write to us if you want to know more."
		if a.NeedsAction() {
			st.Action = "Continue at Stripe"
		}
	case connect.Rejected:
		st.Title, st.Text = "Stripe has closed your payout account", explained.Message
	case connect.Disconnected:
		st.Title, st.Text = "Your payout account is disconnected", explained.Message
	case connect.Active:
		return activeStanding(a, st)
	}
	return st
}

func activeStanding(a connect.Account, st accountStanding) accountStanding {
	st.Title, st.Text = "You are ready to be paid", "Tenants can book your homes, and Stripe pays you out to your bank."
	switch {
	case a.NeedsAction() && a.DueBy != nil:
		st.Title, st.Text = "Stripe needs more by "+view.DayYear(*a.DueBy), "Until then nothing changes. After that day your homes may go off sale."
	case a.NeedsAction() && a.PayoutsEnabled:
		st.Title, st.Text = "Stripe needs a little more", "Tenants can book your homes meanwhile."
	case a.NeedsAction():
		st.Title, st.Text = "Tenants can book, but your bank cannot be reached", "Payouts wait until Stripe has this. Your money is kept for you."
	case a.PayoutsPaused():
		st.Title, st.Text, st.Look = "Payouts to your bank are paused", "Tenants can book your homes, and your money is kept for you. Check your bank account in your Stripe dashboard.", true
	}
	if a.NeedsAction() {
		st.Action = "Continue at Stripe"
	}
	return st
}

// accountBadge is an account's state for lists.
func accountBadge(a connect.Account) view.Badge {
	name := map[connect.State]string{
		connect.NotStarted: "none", connect.Incomplete: "incomplete", connect.InReview: "pending", connect.Active: "enabled",
		connect.Restricted: "restricted", connect.Paused: "paused", connect.Rejected: "rejected", connect.Disconnected: "deauthorized",
	}[a.State()]
	switch {
	case a.RestrictedSoon():
		name = "restricted_soon"
	case a.PayoutsPaused():
		name = "payouts_paused"
	}
	badge, _ := view.StatusBadge("account", name) // the kind exists
	return badge
}
