package stripeapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"hearth/internal/fault"
	"hearth/internal/stripeapi"
)

// between lets something happen at Stripe before a client's calls to a path.
func (b *box) between(path string, happens func()) *stripeapi.Client {
	b.t.Helper()
	to, err := url.Parse(b.url)
	if err != nil {
		b.t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == path {
			happens()
		}
		proxy.ServeHTTP(w, r)
	}))
	b.t.Cleanup(server.Close)
	return b.client(server.URL)
}

func (b *box) paid() (intent string) {
	b.t.Helper()
	owner := b.owner()
	b.steer("/accounts/"+owner.ID+"/onboard", map[string]string{"outcome": "active"})
	s := b.session(owner.ID)
	b.steer("/checkout/"+s.ID+"/pay", map[string]string{"card": "4242424242424242"})
	return b.look(s.ID, "").Intent.ID
}

func (b *box) refund(intent string, amount int64) {
	b.t.Helper()
	b.done(stripeapi.Planned{Purpose: stripeapi.ForRefund, Path: stripeapi.RefundsPath, Params: stripeapi.RefundParams{
		PaymentIntentID: intent, Amount: amount, ReverseTransfer: true, RefundApplicationFee: true}.Values()})
}

// A refund that is made between two calls of a look is never seen without the
// reversal that it came with.
func TestALookIsOfOneMoment(t *testing.T) {
	b := openBox(t)
	intent := b.paid()
	var calls atomic.Int64
	client := b.between(stripeapi.RefundsPath, func() {
		if calls.Add(1) == 1 {
			b.refund(intent, 40000)
		}
	})
	look, err := client.LookAtPayment(ctx, "", intent)
	if err != nil || len(look.Refunds) != 1 || len(look.Transfer.Reversals) != 1 || look.Transfer.AmountReversed != 40000 || look.Fee.AmountRefunded != 4800 {
		t.Errorf("looked at while a refund was made: %v\nrefunds %+v\ntransfer %+v\nfee %+v", err, look.Refunds, look.Transfer, look.Fee)
	}
	if calls.Load() != 2 {
		t.Errorf("it took %d looks, want 2", calls.Load())
	}
}

// A payment that never holds still is for later, not for guesses.
func TestALookThatIsAlwaysTorn(t *testing.T) {
	b := openBox(t)
	intent := b.paid()
	client := b.between(stripeapi.RefundsPath, func() { b.refund(intent, 100) })
	if look, err := client.LookAtPayment(ctx, "", intent); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%d refunds, %d reversals, %v", len(look.Refunds), len(look.Transfer.Reversals), err)
	}
	if look := b.look("", intent); len(look.Refunds) == 0 || len(look.Refunds) != len(look.Transfer.Reversals) {
		t.Errorf("at rest it has %d refunds, %d reversals", len(look.Refunds), len(look.Transfer.Reversals))
	}
}
