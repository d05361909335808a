package payment

import (
	"context"
	"encoding/json"
	"errors"

	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// SubjectOf finds the payment that an event is about: by the session, intent,
// charge, transfer or refund that it names, else by the booking in the
// metadata that we gave to the object. An event about nobody's payment has no
// subject: it is foreign.
func SubjectOf(ctx context.Context, q postgres.Querier, ev inbound.Event) (inbound.Subject, error) {
	var object struct {
		ID                     string            `json:"id"`
		PaymentIntent          reference         `json:"payment_intent"`
		Charge                 reference         `json:"charge"`
		SourceTransaction      reference         `json:"source_transaction"`
		OriginatingTransaction reference         `json:"originating_transaction"`
		Metadata               map[string]string `json:"metadata"`
	}
	if err := json.Unmarshal(ev.Object, &object); err != nil {
		return inbound.Subject{}, nil // no object that could be ours
	}
	names := []string{object.ID}
	for _, r := range []reference{object.PaymentIntent, object.Charge, object.SourceTransaction, object.OriginatingTransaction} {
		if r != "" {
			names = append(names, string(r))
		}
	}
	var id string
	err := q.QueryRow(ctx, `
		SELECT id FROM (
			SELECT payment_id AS id FROM checkout_attempts WHERE session_id = ANY($1)
			UNION ALL SELECT id FROM payments WHERE payment_intent_id = ANY($1)
			UNION ALL SELECT payment_id FROM charges WHERE id = ANY($1)
			UNION ALL SELECT payment_id FROM refunds WHERE stripe_refund_id = ANY($1)
			UNION ALL SELECT payment_id FROM transfers WHERE id = ANY($1)
			UNION ALL SELECT payment_id FROM charges WHERE application_fee_id = ANY($1)
			UNION ALL SELECT id FROM payments WHERE id::text = $2
		) found LIMIT 1`, names, object.Metadata[stripeapi.MetaPayment]).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return inbound.Subject{}, nil
	}
	return inbound.Subject{Kind: inbound.Payment, ID: id}, err
}

// DisputeOf is the subject of a dispute's event: the dispute itself, when its
// payment is ours.
func DisputeOf(ctx context.Context, q postgres.Querier, ev inbound.Event) (inbound.Subject, error) {
	subject, err := SubjectOf(ctx, q, ev)
	if err != nil || subject.IsZero() {
		return inbound.Subject{}, err
	}
	return inbound.Subject{Kind: inbound.Dispute, ID: ev.ObjectID}, nil
}

// reference is an id, given bare or as an expanded object.
type reference string

func (r *reference) UnmarshalJSON(raw []byte) error {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		*r = reference(id)
		return nil
	}
	var object struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &object) == nil {
		*r = reference(object.ID)
	}
	return nil
}
