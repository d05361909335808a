package site

import (
	"context"
	"net/http"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// adminOwnMoneyRoutes are the platform's own money at Stripe.
func (s *Server) adminOwnMoneyRoutes() []Route {
	return []Route{
		get("/admin/money", Admin, s.getAdminMoney),
		get("/admin/money/{act}", Admin, s.getAdminMoneyAct),
		post("/admin/money/{act}", Admin, s.postAdminMoneyAct),
		get("/admin/money/{id}/{act}", Admin, s.getAdminMoneyMoveAct),
		post("/admin/money/{id}/{act}", Admin, s.postAdminMoneyMoveAct),
	}
}

// adminMoneyPage is what Stripe holds for us, whose it is, and where ours goes.
type adminMoneyPage struct {
	page
	Own     []payout.Own
	Silent  bool // Stripe did not answer: only the books are shown
	Payouts []moveRow
	TopUps  []moveRow
	Acts    []act
}

// moveRow is a payout or top-up of ours in words.
type moveRow struct {
	payout.Move
	Href string // where Stripe shows it; "" before it is there
}

// Badge is where it stands.
func (m moveRow) Badge() (view.Badge, error) {
	if m.Status == payout.Succeeded {
		return view.Badge{Tone: "ok", Icon: "check", Text: "There"}, nil
	}
	return payoutRow{payout.Payout{Status: m.Status}}.Badge()
}

const movesShown = 30

func (s *Server) getAdminMoney(w http.ResponseWriter, r *http.Request) error {
	p := adminMoneyPage{page: s.base(r, "Our balance")}
	p.Nav = "admin:money"
	seen, at, err := s.ownMoney(r.Context())
	if seen == nil && err != nil {
		return err
	}
	p.Own, p.Silent = seen, err != nil
	if !p.Silent {
		p.Acts = s.moneyActs(seen, at)
	}
	for kind, rows := range map[payout.MoveKind]*[]moveRow{payout.ToBank: &p.Payouts, payout.TopUp: &p.TopUps} {
		moves, err := s.Payout.Moves(r.Context(), kind, movesShown)
		if err != nil {
			return err
		}
		for _, m := range moves {
			row := moveRow{Move: m}
			if m.StripeID != nil {
				row.Href = s.atStripe(kindOf(*m.StripeID), *m.StripeID)
			}
			*rows = append(*rows, row)
		}
	}
	return s.render(w, "admin_money", p)
}

// ownMoney waits for Stripe only so long; the books come back all the same.
func (s *Server) ownMoney(ctx context.Context) ([]payout.Own, time.Time, error) {
	asking, cancel := context.WithTimeout(ctx, balanceWait)
	defer cancel()
	seen, at, err := s.Payout.Own(asking)
	if err != nil {
		s.Logger.WarnContext(ctx, "our own balance is not shown", "error", err)
		if seen == nil {
			seen = []payout.Own{}
		}
	}
	return seen, at, err
}

// moneyActs are what can be done with what was seen at an instant.
func (s *Server) moneyActs(seen []payout.Own, at time.Time) (acts []act) {
	var request stripeapi.RequestID
	finish := func(ctx context.Context) error { return s.Payout.FinishOwn(ctx, request) }
	free := "Nothing is free now."
	var payable []view.Option
	for _, o := range seen {
		if o.Free() > 0 {
			payable = append(payable, view.Option{Value: string(o.Currency), Label: strings.ToUpper(string(o.Currency))})
			free = o.In(o.Free()).Format() + " is free now."
			if o.Spare() < o.Free() {
				free += " Leave " + o.In(o.AtRisk).Format() + " there for inquiries and fraud warnings that may become disputes."
			}
		}
	}
	if len(payable) > 0 {
		acts = append(acts, act{Key: "payout", Offer: "Pay out now", Title: "Pay out what is ours", Button: "Pay out", Done: "The payout is on its way.", Money: payable, Once: true,
			Text: free + " Tenants’ money and what refunds under way need stays.",
			do: func(ctx context.Context, tx pgx.Tx, f actForm) (detail any, err error) {
				amount, err := f.amount()
				if err != nil {
					return nil, err
				}
				request, err = s.Payout.PlanToBank(ctx, tx, f.Token, amount, seen, at)
				return map[string]any{"amount": amount.Format()}, err
			}, then: finish})
	}
	if s.Config.Region != "US" { // Stripe takes money from banks there only
		return acts
	}
	return append(acts, act{Key: "topup", Offer: "Top up", Title: "Top up our balance", Button: "Top up", Done: "The money is on its way from the bank.", Once: true,
		Money: []view.Option{{Value: "usd", Label: "USD"}},
		Text:  "Stripe takes the money from our bank account. It takes a few days; until then refunds that our balance cannot cover wait as pending.",
		do: func(ctx context.Context, tx pgx.Tx, f actForm) (detail any, err error) {
			amount, err := f.amount()
			if err != nil {
				return nil, err
			}
			request, err = s.Payout.PlanTopUp(ctx, tx, f.Token, amount)
			return map[string]any{"amount": amount.Format()}, err
		}, then: finish})
}

func (s *Server) onMoney(r *http.Request) ([]act, actOn, error) {
	on := actOn{Target: "money:", Name: "Our balance", Path: "/admin/money", Nav: "admin:money", Up: view.Link{Text: "Overview", Href: "/admin"}}
	seen, at, err := s.ownMoney(r.Context())
	if err != nil {
		return nil, on, fault.Wrap(err, fault.Unavailable, "Stripe does not say just now what we have. Please try again in a minute.")
	}
	return s.moneyActs(seen, at), on, nil
}

func (s *Server) getAdminMoneyAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onMoney(r)
	if err != nil {
		return err
	}
	return s.askAct(w, r, acts, on)
}

func (s *Server) postAdminMoneyAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onMoney(r)
	if err != nil {
		return err
	}
	return s.doAct(w, r, acts, on)
}

// onMove is a payout or top-up that may still be stopped.
func (s *Server) onMove(r *http.Request) ([]act, actOn, error) {
	m, err := s.Payout.Move(r.Context(), s.DB, r.PathValue("id"))
	if err != nil {
		return nil, actOn{}, err
	}
	what := map[payout.MoveKind]string{payout.ToBank: "payout", payout.TopUp: "top-up"}[m.Kind] + " of " + m.Money().Format()
	on := actOn{Target: "money:" + m.ID, Name: "The " + what, Path: "/admin/money/" + m.ID, Nav: "admin:money", Up: view.Link{Text: "Our balance", Href: "/admin/money"}, Back: "/admin/money"}
	if !m.Cancellable() {
		return nil, on, nil
	}
	var request stripeapi.RequestID
	return []act{{Key: "cancel", Offer: "Cancel", Title: "Cancel the " + what, Button: "Cancel it", Danger: true, Done: "It is cancelled.",
		Text: "Stripe stops it if it is still pending there.",
		do: func(ctx context.Context, tx pgx.Tx, _ actForm) (detail any, err error) {
			request, err = s.Payout.PlanCancel(ctx, tx, m.ID)
			return map[string]any{"amount": m.Money().Format()}, err
		},
		then: func(ctx context.Context) error { return s.Payout.FinishOwn(ctx, request) }}}, on, nil
}

func (s *Server) getAdminMoneyMoveAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onMove(r)
	if err != nil {
		return err
	}
	return s.askAct(w, r, acts, on)
}

func (s *Server) postAdminMoneyMoveAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onMove(r)
	if err != nil {
		return err
	}
	return s.doAct(w, r, acts, on)
}
