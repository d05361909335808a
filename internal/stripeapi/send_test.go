package stripeapi_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

func TestPlanTwiceIsOneRow(t *testing.T) {
	d := open(t)
	first := d.planned()
	if again := d.planned(); again != first {
		t.Errorf("planned twice: %s and %s", first, again)
	}
	for name, change := range map[string]func(*stripeapi.Planned){
		"other amount": func(p *stripeapi.Planned) {
			p.Params = stripeapi.RefundParams{PaymentIntentID: "pi_1", Amount: 501}.Values()
		},
		"other path":    func(p *stripeapi.Planned) { p.Path = stripeapi.PayoutsPath },
		"other account": func(p *stripeapi.Planned) { p.Account = "acct_1" },
	} {
		other := refund
		change(&other)
		if _, err := d.plan(other); !errors.Is(err, stripeapi.ErrKeyTaken) {
			t.Errorf("%s under the same key: %v", name, err)
		}
	}
	for _, key := range []string{"", strings.Repeat("k", 256)} {
		bad := refund
		bad.Key = key
		if _, err := d.plan(bad); err == nil {
			t.Errorf("a key of %d characters was planned", len(key))
		}
	}
}

func TestPlanConcurrently(t *testing.T) {
	d := open(t)
	ids := make([]stripeapi.RequestID, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() { ids[i], _ = d.plan(refund) })
	}
	all.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("planned as %v", ids)
		}
	}
}

// A plan lives and dies with the caller's transaction.
func TestAPlanRolledBackIsNone(t *testing.T) {
	d := open(t)
	oops := errors.New("oops")
	var id stripeapi.RequestID
	err := postgres.InTx(ctx, d.db, func(tx pgx.Tx) (err error) {
		id, err = d.Plan(ctx, tx, refund)
		return errors.Join(err, oops)
	})
	if !errors.Is(err, oops) {
		t.Fatal(err)
	}
	if _, err := d.Send(ctx, id); !fault.Is(err, fault.NotFound) || d.line.requests() != 0 {
		t.Errorf("sent: %v, %d requests", err, d.line.requests())
	}
}

func TestSendKeepsTheOutcome(t *testing.T) {
	d := open(t)
	id := d.planned()
	o, err := d.Send(ctx, id)
	if err != nil || o.State != stripeapi.StateSucceeded || o.ObjectID != "re_1" || o.HTTPStatus != 200 || o.Err() != nil {
		t.Fatalf("%+v %v", o, err)
	}
	if r, err := o.Refund(); err != nil || r.ID != "re_1" || r.Amount != 500 {
		t.Errorf("%+v %v", r, err)
	}
	if got := d.line.bodies["refund:1"][0]; got != refund.Params.Encode() {
		t.Errorf("sent %q", got)
	}
	again, err := d.Send(ctx, id)
	if err != nil || again.ObjectID != "re_1" || again.State != stripeapi.StateSucceeded || d.line.requests() != 1 {
		t.Errorf("%+v %v after %d requests", again, err, d.line.requests())
	}
	if _, err := again.Refund(); !errors.Is(err, stripeapi.ErrNoObject) {
		t.Errorf("the object was stored: %v", err)
	}
	if r := d.row(id); r.StripeRequest != "req_1" || r.FinishedAt == nil || r.Attempts != 1 {
		t.Errorf("%+v", r)
	}
}

func TestARefusalIsFinal(t *testing.T) {
	d := open(t)
	id := d.planned()
	d.line.fail("402")
	o, err := d.Send(ctx, id)
	if err != nil || !o.Refused() || o.Code != "card_declined" || o.DeclineCode != "insufficient_funds" || o.Message != "Your card was declined." {
		t.Fatalf("%+v %v", o, err)
	}
	again, err := d.Send(ctx, id)
	if err != nil || again.Code != o.Code || again.DeclineCode != o.DeclineCode || again.Param != o.Param || again.HTTPStatus != 402 || d.line.requests() != 0 {
		t.Errorf("%+v %v", again, err)
	}
	var refusal *stripeapi.Error
	if !errors.As(o.Err(), &refusal) || refusal.Status != 402 {
		t.Errorf("%v", o.Err())
	}
}

// Whatever cannot be told is unknown, and the same request goes out again
// under the same key: one object, however often it was lost.
func TestUnclearAnswersAreSentAgain(t *testing.T) {
	for _, kind := range []string{"reset before", "reset after", "cut", "500", "html", "redirect", "409", "429", "401"} {
		t.Run(kind, func(t *testing.T) {
			d := open(t)
			id := d.planned()
			tries := 1
			if kind == "409" {
				tries = 6 // a rival is waited for, but not for ever
			}
			d.line.fail(slices.Repeat([]string{kind}, tries)...)
			o, err := d.Send(ctx, id)
			if !fault.Is(err, fault.Unavailable) || o.State != stripeapi.StateUnknown {
				t.Fatalf("%+v %v", o, err)
			}
			if r := d.row(id); r.State != stripeapi.StateUnknown || r.FinishedAt != nil || r.Message == "" {
				t.Errorf("kept as %+v", r)
			}
			o, err = d.Send(ctx, id)
			if err != nil || o.ObjectID != "re_1" || d.line.objects() != 1 {
				t.Errorf("sent again: %+v %v, %d objects", o, err, d.line.objects())
			}
			if r := d.row(id); r.Message != "" || r.Code != "" || r.Attempts != tries+1 {
				t.Errorf("an old error stays: %+v", r)
			}
		})
	}
}

// The second of two clicks gets the first one's answer, not an apology.
func TestARivalIsWaitedFor(t *testing.T) {
	d := open(t)
	id := d.planned()
	d.line.fail("409", "409")
	if o, err := d.Send(ctx, id); err != nil || o.ObjectID != "re_1" {
		t.Errorf("%+v %v", o, err)
	}
}

func TestATimeOutIsUnclear(t *testing.T) {
	for _, kind := range []string{"hang before", "hang after"} {
		t.Run(kind, func(t *testing.T) {
			d := open(t)
			d.timeout = 100 * time.Millisecond
			hasty := d.client(d.line.URL)
			id := d.planned()
			d.line.fail(kind)
			if o, err := hasty.Send(ctx, id); !fault.Is(err, fault.Unavailable) || o.State != stripeapi.StateUnknown {
				t.Fatalf("%+v %v", o, err)
			}
			if o, err := d.Send(ctx, id); err != nil || o.ObjectID != "re_1" || d.line.objects() != 1 {
				t.Errorf("%+v %v, %d objects", o, err, d.line.objects())
			}
		})
	}
}

// The caller leaves in the middle; the request is finished all the same.
func TestACallerWhoLeavesDoesNotStopIt(t *testing.T) {
	d := open(t)
	id := d.planned()
	d.line.gate = make(chan struct{})
	leaving, leave := context.WithCancel(ctx)
	done := make(chan error)
	go func() {
		_, err := d.Send(leaving, id)
		done <- err
	}()
	eventually(t, func() bool { return d.line.objects() > 0 })
	leave()
	close(d.line.gate)
	if err := <-done; err != nil || d.row(id).State != stripeapi.StateSucceeded {
		t.Errorf("%v, %s", err, d.row(id).State)
	}
}

func TestSendConcurrentlyMakesOneObject(t *testing.T) {
	d := open(t)
	id := d.planned()
	d.line.fail("", "409", "429", "500", "reset after")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			o, err := d.Send(ctx, id)
			if err == nil && o.ObjectID != "re_1" {
				t.Errorf("%+v", o)
			}
		})
	}
	all.Wait()
	if r := d.row(id); r.State != stripeapi.StateSucceeded || r.ObjectID != "re_1" || d.line.objects() != 1 {
		t.Errorf("%+v, %d objects", r, d.line.objects())
	}
}

// A late "in use" must not take back what a rival has kept.
func TestALateAnswerDoesNotUndoAnother(t *testing.T) {
	d := open(t)
	id := d.planned()
	d.line.gate = make(chan struct{})
	slow := make(chan stripeapi.Outcome)
	d.line.fail("reset after")
	go func() {
		o, _ := d.Send(ctx, id)
		slow <- o
	}()
	eventually(t, func() bool { return d.line.objects() > 0 })
	err := postgres.InTx(ctx, d.db, func(tx pgx.Tx) error {
		_, err := stripeapi.Found(ctx, tx, id, "re_1", d.now)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	close(d.line.gate)
	if o := <-slow; o.State != stripeapi.StateSucceeded || d.row(id).State != stripeapi.StateSucceeded {
		t.Errorf("%+v, %s", o, d.row(id).State)
	}
}

// The process dies after the plan, or after the request left: the resume job
// finds the row and sends the same bytes.
func TestACrashIsResumed(t *testing.T) {
	d := open(t)
	id := d.planned()
	sent := refund
	sent.Key, sent.About = "refund:2", "refund:2"
	lost, err := d.plan(sent)
	if err != nil {
		t.Fatal(err)
	}
	d.line.make("refund:2", sent.Params.Encode()) // it arrived
	if _, err := d.db.Exec(ctx, `UPDATE stripe_requests SET state = 'unknown', attempts = 1, first_sent_at = $2 WHERE id = $1`, lost, d.now); err != nil {
		t.Fatal(err)
	}
	link, err := d.plan(stripeapi.Planned{Purpose: stripeapi.ForAccountLink, Path: stripeapi.AccountLinksPath, Key: "link:1"})
	if err != nil {
		t.Fatal(err)
	}
	open, err := stripeapi.Unfinished(ctx, d.db, false, []string{stripeapi.ForRefund}, d.now.Add(time.Minute), 10)
	if err != nil || len(open) != 2 {
		t.Fatalf("%v %v", open, err)
	}
	for _, r := range open { // links are nobody's to resume, and take nobody's place
		if r.ID == link {
			t.Errorf("a link is resumed: %+v", r)
		}
		if _, err := d.client(d.line.URL).Send(ctx, r.ID); err != nil {
			t.Error(err)
		}
	}
	if d.row(id).State != stripeapi.StateSucceeded || d.row(lost).ObjectID != "re_1" || d.line.objects() != 2 {
		t.Errorf("%+v, %+v, %d objects", d.row(id), d.row(lost), d.line.objects())
	}
	if open, err = stripeapi.Unfinished(ctx, d.db, false, []string{stripeapi.ForRefund}, d.now.Add(time.Minute), 10); err != nil || len(open) != 0 {
		t.Errorf("still unfinished: %v %v", open, err)
	}
}

// A failure that Stripe keeps is told by its mark at once, and without one by
// time; of any other answer nobody can know, however late it is.
func TestAKeptFailureIsOver(t *testing.T) {
	for kind, over := range map[string][3]bool{"500": {false, false, true}, "500 replayed": {true, true, true}, "html": {}, "reset before": {}} {
		t.Run(kind, func(t *testing.T) {
			d := open(t)
			id := d.planned()
			for i, wait := range []time.Duration{0, time.Hour, time.Second} {
				d.now = d.now.Add(wait)
				d.line.fail(kind)
				_, err := d.Send(ctx, id)
				if stripeapi.Over(err) != over[i] || !fault.Is(err, fault.Unavailable) || d.row(id).State != stripeapi.StateUnknown {
					t.Errorf("after %v: over %v, %v", wait, stripeapi.Over(err), err)
				}
			}
		})
	}
}

// Stripe forgets a key after a day: sending again would do it twice.
func TestAnOldRequestIsNotSentAgain(t *testing.T) {
	d := open(t)
	id := d.planned()
	d.line.fail("reset after")
	if _, err := d.Send(ctx, id); err == nil {
		t.Fatal("sent")
	}
	d.now = d.now.Add(23*time.Hour + time.Second)
	// Its last try may have left a second ago: no list has the word yet.
	if _, err := d.Send(ctx, id); !fault.Is(err, fault.Unavailable) || errors.Is(err, stripeapi.ErrTooOld) || d.line.requests() != 1 {
		t.Fatalf("%v, %d requests", err, d.line.requests())
	}
	d.now = d.now.Add(5 * time.Minute)
	o, err := d.Send(ctx, id)
	if !errors.Is(err, stripeapi.ErrTooOld) || o.State != stripeapi.StateUnknown || d.line.requests() != 1 {
		t.Fatalf("%+v %v, %d requests", o, err, d.line.requests())
	}
	settle := func(f func(tx pgx.Tx) (bool, error)) (open bool) {
		if err := postgres.InTx(ctx, d.db, func(tx pgx.Tx) (err error) { open, err = f(tx); return err }); err != nil {
			t.Fatal(err)
		}
		return open
	}
	if !settle(func(tx pgx.Tx) (bool, error) {
		return stripeapi.Abandon(ctx, tx, id, "no such refund at Stripe", d.now)
	}) {
		t.Error("not abandoned")
	}
	if settle(func(tx pgx.Tx) (bool, error) { return stripeapi.Found(ctx, tx, id, "re_9", d.now) }) {
		t.Error("an abandoned request was found")
	}
	if o, err = d.Send(ctx, id); err != nil || !o.Refused() || o.Code != "abandoned" {
		t.Errorf("%+v %v", o, err)
	}
}

// A plan that was never sent is as good as new, however old.
func TestAnOldPlanIsSent(t *testing.T) {
	d := open(t)
	id := d.planned()
	d.now = d.now.Add(72 * time.Hour)
	if o, err := d.Send(ctx, id); err != nil || o.ObjectID != "re_1" {
		t.Errorf("%+v %v", o, err)
	}
}

func TestTheOtherModeIsNotSent(t *testing.T) {
	d := open(t)
	id := d.planned()
	if _, err := d.db.Exec(ctx, `UPDATE stripe_requests SET livemode = true`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Send(ctx, id); !errors.Is(err, stripeapi.ErrOtherMode) || d.line.requests() != 0 {
		t.Errorf("%v", err)
	}
}

func TestRequestsAbout(t *testing.T) {
	d := open(t)
	for i := range 3 {
		p := refund
		p.Key = fmt.Sprint("try:", i)
		if _, err := d.plan(p); err != nil {
			t.Fatal(err)
		}
	}
	all, err := stripeapi.RequestsAbout(ctx, d.db, "refund:1")
	if err != nil || len(all) != 3 || all[0].Key != "try:0" {
		t.Errorf("%v %v", all, err)
	}
}
