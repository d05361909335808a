package site

import (
	"encoding/csv"
	"net/http"
	"time"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/payout"
	"hearth/internal/user"
)

// statementsPage lists the months of an account, with a file of each for
// spreadsheets and one to keep. The owner's and the admin's page differ in their
// words only.
type statementsPage struct {
	page
	Base   string // where the files are
	Whose  string // "" on the owner's own page
	Now    time.Time
	Months []time.Time
}

// statementDesk is one side's way to the statements of an account.
type statementDesk struct {
	base string
	nav  string
	find func(*http.Request) (connect.Account, user.User, error)
}

func (s *Server) ownerStatements() statementDesk {
	return statementDesk{"/owner/statements", "owner:statements", func(r *http.Request) (connect.Account, user.User, error) {
		a, err := s.Hosting.Account(r.Context(), me(r).ID)
		return a, me(r), err
	}}
}

func (s *Server) adminStatements() statementDesk {
	return statementDesk{"", "admin:debts", func(r *http.Request) (connect.Account, user.User, error) {
		a, err := connect.ByStripeID(r.Context(), s.DB, r.PathValue("acct"))
		if err != nil {
			return a, user.User{}, err
		}
		u, err := user.ByID(r.Context(), s.DB, a.UserID)
		return a, u, err
	}}
}

func (s *Server) getStatements(desk statementDesk) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		account, owner, err := desk.find(r)
		if err != nil {
			return err
		}
		p := statementsPage{page: s.base(r, "Statements"), Base: desk.base, Now: payout.MonthOf(s.Now())}
		p.Nav = desk.nav
		if p.Base == "" {
			p.Base, p.Whose = "/admin/accounts/"+account.StripeAccountID+"/statements", owner.Name
		}
		if account.StripeAccountID != "" {
			if p.Months, err = payout.Months(r.Context(), s.DB, account.StripeAccountID); err != nil {
				return err
			}
		}
		return s.render(w, "statements", p)
	}
}

// statement finds the month that the address names.
func (s *Server) statement(desk statementDesk, r *http.Request) (payout.Statement, error) {
	account, owner, err := desk.find(r)
	if err != nil {
		return payout.Statement{}, err
	}
	month, err := time.Parse("2006-01", r.PathValue("month"))
	if err != nil || account.StripeAccountID == "" || month.After(s.Now()) {
		return payout.Statement{}, fault.New(fault.NotFound, "There is no such statement.")
	}
	return payout.StatementOf(r.Context(), s.DB, account.StripeAccountID, owner.Name, month)
}

func (s *Server) getStatementCSV(desk statementDesk) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		statement, err := s.statement(desk, r)
		if err != nil {
			return err
		}
		download(w, "text/csv; charset=utf-8", "hearth-"+statement.Month.Format("2006-01")+".csv")
		out := csv.NewWriter(w)
		for _, row := range statement.CSV() {
			const home, text = 5, 13 // what people called things
			row[home], row[text] = harmless(row[home]), harmless(row[text])
			if out.Write(row) != nil {
				return nil // the browser went away; the answer has begun
			}
		}
		out.Flush()
		return nil
	}
}

func (s *Server) getStatementPDF(desk statementDesk) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		statement, err := s.statement(desk, r)
		if err != nil {
			return err
		}
		document, err := statement.PDF(s.Now())
		if err != nil {
			return err
		}
		download(w, "application/pdf", "hearth-"+statement.Month.Format("2006-01")+".pdf")
		_, _ = w.Write(document)
		return nil
	}
}

func download(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
