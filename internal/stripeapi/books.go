package stripeapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"hearth/internal/money"

	"github.com/tidwall/gjson"
)

// BookRow is a balance transaction with what its source says of the movement,
// for comparing a whole balance with our books.
type BookRow struct {
	BalanceTransaction
	Description    string
	ApplicationFee int64 // the part of Fee that went to a platform; the rest is Stripe's
	Source         RowSource
}

// RowSource names what a row belongs to, as far as its source says it.
type RowSource struct {
	Transfer    string          // tr_… that an owner's payment came by
	Reversal    string          // trr_… that the row is, on either side
	Fee         string          // fee_… of a charge or payment
	FeeRefund   string          // fr_… that the row is
	Description json.RawMessage // the few fields that say whose it is, none of them personal
}

// BookRows reads one page of an account's balance transactions made since
// from, newest first, following the id after; both may be zero. More says that
// older ones follow.
func (c *Client) BookRows(ctx context.Context, account string, from time.Time, after string) (rows []BookRow, more bool, err error) {
	query := created(from, time.Time{})
	query.Set("limit", strconv.Itoa(pageSize))
	query.Set("expand[]", "data.source")
	set(query, "starting_after", after)
	body, err := c.read(ctx, "/v1/balance_transactions", account, query)
	if err != nil {
		return nil, false, err
	}
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, false, fmt.Errorf("read a page of balance transactions: %w", err)
	}
	for _, raw := range p.Data {
		row, err := c.bookRow(ctx, raw)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, p.HasMore && len(rows) > 0, nil
}

func (c *Client) bookRow(ctx context.Context, raw json.RawMessage) (BookRow, error) {
	var t struct {
		ID          string         `json:"id"`
		Type        string         `json:"type"`
		Category    string         `json:"reporting_category"`
		Amount      int64          `json:"amount"`
		Fee         int64          `json:"fee"`
		Net         int64          `json:"net"`
		Currency    money.Currency `json:"currency"`
		Description string         `json:"description"`
		AvailableOn int64          `json:"available_on"`
		Created     int64          `json:"created"`
		FeeDetails  []struct {
			Amount int64  `json:"amount"`
			Type   string `json:"type"`
		} `json:"fee_details"`
	}
	if err := json.Unmarshal(raw, &t); err != nil {
		return BookRow{}, fmt.Errorf("read a balance transaction: %w", err)
	}
	row := BookRow{Description: t.Description, BalanceTransaction: BalanceTransaction{
		ID: t.ID, Type: t.Type, ReportingCategory: t.Category, Amount: t.Amount, Fee: t.Fee, Net: t.Net, Currency: t.Currency,
		AvailableOn: unix(t.AvailableOn), Created: unix(t.Created),
	}}
	for _, f := range t.FeeDetails {
		if f.Type == "application_fee" {
			row.ApplicationFee += f.Amount
		}
	}
	source := gjson.GetBytes(raw, "source")
	row.SourceID = idOf(source)
	var err error
	row.Source, err = c.rowSource(ctx, row, source)
	return row, err
}

// idOf is an id, given bare or as an expanded object.
func idOf(v gjson.Result) string {
	if v.IsObject() {
		return v.Get("id").Str
	}
	return v.Str
}

// rowSource reads an expanded source. A reversal and a fee's refund are found
// in the list of their transfer or fee, by the row that they name.
func (c *Client) rowSource(ctx context.Context, row BookRow, source gjson.Result) (s RowSource, err error) {
	s.Transfer = idOf(source.Get("source_transfer"))
	s.Fee = idOf(source.Get("application_fee"))
	if s.Reversal = idOf(source.Get("source_transfer_reversal")); row.Type == "transfer_refund" {
		s.Reversal, err = c.partOf(ctx, source.Get("reversals"), ReversalsPath(row.SourceID), row.ID)
	}
	if err == nil && row.Type == "application_fee_refund" {
		s.FeeRefund, err = c.partOf(ctx, source.Get("refunds"), at("/v1/application_fees", row.SourceID)+"/refunds", row.ID)
	}
	if err != nil {
		return s, err
	}
	about := map[string]any{"id": row.SourceID}
	for _, name := range []string{"payment_intent", "charge", "source_transaction", "originating_transaction"} {
		if id := idOf(source.Get(name)); id != "" {
			about[name] = id
		}
	}
	ours := map[string]string{}
	for _, name := range []string{MetaBooking, MetaPayment, MetaRefund, MetaPayout} {
		if v := source.Get("metadata." + name).Str; v != "" {
			ours[name] = v
		}
	}
	about["metadata"] = ours
	s.Description, err = json.Marshal(about)
	return s, err
}

// partOf finds the one of a list whose balance transaction the row is. Where
// Stripe cut the list short it reads on.
func (c *Client) partOf(ctx context.Context, list gjson.Result, path, row string) (string, error) {
	find := func(all []gjson.Result) string {
		i := slices.IndexFunc(all, func(one gjson.Result) bool { return idOf(one.Get("balance_transaction")) == row })
		if i < 0 {
			return ""
		}
		return all[i].Get("id").Str
	}
	id := find(list.Get("data").Array())
	if id != "" || !list.Get("has_more").Bool() {
		return id, nil
	}
	objects, err := c.list(ctx, path, "", url.Values{})
	if err != nil {
		return "", err
	}
	all := make([]gjson.Result, len(objects))
	for i, object := range objects {
		all[i] = gjson.ParseBytes(object)
	}
	return find(all), nil
}
