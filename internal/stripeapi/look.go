package stripeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// PaymentLook is all that Stripe says about one payment, fetched afresh.
type PaymentLook struct {
	Account   string // acct_… that a direct charge is on; "" for one of ours
	Session   *Session
	Intent    *PaymentIntent  // nil until the customer confirmed
	Charges   []Charge        // all of the intent, newest first
	Refunds   []Refund        // all of the intent, newest first
	Transfer  *Transfer       // of the charge that succeeded, made with it
	Transfers []Transfer      // made apart from it, before or after a dispute, oldest first
	Fee       *ApplicationFee // of the charge that succeeded
	At        time.Time       // when the look began
}

// LookAtPayment fetches a payment by its session, its intent, or both, in at
// most four calls: session with intent, charges with balance transaction,
// transfer and fee, refunds, and the transfers of its group. When something
// happened between the calls it looks again.
func (c *Client) LookAtPayment(ctx context.Context, sessionID, intentID string) (PaymentLook, error) {
	return c.lookAtPayment(ctx, "", sessionID, intentID)
}

// LookAtDirectPayment is [Client.LookAtPayment] for a charge on a connected
// account.
func (c *Client) LookAtDirectPayment(ctx context.Context, account, sessionID, intentID string) (PaymentLook, error) {
	return c.lookAtPayment(ctx, account, sessionID, intentID)
}

// looks is how often a payment is looked at until the calls agree.
const looks = 4

func (c *Client) lookAtPayment(ctx context.Context, account, sessionID, intentID string) (look PaymentLook, err error) {
	if sessionID == "" && intentID == "" {
		return PaymentLook{}, errors.New("look at a payment: neither session nor intent is known")
	}
	for range looks {
		if look, err = c.lookOnce(ctx, account, sessionID, intentID); err == nil {
			err = look.torn()
		}
		if !errors.Is(err, errTorn) {
			return look, err
		}
	}
	return PaymentLook{}, fmt.Errorf("look at payment %s %s: %w", sessionID, intentID, unavailable(err))
}

var errTorn = errors.New("stripe's answers are of different moments")

// torn reports that something happened between the calls of a look, so that
// they tell a half of it: a refund without the reversal that it came with would
// be booked as one that the owner still owes.
func (l PaymentLook) torn() error {
	if l.Transfer == nil {
		return nil
	}
	left := l.Transfer.AmountReversed
	for _, r := range l.Transfer.Reversals {
		left -= r.Amount
		if r.SourceRefundID != "" && !slices.ContainsFunc(l.Refunds, func(f Refund) bool { return f.ID == r.SourceRefundID }) {
			return fmt.Errorf("%w: reversal %s without refund %s", errTorn, r.ID, r.SourceRefundID)
		}
	}
	if left != 0 {
		return fmt.Errorf("%w: transfer %s is reversed by %d more than its reversals", errTorn, l.Transfer.ID, left)
	}
	for _, f := range l.Refunds {
		theirs := slices.ContainsFunc(l.Charges, func(c Charge) bool { return c.ID == f.ChargeID && c.TransferID == l.Transfer.ID })
		if theirs && f.TransferReversalID != "" && !slices.ContainsFunc(l.Transfer.Reversals, func(r Reversal) bool { return r.ID == f.TransferReversalID }) {
			return fmt.Errorf("%w: refund %s without reversal %s", errTorn, f.ID, f.TransferReversalID)
		}
	}
	return nil
}

func (c *Client) lookOnce(ctx context.Context, account, sessionID, intentID string) (PaymentLook, error) {
	look := PaymentLook{Account: account, At: c.Now()}
	if err := c.lookAtSession(ctx, &look, sessionID); err != nil {
		return PaymentLook{}, fmt.Errorf("look at session %s: %w", sessionID, err)
	}
	if look.Intent == nil && intentID != "" {
		intent, err := fetch(ctx, c, at("/v1/payment_intents", intentID), account, nil, paymentIntent)
		if err != nil {
			return PaymentLook{}, fmt.Errorf("look at intent %s: %w", intentID, err)
		}
		look.Intent = &intent
	}
	if look.Intent == nil {
		return look, nil
	}
	if err := c.lookAtCharges(ctx, &look); err != nil {
		return PaymentLook{}, fmt.Errorf("look at the charges of %s: %w", look.Intent.ID, err)
	}
	return look, nil
}

func (c *Client) lookAtSession(ctx context.Context, look *PaymentLook, id string) error {
	if id == "" {
		return nil
	}
	body, err := c.read(ctx, at(SessionsPath, id), look.Account, expand("payment_intent"))
	if err != nil {
		return err
	}
	s, err := decode(body, session)
	if err != nil {
		return err
	}
	look.Session = &s
	var inner struct {
		PaymentIntent json.RawMessage `json:"payment_intent"`
	}
	if err := json.Unmarshal(body, &inner); err != nil || s.PaymentIntentID == "" {
		return err
	}
	intent, err := decode(inner.PaymentIntent, paymentIntent)
	look.Intent = &intent
	return err
}

func (c *Client) lookAtCharges(ctx context.Context, look *PaymentLook) error {
	query := expand("data.balance_transaction")
	query.Set("payment_intent", look.Intent.ID)
	if look.Account == "" {
		query["expand[]"] = append(query["expand[]"], "data.transfer", "data.application_fee")
	}
	charges, err := c.list(ctx, "/v1/charges", look.Account, query)
	if err != nil || len(charges) == 0 {
		return err
	}
	for _, body := range charges {
		one, err := decode(body, charge)
		if err != nil {
			return err
		}
		look.Charges = append(look.Charges, one)
		if err := c.lookAtShares(ctx, look, one, body); err != nil {
			return err
		}
	}
	look.Refunds, err = fetchAll(ctx, c, RefundsPath, look.Account, url.Values{"payment_intent": {look.Intent.ID}}, refund)
	return err
}

// lookAtShares takes the transfers and the fee from the charge that has them.
func (c *Client) lookAtShares(ctx context.Context, look *PaymentLook, of Charge, body json.RawMessage) error {
	if look.Account != "" {
		return c.lookAtDirectFee(ctx, look, of)
	}
	var shares struct {
		Transfer json.RawMessage `json:"transfer"`
		Fee      json.RawMessage `json:"application_fee"`
	}
	if err := json.Unmarshal(body, &shares); err != nil {
		return err
	}
	if of.TransferID != "" && look.Transfer == nil {
		t, err := c.wholeTransfer(ctx, shares.Transfer)
		if err != nil {
			return err
		}
		look.Transfer = &t
	}
	if of.ApplicationFeeID != "" && look.Fee == nil {
		f, err := c.wholeFee(ctx, shares.Fee)
		if err != nil {
			return err
		}
		look.Fee = &f
	}
	return c.lookAtGroup(ctx, look, of)
}

// lookAtDirectFee fetches the fee of a direct charge: it is ours, and the
// account sees no more of it than its id.
func (c *Client) lookAtDirectFee(ctx context.Context, look *PaymentLook, of Charge) error {
	if of.ApplicationFeeID == "" || look.Fee != nil {
		return nil
	}
	f, err := c.ApplicationFee(ctx, of.ApplicationFeeID)
	look.Fee = &f
	return err
}

// lookAtGroup fetches what else was transferred of a charge. Stripe gives the
// group of a charge to every transfer that names it as its source.
func (c *Client) lookAtGroup(ctx context.Context, look *PaymentLook, of Charge) error {
	if !of.Captured || of.TransferGroup == "" || len(look.Transfers) > 0 {
		return nil
	}
	all, err := c.list(ctx, TransfersPath, "", url.Values{"transfer_group": {of.TransferGroup}})
	if err != nil {
		return err
	}
	for _, body := range slices.Backward(all) { // Stripe lists the newest first
		t, err := c.wholeTransfer(ctx, body)
		if err != nil {
			return err
		}
		if t.ID != of.TransferID {
			look.Transfers = append(look.Transfers, t)
		}
	}
	return nil
}
