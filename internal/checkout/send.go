package checkout

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// Purposes are the requests that [Service.Finish] knows how to finish.
var Purposes = []string{stripeapi.ForSession, stripeapi.ForExpire, stripeapi.ForRefund, stripeapi.ForCapture, stripeapi.ForCancel,
	stripeapi.ForRecovery, stripeapi.ForReturn, stripeapi.ForEvidenceFile, stripeapi.ForEvidence, stripeapi.ForDisputeClose}

// Finish sends a planned request, or reads what came of it, and writes what
// follows: a session's or a refund's id, or that Stripe refused. It may run
// any number of times, and at once; an unknown outcome is an error, and the
// next run sends the same bytes under the same key.
func (s *Service) Finish(ctx context.Context, id stripeapi.RequestID) error {
	request, err := stripeapi.RequestByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	switch request.Purpose {
	case stripeapi.ForSession:
		_, err = s.sendSession(ctx, id)
		if fault.Is(err, fault.Conflict) {
			return nil // refused: the hold's end releases the nights
		}
		return err
	case stripeapi.ForExpire:
		outcome, err := s.Stripe.Send(ctx, id)
		switch {
		case errors.Is(err, stripeapi.ErrTooOld): // not all that is Over: the page may be open still
			return s.giveUpExpiring(ctx, id)
		case failed(outcome, err) || stripeapi.Over(err):
			next, err := s.expireAgain(ctx, request)
			if err == nil && next != "" {
				_, err = s.Stripe.Send(ctx, next)
			}
			return err
		}
		return err
	case stripeapi.ForRefund:
		return s.sendRefund(ctx, id)
	case stripeapi.ForCapture, stripeapi.ForCancel:
		return s.sendHold(ctx, request)
	case stripeapi.ForRecovery:
		return s.sendRecovery(ctx, id)
	case stripeapi.ForReturn:
		return s.sendReturn(ctx, id)
	case stripeapi.ForEvidenceFile:
		return s.sendPaper(ctx, id)
	case stripeapi.ForEvidence:
		return s.sendAnswer(ctx, id)
	case stripeapi.ForDisputeClose:
		return s.sendClosing(ctx, id)
	}
	return fmt.Errorf("request %s has a purpose that is not ours: %s", id, request.Purpose)
}

// giveUpExpiring closes a request to end a session that has long ended by
// itself: a session lives for minutes, the key for a day.
func (s *Service) giveUpExpiring(ctx context.Context, id stripeapi.RequestID) error {
	return postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		_, err := stripeapi.Abandon(ctx, tx, id, "The session has ended by itself", s.Now())
		return err
	})
}

// expireAgain plans the next try to end a session, after one that Stripe
// failed and would fail all day long under that key. Ending a page twice does
// no harm. "" is another's, who was first.
func (s *Service) expireAgain(ctx context.Context, failed stripeapi.Request) (next stripeapi.RequestID, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		next, err = s.underNextKey(ctx, tx, failed, "Stripe failed and would fail again under this key")
		return err
	})
	return next, err
}

// underNextKey gives a request up and plans the same under the next key, with a job of
// its own; "" when another was first.
func (s *Service) underNextKey(ctx context.Context, tx pgx.Tx, r stripeapi.Request, why string) (stripeapi.RequestID, error) {
	first, err := stripeapi.Abandon(ctx, tx, r.ID, why, s.Now())
	if err != nil || !first {
		return "", err
	}
	params, err := url.ParseQuery(r.Params)
	if err != nil {
		return "", fmt.Errorf("read the parameters of request %s: %w", r.ID, err)
	}
	base, number, _ := strings.Cut(r.Key, "#")
	n, _ := strconv.Atoi(number)
	return s.plan(ctx, tx, stripeapi.Planned{Purpose: r.Purpose, Path: r.Path, Key: fmt.Sprintf("%s#%d", base, n+1), About: r.About, Params: params})
}

// sendSession returns the payment page's address.
func (s *Service) sendSession(ctx context.Context, id stripeapi.RequestID) (string, error) {
	outcome, err := s.Stripe.Send(ctx, id)
	if failed(outcome, err) {
		return s.sessionFailed(ctx, id, err)
	}
	if err != nil {
		return "", fmt.Errorf("send session: %w", err)
	}
	attempt, err := payment.AttemptOf(ctx, s.DB, string(id))
	if err != nil {
		return "", err
	}
	if outcome.Refused() {
		s.Logger.WarnContext(ctx, "stripe refused a checkout session", "request", id, "code", outcome.Code, "param", outcome.Param)
		if attempt.Status != "refused" { // or what follows from it is done
			if err := s.sessionRefused(ctx, attempt, outcome); err != nil {
				return "", err
			}
		}
		return "", fault.New(fault.Conflict, "The payment page could not be opened. Nothing was charged. Please try again.")
	}
	url, err := s.sessionURL(ctx, outcome)
	if err != nil {
		return "", err
	}
	return url, postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		return payment.Attach(ctx, tx, attempt.ID, outcome.ObjectID, url)
	})
}

// sessionFailed finds out whether Stripe made a session although it says that
// it failed. If its list has none the next click tries anew, under another key:
// should one be made after all, nobody learns its address and it ends unpaid.
func (s *Service) sessionFailed(ctx context.Context, id stripeapi.RequestID, cause error) (string, error) {
	attempt, err := payment.AttemptOf(ctx, s.DB, string(id))
	if err != nil {
		return "", err
	}
	p, err := payment.ByID(ctx, s.DB, attempt.PaymentID)
	if err != nil {
		return "", err
	}
	if err := s.findSession(ctx, booking.ID(p.BookingID), attempt); err != nil {
		return "", err
	}
	if attempt, err = payment.AttemptOf(ctx, s.DB, string(id)); err != nil || attempt.Session() != "" {
		return attempt.URL, err
	}
	return "", fmt.Errorf("send session: %w", cause)
}

// sessionURL is in the answer, or, when the answer came to another process, at
// Stripe.
func (s *Service) sessionURL(ctx context.Context, o stripeapi.Outcome) (string, error) {
	if url, err := o.URL(); err == nil {
		return url, nil
	}
	session, err := s.Stripe.Session(ctx, o.ObjectID)
	if err != nil {
		return "", fmt.Errorf("fetch session %s: %w", o.ObjectID, err)
	}
	return session.URL, nil
}

// sessionRefused notes that no session exists. Unless Stripe only found its
// end too near, which a new attempt mends, the nights are given back at once:
// the owner's account, most likely, can no longer be paid.
func (s *Service) sessionRefused(ctx context.Context, a payment.Attempt, o stripeapi.Outcome) error {
	var account string
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		p, err := payment.ByID(ctx, tx, a.PaymentID)
		if err != nil {
			return err
		}
		account = p.Destination
		b, err := booking.Lock(ctx, tx, booking.ID(p.BookingID))
		if err != nil {
			return err
		}
		if err := payment.Refused(ctx, tx, a.ID); err != nil {
			return err
		}
		last, err := payment.LastAttempt(ctx, tx, p.ID)
		if err != nil || last.ID != a.ID { // a newer one may have a session: what follows from this one is past
			return err
		}
		if o.Param == "expires_at" || b.Status != booking.Held {
			return nil
		}
		if err := payment.Close(ctx, tx, p.ID); err != nil {
			return err
		}
		_, err = booking.Move(ctx, tx, b, booking.Expired, booking.Stripe, "Stripe refused to take the payment ("+o.Code+")", s.Now())
		return err
	})
	if err != nil || o.Param == "expires_at" {
		return err
	}
	return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Account, ID: account})
}
