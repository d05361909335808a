package site

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"hearth/internal/audit"
	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/ledger"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/task"
	"hearth/internal/user"
	"hearth/internal/view"
	"hearth/internal/webhook"
)

// adminAccountRoutes are one account's page and what an admin does there. An
// act asks first; a reminder and a schedule have verbs of their own.
func (s *Server) adminAccountRoutes() []Route {
	return []Route{
		get("/admin/accounts/{acct}", Admin, s.getAdminAccountShow),
		post("/admin/accounts/{acct}/schedule", Admin, s.postAdminAccountSchedule),
		get("/admin/accounts/{acct}/{act}", Admin, s.getAdminAccountAct),
		post("/admin/accounts/{acct}/{act}", Admin, s.postAdminAccountAct),
	}
}

// adminAccountShowPage is all there is to know of one connected account.
type adminAccountShowPage struct {
	page
	Account  connect.Account
	Owner    user.User
	Badge    view.Badge
	Why      []string // what stands in the way, in words
	Facts    []view.Line
	Balance  []balanceRow
	Silent   bool // Stripe did not say what the account holds
	Schedule adminScheduleForm
	Errors   map[string]string
	Payouts  []payoutRow
	Open     []booking.Booking
	Homes    []listing.Listing
	Events   []webhook.Entry
	Requests []stripeapi.Request
	Tasks    []task.Task
	Log      []auditLine
	Acts     []act
	Stripe   stripeObject
}

// balanceRow is what an account has in one currency, by Stripe and by the books.
type balanceRow struct {
	ledger.Standing
	Seen               bool // Stripe said it
	Available, Pending int64
}

// AvailableMoney is what can be paid out now.
func (b balanceRow) AvailableMoney() money.Amount { return money.New(b.Available, b.Currency) }

// PendingMoney is what the banks have not paid yet.
func (b balanceRow) PendingMoney() money.Amount { return money.New(b.Pending, b.Currency) }

// Negative reports that somebody has to make up for it.
func (b balanceRow) Negative() bool { return b.Below() || (b.Seen && b.Available+b.Pending < 0) }

func (s *Server) getAdminAccountShow(w http.ResponseWriter, r *http.Request) error {
	p, err := s.accountShow(r)
	if err != nil {
		return err
	}
	return s.render(w, "admin_account_show", p)
}

func (s *Server) accountShow(r *http.Request) (p adminAccountShowPage, err error) {
	ctx, acct := r.Context(), r.PathValue("acct")
	if p.Account, err = connect.ByStripeID(ctx, s.DB, acct); err != nil {
		return p, err
	}
	if p.Owner, err = user.ByID(ctx, s.DB, p.Account.UserID); err != nil {
		return p, err
	}
	p.page = s.base(r, "Account of "+p.Owner.Name)
	p.Nav, p.Badge, p.Facts, p.Why = "admin:accounts", accountBadge(p.Account), accountFacts(p.Account), standsInTheWay(p.Account)
	p.Acts = s.accountActs(p.Account, p.Owner)
	p.Stripe = stripeObject{"Connected account", acct, s.atStripe("connect/accounts", acct)}
	if err := s.accountMoney(ctx, &p); err != nil {
		return p, err
	}
	return p, s.accountRecords(ctx, &p)
}

// accountMoney is what the account has, and how and when it is paid out.
func (s *Server) accountMoney(ctx context.Context, p *adminAccountShowPage) error {
	acct := p.Account.StripeAccountID
	books, err := ledger.Standings(ctx, s.DB, acct)
	if err != nil {
		return err
	}
	rows := map[string]balanceRow{}
	for _, b := range books {
		rows[string(b.Currency)] = balanceRow{Standing: b}
	}
	if !p.Account.Lost() {
		asking, cancel := context.WithTimeout(ctx, balanceWait)
		defer cancel()
		seen, err := s.Payout.Stripe.Balance(asking, acct)
		if err != nil {
			s.Logger.WarnContext(ctx, "a balance is not shown", "account", acct, "error", err)
			p.Silent = true
		}
		for _, c := range slices.Concat(slices.Collect(maps.Keys(seen.Available)), slices.Collect(maps.Keys(seen.Pending))) {
			row := rows[string(c)]
			row.Currency, row.Seen, row.Available, row.Pending = c, true, seen.Available[c], seen.Pending[c]
			rows[string(c)] = row
		}
	}
	for _, c := range slices.Sorted(maps.Keys(rows)) {
		p.Balance = append(p.Balance, rows[c])
	}
	if p.Schedule, err = s.scheduleOf(ctx, acct); err != nil {
		return err
	}
	paid, err := payout.Of(ctx, s.DB, p.Account.UserID, 50)
	for _, o := range paid {
		if o.StripeAccount == acct {
			p.Payouts = append(p.Payouts, payoutRow{o})
		}
	}
	return err
}

// accountRecords are the stays, homes, tasks and acts around the account, and
// what passed between Stripe and us.
func (s *Server) accountRecords(ctx context.Context, p *adminAccountShowPage) (err error) {
	acct, person := p.Account.StripeAccountID, "user:"+string(p.Owner.ID)
	if p.Open, err = booking.Through(ctx, s.DB, acct); err != nil {
		return err
	}
	if p.Homes, err = listing.ByOwner(ctx, s.DB, p.Owner.ID); err != nil {
		return err
	}
	if p.Tasks, err = task.OfAccount(ctx, s.DB, acct); err != nil {
		return err
	}
	if p.Events, err = webhook.List(ctx, s.DB, webhook.Filter{Account: acct, Limit: latest}); err != nil {
		return err
	}
	if p.Requests, err = stripeapi.LatestAbout(ctx, s.DB, latest, person, "account:"+acct); err != nil {
		return err
	}
	p.Log, err = s.logOf(ctx, audit.Filter{Target: person, Limit: latest})
	return err
}

func accountFacts(a connect.Account) []view.Line {
	yes := func(on bool) string { return map[bool]string{true: "Yes", false: "No"}[on] }
	word := func(status string) string {
		if status == "" {
			return "Not asked for"
		}
		return spoken(status)
	}
	facts := []view.Line{{Label: "Form finished", Value: yes(a.DetailsSubmitted)}, {Label: "Takes charges", Value: yes(a.ChargesEnabled)},
		{Label: "Can be paid out", Value: yes(a.PayoutsEnabled)}, {Label: "Transfers", Value: word(a.Transfers)}, {Label: "Card payments", Value: word(a.CardPayments)},
		{Label: "Country", Value: a.Country}, {Label: "Made", Value: view.DayYear(a.CreatedAt)}}
	if a.DueBy != nil {
		facts = append(facts, view.Line{Label: "Needs the rest by", Value: view.Moment(*a.DueBy)})
	}
	if a.FetchedAt != nil {
		facts = append(facts, view.Line{Label: "Last look", Value: view.MomentZone(*a.FetchedAt)})
	}
	return facts
}

// standsInTheWay says in words why the account takes no bookings, or why no
// payout leaves it.
func standsInTheWay(a connect.Account) (why []string) {
	if words := disabledWords(a.DisabledReason); words != "" {
		why = append(why, words)
	}
	switch {
	case a.DeauthorizedAt != nil:
		why = append(why, "The owner disconnected it on "+view.DayYear(*a.DeauthorizedAt)+". Homes are off sale and no payout leaves it until it is connected again.")
	case a.LostAt != nil:
		why = append(why, "Stripe has not shown it to us since "+view.DayYear(*a.LostAt)+". Homes are off sale and no payout leaves it.")
	}
	if a.Retired() {
		why = append(why, "We stopped using it on "+view.DayYear(*a.RetiredAt)+". What is in it is still paid out; the owner may make another.")
	}
	if a.Paused() {
		why = append(why, "We paused it on "+view.DayYear(*a.PausedAt)+": “"+a.PausedReason+"”. No new bookings, and no payout leaves it until it is resumed.")
		if a.Automatic() {
			why = append(why, "Its schedule is not manual, so Stripe goes on paying it out by itself. Set it to manual to stop that.")
		}
	}
	if a.CanBePaid() && !a.PayoutsEnabled {
		why = append(why, "Its bank account cannot be reached: tenants can book, and payouts wait.")
	}
	return why
}

// disabledWords explains Stripe's reason; one that we have no words for is
// shown as it is.
func disabledWords(reason string) string {
	words := map[string]string{
		"": "", "requirements.past_due": "Stripe has waited too long for what it asked.",
		"requirements.pending_verification":      "Stripe is checking what the owner sent.",
		"under_review":                           "Stripe reviews this account.",
		"listed":                                 "Stripe compares the owner with lists of prohibited people.",
		"platform_paused":                        "It is paused for our platform at Stripe.",
		"action_required.requested_capabilities": "A capability that was asked for needs more from the owner.",
		"rejected.fraud":                         "It was rejected for fraud. That is final.",
		"rejected.terms_of_service":              "It was rejected for breaking the terms of service. That is final.",
		"rejected.incomplete_verification":       "It was rejected because its owner could not be verified.",
		"rejected.listed":                        "It was rejected: the owner is on a list of prohibited people.",
		"rejected.other":                         "It was rejected. That is final.",
		"other":                                  "Stripe has disabled it and does not say why.",
	}
	if text, known := words[reason]; known {
		return text
	}
	return "Stripe has disabled it: " + reason + "."
}
