package site

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/audit"
	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/view"

	"github.com/google/uuid"
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

	Choices []view.Option // the page asks to choose one
	Choice  string        // its label
	Word    string        // is to be typed, where nothing can be undone; "" for none
	Money   []view.Option // the page asks for an amount in one of these currencies
	Once    bool          // the same page sent twice is one act

	do func(ctx context.Context, tx pgx.Tx, form actForm) (detail any, err error)

	// then goes on once that has committed: it asks Stripe. When Stripe does not
	// answer, the sweep goes on by itself.
	then func(ctx context.Context) error
}

type actForm struct {
	Reason   string `form:"reason"`
	Fee      string `form:"fee"`
	Choice   string `form:"choice"`
	Word     string `form:"word"`
	Amount   string `form:"amount"`
	Currency string `form:"currency"`
	Token    string `form:"token"`
}

// check holds what was typed against what the act asks for.
func (f actForm) check(a act) error {
	wrong := map[string]string{}
	has := func(all []view.Option, value string) bool {
		return len(all) == 0 || slices.ContainsFunc(all, func(o view.Option) bool { return o.Value == value })
	}
	if !has(a.Choices, f.Choice) {
		wrong["choice"] = "Choose one."
	}
	if a.Word != "" && !strings.EqualFold(strings.TrimSpace(f.Word), a.Word) {
		wrong["word"] = "Type " + a.Word + " to go on: it cannot be undone."
	}
	if len(a.Money) > 0 {
		if amount, err := f.amount(); err != nil || amount.Minor < 1 || !has(a.Money, f.Currency) {
			wrong["amount"] = "Enter an amount above zero, as 120.00."
		}
	}
	return fault.Fields(wrong)
}

func (f actForm) amount() (money.Amount, error) {
	return money.Parse(f.Amount, money.Currency(f.Currency))
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
	Back   string    // its page, where Path is none
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
	form := actForm{Fee: a.Fee}
	if a.Once {
		form.Token = uuid.NewString()
	}
	return s.actPage(w, r, a, on, form, nil)
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
	if err := form.check(a); err != nil {
		return s.actPage(w, r, a, on, form, err)
	}
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
	if a.then != nil {
		err = a.then(r.Context())
	}
	switch {
	case fault.Is(err, fault.Unavailable):
		s.flash(r, "warn", "Stripe has not answered yet. It is asked again by itself: look again in a few minutes.")
	case formErrors(err) != nil:
		s.flash(r, "warn", formErrors(err)[""])
	case err != nil:
		return err
	default:
		s.flash(r, "ok", a.Done)
	}
	return seeOther(w, r, on.Page())
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

// Page is where one comes from, and goes afterwards.
func (on actOn) Page() string { return cmp.Or(on.Back, on.Path) }
