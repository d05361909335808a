package payout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/ledger"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Kinds of ledger transactions of payouts; their references end in Stripe's id.
const (
	posted       = "payout"
	postedReturn = "payout_return"
)

// SubjectOf says which payout an event is about. Only payouts of our owners'
// accounts are ours to follow: the platform's own go to its own bank.
func SubjectOf(ctx context.Context, q postgres.Querier, ev inbound.Event) (inbound.Subject, error) {
	account, err := connect.SubjectOf(ctx, q, inbound.Event{Account: ev.Account})
	if err != nil || account.IsZero() || !strings.HasPrefix(ev.ObjectID, "po_") {
		return inbound.Subject{}, err
	}
	return subjectOf(ev.Account, ev.ObjectID), nil
}

// OnPayout is the [inbound.Handler] of payouts.
func (s *Service) OnPayout(ctx context.Context, subject inbound.Subject, _ []inbound.Event) (inbound.Change, error) {
	acct, id, ok := strings.Cut(subject.ID, "/")
	if !ok {
		return nil, fmt.Errorf("%q names no payout", subject)
	}
	seen, err := s.Stripe.Payout(ctx, acct, id)
	if connect.Gone(err) { // the owner has disconnected: what was seen last is all that we know
		return func(context.Context, pgx.Tx) (string, error) { return "Stripe shows it to us no more", nil }, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at payout %s: %w", id, err)
	}
	rows, err := s.rowsOf(ctx, acct, seen)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	return func(ctx context.Context, tx pgx.Tx) (string, error) { return s.apply(ctx, tx, acct, seen, rows, now) }, nil
}

func (s *Service) apply(ctx context.Context, tx pgx.Tx, acct string, seen stripeapi.Payout, rows []stripeapi.PayoutRow, now time.Time) (string, error) {
	a, err := connect.ByStripeID(ctx, tx, acct)
	if err != nil {
		return "", err
	}
	all, err := carried(ctx, tx, seen)
	if err != nil {
		return "", err
	}
	shares, unnamed, err := allot(ctx, tx, rows)
	if err != nil {
		return "", err
	}
	all = slices.AppendSeq(all, maps.Keys(shares))
	if err := lockAll(ctx, tx, all); err != nil {
		return "", err
	}
	stay := only(all)
	p, err := found(ctx, tx, a.UserID, acct, seen)
	if err != nil {
		return "", err
	}
	if p, err = mirror(ctx, tx, p.ID, seen, now); err != nil {
		return "", fmt.Errorf("mirror payout %s: %w", seen.ID, err)
	}
	if p.RequestID != nil { // its answer may have been lost
		if _, err := stripeapi.Found(ctx, tx, *p.RequestID, seen.ID, now); err != nil {
			return "", err
		}
	}
	if err := post(ctx, tx, p, stay, seen, now); err != nil {
		return "", err
	}
	if p.Automatic {
		if err := explain(ctx, tx, p, shares, unnamed, now); err != nil {
			return "", err
		}
	}
	if p.Status.back() {
		if err := giveBack(ctx, tx, p.ID, now); err != nil {
			return "", err
		}
	}
	return "payout " + string(p.Status), s.tellOwner(ctx, tx, p, stay)
}

// only is the booking that a payout carries alone; "" when it carries several.
func only(all []booking.ID) booking.ID {
	all = slices.Compact(slices.Sorted(slices.Values(all)))
	if len(all) != 1 {
		return ""
	}
	return all[0]
}

// post books what left the owner's balance, and what came back.
func post(ctx context.Context, tx pgx.Tx, p Payout, stay booking.ID, seen stripeapi.Payout, now time.Time) error {
	t := ledger.Transaction{
		Reference: posted + ":" + seen.ID, Kind: posted, BookingID: string(stay), ObjectID: seen.ID, Memo: "Paid out to the owner's bank", At: seen.Created,
		Postings: []ledger.Posting{{From: ledger.Owner(p.StripeAccount), To: ledger.Bank(p.StripeAccount), Amount: p.Money()}},
	}
	if _, err := ledger.Post(ctx, tx, t); err != nil || !p.Status.back() {
		return err
	}
	t.Reference, t.Kind, t.Memo, t.At = postedReturn+":"+seen.ID, postedReturn, "The payout came back", now
	t.Postings[0].From, t.Postings[0].To = t.Postings[0].To, t.Postings[0].From
	_, err := ledger.Post(ctx, tx, t)
	return err
}

func (s *Service) tellOwner(ctx context.Context, tx pgx.Tx, p Payout, stay booking.ID) error {
	if p.Status != Failed {
		return nil
	}
	data := map[string]any{"amount": p.Amount, "currency": string(p.Currency), "reference": *p.StripeID, "reason": Why(p)}
	return s.Notify.Enqueue(ctx, tx, notify.Note{
		Key: "payout_failed:" + *p.StripeID, Template: "payout_failed_owner", To: p.UserID, BookingID: string(stay), Data: data,
	})
}

// Why says in plain words why a payout failed; "" for one that did not.
func Why(p Payout) string {
	if words, ok := failures[p.FailureCode]; ok {
		return words
	}
	return p.FailureMessage
}

var failures = map[string]string{
	"account_closed":                "The bank account has been closed.",
	"account_frozen":                "The bank account is frozen.",
	"bank_account_restricted":       "The bank account does not take payouts of this kind.",
	"bank_ownership_changed":        "The bank account belongs to somebody else now.",
	"could_not_process":             "The bank could not process the payout.",
	"debit_not_authorized":          "The bank account does not allow the transfer.",
	"declined":                      "The bank declined the payout.",
	"incorrect_account_holder_name": "The name on the bank account does not match.",
	"insufficient_funds":            "The balance did not cover the payout.",
	"invalid_account_number":        "The account number is not valid.",
	"invalid_currency":              "The bank account does not take this currency.",
	"no_account":                    "The bank does not know the account.",
	"unsupported_card":              "The card does not take payouts.",
}
