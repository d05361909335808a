package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// fetch reads one object and narrows it.
func fetch[S, T any](ctx context.Context, c *Client, path, account string, query url.Values, narrow func(*S) T) (T, error) {
	body, err := c.read(ctx, path, account, query)
	if err != nil {
		var zero T
		return zero, err
	}
	return decode(body, narrow)
}

// page is how Stripe lists: newest first.
type page struct {
	Data    []json.RawMessage `json:"data"`
	HasMore bool              `json:"has_more"`
}

const pageSize = 100

// list reads every page. Objects that appear while it pages are missed, and
// none is seen twice: the pages follow the last id.
func (c *Client) list(ctx context.Context, path, account string, query url.Values) ([]json.RawMessage, error) {
	query.Set("limit", strconv.Itoa(pageSize))
	var all []json.RawMessage
	for {
		body, err := c.read(ctx, path, account, query)
		if err != nil {
			return nil, err
		}
		var p page
		if err := json.Unmarshal(body, &p); err != nil {
			return nil, fmt.Errorf("read a page of %s: %w", path, err)
		}
		all = append(all, p.Data...)
		if !p.HasMore || len(p.Data) == 0 {
			return all, nil
		}
		var last struct {
			ID string `json:"id"`
		}
		if err := json.Unmarshal(p.Data[len(p.Data)-1], &last); err != nil {
			return nil, fmt.Errorf("read a page of %s: %w", path, err)
		}
		query.Set("starting_after", last.ID)
	}
}

func fetchAll[S, T any](ctx context.Context, c *Client, path, account string, query url.Values, narrow func(*S) T) ([]T, error) {
	objects, err := c.list(ctx, path, account, query)
	if err != nil {
		return nil, err
	}
	out := make([]T, 0, len(objects))
	for _, object := range objects {
		one, err := decode(object, narrow)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func expand(paths ...string) url.Values { return url.Values{"expand[]": paths} }

// created limits a list to objects made in [from, to]; zero times are open ends.
func created(from, to time.Time) url.Values {
	query := url.Values{}
	if !from.IsZero() {
		query.Set("created[gte]", strconv.FormatInt(from.Unix(), 10))
	}
	if !to.IsZero() {
		query.Set("created[lte]", strconv.FormatInt(to.Unix(), 10))
	}
	return query
}

func at(path, id string) string { return path + "/" + url.PathEscape(id) }

// Session fetches a Checkout Session.
func (c *Client) Session(ctx context.Context, id string) (Session, error) {
	return fetch(ctx, c, at(SessionsPath, id), "", nil, session)
}

// SessionsByBooking finds the sessions made for a booking between two
// instants, newest first: how a lost answer is found again.
func (c *Client) SessionsByBooking(ctx context.Context, bookingID string, from, to time.Time) ([]Session, error) {
	all, err := fetchAll(ctx, c, SessionsPath, "", created(from, to), session)
	return keep(all, func(s Session) bool { return s.Metadata[MetaBooking] == bookingID }), err
}

// PaymentIntent fetches a payment intent.
func (c *Client) PaymentIntent(ctx context.Context, id string) (PaymentIntent, error) {
	return fetch(ctx, c, at("/v1/payment_intents", id), "", nil, paymentIntent)
}

// Charge fetches a charge with its balance transaction.
func (c *Client) Charge(ctx context.Context, id string) (Charge, error) {
	return fetch(ctx, c, at("/v1/charges", id), "", expand("balance_transaction"), charge)
}

// Refund fetches a refund.
func (c *Client) Refund(ctx context.Context, id string) (Refund, error) {
	return fetch(ctx, c, at(RefundsPath, id), "", nil, refund)
}

// RefundsByIntent lists the refunds of a payment intent, newest first.
func (c *Client) RefundsByIntent(ctx context.Context, intentID string) ([]Refund, error) {
	return fetchAll(ctx, c, RefundsPath, "", url.Values{"payment_intent": {intentID}}, refund)
}

// Transfer fetches a transfer with all its reversals.
func (c *Client) Transfer(ctx context.Context, id string) (Transfer, error) {
	body, err := c.read(ctx, at("/v1/transfers", id), "", nil)
	if err != nil {
		return Transfer{}, err
	}
	return c.wholeTransfer(ctx, body)
}

// ApplicationFee fetches an application fee with all its refunds.
func (c *Client) ApplicationFee(ctx context.Context, id string) (ApplicationFee, error) {
	body, err := c.read(ctx, at("/v1/application_fees", id), "", nil)
	if err != nil {
		return ApplicationFee{}, err
	}
	return c.wholeFee(ctx, body)
}

// Dispute fetches a dispute with its balance transactions.
func (c *Client) Dispute(ctx context.Context, id string) (Dispute, error) {
	return fetch(ctx, c, at("/v1/disputes", id), "", nil, dispute)
}

// DisputesByIntent lists the disputes of a payment intent, newest first.
func (c *Client) DisputesByIntent(ctx context.Context, intentID string) ([]Dispute, error) {
	return fetchAll(ctx, c, "/v1/disputes", "", url.Values{"payment_intent": {intentID}}, dispute)
}

// EarlyFraudWarning fetches a warning.
func (c *Client) EarlyFraudWarning(ctx context.Context, id string) (EarlyFraudWarning, error) {
	return fetch(ctx, c, at("/v1/radar/early_fraud_warnings", id), "", nil, earlyFraudWarning)
}

// EarlyFraudWarningsByIntent lists the warnings of a payment intent.
func (c *Client) EarlyFraudWarningsByIntent(ctx context.Context, intentID string) ([]EarlyFraudWarning, error) {
	return fetchAll(ctx, c, "/v1/radar/early_fraud_warnings", "", url.Values{"payment_intent": {intentID}}, earlyFraudWarning)
}

// Account fetches a connected account.
func (c *Client) Account(ctx context.Context, id string) (Account, error) {
	return fetch(ctx, c, at(AccountsPath, id), "", nil, account)
}

// AccountsByUser finds the connected accounts made for a user between two
// instants, newest first.
func (c *Client) AccountsByUser(ctx context.Context, userID string, from, to time.Time) ([]Account, error) {
	all, err := fetchAll(ctx, c, AccountsPath, "", created(from, to), account)
	return keep(all, func(a Account) bool { return a.Metadata[MetaUser] == userID }), err
}

// Payout fetches a payout of a connected account, or of ours when account is "".
func (c *Client) Payout(ctx context.Context, account, id string) (Payout, error) {
	return fetch(ctx, c, at(PayoutsPath, id), account, expand("destination"), payout)
}

// Payouts lists an account's payouts made between two instants, newest first.
func (c *Client) Payouts(ctx context.Context, account string, from, to time.Time) ([]Payout, error) {
	return fetchAll(ctx, c, PayoutsPath, account, created(from, to), payout)
}

// Balance fetches an account's balance, ours when account is "".
func (c *Client) Balance(ctx context.Context, account string) (Balance, error) {
	return fetch(ctx, c, "/v1/balance", account, nil, balance)
}

// BalanceQuery narrows a list of balance transactions; zero fields do not.
type BalanceQuery struct {
	Account        string // acct_…; "" is ours
	From, To       time.Time
	Payout, Source string
	Type           string
}

// BalanceTransactions lists an account's balance transactions, newest first.
func (c *Client) BalanceTransactions(ctx context.Context, q BalanceQuery) ([]BalanceTransaction, error) {
	query := created(q.From, q.To)
	set(query, "payout", q.Payout)
	set(query, "source", q.Source)
	set(query, "type", q.Type)
	return fetchAll(ctx, c, "/v1/balance_transactions", q.Account, query, balanceTransaction)
}

func keep[T any](all []T, wanted func(T) bool) []T {
	var out []T
	for _, one := range all {
		if wanted(one) {
			out = append(out, one)
		}
	}
	return out
}

// wholeTransfer narrows a transfer and reads on where Stripe cut its list of
// reversals short.
func (c *Client) wholeTransfer(ctx context.Context, body json.RawMessage) (Transfer, error) {
	var more bool
	out, err := decode(body, func(t *stripe.Transfer) Transfer {
		more = t.Reversals != nil && t.Reversals.HasMore
		return transfer(t)
	})
	if err == nil && more {
		out.Reversals, err = fetchAll(ctx, c, ReversalsPath(out.ID), "", url.Values{}, reversal)
	}
	return out, err
}

func (c *Client) wholeFee(ctx context.Context, body json.RawMessage) (ApplicationFee, error) {
	var more bool
	out, err := decode(body, func(f *stripe.ApplicationFee) ApplicationFee {
		more = f.Refunds != nil && f.Refunds.HasMore
		return applicationFee(f)
	})
	if err == nil && more {
		out.Refunds, err = fetchAll(ctx, c, at("/v1/application_fees", out.ID)+"/refunds", "", url.Values{}, feeRefund)
	}
	return out, err
}
