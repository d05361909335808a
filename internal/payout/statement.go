package payout

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
)

// Statement is a homeowner's month by the books: months begin and end at
// midnight UTC, as Stripe's own reports do, and a movement belongs to the month
// in which it happened at Stripe. One that we hear of late is on the statement
// of its own month from then on.
type Statement struct {
	Account string    // acct_…
	Owner   string    // their name
	Month   time.Time // its first moment
	Books   []Book    // by currency; none without any movement yet
}

// End is the first moment after it.
func (s Statement) End() time.Time { return s.Month.AddDate(0, 1, 0) }

// Book is a month in one currency. Opening, every line and Closing sum up, for
// the balance at Stripe and for the debt alike.
type Book struct {
	Currency     money.Currency
	Opening      money.Amount // the balance at Stripe
	Closing      money.Amount
	Stays        []StayLine
	Sum          StayLine
	Payouts      []Movement // below zero what went to the bank
	PaidOut      money.Amount
	DebtOpening  money.Amount // below zero what the owner owes
	DebtClosing  money.Amount
	Debts        []Movement
	DebtMovement money.Amount
}

// InDebt reports whether there is anything to say of debts.
func (b Book) InDebt() bool {
	return len(b.Debts) > 0 || !b.DebtOpening.IsZero()
}

// StayLine is what a month moved of a stay's money, as it touched the owner's
// balance.
type StayLine struct {
	Code, Title string
	At          time.Time // of the first movement
	Gross       money.Amount
	Fee         money.Amount // less what was given back of it
	Refunds     money.Amount
	Dispute     money.Amount // taken back for a dispute
	Netted      money.Amount // taken back for a debt
	Other       money.Amount
}

// Net is what the line comes to.
func (l StayLine) Net() money.Amount {
	return l.Gross.Add(l.Fee).Add(l.Refunds).Add(l.Dispute).Add(l.Netted).Add(l.Other)
}

func newLine(c money.Currency) StayLine {
	zero := money.New(0, c)
	return StayLine{Gross: zero, Fee: zero, Refunds: zero, Dispute: zero, Netted: zero, Other: zero}
}

func (l *StayLine) add(e entry) {
	amount := money.New(e.Amount, e.Currency)
	for _, column := range []struct {
		is bool
		to *money.Amount
	}{
		{e.Kind == "transfer", &l.Gross}, {e.Kind == "fee" || e.Kind == "fee_refund", &l.Fee},
		{e.Netted, &l.Netted}, {e.Refund, &l.Refunds}, {e.Dispute, &l.Dispute}, {true, &l.Other},
	} {
		if column.is {
			*column.to = column.to.Add(amount)
			return
		}
	}
}

// Movement is a payout, or something that changed a debt.
type Movement struct {
	At        time.Time
	Code      string // of the stay; "" for none or several
	Text      string
	Reference string // Stripe's id
	Amount    money.Amount
}

// entry is a posting as it touched one of the owner's accounts.
type entry struct {
	OfDebt                  bool
	Kind, Memo, ObjectID    string
	At                      time.Time
	Code, Title             string
	Amount                  int64
	Currency                money.Currency
	Netted, Refund, Dispute bool // of a reversal
}

// MonthOf is the month that a moment is in.
func MonthOf(at time.Time) time.Time {
	at = at.UTC()
	return time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// Months are those in which anything moved for an account, the newest first.
func Months(ctx context.Context, q postgres.Querier, acct string) ([]time.Time, error) {
	type row struct{ Month time.Time }
	rows, err := postgres.All[row](ctx, q, `
		SELECT DISTINCT date_trunc('month', t.at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS month
		FROM ledger_postings m JOIN ledger_transactions t ON t.id = m.transaction_id
		WHERE m.source = ANY($1) OR m.destination = ANY($1) ORDER BY month DESC`, accountsOf(acct))
	months := make([]time.Time, len(rows))
	for i, r := range rows {
		months[i] = r.Month.UTC()
	}
	return months, err
}

func accountsOf(acct string) []string { return []string{ledger.Owner(acct), ledger.Debt(acct)} }

// StatementOf reads an account's month.
func StatementOf(ctx context.Context, q postgres.Querier, acct, owner string, month time.Time) (Statement, error) {
	s := Statement{Account: acct, Owner: owner, Month: MonthOf(month)}
	if err := s.open(ctx, q); err != nil {
		return s, fmt.Errorf("open the statement of %s: %w", acct, err)
	}
	entries, err := postgres.All[entry](ctx, q, `
		SELECT $2 IN (m.source, m.destination) AS of_debt, t.kind, t.memo, t.object_id, t.at, coalesce(b.code, '') AS code, coalesce(l.title, '') AS title,
			CASE WHEN m.destination IN ($1, $2) THEN m.amount ELSE -m.amount END AS amount, m.currency,
			t.kind = 'reversal' AND EXISTS (SELECT FROM ledger_transactions d WHERE d.reference = $5 || t.object_id) AS netted,
			t.kind = 'reversal' AND EXISTS (SELECT FROM refunds r WHERE r.booking_id = t.booking_id AND r.reversed_amount = m.amount) AS refund,
			t.booking_id IS NOT NULL AND EXISTS (SELECT FROM disputes d WHERE d.booking_id = t.booking_id) AS dispute
		FROM ledger_transactions t JOIN ledger_postings m ON m.transaction_id = t.id
		LEFT JOIN bookings b ON b.id = t.booking_id LEFT JOIN listings l ON l.id = b.listing_id
		WHERE (m.source IN ($1, $2) OR m.destination IN ($1, $2)) AND t.at >= $3 AND t.at < $4
		ORDER BY t.at, m.id`, ledger.Owner(acct), ledger.Debt(acct), s.Month, s.End(), payment.DebtRepaid+":")
	if err != nil {
		return s, fmt.Errorf("read the month of %s: %w", acct, err)
	}
	for _, e := range entries {
		s.book(e.Currency).enter(e)
	}
	return s, nil
}

// open writes what every currency began with.
func (s *Statement) open(ctx context.Context, q postgres.Querier) error {
	type sum struct {
		Currency    money.Currency
		Owner, Debt int64
	}
	sums, err := postgres.All[sum](ctx, q, `
		SELECT m.currency, coalesce(sum(CASE WHEN m.destination = $1 THEN m.amount WHEN m.source = $1 THEN -m.amount END), 0)::bigint AS owner,
			coalesce(sum(CASE WHEN m.destination = $2 THEN m.amount WHEN m.source = $2 THEN -m.amount END), 0)::bigint AS debt
		FROM ledger_transactions t JOIN ledger_postings m ON m.transaction_id = t.id
		WHERE (m.source IN ($1, $2) OR m.destination IN ($1, $2)) AND t.at < $3
		GROUP BY m.currency ORDER BY m.currency`, ledger.Owner(s.Account), ledger.Debt(s.Account), s.Month)
	for _, x := range sums {
		b := s.book(x.Currency)
		b.Opening, b.DebtOpening = money.New(x.Owner, x.Currency), money.New(x.Debt, x.Currency)
		b.Closing, b.DebtClosing = b.Opening, b.DebtOpening
	}
	return err
}

func (s *Statement) book(c money.Currency) *Book {
	for i := range s.Books {
		if s.Books[i].Currency == c {
			return &s.Books[i]
		}
	}
	zero := money.New(0, c)
	s.Books = append(s.Books, Book{Currency: c, Opening: zero, Closing: zero, Sum: newLine(c), PaidOut: zero, DebtOpening: zero, DebtClosing: zero, DebtMovement: zero})
	return &s.Books[len(s.Books)-1]
}

func (b *Book) enter(e entry) {
	amount := money.New(e.Amount, e.Currency)
	move := Movement{At: e.At, Code: e.Code, Text: e.Memo, Reference: e.ObjectID, Amount: amount}
	switch {
	case e.OfDebt:
		b.Debts, b.DebtMovement, b.DebtClosing = append(b.Debts, move), b.DebtMovement.Add(amount), b.DebtClosing.Add(amount)
		return
	case e.Kind == posted || e.Kind == postedReturn:
		b.Payouts, b.PaidOut = append(b.Payouts, move), b.PaidOut.Add(amount)
	default:
		b.line(e).add(e)
		b.Sum.add(e)
	}
	b.Closing = b.Closing.Add(amount)
}

func (b *Book) line(e entry) *StayLine {
	for i := range b.Stays {
		if b.Stays[i].Code == e.Code {
			return &b.Stays[i]
		}
	}
	l := newLine(e.Currency)
	l.Code, l.Title, l.At = e.Code, e.Title, e.At
	b.Stays = append(b.Stays, l)
	return &b.Stays[len(b.Stays)-1]
}
