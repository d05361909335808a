// Package apptest starts all of Hearth for one test: a database of its own,
// the Stripe sandbox over real HTTP, signed webhooks, and a clock that moves
// both. Nothing is mocked. It is imported by external test packages only.
package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"hearth/internal/app"
	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/checkout"
	"hearth/internal/config"
	"hearth/internal/connect"
	"hearth/internal/inbound"
	"hearth/internal/listing"
	"hearth/internal/payment"
	"hearth/internal/site"
	"hearth/internal/stripesandbox"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/pgtest"
	"hearth/internal/user"
	"hearth/internal/webhook"
)

// World is one Hearth with its Stripe.
type World struct {
	*app.App
	T       testing.TB
	Sandbox string // its base URL
	SiteURL string // the pages'
	offset  *atomic.Int64
}

// The endpoints' signing secrets, and a rate that no test reaches.
const (
	many          = 1_000_000
	secret        = "whsec_apptest_account"
	connectSecret = "whsec_apptest_connect"
)

// Start starts a world without its background workers: a test says what happens
// next. What the webhooks brought is worked off by [World.Settle]. Edit changes
// the sandbox's options, its prices for example.
func Start(t testing.TB, edit ...func(*stripesandbox.Options)) *World {
	t.Helper()
	mux := http.NewServeMux()
	pages := httptest.NewServer(mux)
	t.Cleanup(pages.Close)
	options := stripesandbox.Options{
		WebhookURL: pages.URL + "/webhooks/stripe", WebhookSecret: secret,
		ConnectWebhookURL: pages.URL + "/webhooks/stripe/connect", ConnectWebhookSecret: connectSecret,
	}
	for _, change := range edit {
		change(&options)
	}
	sandbox, err := stripesandbox.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sandbox.Close() })
	sent := new(posts)
	stripe := httptest.NewServer(sent.watch(sandbox))
	t.Cleanup(stripe.Close)
	sandbox.SetBaseURL(stripe.URL)

	offset := new(atomic.Int64)
	now := func() time.Time { return time.Now().Add(time.Duration(offset.Load())) }
	c := config.Config{BaseURL: pages.URL, DatabaseURL: pgtest.DSN(t), DataDir: t.TempDir(), StripeKey: appKey, StripeAPIBase: stripe.URL, SandboxURL: stripe.URL,
		WebhookSecrets: []string{secret}, ConnectWebhookSecrets: []string{connectSecret},
		Region: "US", CurrencyCode: "usd", FeeBPS: 1200, PayoutDelayDays: 1, OwnerSchedule: true, MailFrom: "Hearth <hello@hearth.test>", Dev: true}
	a, err := app.New(t.Context(), c, now, slog.New(slog.NewTextHandler(testLog{t}, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	sent.mustBePlanned(t, a.DB)
	// Signatures carry the wall clock, whatever time the world has.
	door := &webhook.Inbox{DB: a.DB, Types: app.Types(), Now: time.Now}
	mux.Handle("/webhooks/stripe", door.Receive(inbound.SourceAccount, c.WebhookSecrets))
	mux.Handle("/webhooks/stripe/connect", door.Receive(inbound.SourceConnect, c.ConnectWebhookSecrets))
	mux.Handle("/", a.Site(site.Limits{LogIns: many, Mails: many, Bookings: many}).Handler())
	return &World{App: a, T: t, Sandbox: stripe.URL, SiteURL: pages.URL, offset: offset}
}

type testLog struct{ t testing.TB }

func (l testLog) Write(line []byte) (int, error) {
	l.t.Logf("%s", bytes.TrimSpace(line))
	return len(line), nil
}

// Work runs the background workers until the test ends: mails go out, holds
// end, and the inbox is worked off by itself.
func (w *World) Work() {
	w.T.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	w.T.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			w.T.Error(err)
		}
	})
}

// Control calls one of the sandbox's control endpoints and returns its answer.
func (w *World) Control(path string, body any) map[string]any {
	w.T.Helper()
	status, out := w.TryControl(path, body)
	if status != http.StatusOK {
		w.T.Fatalf("POST %s: %d %v", path, status, out)
	}
	return out
}

// TryControl is Control for what may be refused, as a declined card.
func (w *World) TryControl(path string, body any) (int, map[string]any) {
	w.T.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.T.Fatal(err)
	}
	answer, err := http.Post(w.Sandbox+"/_sandbox/"+path, "application/json", bytes.NewReader(raw))
	if err != nil {
		w.T.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.T.Fatal(err)
	}
	var out map[string]any
	_ = json.Unmarshal(text, &out)
	return answer.StatusCode, out
}

// Advance moves both clocks.
func (w *World) Advance(d time.Duration) {
	w.T.Helper()
	w.offset.Add(int64(d))
	w.Control("clock", map[string]any{"advance": d.String()})
}

// Settle lets every webhook arrive and works the inbox off.
func (w *World) Settle() {
	w.T.Helper()
	w.Control("webhooks/flush", map[string]any{})
	if err := w.Inbox.Drain(w.T.Context()); err != nil {
		w.T.Fatal(err)
	}
}

// Owner makes a homeowner whose account Stripe lets be paid.
func (w *World) Owner(name string) user.User {
	w.T.Helper()
	owner := factory.Person(w.T, w.DB, name, user.Owner)
	if _, err := w.Hosting.StartOnboarding(w.T.Context(), owner.ID); err != nil {
		w.T.Fatal(err)
	}
	account := w.AccountOf(owner.ID)
	w.Control("accounts/"+account.StripeAccountID+"/onboard", map[string]any{"outcome": "active"})
	w.Settle()
	if account = w.AccountOf(owner.ID); !account.CanBePaid() {
		w.T.Fatalf("the account of %s cannot be paid: %+v", name, account)
	}
	return owner
}

// AccountOf is a homeowner's connected account.
func (w *World) AccountOf(owner user.ID) connect.Account {
	w.T.Helper()
	account, err := connect.ByUser(w.T.Context(), w.DB, owner, false)
	if err != nil {
		w.T.Fatal(err)
	}
	return account
}

// Stay is so many nights from so many days ahead.
func Stay(home listing.Listing, now time.Time, inDays, nights int) calendar.Stay {
	in := calendar.Today(home.TimeZone, now).AddDate(0, 0, inDays)
	return calendar.Stay{CheckIn: in, CheckOut: in.AddDate(0, 0, nights)}
}

// Ask is a request to book, as the form would send it.
func (w *World) Ask(home listing.Listing, inDays, nights int, token string) checkout.Request {
	w.T.Helper()
	stay := Stay(home, w.Now(), inDays, nights)
	quote, err := w.Checkout.Quote(w.T.Context(), home, stay, 2)
	if err != nil {
		w.T.Fatal(err)
	}
	return checkout.Request{ListingID: home.ID, Stay: stay, Guests: 2, FormToken: token, SeenTotal: quote.TotalAmount, SeenMode: home.BookingMode, Consent: true, IP: "192.0.2.1"}
}

// Held books and stops at Stripe's payment page.
func (w *World) Held(tenant user.User, home listing.Listing, inDays, nights int) booking.Booking {
	w.T.Helper()
	b, url, err := w.Checkout.Start(w.T.Context(), tenant.ID, w.Ask(home, inDays, nights, fmt.Sprintf("%s-%d-%d", tenant.ID, inDays, nights)))
	if err != nil {
		w.T.Fatal(err)
	}
	if url == "" {
		w.T.Fatalf("booking %s has no payment page", b.Code)
	}
	return b
}

// Session is the Checkout Session of a booking.
func (w *World) Session(b booking.Booking) string {
	w.T.Helper()
	p := w.Payment(b)
	a, err := payment.LastAttempt(w.T.Context(), w.DB, p.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return a.Session()
}

// Good is the card that always works.
const Good = "4242424242424242"

// Pay pays a booking's session with a card, as on the hosted page.
func (w *World) Pay(b booking.Booking, card string) {
	w.T.Helper()
	w.Control("checkout/"+w.Session(b)+"/pay", map[string]any{"card": card})
}

// Confirmed books and pays.
func (w *World) Confirmed(tenant user.User, home listing.Listing, inDays, nights int) booking.Booking {
	w.T.Helper()
	b := w.Held(tenant, home, inDays, nights)
	w.Pay(b, Good)
	w.Settle()
	if b = w.Booking(b.ID); b.Status != booking.Confirmed {
		w.T.Fatalf("booking %s is %s", b.Code, b.Status)
	}
	return b
}

// Requested asks for a home that is booked on request, and has the card held.
func (w *World) Requested(tenant user.User, home listing.Listing, inDays, nights int) booking.Booking {
	w.T.Helper()
	b := w.Held(tenant, home, inDays, nights)
	w.Pay(b, Good)
	w.Settle()
	if b = w.Booking(b.ID); b.Status != booking.Requested {
		w.T.Fatalf("booking %s is %s", b.Code, b.Status)
	}
	return b
}

// Booking reads a booking as it is now.
func (w *World) Booking(id booking.ID) booking.Booking {
	w.T.Helper()
	b, err := booking.ByID(w.T.Context(), w.DB, id)
	if err != nil {
		w.T.Fatal(err)
	}
	return b
}

// Payment reads the payment of a booking.
func (w *World) Payment(b booking.Booking) payment.Payment {
	w.T.Helper()
	p, err := payment.ByBooking(w.T.Context(), w.DB, string(b.ID))
	if err != nil {
		w.T.Fatal(err)
	}
	return p
}

// Refunds reads the refunds of a booking.
func (w *World) Refunds(b booking.Booking) []payment.Refund {
	w.T.Helper()
	refunds, err := payment.RefundsOf(w.T.Context(), w.DB, w.Payment(b).ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return refunds
}
