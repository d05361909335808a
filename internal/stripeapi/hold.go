package stripeapi

import "net/url"

// CaptureParams ask to take the money that a card is held for. It can be done
// once, and what is not taken then is let go.
type CaptureParams struct {
	Amount int64
	Fee    int64 // 0: there is no application fee
}

// Values are the parameters as they are sent.
func (p CaptureParams) Values() url.Values {
	v := url.Values{"amount_to_capture": {digits(p.Amount)}}
	if p.Fee > 0 {
		v.Set("application_fee_amount", digits(p.Fee))
	}
	return v
}

// CancelParams ask to let a held card go.
type CancelParams struct {
	Reason string // requested_by_customer, abandoned, duplicate, fraudulent, or ""
}

// Values are the parameters as they are sent.
func (p CancelParams) Values() url.Values {
	v := url.Values{}
	set(v, "cancellation_reason", p.Reason)
	return v
}
