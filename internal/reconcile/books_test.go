package reconcile_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/reconcile"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
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
	w.make(account, path, form)
}

// try is post for what may be refused.
func (w *world) try(path string, form url.Values) { w.ask("", path, form) }

func (w *world) ask(account, path string, form url.Values) (status int, made string) {
	w.T.Helper()
	status, out := w.TryAtStripe(http.MethodPost, path, account, form)
	made, _ = out["id"].(string)
	return status, made
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

// What belongs to no payment is booked here: our own payouts and top-ups, and
// what Stripe takes of us for an owner.
func TestTheBooksTakeInOurOwnMoney(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.post("", "/v1/topups", url.Values{"amount": {"500000"}, "currency": {"usd"}})
	w.Advance(5 * 24 * time.Hour)
	w.agree("topped up")
	w.post("", "/v1/payouts", url.Values{"amount": {"20000"}, "currency": {"usd"}})
	w.Advance(24 * time.Hour)
	w.agree("paid out to our bank")
	w.Control("payouts/"+w.newest("payout")+"/fail", map[string]any{"reason": "account_closed"})
	w.agree("the bank returned it")
	w.Control("topups/"+w.newest("topup")+"/resolve", map[string]any{"outcome": "reversed"})
	w.agree("the top-up was reversed")
	balance, err := ledger.Balance(t.Context(), w.DB, ledger.PlatformBank, "usd")
	if err != nil || balance.Minor != 0 {
		t.Errorf("our bank has %d, %v", balance.Minor, err)
	}

	// At the Dashboard, without giving our fee back: the owner is below zero, and
	// after 180 days Stripe takes it from us.
	home := factory.Home(t, w.DB, w.owner.ID, nil)
	paid := w.Confirmed(w.tenant, home, 30, 3)
	w.post("", "/v1/refunds", url.Values{"payment_intent": {w.Payment(paid).IntentID()}, "reverse_transfer": {"true"}})
	w.agree("refunded at the Dashboard")
	w.Advance(182 * 24 * time.Hour)
	w.agree("collected")
	for account, want := range map[string]int64{ledger.Owner(w.acct): 0, ledger.Debt(w.acct): -8160} {
		if balance, err := ledger.Balance(t.Context(), w.DB, account, "usd"); err != nil || balance.Minor != want {
			t.Errorf("%s has %d, not %d, %v", account, balance.Minor, want, err)
		}
	}
	w.post("", "/v1/transfers/"+w.transferOf(w.Confirmed(w.tenant, home, 20, 3))+"/reversals", url.Values{"amount": {"1000"}})
	w.agree("a reversal by hand of a transfer of ours")
}

// newest is the source of Stripe's newest row of a kind on our balance.
func (w *world) newest(kind string) (source string) {
	w.T.Helper()
	if err := w.DB.QueryRow(w.T.Context(), `SELECT source FROM balance_transactions WHERE account = '' AND type = $1 ORDER BY created_at DESC LIMIT 1`, kind).Scan(&source); err != nil {
		w.T.Fatal(err)
	}
	return source
}

func (w *world) transferOf(b booking.Booking) (id string) {
	w.T.Helper()
	if err := w.DB.QueryRow(w.T.Context(), `SELECT id FROM transfers WHERE payment_id = $1`, w.Payment(b).ID).Scan(&id); err != nil {
		w.T.Fatal(err)
	}
	return id
}

// What Hearth did not make is a remainder with its amount and its cause, and a
// task when it lasts; the rest of the books is not touched by it.
func TestWhatHearthDidNotMakeIsARemainder(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Confirmed(w.tenant, factory.Home(t, w.DB, w.owner.ID, nil), 30, 3)
	w.agree("before")
	w.post("", "/v1/charges", url.Values{"amount": {"7700"}, "currency": {"usd"}, "source": {"tok_bypassPending"}})
	w.post("", "/v1/transfers", url.Values{"amount": {"1200"}, "currency": {"usd"}, "destination": {w.acct}})
	report := w.books()
	if len(report.Open) != 4 || report.Agrees() {
		t.Fatalf("remainders %+v", report.Open)
	}
	charge := w.left(report, "charge:ch_")
	if charge.Money() != money.New(7700, "usd") || !strings.Contains(charge.Cause, "no booking in its metadata") || charge.Account != "" {
		t.Errorf("the charge is %+v", charge)
	}
	if fee := w.left(report, "stripe_fee:"); fee.Money() != money.New(-253, "usd") || !strings.Contains(fee.Cause, "Stripe's fee") {
		t.Errorf("its fee is %+v", fee)
	}
	var sides []int64
	for _, d := range report.Open {
		if strings.HasPrefix(d.Reference, "transfer:") {
			sides = append(sides, d.Money().Minor)
			if !strings.Contains(d.Cause, "by hand") {
				t.Errorf("the transfer is %+v", d)
			}
		}
	}
	if slices.Sort(sides); !slices.Equal(sides, []int64{-1200, 1200}) {
		t.Errorf("the transfer's sides are %v", sides)
	}
	if n := w.tasks(charge.ID); n != 0 {
		t.Errorf("%d tasks at once", n)
	}
	w.Advance(2 * time.Hour)
	again := w.left(w.books(), "charge:ch_")
	if n := w.tasks(charge.ID); n != 1 || again.ID != charge.ID || !again.FirstSeen.Equal(charge.FirstSeen) {
		t.Errorf("%d tasks; the remainder is %+v", n, again)
	}
}

// An owner who cuts the tie while their books are read takes them away: what was
// read of them before is held against nothing, in this run or another's.
func TestBooksThatGoAwayWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	w := start(t)
	b := w.Confirmed(w.tenant, factory.Home(t, w.DB, w.owner.ID, nil), 30, 3)
	w.agree("before")
	w.Control("webhooks", map[string]any{"mode": "drop"})
	w.post("", "/v1/refunds", url.Values{"payment_intent": {w.Payment(b).IntentID()}, "reverse_transfer": {"true"}, "refund_application_fee": {"true"}})
	drain, looks := w.Reconcile.Drain, 0
	w.Reconcile.Drain = func(ctx context.Context) error {
		if looks++; looks == 1 {
			w.Control("accounts/"+w.acct+"/deauthorize", map[string]any{})
		}
		return drain(ctx)
	}
	if w.agree("gone in the run"); looks == 0 {
		t.Error("nothing was looked at again")
	}
	if _, err := w.DB.Exec(t.Context(), `UPDATE discrepancies SET resolved_at = NULL, last_seen = $2 WHERE account = $1`, w.acct, w.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if n, err := reconcile.CountOpen(t.Context(), w.DB); err != nil || n == 0 {
		t.Errorf("%d are recorded after the other run, %v", n, err)
	}
	w.agree("gone in another run")
}

// An admin who knows what it was books it, once; the books agree then, by their
// own comparison.
func TestAStrangerIsBookedByAPerson(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.post("", "/v1/charges", url.Values{"amount": {"7700"}, "currency": {"usd"}, "source": {"tok_bypassPending"}})
	w.post("", "/v1/transfers", url.Values{"amount": {"1200"}, "currency": {"usd"}, "destination": {w.acct}})
	w.books()
	w.Advance(2 * time.Hour)
	report := w.books()
	if len(report.Open) != 4 || w.tasks(report.Open[0].ID) != 1 {
		t.Fatalf("remainders %+v", report.Open)
	}
	explain := func(id, reason string) error {
		return postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error {
			_, err := reconcile.Explain(t.Context(), tx, id, reason, w.Now())
			return err
		})
	}
	if err := explain(report.Open[0].ID, " "); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	for _, d := range report.Open {
		must(t, explain(d.ID, "The cleaning company's terminal"))
		if err := explain(d.ID, "Once more"); !fault.Is(err, fault.Conflict) {
			t.Errorf("twice: %v", err)
		}
		if w.tasks(d.ID) != 0 {
			t.Errorf("the task of %s is open", d.What)
		}
	}
	balances, err := reconcile.Balances(t.Context(), w.DB)
	must(t, err)
	for _, b := range balances {
		if !b.Difference().IsZero() {
			t.Errorf("at once the balance of %q differs by %s", b.Account, b.Difference().Format())
		}
	}
	w.agree("booked")
}

func (w *world) tasks(discrepancy string) (n int) {
	w.T.Helper()
	if err := w.DB.QueryRow(w.T.Context(), `SELECT count(*) FROM tasks WHERE key = 'discrepancy:' || $1 AND closed_at IS NULL`, discrepancy).Scan(&n); err != nil {
		w.T.Fatal(err)
	}
	return n
}

// A posting that nothing at Stripe stands behind, and one that is missing.
func TestForgedAndMissingPostings(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Confirmed(w.tenant, factory.Home(t, w.DB, w.owner.ID, nil), 30, 3)
	w.Advance(time.Minute)
	w.agree("before")
	forge := func(reference, from, to string, minor int64) {
		t.Helper()
		must(t, postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error {
			_, err := ledger.Post(t.Context(), tx, ledger.Transaction{Reference: reference, Kind: "refund", ObjectID: "re_forged", Memo: "Refunded to the tenant",
				At: w.Now().Add(-time.Minute), Postings: []ledger.Posting{{From: from, To: to, Amount: money.New(minor, "usd")}}})
			return err
		}))
	}
	forge("refund:re_forged", ledger.Escrow, ledger.Tenant, 4200)
	d := w.left(w.books(), "refund:re_forged")
	if d.Money() != money.New(4200, "usd") || !strings.Contains(d.Cause, "Hearth booked it, Stripe shows no row") {
		t.Errorf("the forged refund is %+v", d)
	}
	w.Advance(2 * time.Hour)
	w.books()
	if w.tasks(d.ID) != 1 {
		t.Error("it has no task")
	}
	forge("mended:re_forged", ledger.Tenant, ledger.Escrow, 4200) // undone under another name: two remainders that say so
	if report := w.books(); len(report.Open) != 2 || report.Balances[0].Difference().Minor != 0 {
		t.Errorf("the books show %+v", report)
	}
	forge("dispute:nobody's", ledger.Escrow, ledger.Owner(w.acct), 99)
	report := w.books()
	for _, b := range report.Balances {
		if want := map[string]int64{"": 99, w.acct: -99}[b.Account]; b.Difference().Minor != want {
			t.Errorf("the balance of %q differs by %d, not %d", b.Account, b.Difference().Minor, want)
		}
	}
	// A missing posting: the append-only table is opened by its owner's hand.
	var missing string
	must(t, postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error {
		for _, table := range []string{"ledger_postings", "ledger_transactions"} {
			if _, err := tx.Exec(t.Context(), `ALTER TABLE `+table+` DISABLE TRIGGER USER`); err != nil {
				return err
			}
		}
		if err := tx.QueryRow(t.Context(), `SELECT reference FROM ledger_transactions WHERE kind = 'transfer'`).Scan(&missing); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), `DELETE FROM ledger_postings WHERE transaction_id = (SELECT id FROM ledger_transactions WHERE reference = $1)`, missing); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), `DELETE FROM ledger_transactions WHERE reference = $1`, missing)
		return err
	}))
	for _, d := range w.books().Open {
		if d.Reference == missing {
			t.Errorf("a look at the payment books it again: %+v", d)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Direct charges, separate charges and transfers: the rows are matched by what
// moved, whoever took the money.
func TestTheBooksMatchEveryWayOfTakingMoney(t *testing.T) {
	t.Parallel()
	w := start(t)
	p := w.Payment(w.Held(w.tenant, factory.Home(t, w.DB, w.owner.ID, nil), 30, 3))
	settle := func(account, intent string) {
		t.Helper()
		look, err := w.Stripe.LookAtDirectPayment(t.Context(), account, "", intent)
		must(t, err)
		must(t, postgres.InTx(t.Context(), w.DB, func(tx pgx.Tx) error { return payment.Post(t.Context(), tx, p, look) }))
	}
	pay := func(account string, more url.Values) string {
		form := url.Values{"amount": {"50000"}, "currency": {"usd"}, "payment_method_types[]": {"card"}, "payment_method": {"pm_card_bypassPending"}, "confirm": {"true"}}
		maps.Copy(form, more)
		return w.make(account, "/v1/payment_intents", form)
	}
	direct := pay(w.acct, url.Values{"application_fee_amount": {"6000"}})
	if report := w.books(); len(report.Open) != 4 { // charge, Stripe's fee, and ours on both sides
		t.Errorf("before it is booked: %+v", report.Open)
	}
	settle(w.acct, direct)
	w.agree("a direct charge")
	w.make(w.acct, "/v1/refunds", url.Values{"payment_intent": {direct}, "amount": {"20000"}, "refund_application_fee": {"true"}})
	settle(w.acct, direct)
	w.agree("refunded in part")
	separate := pay("", url.Values{"transfer_group": {"stay"}})
	look, err := w.Stripe.LookAtPayment(t.Context(), "", separate)
	must(t, err)
	w.make("", "/v1/transfers", url.Values{"amount": {"30000"}, "currency": {"usd"}, "destination": {w.acct}, "source_transaction": {look.Charges[0].ID}, "transfer_group": {"stay"}})
	settle("", separate)
	w.agree("a separate charge and transfer")
}

// make is post, and says what was made.
func (w *world) make(account, path string, form url.Values) string {
	w.T.Helper()
	status, made := w.ask(account, path, form)
	if status != http.StatusOK {
		w.T.Fatalf("POST %s: %d", path, status)
	}
	return made
}

// A read that was stopped goes on where it was, and only one that came to the
// end moves the mark.
func TestAReadThatIsStoppedGoesOn(t *testing.T) {
	t.Parallel()
	w := start(t)
	const charges = 130
	for range charges {
		w.post("", "/v1/charges", url.Values{"amount": {"7700"}, "currency": {"usd"}, "source": {"tok_visa"}})
	}
	mark := func() (cursor string, complete bool, kept int) {
		t.Helper()
		must(t, w.DB.QueryRow(t.Context(), `SELECT rows_cursor, rows_until IS NOT NULL, (SELECT count(*) FROM balance_transactions WHERE account = '')
			FROM stripe_reads WHERE account = ''`).Scan(&cursor, &complete, &kept))
		return cursor, complete, kept
	}
	w.Control("faults", map[string]any{"route": "GET /v1/balance_transactions", "kind": "500", "count": 3, "after": 1})
	if _, err := w.Reconcile.Books(t.Context()); err == nil {
		t.Error("the failure is not told")
	}
	if cursor, complete, kept := mark(); cursor == "" || complete || kept != 100 {
		t.Fatalf("after the failure: cursor %q, complete %v, %d rows", cursor, complete, kept)
	}
	if open := w.books().Open; len(open) != 2*charges {
		t.Errorf("%d remainders", len(open))
	}
	if cursor, complete, kept := mark(); cursor != "" || !complete || kept != charges {
		t.Errorf("after the next run: cursor %q, complete %v, %d rows", cursor, complete, kept)
	}
}
