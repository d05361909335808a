package checkout_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// court is a world with a stay that a bank disputes.
type court struct {
	*stage
	b       booking.Booking
	dispute string
	by      booking.Actor
}

func newCourt(t *testing.T, how map[string]any) *court {
	t.Helper()
	w, owner, tenant := scene(t)
	admin := factory.Person(t, w.DB, "Ada", user.Admin)
	s := &stage{World: w, owner: owner, tenant: tenant, admin: admin, acct: w.AccountOf(owner.ID).StripeAccountID, currency: "usd"}
	w.Confirmed(tenant, factory.Home(t, w.DB, w.Owner("Ossi").ID, map[string]any{"nightly_price": 100000}), 90, 20) // the platform has money
	w.Advance(3 * 24 * time.Hour)
	c := &court{stage: s, by: booking.Admin(admin.ID, "192.0.2.9")}
	c.b = c.paid(apptest.Good, 30, 5) // 1200.00, our fee 144.00
	c.Settle()
	c.Advance(3 * 24 * time.Hour)
	c.dispute = fmt.Sprint(c.Control("charges/"+c.Payment(c.b).ChargeID+"/dispute", how)["id"])
	c.Settle()
	return c
}

func (c *court) now() payment.Dispute {
	c.T.Helper()
	d, err := payment.DisputeByID(c.T.Context(), c.DB, c.dispute)
	if err != nil {
		c.T.Fatal(err)
	}
	return d
}

func (c *court) recovery() payment.Recovery {
	c.T.Helper()
	v, err := payment.RecoveryOf(c.T.Context(), c.DB, c.dispute)
	if err != nil {
		c.T.Fatal(err)
	}
	return v
}

// balanced compares the owner's and our own balance with Stripe's.
func (c *court) balanced(owner, debt int64) {
	c.T.Helper()
	books, err := ledger.BookingBalances(c.T.Context(), c.DB, string(c.b.ID))
	if err != nil {
		c.T.Fatal(err)
	}
	sum := int64(0)
	for _, n := range books {
		sum += n
	}
	if books[ledger.Owner(c.acct)] != owner || books[ledger.Debt(c.acct)] != debt || books[ledger.Escrow] != 0 || sum != 0 {
		c.T.Errorf("books %v, want owner %d and debt %d", books, owner, debt)
	}
	if theirs := c.atStripe(c.acct); theirs != owner {
		c.T.Errorf("the owner has %d at Stripe, want %d", theirs, owner)
	}
	var ours int64
	if err := c.DB.QueryRow(c.T.Context(), `SELECT (SELECT sum(amount) FROM ledger_postings WHERE destination IN ('escrow', 'revenue') OR destination LIKE 'debt:%')
		- (SELECT sum(amount) FROM ledger_postings WHERE source IN ('escrow', 'revenue') OR source LIKE 'debt:%')`).Scan(&ours); err != nil {
		c.T.Fatal(err)
	}
	if theirs := c.atStripe(""); theirs != ours {
		c.T.Errorf("we have %d at Stripe, %d in the books", theirs, ours)
	}
}

func (c *court) reversals() int {
	c.T.Helper()
	return len(c.look(c.b).Transfer.Reversals)
}

func (c *court) returns() (n int) {
	c.T.Helper()
	all, err := c.Stripe.TransfersOf(c.T.Context(), c.Payment(c.b).IntentID())
	if err != nil {
		c.T.Fatal(err)
	}
	for _, t := range all {
		if t.Metadata[stripeapi.MetaDispute] == c.dispute {
			n++
		}
	}
	return n
}

// Whatever step of it a process dies after, a lost dispute is taken back from
// the owner once, and one that was won is given back once.
func TestDyingWhileADisputeIsSettledWithTheOwner(t *testing.T) {
	t.Parallel()
	for name, reach := range steps {
		t.Run("lost, "+name, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, nil)
			c.resolve(c.dispute, "lost")
			c.Control("webhooks", map[string]any{"mode": "drop"})
			reach(t, c.World, stripeapi.RequestID(*c.recovery().RequestID))
			sweep(t, c.World)
			sweep(t, c.World)
			if v := c.recovery(); v.State != "reversed" || v.ReversedAmount != 120000 || v.FeeReturned != 14400 || c.reversals() != 1 {
				t.Errorf("%+v, %d reversals", v, c.reversals())
			}
			c.balanced(0, 0)
			if n := mails(t, c.World, "dispute_recovered_owner", c.owner.ID); n != 1 {
				t.Errorf("%d mails", n)
			}
		})
		t.Run("won, "+name, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, nil)
			c.recover(c.dispute)
			c.balanced(0, 0)
			c.resolve(c.dispute, "won")
			c.Control("webhooks", map[string]any{"mode": "drop"})
			reach(t, c.World, stripeapi.RequestID(*c.recovery().ReturnRequestID))
			sweep(t, c.World)
			sweep(t, c.World)
			if v := c.recovery(); v.State != "returned" || v.Net().Minor != 105600 || c.returns() != 1 {
				t.Errorf("%+v, %d transfers", v, c.returns())
			}
			c.balanced(105600, 0)
			if n := mails(t, c.World, "dispute_returned_owner", c.owner.ID); n != 1 {
				t.Errorf("%d mails", n)
			}
			if stay, err := payout.StayOf(t.Context(), c.DB, c.b.ID, false); err != nil || stay.Share().Minor != 105600 {
				t.Errorf("the owner's share is %d, %v", stay.Share().Minor, err)
			}
		})
	}
}

// A lost answer, and so long ago that the key may be forgotten: the transfer
// itself tells, and only what it does not hold is asked for again.
func TestALostRecoveryIsFoundAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"500_after", "500", "timeout_after"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, nil)
			c.resolve(c.dispute, "lost")
			c.Control("webhooks", map[string]any{"mode": "drop"})
			c.Control("faults", map[string]any{"route": "POST /v1/transfers/{id}/reversals", "kind": kind, "count": 1, "delay": "1ms"})
			if err := c.Checkout.Finish(t.Context(), stripeapi.RequestID(*c.recovery().RequestID)); kind != "timeout_after" && !fault.Is(err, fault.Unavailable) {
				t.Fatalf("the fault: %v", err)
			}
			c.Advance(25 * time.Hour)
			sweep(t, c.World)
			sweep(t, c.World)
			if v := c.recovery(); v.State != "reversed" || c.reversals() != 1 {
				t.Errorf("%+v, %d reversals", v, c.reversals())
			}
			c.balanced(0, 0)
		})
	}
}

// Two admins and the bank's decision at once: one recovery.
func TestRecoveriesAtOnce(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.Control("disputes/"+c.dispute+"/resolve", map[string]any{"outcome": "lost"})
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			err := c.Checkout.RecoverDispute(t.Context(), c.by, c.dispute, usd(120000), "Now")
			if err != nil && !fault.Is(err, fault.Conflict) {
				t.Errorf("one too many: %v", err)
			}
		})
	}
	all.Go(c.Settle)
	all.Wait()
	sweep(t, c.World)
	if v := c.recovery(); v.State != "reversed" || c.reversals() != 1 {
		t.Errorf("%+v, %d reversals", v, c.reversals())
	}
	c.balanced(0, 0)
	if err := c.Checkout.RecoverDispute(t.Context(), c.by, c.dispute, usd(120000), "Again"); !fault.Is(err, fault.Conflict) {
		t.Errorf("taking it back again: %v", err)
	}
}

// Somebody reversed the transfer at Stripe's Dashboard before we could: nothing
// is taken twice.
func TestARecoveryMadeAtStripeCounts(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.resolve(c.dispute, "lost")
	c.AtStripe(stripeapi.ReversalsPath(c.look(c.b).Transfer.ID), "", map[string][]string{"amount": {"120000"}, "refund_application_fee": {"true"}})
	c.Settle()
	sweep(t, c.World)
	if v := c.recovery(); v.State != "withdrawn" || c.reversals() != 1 {
		t.Errorf("%+v, %d reversals", v, c.reversals())
	}
	c.balanced(0, 0)
}

// The dispute is won before the recovery has left: it never does.
func TestAWinWithdrawsWhatWasNotSent(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	dead := dying(t, c.World)
	if dead.RecoverDispute(t.Context(), c.by, c.dispute, usd(120000), "Now") == nil {
		t.Fatal("it did not die")
	}
	c.resolve(c.dispute, "won")
	sweep(t, c.World)
	if v := c.recovery(); v.State != "withdrawn" || c.reversals() != 0 {
		t.Errorf("%+v, %d reversals", v, c.reversals())
	}
	c.balanced(105600, 0)
}

// Our own balance is short after a win: the transfer stays planned, a person is
// told, and it goes out by itself when there is money.
func TestAReturnWaitsForOurBalance(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.recover(c.dispute)
	c.resolve(c.dispute, "won")
	c.AtStripe(stripeapi.PayoutsPath, "", map[string][]string{"amount": {fmt.Sprint(c.available())}, "currency": {"usd"}})
	sweep(t, c.World)
	if v := c.recovery(); v.State != "returning" || c.returns() != 0 || c.tasks("dispute_return") != 1 {
		t.Fatalf("%+v, %d transfers, %d tasks", v, c.returns(), c.tasks("dispute_return"))
	}
	c.AtStripe("/v1/topups", "", map[string][]string{"amount": {"200000"}, "currency": {"usd"}, "description": {"A float"}})
	c.Advance(8 * 24 * time.Hour)
	c.Settle()
	sweep(t, c.World)
	c.Settle()
	if v := c.recovery(); v.State != "returned" || c.returns() != 1 || c.tasks("dispute_return") != 0 {
		t.Errorf("%+v, %d transfers, %d tasks", v, c.returns(), c.tasks("dispute_return"))
	}
}

func (c *court) available() int64 {
	c.T.Helper()
	balance, err := c.Stripe.Balance(c.T.Context(), "")
	if err != nil {
		c.T.Fatal(err)
	}
	return balance.Available["usd"]
}

func (c *court) tasks(kind string) (n int) {
	c.T.Helper()
	if err := c.DB.QueryRow(c.T.Context(), `SELECT count(*) FROM tasks WHERE kind = $1 AND closed_at IS NULL`, kind).Scan(&n); err != nil {
		c.T.Fatal(err)
	}
	return n
}

// An inquiry moves nothing and takes nothing back; the stay is frozen all the
// same. It is refunded, closed, or becomes a chargeback.
func TestAnInquiry(t *testing.T) {
	t.Parallel()
	standing := func(c *court) payout.Standing {
		stay, err := payout.StayOf(t.Context(), c.DB, c.b.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		return stay.Standing(c.Now().AddDate(0, 2, 0), 1)
	}
	for name, then := range map[string]func(c *court){
		"warning_closed": func(c *court) { c.resolve(c.dispute, "won") },
		"refunded": func(c *court) {
			c.refund(c.b, 120000)
			c.Settle()
		},
		"needs_response": func(c *court) { c.resolve(c.dispute, "escalated") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, map[string]any{"inquiry": true})
			if d := c.now(); !d.Inquiry() || d.Withdrawn != 0 || standing(c) != payout.Frozen {
				t.Fatalf("%+v, %s", d, standing(c))
			}
			if err := c.Checkout.RecoverDispute(t.Context(), c.by, c.dispute, usd(120000), "Now"); !fault.Is(err, fault.Conflict) {
				t.Errorf("taking back an inquiry: %v", err)
			}
			if err := c.Checkout.AcceptDispute(t.Context(), c.by, c.dispute, c.now().Status, "Enough"); !fault.Is(err, fault.Conflict) {
				t.Errorf("accepting an inquiry: %v", err)
			}
			then(c)
			want := map[string]payout.Standing{"warning_closed": payout.Due, "refunded": payout.Nothing, "needs_response": payout.Frozen}[name]
			if got := standing(c); got != want {
				t.Errorf("the stay is %s, want %s", got, want)
			}
			if d := c.now(); (d.Status == "needs_response") != (name == "needs_response") || d.Open() != (name == "needs_response") {
				t.Errorf("%+v", d)
			}
			if name == "needs_response" && c.now().Withdrawn != 120000 {
				t.Errorf("escalated, and %d withdrawn", c.now().Withdrawn)
			}
		})
	}
}

// Nobody answers: when the time is over the dispute is lost, and taken back.
func TestADisputeThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	due := *c.now().DueBy
	c.Advance(due.Sub(c.Now()) + time.Minute)
	if err := c.Checkout.StageEvidence(t.Context(), c.by, c.dispute, map[string]string{"uncategorized_text": "Late"}, 0, "Late"); !fault.Is(err, fault.Conflict) {
		t.Errorf("evidence after the end: %v", err)
	}
	c.Settle()
	sweep(t, c.World)
	if d := c.now(); d.Status != "lost" || d.SubmissionCount != 0 {
		t.Errorf("%+v", d)
	}
	c.balanced(0, 0)
}

func evidence(text string) map[string]string {
	return map[string]string{"customer_name": "Maya", "uncategorized_text": text}
}

// Evidence is staged with its papers, then submitted exactly as it was staged,
// and the bank decides.
func TestEvidenceDecides(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"winning_evidence": "won", "losing_evidence": "lost"} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, map[string]any{"reason": "product_not_received"})
			if err := c.Checkout.SubmitEvidence(t.Context(), c.by, c.dispute, 0, "Go"); !fault.Is(err, fault.Conflict) {
				t.Errorf("submitting nothing: %v", err)
			}
			if err := c.Checkout.StageEvidence(t.Context(), c.by, c.dispute, evidence(text), 7, "Made up"); !fault.Is(err, fault.Conflict) {
				t.Errorf("after evidence that there never was: %v", err)
			}
			if err := c.Checkout.StageEvidence(t.Context(), c.by, c.dispute, evidence(text), 0, "Kept"); err != nil {
				t.Fatal(err)
			}
			if d := c.now(); d.Status != "needs_response" || !d.HasEvidence || d.SubmissionCount != 0 {
				t.Fatalf("staged, and %+v", d)
			}
			staged, files, err := c.Checkout.StagedEvidence(t.Context(), c.dispute)
			if err != nil || staged.Number != 1 || len(files) != len(checkout.EvidencePapers) {
				t.Fatalf("%+v, %d papers, %v", staged, len(files), err)
			}
			for _, f := range files {
				if !strings.HasPrefix(f.FileID, "file_") || !strings.HasPrefix(string(f.Content), "%PDF") {
					t.Errorf("paper %s is %q", f.Field, f.FileID)
				}
			}
			if err := c.Checkout.StageEvidence(t.Context(), c.by, c.dispute, evidence(text), 0, "The same form"); !fault.Is(err, fault.Conflict) {
				t.Errorf("the same form again: %v", err)
			}
			if err := c.Checkout.SubmitEvidence(t.Context(), c.by, c.dispute, 1, "Go"); err != nil {
				t.Fatal(err)
			}
			if d := c.now(); d.Status != "under_review" || d.SubmissionCount != 1 {
				t.Fatalf("submitted, and %+v", d)
			}
			if err := c.Checkout.SubmitEvidence(t.Context(), c.by, c.dispute, 1, "Go"); !fault.Is(err, fault.Conflict) {
				t.Errorf("a double click: %v", err)
			}
			c.Advance(time.Minute)
			c.Settle()
			if d := c.now(); d.Status != want {
				t.Errorf("the bank says %s", d.Status)
			}
		})
	}
}

// Whatever step a process dies after, the evidence arrives, once submitted.
func TestDyingWhileEvidenceIsSent(t *testing.T) {
	t.Parallel()
	for name, reach := range steps {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, nil)
			c.Control("webhooks", map[string]any{"mode": "drop"})
			if dying(t, c.World).StageEvidence(t.Context(), c.by, c.dispute, evidence("Ours"), 0, "Kept") == nil {
				t.Fatal("it did not die")
			}
			answers, err := payment.AnswersOf(t.Context(), c.DB, c.dispute)
			if err != nil || len(answers) != 1 {
				t.Fatalf("%+v, %v", answers, err)
			}
			files, err := payment.PapersOf(t.Context(), c.DB, answers[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				if id := stripeapi.RequestID(*f.RequestID); name != "planned" {
					if _, err := c.Stripe.SendFile(t.Context(), id, f.Content); err != nil {
						t.Fatal(err)
					}
					reach(t, c.World, id)
				}
			}
			sweep(t, c.World)
			sweep(t, c.World)
			if d := c.now(); !d.HasEvidence || d.SubmissionCount != 0 {
				t.Fatalf("%+v", d)
			}
			theirs, err := c.Stripe.EvidenceFiles(t.Context(), time.Time{})
			if err != nil || len(theirs) != len(files) {
				t.Errorf("%d files at Stripe, %v", len(theirs), err)
			}
			if dying(t, c.World).SubmitEvidence(t.Context(), c.by, c.dispute, 1, "Go") == nil {
				t.Fatal("it did not die")
			}
			if answers, err = payment.AnswersOf(t.Context(), c.DB, c.dispute); err != nil || len(answers) != 2 {
				t.Fatalf("%+v, %v", answers, err)
			}
			reach(t, c.World, stripeapi.RequestID(*answers[1].RequestID))
			sweep(t, c.World)
			sweep(t, c.World)
			if d := c.now(); d.Status != "under_review" || d.SubmissionCount != 1 {
				t.Errorf("%+v", d)
			}
			if answers, err = payment.AnswersOf(t.Context(), c.DB, c.dispute); err != nil || answers[1].State != "done" {
				t.Errorf("%+v, %v", answers, err)
			}
		})
	}
}

// The answer to a submission was lost a day ago: the dispute tells whether it
// counts, and it is never submitted twice.
func TestALostSubmissionIsFoundAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"500_after", "500"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := newCourt(t, nil)
			if err := c.Checkout.StageEvidence(t.Context(), c.by, c.dispute, evidence("Ours"), 0, "Kept"); err != nil {
				t.Fatal(err)
			}
			c.Control("webhooks", map[string]any{"mode": "drop"})
			c.Control("faults", map[string]any{"route": "POST /v1/disputes/{id}", "kind": kind, "count": 1})
			if err := c.Checkout.SubmitEvidence(t.Context(), c.by, c.dispute, 1, "Go"); err != nil {
				t.Fatal(err)
			}
			c.Advance(25 * time.Hour)
			sweep(t, c.World)
			sweep(t, c.World)
			answers, err := payment.AnswersOf(t.Context(), c.DB, c.dispute)
			if d := c.now(); err != nil || d.SubmissionCount != 1 || answers[1].State != "done" {
				t.Errorf("%+v, %+v, %v", d, answers, err)
			}
		})
	}
}

// A dispute that is accepted is lost at once, and taken back.
func TestAcceptingADispute(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	if err := c.Checkout.AcceptDispute(t.Context(), c.by, c.dispute, "needs_response", ""); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range 3 {
		all.Go(func() {
			err := c.Checkout.AcceptDispute(t.Context(), c.by, c.dispute, "needs_response", "They are right")
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				done++
			} else if !fault.Is(err, fault.Conflict) {
				t.Errorf("one too many: %v", err)
			}
		})
	}
	all.Wait()
	c.Settle()
	sweep(t, c.World)
	if d := c.now(); done != 1 || d.Status != "lost" || c.recovery().State != "reversed" {
		t.Errorf("%d accepted, %+v, %+v", done, d, c.recovery())
	}
	c.balanced(0, 0)
}

// A refund and a dispute at once, whoever is first: the tenant has the money
// once, the owner pays once, and every cent has its place.
func TestARefundAndADisputeAtOnce(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			admin := factory.Person(t, w.DB, "Ada", user.Admin)
			c := &court{stage: &stage{World: w, owner: owner, tenant: tenant, admin: admin, acct: w.AccountOf(owner.ID).StripeAccountID, currency: "usd"}, by: booking.Admin(admin.ID, "192.0.2.9")}
			c.b = c.paid(apptest.Good, 30, 5)
			c.Settle()
			var all sync.WaitGroup
			var status int
			all.Go(func() {
				status, _ = c.TryControl("charges/"+c.Payment(c.b).ChargeID+"/dispute", map[string]any{})
				c.Settle()
			})
			all.Go(func() {
				if _, err := c.Checkout.Refund(t.Context(), c.by, c.b.ID, usd(120000), "Sorry"); err != nil && !fault.Is(err, fault.Conflict) {
					t.Errorf("refund: %v", err)
				}
			})
			all.Wait()
			c.Settle()
			sweep(t, c.World)
			if status == 200 { // the bank was first
				disputes, err := payment.DisputesOf(t.Context(), c.DB, c.Payment(c.b).ID)
				if err != nil || len(disputes) != 1 {
					t.Fatalf("%+v, %v", disputes, err)
				}
				c.dispute = disputes[0].ID
				for _, r := range c.Refunds(c.b) {
					if !r.Dead() || r.FailureReason != "charge_disputed" {
						t.Errorf("refund %+v", r)
					}
				}
				c.resolve(c.dispute, "lost")
				sweep(t, c.World)
			} else if refunds := c.Refunds(c.b); len(refunds) != 1 || refunds[0].Status != "succeeded" {
				t.Errorf("refunds %+v", refunds)
			}
			c.balanced(0, 0)
		})
	}
}

// A refund on its way fails when the bank takes the money: what it took back
// from the owner is for the dispute, and is not taken a second time.
func TestADisputeOvertakesAPendingRefund(t *testing.T) {
	t.Parallel()
	for _, outcome := range []string{"lost", "won"} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			admin := factory.Person(t, w.DB, "Ada", user.Admin)
			c := &court{stage: &stage{World: w, owner: owner, tenant: tenant, admin: admin, acct: w.AccountOf(owner.ID).StripeAccountID, currency: "usd"}}
			c.b = c.paid("4000000000007726", 30, 5)
			c.Settle()
			c.refund(c.b, 120000)
			if r := c.Refunds(c.b)[0]; r.Status != "pending" {
				t.Fatalf("refund %+v", r)
			}
			c.dispute = c.stage.dispute(c.b)
			c.Settle()
			if r := c.Refunds(c.b)[0]; r.Status != "failed" || r.FailureReason != "charge_for_pending_refund_disputed" {
				t.Fatalf("refund %+v", r)
			}
			if n := mails(t, c.World, "refund_failed_admin", admin.ID); n != 1 {
				t.Errorf("%d mails about the refund", n)
			}
			c.resolve(c.dispute, outcome)
			sweep(t, c.World)
			if outcome == "lost" {
				c.balanced(0, 0)
			}
			if _, err := payment.RecoveryOf(t.Context(), c.DB, c.dispute); !fault.Is(err, fault.NotFound) {
				t.Errorf("something was taken back: %v", err)
			}
		})
	}
}

// After a win whose money was given back the charge's own transfer is used up: a
// refund cannot reverse it, and the owner comes to owe their part.
func TestARefundAfterAWin(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.recover(c.dispute)
	c.resolve(c.dispute, "won")
	sweep(t, c.World)
	c.balanced(105600, 0)
	c.refund(c.b, 120000)
	c.Settle()
	if r := c.Refunds(c.b)[0]; r.Status != "succeeded" || r.OwnerDebt != 105600 {
		t.Errorf("%+v", r)
	}
	c.balanced(105600, -105600)
}

// The payout is planned at the moment at which the dispute arrives: the booking's
// lock decides. Either it is frozen, or it has gone out and the owner owes it.
func TestAPayoutAndADisputeAtOnce(t *testing.T) {
	t.Parallel()
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			w, owner, tenant := scene(t)
			c := &court{stage: &stage{World: w, owner: owner, tenant: tenant, acct: w.AccountOf(owner.ID).StripeAccountID, currency: "usd"}}
			c.b = c.paid(apptest.Good, 3, 5)
			c.Settle()
			c.Advance(inAWeek)
			var all sync.WaitGroup
			all.Go(func() {
				c.dispute = c.stage.dispute(c.b)
				c.Settle()
			})
			all.Go(func() {
				if _, err := c.Payout.ReleaseDue(t.Context(), c.Now()); err != nil {
					t.Errorf("payout run: %v", err)
				}
			})
			all.Wait()
			c.Settle()
			made, err := c.Stripe.Payouts(t.Context(), c.acct, time.Time{}, time.Time{})
			stay, err2 := payout.StayOf(t.Context(), c.DB, c.b.ID, false)
			if err != nil || err2 != nil || len(made) > 1 || (len(made) == 1) != (stay.Standing(c.Now(), 1) == payout.Released) {
				t.Fatalf("%d payouts at Stripe, and the stay is %s: %v, %v", len(made), stay.Standing(c.Now(), 1), err, err2)
			}
			c.resolve(c.dispute, "lost")
			sweep(t, c.World)
			if len(made) == 1 {
				c.balanced(0, -105600)
			} else {
				c.balanced(0, 0)
			}
			if _, err := c.Payout.ReleaseDue(t.Context(), c.Now()); err != nil {
				t.Fatal(err)
			}
			if again, err := c.Stripe.Payouts(t.Context(), c.acct, time.Time{}, time.Time{}); err != nil || len(again) != len(made) {
				t.Errorf("a lost stay is paid out: %+v, %v", again, err)
			}
		})
	}
}

// Stripe refuses to give it back: a person is told, mends the cause, and asks
// again, once.
func TestAReturnThatStripeRefuses(t *testing.T) {
	t.Parallel()
	c := newCourt(t, nil)
	c.recover(c.dispute)
	c.Control("accounts/"+c.acct+"/onboard", map[string]any{"outcome": "restricted"})
	c.resolve(c.dispute, "won")
	sweep(t, c.World)
	sweep(t, c.World)
	if v := c.recovery(); v.State != "returning" || v.FailureReason == "" || v.ReturnAttempt != 1 || c.tasks("dispute_return") != 1 {
		t.Fatalf("%+v, %d tasks", v, c.tasks("dispute_return"))
	}
	c.Control("accounts/"+c.acct+"/onboard", map[string]any{"outcome": "active"})
	c.Settle()
	if err := c.Checkout.ReturnAgain(t.Context(), c.by, c.dispute, 1, "The account is mended"); err != nil {
		t.Fatal(err)
	}
	if err := c.Checkout.ReturnAgain(t.Context(), c.by, c.dispute, 1, "A double click"); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v", err)
	}
	if v := c.recovery(); v.State != "returned" || c.returns() != 1 || c.tasks("dispute_return") != 0 {
		t.Errorf("%+v, %d transfers, %d tasks", v, c.returns(), c.tasks("dispute_return"))
	}
	c.balanced(105600, 0)
}
