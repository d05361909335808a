package site

import (
	"cmp"
	"context"
	"net/http"

	"hearth/internal/connect"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/user"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// accountActs are what an admin can do to an account now.
func (s *Server) accountActs(a connect.Account, owner user.User) (acts []act) {
	if a.NeedsAction() {
		acts = append(acts, act{Key: "remind", Offer: "Remind", Title: "Remind " + owner.Name, Button: "Send the reminder",
			Text: "They get a mail with what Stripe still needs. It leads to their payouts page; once a day is enough."})
	}
	acct := a.StripeAccountID
	if a.Paused() {
		acts = append(acts, act{Key: "resume", Offer: "Resume", Title: "Resume the account of " + owner.Name, Button: "Resume", Done: "The account is in use again.",
			Text: "Tenants can book their homes again, if Stripe lets them be paid, and payouts that waited leave with the next run.",
			do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
				return nil, s.Hosting.Resume(ctx, tx, acct)
			}})
	} else if !a.Retired() {
		acts = append(acts, act{Key: "pause", Offer: "Pause", Title: "Pause the account of " + owner.Name, Button: "Pause", Danger: true, Done: "The account is paused.",
			Text: "Nothing new is booked and nothing is paid out until it is resumed. Stays that are booked stand; open payment pages are closed. The owner is told that there is a hold, not why.",
			do: func(ctx context.Context, tx pgx.Tx, f actForm) (any, error) {
				return nil, s.Hosting.Pause(ctx, tx, acct, f.Reason)
			}})
	}
	if !a.Retired() {
		acts = append(acts, act{Key: "disconnect", Offer: "Disconnect", Title: "Stop using the account of " + owner.Name, Button: "Disconnect", Danger: true, Done: "The account is no longer used.",
			Text: "Homes go off sale until the owner has set up another account, which they may do at once. The account stays ours at Stripe: what is in it is paid out, and refunds of its stays are taken back from it. To keep somebody from letting, pause them instead.",
			do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
				return nil, s.Hosting.Retire(ctx, tx, acct)
			}})
	}
	if !a.Rejected() && !a.Lost() {
		acts = append(acts, s.rejectAct(acct, owner))
	}
	return acts
}

// rejectAct asks twice: the page, and a word to type there.
func (s *Server) rejectAct(acct string, owner user.User) act {
	var request stripeapi.RequestID
	a := act{Key: "reject", Offer: "Reject", Title: "Reject the account of " + owner.Name, Button: "Reject for good", Danger: true, Done: "Stripe has rejected the account.",
		Choice: "What for", Word: "reject",
		Text: "Stripe refuses this owner for good: the account takes no money and is not paid out any more, and nobody can undo it. Stays that are booked stand, and can be refunded. If you are not sure, pause it.",
		do: func(ctx context.Context, tx pgx.Tx, f actForm) (detail any, err error) {
			request, err = s.Hosting.PlanReject(ctx, tx, acct, f.Choice)
			return map[string]any{"account": acct, "for": f.Choice}, err
		},
		then: func(ctx context.Context) error { return s.Hosting.Finish(ctx, request) }}
	for _, r := range stripeapi.RejectReasons {
		a.Choices = append(a.Choices, view.Option{Value: r[0], Label: r[1]})
	}
	return a
}

func (s *Server) onAccount(r *http.Request) ([]act, actOn, error) {
	a, err := connect.ByStripeID(r.Context(), s.DB, r.PathValue("acct"))
	if err != nil {
		return nil, actOn{}, err
	}
	owner, err := user.ByID(r.Context(), s.DB, a.UserID)
	on := actOn{Target: "user:" + string(owner.ID), Name: owner.Name, Path: "/admin/accounts/" + a.StripeAccountID, Nav: "admin:accounts", Up: view.Link{Text: "Accounts", Href: "/admin/accounts"}}
	return s.accountActs(a, owner), on, err
}

func (s *Server) getAdminAccountAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onAccount(r)
	if err != nil {
		return err
	}
	return s.askAct(w, r, acts, on)
}

func (s *Server) postAdminAccountAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onAccount(r)
	if err != nil {
		return err
	}
	return s.doAct(w, r, acts, on)
}

// adminScheduleForm is the owner's form with an admin's reason.
type adminScheduleForm struct {
	Interval string `form:"interval"`
	Weekday  string `form:"weekday"`
	Day      string `form:"day"`
	Delay    string `form:"delay"`
	Reason   string `form:"reason"`
	Note     string `form:"-"` // what is known of it
}

func (f adminScheduleForm) wish() payout.Wish {
	return scheduleForm{f.Interval, f.Weekday, f.Day, f.Delay}.wish()
}

func (s *Server) scheduleOf(ctx context.Context, acct string) (f adminScheduleForm, err error) {
	known, err := connect.ScheduleOf(ctx, s.DB, acct)
	if err != nil {
		return f, err
	}
	f.Interval, f.Note = known.Interval, "What Stripe shows now."
	switch known.Interval {
	case "weekly":
		f.Weekday = known.Anchor
	case "monthly":
		f.Day = known.Anchor
	}
	if !known.Shown() {
		f.Note = "Stripe does not show it of this account: it is what was last set from here."
	}
	return f, nil
}

func (s *Server) postAdminAccountSchedule(w http.ResponseWriter, r *http.Request) error {
	var form adminScheduleForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err := s.Payout.SetSchedule(r.Context(), admin(r), r.PathValue("acct"), form.wish(), reasonOf(form.Reason))
	if wrong := formErrors(err); wrong != nil {
		p, failed := s.accountShow(r)
		if failed != nil {
			return failed
		}
		form.Note, p.Schedule, p.Errors = p.Schedule.Note, form, wrong
		return s.again(w, err, "admin_account_show", p)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Stripe is asked to pay it out "+cmp.Or(map[string]string{"manual": "only when we say so"}[form.Interval], form.Interval)+".")
	return seeOther(w, r, "/admin/accounts/"+r.PathValue("acct"))
}
