package site

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"hearth/internal/audit"
	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// act is something that an admin does to a person or a home. It asks first, on
// a page that says what will happen; it is done and written into the audit log
// in one transaction.
type act struct {
	Key    string // in the address and in the log: "suspend"
	Offer  string // the button that leads to the page
	Title  string
	Text   string // what will happen
	Button string
	Danger bool
	Done   string // what is said afterwards
	HasFee bool   // the page asks for a fee in basis points
	Fee    string // the present one, "" for none
	Usual  string // what applies without one

	do func(ctx context.Context, tx pgx.Tx, form actForm) (detail any, err error)
}

type actForm struct {
	Reason string `form:"reason"`
	Fee    string `form:"fee"`
}

// fee is the typed fee in basis points; nil when none is typed.
func (f actForm) fee() (*int64, error) {
	text := strings.TrimSpace(f.Fee)
	if text == "" {
		return nil, nil
	}
	bps, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, fault.Field("fee", "Type a whole number of basis points, like 1200 for 12 %%.")
	}
	return &bps, nil
}

// actOn is what an act is done to.
type actOn struct {
	Target string // in the audit log: "user:<id>"
	Name   string
	Path   string // its page
	Nav    string
	Up     view.Link // the list that it is in
}

// adminActPage asks before an act.
type adminActPage struct {
	page
	Act    act
	On     actOn
	Form   actForm
	Errors map[string]string
}

const noSuchAct = "There is nothing like that to do here: perhaps it is done already."

// find is the act of the address among those that can be done now.
func find(acts []act, r *http.Request) (act, error) {
	for _, a := range acts {
		if a.Key == r.PathValue("act") {
			return a, nil
		}
	}
	return act{}, fault.New(fault.NotFound, noSuchAct)
}

// askAct shows the page that asks.
func (s *Server) askAct(w http.ResponseWriter, r *http.Request, acts []act, on actOn) error {
	a, err := find(acts, r)
	if err != nil {
		return err
	}
	return s.actPage(w, r, a, on, actForm{Fee: a.Fee}, nil)
}

func (s *Server) actPage(w http.ResponseWriter, r *http.Request, a act, on actOn, form actForm, wrong error) error {
	p := adminActPage{page: s.base(r, a.Title), Act: a, On: on, Form: form, Errors: formErrors(wrong)}
	p.Nav = on.Nav
	if wrong != nil {
		return s.again(w, wrong, "admin_act", p)
	}
	return s.render(w, "admin_act", p)
}

// doAct does it, and keeps who did it and why in the same transaction.
func (s *Server) doAct(w http.ResponseWriter, r *http.Request, acts []act, on actOn) error {
	a, err := find(acts, r)
	if err != nil {
		return err
	}
	var form actForm
	if err := decode(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	err = postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		detail, err := a.do(r.Context(), tx, form)
		if err != nil {
			return err
		}
		return audit.Record(r.Context(), tx, audit.Entry{ActorID: me(r).ID, Act: a.Key, Target: on.Target, Reason: form.Reason, IP: clientIP(r), Detail: detail}, s.Now())
	})
	if formErrors(err) != nil {
		return s.actPage(w, r, a, on, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", a.Done)
	return seeOther(w, r, on.Path)
}

// feeChange is what the log keeps of a new fee.
type feeChange struct {
	From *int64 `json:"from"`
	To   *int64 `json:"to"`
}

// bps writes a fee as it is typed, "" for none.
func bps(fee *int64) string {
	if fee == nil {
		return ""
	}
	return strconv.FormatInt(*fee, 10)
}
