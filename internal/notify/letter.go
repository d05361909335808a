package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"hearth/internal/fault"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/user"
	"hearth/internal/view"
)

type notification struct {
	ID        string          `db:"id"`
	Key       string          `db:"key"`
	Template  string          `db:"template"`
	Recipient string          `db:"recipient"`
	UserID    *user.ID        `db:"user_id"`
	BookingID *string         `db:"booking_id"`
	Data      json.RawMessage `db:"data"`
	State     string          `db:"state"`
}

func load(ctx context.Context, q postgres.Querier, id string) (notification, error) {
	n, err := postgres.One[notification](ctx, q, "There is no such mail.",
		`SELECT id, key, template, recipient, user_id, booking_id, data, state FROM notifications WHERE id = $1`, id)
	if err != nil {
		return n, fmt.Errorf("load mail %s: %w", id, err)
	}
	return n, nil
}

// details is what a Note's Data may hold.
type details struct {
	Amount    int64     `json:"amount"`
	Share     int64     `json:"share"`
	Currency  string    `json:"currency"`
	Reason    string    `json:"reason"`
	Reference string    `json:"reference"`
	AtBank    string    `json:"bank_reference"`
	Outcome   string    `json:"outcome"`
	DueBy     time.Time `json:"due_by"`
	By        string    `json:"by"`
	Items     []string  `json:"items"`
}

// Letter is what a mail's template knows.
type Letter struct {
	User    user.User // who gets it
	Booking *Booking  // nil: the mail is about no booking
	Link    string    // where the button leads
	BaseURL string

	Amount    money.Amount // what was refunded, disputed or not paid out
	Share     money.Amount // the owner's part of it
	Reason    string
	Reference string // Stripe's id: re_…, dp_…, acct_…, po_…
	AtBank    string // a refund's number at the tenant's bank (ARN)
	Outcome   string // of a dispute: "won", "lost"; of a request: "declined", "lapsed", …
	DueBy     time.Time
	By        string   // until when, in the home's own time
	Items     []string // what Stripe asks for, in plain words
}

// Booking is a booking as mails tell it. Address and contacts are empty unless
// the stay is confirmed.
type Booking struct {
	Code, Title, Place          string
	CheckIn, CheckOut           time.Time
	CheckInFrom, CheckOutBy     string
	Guests                      int
	Total, Fee                  money.Amount
	PolicySentence              string
	Address                     []string
	Instructions                string
	TenantName, OwnerName       string
	TenantContact, OwnerContact string // e-mail and phone
}

// Owned is what the owner receives for the stay.
func (b Booking) Owned() money.Amount { return b.Total.Sub(b.Fee) }

// TenantFirst is the tenant's first name: all that an owner is told before the
// stay is confirmed.
func (b Booking) TenantFirst() string {
	first, _, _ := strings.Cut(b.TenantName, " ")
	return first
}

// Dates is the stay in words.
func (b Booking) Dates() string { return view.StayYear(b.CheckIn, b.CheckOut) }

// TenantLines are the facts for the tenant.
func (b Booking) TenantLines() []view.Line {
	return append(b.facts(), view.Line{Label: "Total", Value: b.Total.Format(), Sum: true})
}

// OwnerLines are the facts for the owner.
func (b Booking) OwnerLines() []view.Line {
	return append(b.facts(),
		view.Line{Label: "Tenant pays", Value: b.Total.Format()},
		view.Line{Label: "Service fee", Value: b.Fee.Neg().Format()},
		view.Line{Label: "You receive", Value: b.Owned().Format(), Sum: true})
}

func (b Booking) facts() []view.Line {
	return []view.Line{
		{Label: "Booking", Value: b.Code},
		{Label: "Home", Value: b.Title},
		{Label: "Check in", Note: "from " + b.CheckInFrom, Value: view.DayLong(b.CheckIn)},
		{Label: "Check out", Note: "by " + b.CheckOutBy, Value: view.DayLong(b.CheckOut)},
		{Label: "People", Value: view.Count(b.Guests)},
	}
}

// letter gathers what the mail tells.
func (w *SendWorker) letter(ctx context.Context, n notification) (Letter, error) {
	l := Letter{BaseURL: w.BaseURL}
	var d details
	if err := json.Unmarshal(n.Data, &d); err != nil {
		return l, fmt.Errorf("read the data of mail %s: %w", n.Key, err)
	}
	var err error
	if l.User, err = recipient(ctx, w.DB, n); err != nil {
		return l, err
	}
	currency := money.Currency(d.Currency)
	if n.BookingID != nil {
		if l.Booking, err = bookingOf(ctx, w.DB, *n.BookingID); err != nil {
			return l, err
		}
		if currency == "" {
			currency = l.Booking.Total.Currency
		}
	}
	l.Amount, l.Share = money.New(d.Amount, currency), money.New(d.Share, currency)
	l.AtBank, l.By = d.AtBank, d.By
	l.Reason, l.Reference, l.Outcome, l.DueBy, l.Items = d.Reason, d.Reference, d.Outcome, d.DueBy, d.Items
	return l, nil
}

func recipient(ctx context.Context, q postgres.Querier, n notification) (user.User, error) {
	if n.UserID != nil {
		return user.ByID(ctx, q, *n.UserID)
	}
	u, err := user.ByEmail(ctx, q, n.Recipient)
	if fault.Is(err, fault.NotFound) {
		return u, errors.Join(errNobody, err)
	}
	return u, err
}

// bookingRow is a booking joined with its home and people.
type bookingRow struct {
	Code           string    `db:"code"`
	Status         string    `db:"status"`
	CheckIn        time.Time `db:"check_in"`
	CheckOut       time.Time `db:"check_out"`
	CheckInFrom    string    `db:"check_in_from"`
	CheckOutBy     string    `db:"check_out_by"`
	Guests         int       `db:"guests"`
	Currency       string    `db:"currency"`
	Total          int64     `db:"total_amount"`
	Fee            int64     `db:"fee_amount"`
	PolicySentence string    `db:"policy_sentence"`
	Title          string    `db:"title"`
	Place          string    `db:"place"`
	Address        []string  `db:"address"`
	Instructions   string    `db:"check_in_instructions"`
	TenantName     string    `db:"tenant_name"`
	TenantContact  string    `db:"tenant_contact"`
	OwnerName      string    `db:"owner_name"`
	OwnerContact   string    `db:"owner_contact"`
}

func bookingOf(ctx context.Context, q postgres.Querier, id string) (*Booking, error) {
	r, err := postgres.One[bookingRow](ctx, q, "There is no such booking.", `
		SELECT b.code, b.status, lower(b.nights) AS check_in, upper(b.nights) AS check_out, b.check_in_from, b.check_out_by,
		  b.guests, b.currency, b.total_amount, b.fee_amount, b.policy_sentence,
		  l.title, concat_ws(', ', nullif(l.city, ''), nullif(l.region, '')) AS place,
		  array_remove(ARRAY[l.address_line1, l.address_line2, concat_ws(' ', nullif(l.city, ''), nullif(l.region, ''), nullif(l.postal_code, '')), l.country], '') AS address,
		  l.check_in_instructions,
		  t.name AS tenant_name, concat_ws(', ', t.email, nullif(t.phone, '')) AS tenant_contact,
		  o.name AS owner_name, concat_ws(', ', o.email, nullif(o.phone, '')) AS owner_contact
		FROM bookings b JOIN listings l ON l.id = b.listing_id JOIN users t ON t.id = b.tenant_id JOIN users o ON o.id = b.owner_id
		WHERE b.id = $1`, id)
	if err != nil {
		return nil, fmt.Errorf("load booking %s for a mail: %w", id, err)
	}
	currency := money.Currency(r.Currency)
	b := &Booking{
		Code: r.Code, Title: r.Title, Place: r.Place, CheckIn: r.CheckIn, CheckOut: r.CheckOut,
		CheckInFrom: r.CheckInFrom, CheckOutBy: r.CheckOutBy, Guests: r.Guests,
		Total: money.New(r.Total, currency), Fee: money.New(r.Fee, currency), PolicySentence: r.PolicySentence,
		TenantName: r.TenantName, OwnerName: r.OwnerName,
	}
	if r.Status == "confirmed" || r.Status == "completed" {
		b.Address, b.Instructions = r.Address, r.Instructions
		b.TenantContact, b.OwnerContact = r.TenantContact, r.OwnerContact
	}
	return b, nil
}
