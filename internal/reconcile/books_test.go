package reconcile_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/reconcile"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// world is a Hearth with one owner and what reconciling needs.
type world struct {
	*apptest.World
	owner, tenant, admin user.User
	acct                 string
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{World: apptest.Start(t)}
	w.owner = w.Owner("Olga")
	w.tenant, w.admin = factory.Person(t, w.DB, "Tom"), factory.Person(t, w.DB, "Ada", user.Admin)
	w.acct = w.AccountOf(w.owner.ID).StripeAccountID
	return w
}

func (w *world) books() reconcile.Report {
	w.T.Helper()
	report, err := w.Reconcile.Books(w.T.Context())
	if err != nil {
		w.T.Fatal(err)
	}
	return report
}

// agree reconciles and wants every balance equal and nothing left.
func (w *world) agree(when string) {
	w.T.Helper()
	report := w.books()
	for _, b := range report.Balances {
		if !b.Difference().IsZero() {
			w.T.Errorf("%s: the balance of %q in %s is %d here and %d at Stripe", when, b.Account, b.Currency, b.Ours, b.Theirs)
		}
	}
	for _, d := range report.Open {
		w.T.Errorf("%s: %q %s: %s (%s): %s", when, d.Account, d.Reference, d.What, d.Money().Format(), d.Cause)
	}
}

// left is the one remainder under a reference; there must be one.
func (w *world) left(report reconcile.Report, reference string) reconcile.Discrepancy {
	w.T.Helper()
	for _, d := range report.Open {
		if strings.HasPrefix(d.Reference, reference) {
			return d
		}
	}
	w.T.Fatalf("no remainder %s among %+v", reference, report.Open)
	return reconcile.Discrepancy{}
}

// post is somebody at Stripe's Dashboard, or another program with our key.
func (w *world) post(account, path string, form url.Values) {
	w.T.Helper()
	request, err := http.NewRequestWithContext(w.T.Context(), http.MethodPost, w.Sandbox+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.T.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer sk_test_apptest")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if account != "" {
		request.Header.Set("Stripe-Account", account)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.T.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.T.Fatalf("POST %s: %s", path, answer.Status)
	}
}

func (w *world) refund(b booking.Booking, minor int64) {
	w.T.Helper()
	if _, err := w.Checkout.Refund(w.T.Context(), booking.Admin(w.admin.ID, "192.0.2.9"), b.ID, b.Amount(minor), "Broken heating"); err != nil {
		w.T.Fatal(err)
	}
}

// Everything that Hearth itself does is matched, row by row.
func TestTheBooksAgree(t *testing.T) {
	t.Parallel()
	w := start(t)
	home := factory.Home(t, w.DB, w.owner.ID, nil)
	w.agree("nothing has happened")
	b := w.Confirmed(w.tenant, home, 3, 3)
	w.agree("paid")
	w.refund(b, 12345)
	w.Settle()
	w.agree("refunded in part")
	w.Advance(7 * 24 * time.Hour)
	if _, err := w.Payout.ReleaseDue(t.Context(), w.Now()); err != nil {
		t.Fatal(err)
	}
	w.Settle()
	w.agree("paid out")
	later := w.Confirmed(w.tenant, home, 40, 3)
	w.refund(b, 10000) // the owner's balance is pending or short
	w.Settle()
	w.agree("refunded after the payout")
	w.Control("charges/"+w.Payment(later).ChargeID+"/dispute", map[string]any{})
	w.Settle()
	w.agree("disputed")
}
