package checkout_test

import (
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// Stripe keeps a 500 under its key and repeats it all day long. Nobody waits a
// day for that: once it is known, the list or another key has the word.

func TestAFailureThatStripeKeepsHoldsNoBookingUp(t *testing.T) {
	t.Parallel()
	for kind, sessions := range map[string]int{"500": 1, "500_after": 1} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			ask := w.Ask(factory.Home(t, w.DB, owner.ID, nil), 30, 3, "form")
			w.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions", "kind": kind})
			b, page, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
			if kind == "500" { // none was made: the next click tries anew
				if !fault.Is(err, fault.Unavailable) {
					t.Fatalf("the first click: %v", err)
				}
				b, page, err = w.Checkout.Start(t.Context(), tenant.ID, ask)
			}
			if err != nil || page == "" {
				t.Fatalf("no page: %q, %v", page, err)
			}
			if all, err := w.Stripe.SessionsByBooking(t.Context(), string(b.ID), b.CreatedAt, w.Now()); err != nil || len(all) != sessions || all[0].URL != page {
				t.Errorf("at Stripe: %+v, %v", all, err)
			}
			w.Pay(b, apptest.Good)
			w.Settle()
			if got := w.Booking(b.ID).Status; got != booking.Confirmed {
				t.Errorf("booking is %s", got)
			}
		})
	}
}

// The job of the try that failed comes late: it does not end the hold of who
// has a page by now.
func TestTheJobOfAFailedSessionEndsNoHold(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	ask := w.Ask(factory.Home(t, w.DB, owner.ID, nil), 30, 3, "form")
	w.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions", "kind": "500"})
	b, _, err := w.Checkout.Start(t.Context(), tenant.ID, ask)
	if err == nil {
		t.Fatal("no error")
	}
	sweep(t, w)
	if got := w.Booking(b.ID).Status; got != booking.Held {
		t.Errorf("booking is %s", got)
	}
}

func TestAFailureThatStripeKeepsHoldsNoNights(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Held(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 3)
	w.Control("faults", map[string]any{"route": "POST /v1/checkout/sessions/{id}/expire", "kind": "500"})
	if err := w.Checkout.Release(t.Context(), booking.Tenant(tenant.ID), b.ID, "Changed my mind"); err != nil {
		t.Fatal(err)
	}
	if got := w.Booking(b.ID).Status; got != booking.Cancelled {
		t.Errorf("booking is %s", got)
	}
}

func TestAFailureThatStripeKeepsHoldsNoRefundUp(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"500", "500_after"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			admin := factory.Person(t, w.DB, "Ada", user.Admin)
			b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
			w.Control("faults", map[string]any{"route": "POST /v1/refunds", "kind": kind})
			if _, err := w.Checkout.Refund(t.Context(), booking.Admin(admin.ID, "192.0.2.9"), b.ID, usd(5000), "Noise"); err != nil {
				t.Fatal(err)
			}
			if got := w.Refunds(b)[0].Status; got != "requested" {
				t.Fatalf("after a first failure, which may not be the last word, the refund is %s", got)
			}
			sweep(t, w) // sends it again, and hears the failure repeated
			theirs, err := w.Stripe.RefundsByIntent(t.Context(), w.Payment(b).IntentID())
			if all := w.Refunds(b); err != nil || len(theirs) != 1 || len(all) != 1 || all[0].Status != "succeeded" || all[0].StripeID() != theirs[0].ID {
				t.Errorf("at Stripe %+v, ours %+v, %v", theirs, all, err)
			}
		})
	}
}

// While Stripe fails at everything, an old refund is not asked for under key after
// key: each is good for two words of Stripe's, and a sweep goes round a few times.
func TestAnOldRefundDoesNotRushAtAStripeThatFails(t *testing.T) {
	t.Parallel()
	w, owner, tenant := scene(t)
	b := w.Confirmed(tenant, factory.Home(t, w.DB, owner.ID, nil), 30, 5)
	w.Control("faults", map[string]any{"route": "POST /v1/refunds", "kind": "500", "count": 8})
	if _, err := w.Checkout.Refund(t.Context(), booking.Owner(owner.ID), b.ID, usd(5000), "Noise"); err != nil {
		t.Fatal(err)
	}
	w.Advance(2 * time.Hour)
	_, _ = w.Reconcile.Sweep(t.Context()) // it tells of the trouble
	if r := w.Refunds(b)[0]; r.Status != "requested" || r.Attempt > 6 {
		t.Errorf("after one sweep: %+v", r)
	}
	for range 2 {
		w.Advance(6 * time.Minute)
		_, _ = w.Reconcile.Sweep(t.Context())
	}
	theirs, err := w.Stripe.RefundsByIntent(t.Context(), w.Payment(b).IntentID())
	if r := w.Refunds(b)[0]; err != nil || r.Status != "succeeded" || len(theirs) != 1 {
		t.Errorf("in the end: %+v, %+v, %v", r, theirs, err)
	}
}

// keptByPurpose is what a dispute asks of Stripe: what goes before, the request,
// and whether it has come to its one end.
var keptByPurpose = map[string]struct {
	route  string
	before func(c *court) error
	ask    func(c *court) error
	done   func(c *court) bool
}{
	stripeapi.ForRecovery: {"POST /v1/transfers/{id}/reversals", nil, func(c *court) error {
		return c.Checkout.RecoverDispute(c.T.Context(), c.by, c.dispute, usd(120000), "Now")
	}, func(c *court) bool { return c.recovery().State == "reversed" && c.reversals() == 1 }},
	stripeapi.ForReturn: {"POST /v1/transfers", func(c *court) error {
		c.recover(c.dispute)
		c.resolve(c.dispute, "won")
		return nil
	}, func(c *court) error {
		err := c.Checkout.Finish(c.T.Context(), stripeapi.RequestID(*c.recovery().ReturnRequestID))
		if fault.Is(err, fault.Unavailable) {
			return nil
		}
		return err
	}, func(c *court) bool { return c.recovery().State == "returned" && c.returns() == 1 }},
	stripeapi.ForEvidenceFile: {"POST /v1/files", nil, (*court).stageEvidence, func(c *court) bool {
		theirs, err := c.Stripe.EvidenceFiles(c.T.Context(), c.b.CreatedAt)
		return err == nil && len(theirs) == len(checkout.EvidencePapers) && c.now().HasEvidence && c.now().SubmissionCount == 0
	}},
	stripeapi.ForEvidence: {"POST /v1/disputes/{id}", (*court).stageEvidence, func(c *court) error {
		return c.Checkout.SubmitEvidence(c.T.Context(), c.by, c.dispute, 1, "Go")
	}, func(c *court) bool {
		answers, err := payment.AnswersOf(c.T.Context(), c.DB, c.dispute)
		return err == nil && answers[1].State == "done" && c.now().SubmissionCount == 1
	}},
	stripeapi.ForDisputeClose: {"POST /v1/disputes/{id}/close", nil, func(c *court) error {
		return c.Checkout.AcceptDispute(c.T.Context(), c.by, c.dispute, "needs_response", "They are right")
	}, func(c *court) bool { return c.now().Status == "lost" }},
}

func (c *court) stageEvidence() error {
	return c.Checkout.StageEvidence(c.T.Context(), c.by, c.dispute, evidence("Ours"), 0, "Kept")
}

// What a dispute asks of Stripe waits for a kept failure no longer than for its
// second word: what was made is found, and what was not goes out anew, once.
func TestAFailureThatStripeKeepsHoldsNoDisputeUp(t *testing.T) {
	t.Parallel()
	for purpose, p := range keptByPurpose {
		for kind, anew := range map[string]int{"500": 1, "500_after": 0} {
			t.Run(purpose+" "+kind, func(t *testing.T) {
				t.Parallel()
				c := newCourt(t, nil)
				if p.before != nil {
					if err := p.before(c); err != nil {
						t.Fatal(err)
					}
				}
				c.Control("webhooks", map[string]any{"mode": "drop"})
				c.Control("faults", map[string]any{"route": p.route, "kind": kind})
				if err := p.ask(c); err != nil {
					t.Fatal(err)
				}
				if p.done(c) {
					t.Fatal("after a first failure, which may not be the last word, it is done")
				}
				sweep(t, c.World) // sends it again, and hears the failure repeated
				var given int
				if err := c.DB.QueryRow(t.Context(), `SELECT count(*) FROM stripe_requests WHERE purpose = $1 AND state = 'refused'`, purpose).Scan(&given); err != nil {
					t.Fatal(err)
				}
				if !p.done(c) || given != anew {
					t.Errorf("done: %v; %d requests were given up, want %d", p.done(c), given, anew)
				}
			})
		}
	}
}
