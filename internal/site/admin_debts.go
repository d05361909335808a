package site

import (
	"encoding/csv"
	"net/http"
	"time"

	"hearth/internal/money"
	"hearth/internal/payout"
)

// adminDebtsPage is what owners owe us: how much, since when, for which stays,
// and what was netted so far.
type adminDebtsPage struct {
	page
	Totals []money.Amount // by currency, of what is owed
	Owing  []payout.Debtor
	Even   []payout.Debtor // who owed us once
}

func (s *Server) getAdminDebts(w http.ResponseWriter, r *http.Request) error {
	all, err := payout.Debtors(r.Context(), s.DB, s.Config.Live(), "")
	if err != nil {
		return err
	}
	p := adminDebtsPage{page: s.base(r, "Debts")}
	p.Nav = "admin:debts"
	sums := map[money.Currency]int{}
	for _, d := range all {
		if d.Owed.IsZero() {
			p.Even = append(p.Even, d)
			continue
		}
		p.Owing = append(p.Owing, d)
		if d.Owed.Minor < 0 {
			continue
		}
		if _, known := sums[d.Owed.Currency]; !known {
			sums[d.Owed.Currency] = len(p.Totals)
			p.Totals = append(p.Totals, money.New(0, d.Owed.Currency))
		}
		i := sums[d.Owed.Currency]
		p.Totals[i] = p.Totals[i].Add(d.Owed)
	}
	return s.render(w, "admin_debts", p)
}

func (s *Server) getAdminDebtsCSV(w http.ResponseWriter, r *http.Request) error {
	all, err := payout.Debtors(r.Context(), s.DB, s.Config.Live(), "")
	if err != nil {
		return err
	}
	download(w, "text/csv; charset=utf-8", "hearth-debts-"+s.Now().UTC().Format(time.DateOnly)+".csv")
	out := csv.NewWriter(w)
	rows := [][]string{{"account", "owner", "e-mail", "currency", "at", "kind", "stay", "amount", "owed now", "stripe id", "text"}}
	for _, d := range all {
		for _, l := range d.Lines {
			rows = append(rows, []string{d.StripeAccount, harmless(d.Name), harmless(d.Email), l.Currency.Code(), l.At.UTC().Format(time.RFC3339),
				l.Kind, l.Code, l.Money().Decimal(), d.Owed.Decimal(), l.ObjectID, harmless(l.Memo)})
		}
	}
	_ = out.WriteAll(rows) // a browser that went away needs no answer
	return nil
}
