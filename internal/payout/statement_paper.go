package payout

import (
	"time"

	"hearth/internal/money"
	"hearth/internal/paper"
)

const dated = "2 Jan 2006"

// PDF is the statement as a document.
func (s Statement) PDF(now time.Time) ([]byte, error) {
	d := paper.New("Statement, "+s.Month.Format("January 2006"), s.Owner+" · "+s.Account, now)
	d.Text("What moved on your balance at Stripe from " + s.Month.Format(dated) + " to " + s.End().AddDate(0, 0, -1).Format(dated) +
		" (UTC), by Hearth’s books. Amounts that were taken off are below zero.")
	if len(s.Books) == 0 {
		d.Text("Nothing moved.")
	}
	for _, b := range s.Books {
		b.write(d)
	}
	return d.Bytes()
}

func (b Book) write(d *paper.Document) {
	d.Heading(b.Currency.Code())
	d.Facts(paper.Fact{Name: "Balance at the beginning", Value: b.Opening.Format()}, paper.Fact{Name: "From stays", Value: b.Sum.Net().Format()},
		paper.Fact{Name: "To and from your bank", Value: b.PaidOut.Format()}, paper.Fact{Name: "Balance at the end", Value: b.Closing.Format()})
	if len(b.Stays) > 0 {
		d.Heading("Stays")
		rows := make([][]string, len(b.Stays))
		for i, l := range b.Stays {
			rows[i] = append([]string{l.name()}, l.cells()...)
		}
		d.Table([]paper.Column{{Name: "Stay", Share: 3}, number("Transferred"), number("Our fee"), number("Refunds"), number("Dispute"), number("Debt"), number("Other"), number("Yours")},
			rows, append([]string{"Sum"}, b.Sum.cells()...))
	}
	movements(d, "Payouts", b.Payouts, b.PaidOut)
	if b.InDebt() {
		movements(d, "What you owe", b.Debts, b.DebtMovement)
		d.Facts(paper.Fact{Name: "Owed at the beginning", Value: b.DebtOpening.Neg().Format()}, paper.Fact{Name: "Owed at the end", Value: b.DebtClosing.Neg().Format()})
	}
}

func number(name string) paper.Column { return paper.Column{Name: name, Share: 1.4, Number: true} }

func (l StayLine) name() string {
	if l.Code == "" {
		return "Not of a stay"
	}
	return l.Code + ", " + l.Title
}

func (l StayLine) cells() []string {
	var cells []string
	for _, a := range []money.Amount{l.Gross, l.Fee, l.Refunds, l.Dispute, l.Netted, l.Other, l.Net()} {
		cells = append(cells, a.Decimal())
	}
	return cells
}

func movements(d *paper.Document, title string, all []Movement, sum money.Amount) {
	if len(all) == 0 {
		return
	}
	d.Heading(title)
	rows := make([][]string, len(all))
	for i, m := range all {
		rows[i] = []string{m.At.UTC().Format(dated), m.Text, m.Code, m.Reference, m.Amount.Decimal()}
	}
	d.Table([]paper.Column{{Name: "Day", Share: 1.4}, {Name: "What", Share: 3}, {Name: "Stay", Share: 1.3}, {Name: "At Stripe", Share: 3}, number("Amount")},
		rows, []string{"Sum", "", "", "", sum.Decimal()})
}

// CSV are the statement's lines as a table: what sums up is in the column
// amount, of which the columns before it are the parts.
func (s Statement) CSV() [][]string {
	rows := [][]string{{"month", "currency", "line", "day", "stay", "home", "transferred", "fee", "refunds", "dispute", "debt netted", "other", "amount", "text", "stripe id"}}
	month := s.Month.Format("2006-01")
	for _, b := range s.Books {
		row := func(line string, at time.Time, code, title string, parts []string, amount money.Amount, text, id string) {
			if parts == nil {
				parts = make([]string, 6)
			}
			shown := ""
			if !at.IsZero() {
				shown = at.UTC().Format(time.DateOnly)
			}
			rows = append(rows, append(append([]string{month, b.Currency.Code(), line, shown, code, title}, parts...), amount.Decimal(), text, id))
		}
		row("opening balance", s.Month, "", "", nil, b.Opening, "", "")
		for _, l := range b.Stays {
			row("stay", l.At, l.Code, l.Title, l.cells()[:6], l.Net(), "", "")
		}
		for _, m := range b.Payouts {
			row("payout", m.At, m.Code, "", nil, m.Amount, m.Text, m.Reference)
		}
		row("closing balance", s.End().Add(-time.Second), "", "", nil, b.Closing, "", "")
		if !b.InDebt() {
			continue
		}
		row("opening debt", s.Month, "", "", nil, b.DebtOpening, "", "")
		for _, m := range b.Debts {
			row("debt", m.At, m.Code, "", nil, m.Amount, m.Text, m.Reference)
		}
		row("closing debt", s.End().Add(-time.Second), "", "", nil, b.DebtClosing, "", "")
	}
	return rows
}
