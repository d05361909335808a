package site

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/connect"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/view"
)

// ownerTodayPage is a homeowner's day: who comes, who is there, who leaves, and
// what waits for them.
type ownerTodayPage struct {
	page
	Greeting  string
	Setup     []view.Step // nil once a home is on sale
	SetupDone int
	Todo      []view.Step
	Arriving  []dayStay // within a week
	InHouse   []dayStay
	Leaving   []dayStay // within a week
	Figures   []figure
	Chart     view.Chart
}

// dayStay is a stay on the day's list. Today says that it is today, at the home.
type dayStay struct {
	booking.Letting
	Today bool
}

const week = 7

func (s *Server) getOwnerToday(w http.ResponseWriter, r *http.Request) error {
	ctx, owner := r.Context(), me(r)
	homes, err := listing.ByOwner(ctx, s.DB, owner.ID)
	if err != nil {
		return err
	}
	account, err := s.Hosting.Account(ctx, owner.ID)
	if err != nil {
		return err
	}
	overview, err := s.Payout.Overview(ctx, owner.ID, account)
	if err != nil {
		return err
	}
	lettings, err := booking.Lettings(ctx, s.DB, owner.ID)
	if err != nil {
		return err
	}
	p := ownerTodayPage{page: s.base(r, "Today"), Greeting: "Hello, " + owner.FirstName()}
	p.Nav = "owner:today"
	p.days(lettings, s.Now())
	p.Todo = todo(account, overview, lettings)
	if err := s.setup(r, &p, homes, account); err != nil {
		return err
	}
	p.money(overview.Stays, s.Config.Currency(), s.Now())
	return s.render(w, "owner_today", p)
}

// days sorts the confirmed stays by what happens with them this week.
func (p *ownerTodayPage) days(all []booking.Letting, now time.Time) {
	for _, l := range slices.Backward(all) {
		if !l.Status.Fulfilled() {
			continue
		}
		today := calendar.Today(l.TimeZone, now)
		soon := today.AddDate(0, 0, week)
		switch {
		case !l.CheckIn.Before(today) && l.CheckIn.Before(soon):
			p.Arriving = append(p.Arriving, dayStay{l, l.CheckIn.Equal(today)})
		case l.CheckIn.Before(today) && l.CheckOut.After(today):
			p.InHouse = append(p.InHouse, dayStay{l, false})
		}
		if !l.CheckOut.Before(today) && l.CheckOut.Before(soon) {
			p.Leaving = append(p.Leaving, dayStay{l, l.CheckOut.Equal(today)})
		}
	}
}

// setup is the way to the first home on sale.
func (s *Server) setup(r *http.Request, p *ownerTodayPage, homes []listing.Listing, account connect.Account) error {
	first := view.Step{Title: "List your home", Text: "Begin with a title and a place; the rest can follow.", Action: "List your home", Href: "/owner/homes/new"}
	ready := view.Step{Title: "Publish it", Text: "When nothing is missing, offer it to tenants."}
	for _, home := range homes {
		onSale, err := listing.Sellable(r.Context(), s.DB, home.ID, s.Config.Live())
		if err != nil || onSale {
			return err
		}
		first = view.Step{Title: "List your home", Done: true}
		ready.Action, ready.Href = "Go on", "/owner/homes/"+string(home.ID)
		if home.Status == listing.Published {
			ready = view.Step{Title: "Publish it", Done: true}
			break
		}
	}
	st := accountStandingOf(account)
	pay := view.Step{Title: "Set up payouts", Text: st.Text, Done: account.CanBePaid(), Action: st.Action, Href: "/owner/payouts"}
	if pay.Done {
		pay.Text, pay.Action = "", ""
	}
	p.Setup = []view.Step{first, ready, pay}
	for _, step := range p.Setup {
		if step.Done {
			p.SetupDone++
		}
	}
	return nil
}

// todo is what waits for the owner.
func todo(a connect.Account, o payout.Overview, lettings []booking.Letting) (all []view.Step) {
	if a.DetailsSubmitted && (a.NeedsAction() || !a.CanBePaid() || a.PayoutsPaused()) && a.State() != connect.InReview {
		st := accountStandingOf(a)
		all = append(all, view.Step{Title: st.Title, Text: st.Text, Action: "See payouts", Href: "/owner/payouts"})
	}
	if len(o.Payouts) > 0 && o.Payouts[0].Status == payout.Failed {
		all = append(all, view.Step{Title: "A payout came back", Text: payout.Why(o.Payouts[0]), Action: "See payouts", Href: "/owner/payouts"})
	}
	for _, l := range lettings {
		if l.Status == booking.Requested && l.Answer == "" {
			all = append(all, view.Step{Title: l.TenantName() + " would like to stay " + view.Stay(l.CheckIn, l.CheckOut), Text: l.Title + " · answer until " + untilWords(l.Booking), Action: "Answer", Href: "/owner/stays/" + l.Code + "/answer"})
		}
	}
	for _, stay := range o.Stays {
		if stay.Disputed {
			all = append(all, view.Step{Title: "A payment is disputed", Text: "The tenant of stay " + stay.Code + " asked their bank for the money back. We answer the bank; its money is on hold.", Action: "See the stay", Href: "/owner/stays/" + stay.Code})
		}
	}
	return all
}

const monthsAround = 6

// money is what the stays bring, month by month of check-in, and its sums.
func (p *ownerTodayPage) money(stays []payout.Stay, c money.Currency, now time.Time) {
	if len(stays) == 0 {
		return
	}
	first := time.Date(now.Year(), now.Month()-monthsAround, 1, 0, 0, 0, 0, time.UTC)
	sums := make([]int64, 2*monthsAround+1)
	var ahead, month int64
	for _, stay := range stays {
		if stay.Currency != c {
			continue
		}
		i := (stay.CheckIn.Year()-first.Year())*12 + int(stay.CheckIn.Month()-first.Month())
		if i >= 0 && i < len(sums) {
			sums[i] += stay.Share().Minor
		}
		if i == monthsAround {
			month += stay.Share().Minor
		}
		if stay.PayoutID == nil {
			ahead += stay.Share().Minor
		}
	}
	p.Figures = []figure{
		{"Stays this month", "what is yours of them", money.New(month, c)},
		{"Booked, not yet paid out", "goes to your bank after check-in", money.New(ahead, c)},
	}
	p.Chart = view.Chart{Label: "What is yours of your stays, by month of check-in, in " + strings.ToUpper(string(c))}
	for i, sum := range sums {
		kind := ""
		if i == monthsAround {
			kind = "now"
		} else if i > monthsAround {
			kind = "next"
		}
		p.Chart.Bars = append(p.Chart.Bars, view.Bar{Label: first.AddDate(0, i, 0).Format("Jan"), Kind: kind, Amount: money.New(sum, c)})
	}
}
