package payout_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payout"
	"hearth/internal/testkit/factory"
)

// An owner's life, drawn by lot: stays, refunds, payouts that come back, changed
// schedules. After every step the books are Stripe's, every cent in the owner's
// balance belongs to a stay, and every payout is made of parts of stays. In the
// end everything is paid out that is the owner's, and what was owed is netted.
func TestAnOwnersLife(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			l := &life{town: start(t), lot: rand.New(rand.NewPCG(seed, 77))}
			l.Confirmed(l.tenant, factory.Home(t, l.DB, l.Owner("Ossi").ID, map[string]any{"nightly_price": 500000}), 300, 20)
			l.days(4)
			for range 16 {
				l.step()
				l.hold()
			}
			l.schedule("manual", "")
			l.newBank()
			l.days(16)
			if own, debt := l.balance(ledger.Owner(l.acct())), l.balance(ledger.Debt(l.acct())); debt < 0 && own > 0 {
				t.Errorf("in the end the owner has %d and still owes %d", own, -debt)
			}
			for _, b := range l.stays {
				if s := l.stay(b); s.Standing(l.Now(), 1) == payout.Due {
					t.Errorf("%s is still due: %+v", b.Code, s)
				}
			}
			if t.Failed() {
				t.Log(l.story)
			}
		})
	}
}

type life struct {
	*town
	lot   *rand.Rand
	stays []booking.Booking
	story []string
}

func (l *life) step() {
	l.T.Helper()
	switch l.lot.IntN(9) {
	case 0, 1:
		home := factory.Home(l.T, l.DB, l.owner.ID, nil)
		l.stays = append(l.stays, l.Confirmed(l.tenant, home, 2+len(l.stays), 2))
		l.story = append(l.story, "book")
	case 2, 3:
		n := 1 + l.lot.IntN(5)
		l.days(n)
		l.story = append(l.story, fmt.Sprint("wait ", n))
	case 4, 7, 8:
		l.refund()
	case 5:
		if made := l.atStripe(); len(made) > 0 && made[0].Status != "failed" && made[0].Amount > 0 {
			l.Control("payouts/"+made[0].ID+"/fail", map[string]any{"reason": "account_closed"})
			l.Settle()
			l.newBank()
			l.story = append(l.story, "return a payout")
		}
	case 6:
		interval := []string{"manual", "daily"}[l.lot.IntN(2)]
		l.schedule(interval, "")
		l.story = append(l.story, interval)
	}
}

func (l *life) refund() {
	l.T.Helper()
	if len(l.stays) == 0 {
		return
	}
	b := l.stays[l.lot.IntN(len(l.stays))]
	preview, err := l.Checkout.PreviewRefund(l.T.Context(), b, money.New(1, "usd"))
	if err != nil || preview.Left.Minor < 1 {
		return
	}
	amount := money.New(1+l.lot.Int64N(preview.Left.Minor), "usd")
	if _, err := l.Checkout.Refund(l.T.Context(), booking.Owner(l.owner.ID), b.ID, amount, "By lot"); err != nil {
		l.T.Fatal(err)
	}
	l.Settle()
	l.story = append(l.story, "refund "+amount.Format())
}

// hold holds what must hold at any time.
func (l *life) hold() {
	l.T.Helper()
	l.square()
	var named int64
	for _, b := range l.stays {
		s := l.stay(b)
		named += s.ShareAmount - s.CarriedAmount
	}
	if own := l.balance(ledger.Owner(l.acct())); own != named {
		l.T.Errorf("%d of the owner's balance of %d belongs to stays", named, own)
	}
	if n := l.count(`SELECT count(*) FROM payouts o WHERE o.status NOT IN ('refused') AND o.amount <>
		(SELECT coalesce(sum(r.amount), 0) FROM payout_releases r WHERE r.payout_id = o.id)`); n != 0 {
		l.T.Errorf("%d payouts are not made of their parts", n)
	}
	if l.T.Failed() {
		l.T.Fatal(l.story)
	}
}
