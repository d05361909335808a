package stripeapi

import (
	"context"
	"net/url"
	"time"

	"hearth/internal/money"

	"github.com/stripe/stripe-go/v76"
)

// What requests about our own money are for: to our bank, from it, and back.
const (
	ForOwnPayout = "own_payout"
	ForTopup     = "topup"
	ForOwnCancel = "own_cancel"
)

// MetaMove carries the id of a payout or top-up of ours.
const MetaMove = "move_id"

// TopupsPath brings money from our bank.
const TopupsPath = "/v1/topups"

// CancelMovePath stops a payout or a top-up that is still pending.
func CancelMovePath(path, id string) string { return at(path, id) + "/cancel" }

// TopupParams ask our bank for money.
type TopupParams struct {
	Amount      int64
	Currency    money.Currency
	Source      string // "" is the bank account that Stripe knows
	Description string
	Metadata    map[string]string
}

// Values are the parameters as they are sent.
func (p TopupParams) Values() url.Values {
	v := url.Values{"amount": {digits(p.Amount)}, "currency": {string(p.Currency)}}
	set(v, "source", p.Source)
	set(v, "description", p.Description)
	metadata(v, "metadata", p.Metadata)
	return v
}

// Topup brings money from our bank into our balance.
type Topup struct {
	ID             string
	Amount         int64
	Currency       money.Currency
	Status         string // pending, succeeded, failed, canceled, reversed
	ExpectedOn     time.Time
	FailureCode    string
	FailureMessage string
	Created        time.Time
	Metadata       map[string]string
}

func topup(t *stripe.Topup) Topup {
	return Topup{ID: t.ID, Amount: t.Amount, Currency: money.Currency(t.Currency), Status: string(t.Status), ExpectedOn: unix(t.ExpectedAvailabilityDate),
		FailureCode: t.FailureCode, FailureMessage: t.FailureMessage, Created: unix(t.Created), Metadata: t.Metadata}
}

// Topup fetches a top-up.
func (c *Client) Topup(ctx context.Context, id string) (Topup, error) {
	return fetch(ctx, c, at(TopupsPath, id), "", nil, topup)
}

// Topups lists top-ups made since an instant, newest first.
func (c *Client) Topups(ctx context.Context, from time.Time) ([]Topup, error) {
	return fetchAll(ctx, c, TopupsPath, "", created(from, time.Time{}), topup)
}

// OwnBalance is our own balance with what Stripe holds back of it for owners
// below zero, and what could be paid out at once.
type OwnBalance struct {
	Balance
	Reserved map[money.Currency]int64
	Instant  map[money.Currency]int64
}

// OwnBalance fetches our own balance.
func (c *Client) OwnBalance(ctx context.Context) (OwnBalance, error) {
	return fetch(ctx, c, "/v1/balance", "", nil, func(b *stripe.Balance) OwnBalance {
		return OwnBalance{balance(b), byCurrency(b.ConnectReserved), byCurrency(b.InstantAvailable)}
	})
}
