package reconcile

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
)

// words makes Stripe's name of a kind one for people.
func words(kind string) string {
	text := strings.ReplaceAll(kind, "_", " ")
	if text == "" {
		return "movement"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// kind and id are the halves of a reference.
func (r remainder) kind() string { kind, _, _ := strings.Cut(r.named(), ":"); return kind }

func (r remainder) id() string { _, id, _ := strings.Cut(r.named(), ":"); return id }

// named is the reference, without the sign that Stripe could not name it yet.
func (r remainder) named() string { return strings.TrimPrefix(r.Reference, waiting) }

// object is what a person looks up: Stripe's object.
func (r remainder) object() string {
	if r.Source != "" {
		return r.Source
	}
	if r.ObjectID != "" {
		return r.ObjectID
	}
	return r.id()
}

// what names the remainder.
func (r remainder) what() string {
	switch {
	case r.Reference == whole:
		return "The balance as a whole"
	case r.kind() == "txn", r.Type == collection:
		return words(r.Type) + " " + r.Row
	}
	return words(r.kind()) + " " + r.id()
}

// cause says in words what most likely has happened. Known is the payment that
// the remainder belongs to, nil for none of ours.
func (r remainder) cause(known *payment.Payment) string {
	both := r.Ours != 0 && r.Theirs != 0
	in := func(minor int64) string { return money.New(minor, r.Currency).Format() }
	switch {
	case r.Reference == whole:
		return "Stripe's balance is not the sum of its own rows: something moved while they were read, or a row has not been listed yet."
	case r.Elsewhere:
		return "Stripe converted it: its balance moved in another currency than the one that was paid in."
	case both:
		return fmt.Sprintf("Hearth booked %s, Stripe moved %s.", in(r.Ours), in(r.Theirs))
	case r.Rows == 0 && r.Memo != "":
		return "Hearth booked it, Stripe shows no row: " + r.Memo + "."
	case r.Rows == 0:
		return "Hearth booked it, Stripe shows no row."
	case known != nil && known.Status != payment.Paid:
		return "Stripe has the money of a payment that Hearth does not settle: its amount, currency, fee or owner is not the one asked for, or it could not be looked at yet."
	case known != nil:
		return "Stripe moved it for a booking, and Hearth has not booked it: the look at the payment failed, or has not come yet."
	}
	return r.stranger()
}

// stranger is the cause of a row that belongs to no payment of ours.
func (r remainder) stranger() string {
	switch r.kind() {
	case "charge":
		return "A charge that Hearth did not make: there is no booking in its metadata."
	case "stripe_fee":
		return "Stripe's fee of something that Hearth did not make."
	case "transfer":
		return "A transfer made by hand, at the Dashboard or by another program with our key."
	case "reversal":
		return "A reversal of a transfer that Hearth did not make."
	case "fee", "fee_refund":
		return "An application fee of a charge that Hearth did not make."
	case "refund", "refund_failure":
		return "A refund of a charge that Hearth did not make."
	case "dispute":
		return "A dispute about a charge that Hearth did not make."
	case "payout", "payout_return":
		return "A payout that Hearth could not look at yet."
	}
	if r.Type == collection {
		return "Stripe took money of ours for an owner's negative balance, and the other half of it is not to be seen yet."
	}
	if r.Words != "" {
		return fmt.Sprintf("Stripe moved money of a kind that Hearth does not book (%s): %s.", words(r.Type), r.Words)
	}
	return fmt.Sprintf("Stripe moved money of a kind that Hearth does not book (%s).", words(r.Type))
}

// belongs finds whose a remainder is: the payment, and the subject to look at
// again so that it may be booked. Both are zero for a stranger's.
func (s *Service) belongs(ctx context.Context, q postgres.Querier, r remainder) (known *payment.Payment, subject inbound.Subject, err error) {
	if r.Account != "" && strings.HasPrefix(r.Source, "po_") {
		return nil, inbound.Subject{Kind: inbound.Payout, ID: r.Account + "/" + r.Source}, nil
	}
	if r.BookingID != nil {
		p, err := payment.ByBooking(ctx, q, *r.BookingID)
		if fault.Is(err, fault.NotFound) {
			return nil, subject, nil
		}
		return &p, inbound.Subject{Kind: inbound.Payment, ID: string(p.ID)}, err
	}
	ev := inbound.Event{ObjectID: r.Source, Object: json.RawMessage(r.About)}
	found, err := payment.SubjectOf(ctx, q, ev)
	if err != nil || found.IsZero() {
		return nil, subject, err
	}
	p, err := payment.ByID(ctx, q, payment.ID(found.ID))
	if err != nil {
		return nil, subject, err
	}
	if r.kind() == "dispute" {
		return &p, inbound.Subject{Kind: inbound.Dispute, ID: r.Source}, nil
	}
	return &p, found, nil
}

// booking is the booking that a remainder belongs to, nil for none.
func (r remainder) booking(known *payment.Payment) *string {
	if known != nil {
		return &known.BookingID
	}
	return r.BookingID
}
