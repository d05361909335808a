package stripeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// PaymentLook is all that Stripe says about one payment, fetched afresh.
type PaymentLook struct {
	Session  *Session
	Intent   *PaymentIntent  // nil until the customer confirmed
	Charges  []Charge        // all of the intent, newest first
	Refunds  []Refund        // all of the intent, newest first
	Transfer *Transfer       // of the charge that succeeded
	Fee      *ApplicationFee // the same
	At       time.Time       // when the look began
}

// LookAtPayment fetches a payment by its session, its intent, or both, in at
// most three calls: session with intent, charges with balance transaction,
// transfer and fee, refunds.
func (c *Client) LookAtPayment(ctx context.Context, sessionID, intentID string) (PaymentLook, error) {
	if sessionID == "" && intentID == "" {
		return PaymentLook{}, errors.New("look at a payment: neither session nor intent is known")
	}
	look := PaymentLook{At: c.Now()}
	if err := c.lookAtSession(ctx, &look, sessionID); err != nil {
		return PaymentLook{}, fmt.Errorf("look at session %s: %w", sessionID, err)
	}
	if look.Intent == nil && intentID != "" {
		intent, err := c.PaymentIntent(ctx, intentID)
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
	body, err := c.read(ctx, at(SessionsPath, id), "", expand("payment_intent"))
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
	query := expand("data.balance_transaction", "data.transfer", "data.application_fee")
	query.Set("payment_intent", look.Intent.ID)
	charges, err := c.list(ctx, "/v1/charges", "", query)
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
	look.Refunds, err = fetchAll(ctx, c, RefundsPath, "", url.Values{"payment_intent": {look.Intent.ID}}, refund)
	return err
}

// lookAtShares takes the transfer and the fee from the charge that has them.
func (c *Client) lookAtShares(ctx context.Context, look *PaymentLook, of Charge, body json.RawMessage) error {
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
	return nil
}
