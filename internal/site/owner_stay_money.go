package site

import (
	"net/http"
	"slices"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/view"
)

// ownerStayMoneyPage answers "where is my money" for one stay: what happened to
// it, day by day, what was taken off, and what it waits for.
type ownerStayMoneyPage struct {
	page
	Stay  payoutStay
	Story []view.Happening
	Lines []view.Line
	Next  string
}

func (s *Server) getOwnerStayMoney(w http.ResponseWriter, r *http.Request) error {
	b, err := s.ownStay(r)
	if err != nil {
		return err
	}
	way, err := s.Payout.WayOf(r.Context(), b.ID)
	if err != nil {
		return err
	}
	account, err := s.Hosting.Account(r.Context(), me(r).ID)
	if err != nil {
		return err
	}
	p := ownerStayMoneyPage{page: s.base(r, "Money of stay "+b.Code), Stay: payoutStay{way.Stay, s.Now(), s.Payout.DelayDays, account.Automatic(), account.PayoutsPaused()}}
	p.Nav = "owner:payouts"
	p.Story, p.Lines, p.Next = moneyStory(way, s.Now(), b.Location()), moneyLines(way), p.Stay.Note()
	return s.render(w, "owner_stay_money", p)
}

// moneyStory is the way of the money, the first step first.
func moneyStory(way payout.Way, now time.Time, zone *time.Location) (all []view.Happening) {
	netted := map[string]bool{}
	for _, l := range way.Lines {
		if l.Kind == payment.DebtRepaid || l.Kind == payment.DebtReturned {
			netted[l.ObjectID] = true
		}
	}
	for _, l := range way.Lines {
		if h, ok := lineWords(way, l, netted[l.ObjectID]); ok {
			all = append(all, h)
		}
	}
	if on := way.AvailableOn; on != nil && !on.After(now) {
		all = append(all, view.Happening{Icon: "check", Tone: "ok", Title: "Available", Text: "The tenant’s money has settled at Stripe.", At: *on})
	}
	for _, c := range way.Carriers {
		all = append(all, carrierWords(c)...)
	}
	for i := range all {
		all[i].At = all[i].At.In(zone)
	}
	slices.SortStableFunc(all, func(a, b view.Happening) int { return a.At.Truncate(time.Second).Compare(b.At.Truncate(time.Second)) })
	return all
}

// lineWords is a movement of the books in the owner's words; payouts have words
// of their own, and what is between us and Stripe is left out.
func lineWords(way payout.Way, l ledger.Line, netted bool) (view.Happening, bool) {
	amount := way.Money(l.Amount).Format()
	h := view.Happening{At: l.At, Code: l.ObjectID}
	say := func(icon, tone, title, text string) (view.Happening, bool) {
		h.Icon, h.Tone, h.Title, h.Text = icon, tone, title, text
		return h, true
	}
	switch {
	case l.Kind == "charge":
		return say("credit-card", "ok", "The tenant paid "+amount, "")
	case netted && l.Kind == "transfer":
		return say("scale", "ok", amount+" given back to you", "It was netted, and is owed no longer.")
	case l.Kind == "transfer":
		return say("arrow-right", "ok", amount+" transferred to you", "Into your balance at Stripe.")
	case l.Kind == "fee":
		return say("percent", "", "Our fee of "+amount+" taken off", "")
	case l.Kind == "fee_refund":
		return say("undo-2", "", amount+" of our fee given back to you", "")
	case netted && l.Kind == "reversal":
		return say("scale", "warn", amount+" netted off what you owed", "Taken out of this stay’s money.")
	case l.Kind == "reversal":
		return say("undo-2", "warn", amount+" taken back from you", "For a refund or a dispute.")
	case l.Kind == "refund":
		return say("undo-2", "info", amount+" refunded to the tenant", "")
	case l.Kind == "refund_failure":
		return say("circle-alert", "bad", "The tenant’s bank returned the refund of "+amount, "")
	case l.Kind == "debt" && l.Source != ledger.Revenue:
		return say("scale", "warn", "You owe "+amount, "The refund found your balance short. Your next stays make up for it.")
	case l.Kind == "debt_lifted" && l.Destination != ledger.Revenue:
		return say("scale", "info", "You no longer owe "+amount, "The refund came back.")
	case l.Kind == "dispute" && l.Destination == ledger.Disputes:
		return say("scale", "bad", "The tenant’s bank took "+amount+" back", "A dispute.")
	case l.Kind == "dispute" && l.Source == ledger.Disputes:
		return say("scale", "ok", "The tenant’s bank gave "+amount+" back", "The dispute was won.")
	}
	return h, false
}

// carrierWords is a payout's way to the bank.
func carrierWords(c payout.Carrier) []view.Happening {
	id := ""
	if c.StripeID != nil {
		id = *c.StripeID
	}
	sent := view.Happening{Icon: "landmark", Tone: "info", Title: c.PartMoney().Format() + " sent to your bank", At: c.CreatedAt, Code: id, Text: payoutText(c)}
	switch {
	case c.Part < 0:
		sent.Icon, sent.Tone, sent.Title = "scale", "warn", c.PartMoney().Neg().Format()+" made up for by another payout"
		sent.Text = "More was taken back of this stay than was still in your balance."
	case c.Status == payout.Planned:
		sent.Title = c.PartMoney().Format() + " is being sent to your bank"
	case c.Status == payout.Refused:
		sent.Tone, sent.Icon, sent.Title, sent.Text = "bad", "circle-alert", "Stripe did not make the payout", c.FailureMessage
	}
	all := []view.Happening{sent}
	switch {
	case c.ReturnedAt != nil && c.Status != payout.Refused:
		all = append(all, view.Happening{Icon: "circle-alert", Tone: "bad", Title: "The payout came back", Text: payout.Why(c.Payout) + " " + payoutRow{c.Payout}.Mend(), At: *c.ReturnedAt, Code: id})
	case c.Status == payout.Paid && c.ArrivalDate != nil && c.Part > 0:
		all = append(all, view.Happening{Icon: "check", Tone: "ok", Title: "Expected at your bank", Text: bankOf(c.Payout), At: *c.ArrivalDate})
	}
	return all
}

func payoutText(c payout.Carrier) string {
	text := "A payout of " + c.Money().Format()
	if c.Others == 1 {
		text += ", which carries another stay too"
	} else if c.Others > 1 {
		text += ", which carries more stays"
	}
	if c.Automatic {
		text += ", made by Stripe on your schedule"
	}
	text += "."
	if c.ArrivalDate != nil && (c.Status == payout.Pending || c.Status == payout.InTransit) {
		text += " Expected at your bank on " + view.DayYear(*c.ArrivalDate) + "."
	}
	return text
}

// bankOf names the bank account that a payout went to, as far as Stripe shows it.
func bankOf(p payout.Payout) string {
	if p.BankLast4 == "" {
		return ""
	}
	return p.BankName + " ····" + p.BankLast4
}

// moneyLines is the sum, to the cent.
func moneyLines(way payout.Way) []view.Line {
	owner := ledger.Owner(way.Destination)
	sums := map[string]int64{}
	netted := map[string]bool{}
	for _, l := range way.Lines {
		if l.Kind == payment.DebtRepaid || l.Kind == payment.DebtReturned {
			netted[l.ObjectID] = true
		}
	}
	for _, l := range way.Lines {
		amount := l.Amount
		switch owner {
		case l.Source:
			amount = -amount
		case l.Destination:
		default:
			continue
		}
		kind := l.Kind
		if netted[l.ObjectID] {
			kind = payment.DebtRepaid
		}
		if l.Kind != "payout" && l.Kind != "payout_return" {
			sums[kind] += amount
		}
	}
	lines := []view.Line{{Label: "Transferred to you", Value: way.Money(sums["transfer"]).Format()}, {Label: "Our fee", Value: way.Money(sums["fee"] + sums["fee_refund"]).Format()}}
	rest := way.ShareAmount - sums["transfer"] - sums["fee"] - sums["fee_refund"] - sums["reversal"] - sums[payment.DebtRepaid]
	for _, l := range []struct {
		label string
		minor int64
	}{{"Taken back for refunds and disputes", sums["reversal"]}, {"Netted off what you owed", sums[payment.DebtRepaid]}, {"Other", rest}} {
		if l.minor != 0 {
			lines = append(lines, view.Line{Label: l.label, Value: way.Money(l.minor).Format()})
		}
	}
	if lost := way.ShareAmount - way.Share().Minor; lost > 0 && way.LostAmount > 0 {
		lines = append(lines, view.Line{Label: "Kept by the tenant’s bank after a dispute", Value: way.Money(-lost).Format()})
	}
	lines = append(lines, view.Line{Label: "Yours", Value: way.Share().Format(), Sum: true}, view.Line{Label: "Sent to your bank", Value: way.Money(way.CarriedAmount).Format()})
	return append(lines, view.Line{Label: "Still to come", Value: way.Left().Format()})
}
