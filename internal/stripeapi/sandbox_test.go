package stripeapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hearth/internal/fault"
	"hearth/internal/stripeapi"
	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/pgtest"
)

// box is a client of a sandbox, spoken to over HTTP.
type box struct {
	*desk
	url string
	n   int
}

func openBox(t *testing.T) *box {
	t.Helper()
	sandbox, err := stripesandbox.Open(stripesandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sandbox)
	sandbox.SetBaseURL(server.URL)
	t.Cleanup(func() { server.Close(); sandbox.Close() })
	b := &box{desk: &desk{t: t, db: pgtest.Pool(t), log: &bytes.Buffer{}, now: time.Now()}, url: server.URL}
	b.Client = b.client(server.URL)
	return b
}

// ask plans and sends a request under a new key.
func (b *box) ask(p stripeapi.Planned) (stripeapi.Outcome, error) {
	b.t.Helper()
	b.n++
	p.Key = fmt.Sprintf("%s:%d", p.Purpose, b.n)
	id, err := b.plan(p)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.Send(ctx, id)
}

func (b *box) done(p stripeapi.Planned) stripeapi.Outcome {
	b.t.Helper()
	o, err := b.ask(p)
	if err = errors.Join(err, o.Err()); err != nil {
		b.t.Fatal(err)
	}
	return o
}

func (b *box) steer(path string, body any) {
	b.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := http.Post(b.url+"/_sandbox"+path, "application/json", bytes.NewReader(raw))
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		b.t.Fatalf("%s: %d", path, answer.StatusCode)
	}
}

func (b *box) owner() stripeapi.Account {
	b.t.Helper()
	o := b.done(stripeapi.Planned{Purpose: stripeapi.ForAccount, Path: stripeapi.AccountsPath, Params: stripeapi.AccountParams{
		UserID: "user-1", Country: "US", Email: "o@example.com", FirstName: "Ada", LastName: "Hill", Phone: "+12025550123",
		MCC: "6513", URL: "https://hearth.example/homes/loft", ProductDescription: "Short stays in a home",
	}.Values()})
	a, err := o.Account()
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *box) session(owner string) stripeapi.Session {
	b.t.Helper()
	o := b.done(stripeapi.Planned{Purpose: stripeapi.ForSession, Path: stripeapi.SessionsPath, Params: stripeapi.SessionParams{
		BookingID: "booking-1", PaymentID: "payment-1", Currency: "usd", Fee: 14400, Destination: owner,
		Lines:      []stripeapi.Line{{Name: "3 nights", Description: "less 5 % weekly discount", Amount: 110000}, {Name: "Cleaning", Amount: 10000}},
		SuccessURL: "https://hearth.example/trips/X?session={CHECKOUT_SESSION_ID}", CancelURL: "https://hearth.example/trips/X/held",
		CustomerEmail: "t@example.com", Description: "Loft, 3 nights", ExpiresAt: time.Now().Add(40 * time.Minute),
	}.Values()})
	s, err := o.Session()
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *box) look(session, intent string) stripeapi.PaymentLook {
	b.t.Helper()
	l, err := b.LookAtPayment(ctx, session, intent)
	if err != nil {
		b.t.Fatal(err)
	}
	return l
}

// The life of a payment as the narrow types tell it.
func TestAPaymentFromSessionToDispute(t *testing.T) {
	b := openBox(t)
	owner := b.owner()
	if owner.ChargesEnabled || owner.Type != "express" || owner.PayoutInterval != "manual" || owner.Metadata[stripeapi.MetaUser] != "user-1" || len(owner.CurrentlyDue) == 0 {
		t.Fatalf("a new account: %+v", owner)
	}
	b.steer("/accounts/"+owner.ID+"/onboard", map[string]string{"outcome": "active"})
	owner, err := b.Account(ctx, owner.ID)
	if err != nil || !owner.ChargesEnabled || owner.Capabilities["transfers"] != "active" || owner.DisabledReason != "" {
		t.Fatalf("onboarded: %+v %v", owner, err)
	}

	s := b.session(owner.ID)
	if s.Status != "open" || s.AmountTotal != 120000 || !strings.HasPrefix(s.URL, b.url) || s.PaymentIntentID != "" {
		t.Fatalf("a new session: %+v", s)
	}
	l := b.look(s.ID, "")
	if l.Session.Metadata[stripeapi.MetaBooking] != "booking-1" || l.Intent != nil || len(l.Charges) != 0 {
		t.Fatalf("looked at while open: %+v", l)
	}
	declined, err := http.Post(b.url+"/_sandbox/checkout/"+s.ID+"/pay", "application/json", strings.NewReader(`{"card":"4000000000009995"}`))
	if err != nil || declined.StatusCode != http.StatusPaymentRequired {
		t.Fatalf("declined: %v %v", declined, err)
	}
	declined.Body.Close()
	b.steer("/checkout/"+s.ID+"/pay", map[string]string{"card": "4242424242424242"})

	l = b.look(s.ID, "")
	if l.Session.Status != "complete" || l.Session.PaymentStatus != "paid" || l.Session.URL != "" {
		t.Errorf("session %+v", l.Session)
	}
	in := l.Intent
	if in.Status != "succeeded" || in.AmountReceived != 120000 || in.ApplicationFeeAmount != 14400 || in.Destination != owner.ID || in.Metadata[stripeapi.MetaPayment] != "payment-1" {
		t.Errorf("intent %+v", in)
	}
	if len(l.Charges) != 2 {
		t.Fatalf("%d charges", len(l.Charges))
	}
	paid, lost := l.Charges[0], l.Charges[1]
	if !paid.Captured || paid.ID != in.LatestChargeID || paid.StripeFee != 3510 || paid.Brand != "visa" || paid.Last4 != "4242" || paid.AvailableOn.IsZero() || paid.PaymentIntentID != in.ID {
		t.Errorf("charge %+v", paid)
	}
	if lost.Status != "failed" || lost.FailureCode != "card_declined" || lost.DeclineCode != "insufficient_funds" || lost.FailureMessage == "" || lost.Captured {
		t.Errorf("declined charge %+v", lost)
	}
	if l.Transfer == nil || l.Transfer.Amount != 120000 || l.Transfer.Destination != owner.ID || l.Transfer.DestinationPayment == "" || l.Fee == nil || l.Fee.Amount != 14400 {
		t.Fatalf("transfer %+v, fee %+v", l.Transfer, l.Fee)
	}

	re, err := b.done(stripeapi.Planned{Purpose: stripeapi.ForRefund, Path: stripeapi.RefundsPath, Params: stripeapi.RefundParams{
		PaymentIntentID: in.ID, Amount: 40000, Reason: "requested_by_customer", ReverseTransfer: true, RefundApplicationFee: true,
		Metadata: map[string]string{stripeapi.MetaRefund: "refund-1"},
	}.Values()}).Refund()
	if err != nil || re.Status != "succeeded" || re.TransferReversalID == "" || re.ChargeID != paid.ID {
		t.Fatalf("refund %+v %v", re, err)
	}
	l = b.look("", in.ID)
	if len(l.Refunds) != 1 || l.Refunds[0].Metadata[stripeapi.MetaRefund] != "refund-1" || l.Charges[0].AmountRefunded != 40000 || l.Charges[0].Refunded {
		t.Errorf("refunds %+v of %+v", l.Refunds, l.Charges[0])
	}
	if r := l.Transfer.Reversals; len(r) != 1 || r[0].SourceRefundID != re.ID || r[0].Amount != 40000 || l.Transfer.AmountReversed != 40000 {
		t.Errorf("reversals %+v", l.Transfer)
	}
	if f := l.Fee; f.AmountRefunded != 4800 || len(f.Refunds) != 1 || f.Refunds[0].Amount != 4800 {
		t.Errorf("fee %+v", f)
	}

	b.steer("/charges/"+paid.ID+"/dispute", map[string]string{"reason": "fraudulent"})
	disputes, err := b.DisputesByIntent(ctx, in.ID)
	if err != nil || len(disputes) != 1 || disputes[0].Status != "needs_response" || disputes[0].DueBy == nil || len(disputes[0].BalanceTransactions) != 1 {
		t.Fatalf("disputes %+v %v", disputes, err)
	}
	if bt := disputes[0].BalanceTransactions[0]; bt.Type != "adjustment" || bt.Fee != 1500 || bt.SourceID != disputes[0].ID {
		t.Errorf("withdrawn as %+v", bt)
	}
	o, err := b.ask(stripeapi.Planned{Purpose: stripeapi.ForRefund, Path: stripeapi.RefundsPath, Params: stripeapi.RefundParams{PaymentIntentID: in.ID, Amount: 1}.Values()})
	if err != nil || !o.Refused() || o.Code != "charge_disputed" {
		t.Errorf("a disputed charge was refunded: %+v %v", o, err)
	}
}

func TestLinksAreNeverStored(t *testing.T) {
	b := openBox(t)
	owner := b.owner()
	link, err := b.done(stripeapi.Planned{Purpose: stripeapi.ForAccountLink, Path: stripeapi.AccountLinksPath, Params: stripeapi.AccountLinkParams{
		Account: owner.ID, RefreshURL: "https://hearth.example/refresh", ReturnURL: "https://hearth.example/return"}.Values()}).URL()
	if err != nil || !strings.HasPrefix(link, b.url+"/setup/e/") {
		t.Fatalf("link %q %v", link, err)
	}
	b.steer("/accounts/"+owner.ID+"/onboard", map[string]string{"outcome": "active"})
	login, err := b.done(stripeapi.Planned{Purpose: stripeapi.ForLoginLink, Path: stripeapi.LoginLinksPath(owner.ID)}).URL()
	if err != nil || login == "" {
		t.Fatalf("login link %q %v", login, err)
	}
	var rows string
	if err := b.db.QueryRow(ctx, `SELECT string_agg(r::text, ' ') FROM stripe_requests r`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{link, login} {
		if strings.Contains(rows, secret) || strings.Contains(b.log.String(), secret) {
			t.Errorf("%s was kept", secret)
		}
	}
}

// Money goes out through the owner's own account.
func TestPayoutsAndBalances(t *testing.T) {
	b := openBox(t)
	owner := b.owner()
	b.steer("/accounts/"+owner.ID+"/onboard", map[string]string{"outcome": "active"})
	s := b.session(owner.ID)
	b.steer("/checkout/"+s.ID+"/pay", map[string]string{"card": "4000000000000077"}) // available at once
	balance, err := b.Balance(ctx, owner.ID)
	if err != nil || balance.Available["usd"] != 105600 {
		t.Fatalf("balance %+v %v", balance, err)
	}
	pay := stripeapi.Planned{Purpose: stripeapi.ForPayout, Path: stripeapi.PayoutsPath, Account: owner.ID,
		Params: stripeapi.PayoutParams{Amount: 105601, Currency: "usd"}.Values()}
	if o, err := b.ask(pay); err != nil || o.Code != "balance_insufficient" {
		t.Errorf("too much: %+v %v", o, err)
	}
	pay.Params = stripeapi.PayoutParams{Amount: 105600, Currency: "usd", Metadata: map[string]string{stripeapi.MetaPayout: "payout-1"}}.Values()
	made, err := b.done(pay).Payout()
	if err != nil || made.Amount != 105600 || made.Automatic {
		t.Fatalf("payout %+v %v", made, err)
	}
	got, err := b.Payout(ctx, owner.ID, made.ID)
	if err != nil || got.Metadata[stripeapi.MetaPayout] != "payout-1" || got.ArrivalDate.IsZero() {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := b.Payout(ctx, "", made.ID); !stripeapi.IsNotFound(err) {
		t.Errorf("the owner's payout is ours: %v", err)
	}
	all, err := b.Payouts(ctx, owner.ID, time.Now().Add(-time.Hour), time.Time{})
	if err != nil || len(all) != 1 {
		t.Errorf("%+v %v", all, err)
	}
	rows, err := b.BalanceTransactions(ctx, stripeapi.BalanceQuery{Account: owner.ID, Type: "payout"})
	if err != nil || len(rows) != 1 || rows[0].Net != -105600 || rows[0].SourceID != made.ID {
		t.Errorf("%+v %v", rows, err)
	}
}

// What was made and lost is found by list and metadata.
func TestLostObjectsAreFound(t *testing.T) {
	b := openBox(t)
	b.steer("/faults", map[string]any{"route": "POST /v1/accounts", "kind": "reset", "count": 1})
	id, err := b.plan(stripeapi.Planned{Purpose: stripeapi.ForAccount, Path: stripeapi.AccountsPath, Key: "owner:1:acct",
		Params: stripeapi.AccountParams{UserID: "user-1", Country: "US"}.Values()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Send(ctx, id); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("the connection held: %v", err)
	}
	o, err := b.Send(ctx, id)
	if err != nil || o.ObjectID == "" {
		t.Fatalf("%+v %v", o, err)
	}
	accounts, err := b.AccountsByUser(ctx, "user-1", time.Now().Add(-time.Hour), time.Time{})
	if err != nil || len(accounts) != 1 || accounts[0].ID != o.ObjectID {
		t.Fatalf("%+v %v", accounts, err)
	}
	b.steer("/accounts/"+o.ObjectID+"/onboard", map[string]string{"outcome": "active"})
	s := b.session(o.ObjectID)
	sessions, err := b.SessionsByBooking(ctx, "booking-1", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	if err != nil || len(sessions) != 1 || sessions[0].ID != s.ID {
		t.Errorf("%+v %v", sessions, err)
	}
	if none, err := b.SessionsByBooking(ctx, "booking-2", time.Time{}, time.Time{}); err != nil || len(none) != 0 {
		t.Errorf("%+v %v", none, err)
	}
	events, err := b.Events(ctx, stripeapi.EventQuery{Account: o.ObjectID, Types: []string{"account.updated"}})
	if err != nil || len(events) == 0 || events[0].Account != o.ObjectID || events[0].ObjectID != o.ObjectID || events[0].Created.IsZero() {
		t.Errorf("%+v %v", events, err)
	}
	expired := b.done(stripeapi.Planned{Purpose: stripeapi.ForExpire, Path: stripeapi.ExpirePath(s.ID)})
	if got, err := expired.Session(); err != nil || got.Status != "expired" {
		t.Errorf("%+v %v", got, err)
	}
}

// More than a page: nothing is missed or doubled.
func TestListsReadOn(t *testing.T) {
	b := openBox(t)
	seen := map[string]bool{}
	for i := range 103 {
		request, err := http.NewRequest(http.MethodPost, b.url+"/v1/customers", strings.NewReader(fmt.Sprintf("email=t%d@example.com", i)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer sk_test_line")
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		answer, err := http.DefaultClient.Do(request)
		if err != nil || answer.StatusCode != 200 {
			t.Fatal(answer, err)
		}
		answer.Body.Close()
	}
	events, err := b.Events(ctx, stripeapi.EventQuery{Types: []string{"customer.created"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range events {
		seen[ev.ID] = true
	}
	if len(events) != 103 || len(seen) != 103 {
		t.Errorf("%d events, %d different", len(events), len(seen))
	}
}
