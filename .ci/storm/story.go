package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"hearth/internal/money"
)

// story is one booking's, as its people live it.
type story struct {
	*world
	rng           *rand.Rand
	tenant, owner *person
	home          string
	in, out       time.Time
	booked        url.Values // the form
	id, code      string
	session       string // at Stripe
}

// plot is a kind of story.
type plot struct {
	name   string
	weight int
	live   func(*story, context.Context) error
	only   money.Currency
}

var plots = []plot{
	{"pays", 22, (*story).pays, ""},
	{"pays after 3D Secure", 5, (*story).paysChallenged, ""},
	{"is declined, then pays", 7, (*story).paysAtLast, ""},
	{"is declined and leaves", 4, (*story).leaves, ""},
	{"gives the nights back", 7, (*story).givesBack, ""},
	{"gives them back while paying", 5, (*story).givesBackWhilePaying, ""},
	{"clicks twice", 7, (*story).clicksTwice, ""},
	{"wants what another wants", 5, (*story).rivals, ""},
	{"cancels", 8, (*story).cancels, ""},
	{"is cancelled by the owner", 4, (*story).ownerCancels, ""},
	{"is refunded in parts by an admin", 7, (*story).adminRefunds, ""},
	{"is refunded in the Dashboard", 4, (*story).dashboardRefunds, ""},
	{"has a refund that fails", 4, (*story).refundFails, ""},
	{"disputes and loses", 3, (*story).disputeLost, ""},
	{"disputes and wins", 3, (*story).disputeWon, ""},
	{"stays tonight, and the owner is paid", 4, (*story).tonight, ""},
	{"pays from a bank account", 4, (*story).paysLate, "usd"},
	{"has a payment that the bank refuses", 3, (*story).bankRefuses, "usd"},
}

// draw picks a plot that can happen here.
func (w *world) draw(rng *rand.Rand) plot {
	possible := slices.DeleteFunc(slices.Clone(plots), func(p plot) bool { return p.only != "" && p.only != w.currency })
	sum := 0
	for _, p := range possible {
		sum += p.weight
	}
	n := rng.IntN(sum)
	for _, p := range possible {
		if n -= p.weight; n < 0 {
			return p
		}
	}
	panic("unreachable")
}

// tell begins the n-th story.
func (w *world) tell(ctx context.Context, n int) error {
	rng := rand.New(rand.NewPCG(uint64(w.seed), uint64(1000+n))) // #nosec G404 G115 -- repeatable on purpose
	p := w.draw(rng)
	s := &story{world: w, rng: rng, tenant: w.visitor(rng, n), owner: w.crowd.owners[rng.IntN(len(w.crowd.owners))]}
	s.in = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 2+rng.IntN(200))
	s.out = s.in.AddDate(0, 0, 1+rng.IntN(4))
	var err error
	if s.home, err = w.home(ctx, rng, s.owner); err != nil {
		return err
	}
	began := time.Now()
	err = p.live(s, ctx)
	switch {
	case errors.Is(err, errWaiting) && ctx.Err() == nil:
		w.books.left(p.name)
		return nil
	case err != nil:
		return fmt.Errorf("story %d, %s %s (%s): %w", n, s.tenant.email, p.name, s.code, err)
	}
	w.books.told(p.name, time.Since(began))
	return nil
}

// visitor is a tenant at an address of their own.
func (w *world) visitor(rng *rand.Rand, n int) *person {
	p := *w.crowd.tenants[rng.IntN(len(w.crowd.tenants))]
	p.ip = address(1000 + n)
	return &p
}

var (
	errTaken   = errors.New("the nights are taken")
	errOver    = errors.New("the booking is over")
	errWaiting = errors.New("it takes longer than a person waits")
)

// books fills the form in and sends it, as often as it takes.
func (s *story) books(ctx context.Context) error {
	if err := s.seesPrice(ctx); err != nil {
		return err
	}
	got, err := s.tenant.send(ctx, "/homes/"+s.home+"/book", s.booked)
	if err != nil {
		return err
	}
	return s.opened(ctx, got)
}

func (s *story) seesPrice(ctx context.Context) error {
	query := url.Values{"in": {s.in.Format(time.DateOnly)}, "out": {s.out.Format(time.DateOnly)}, "guests": {"2"}}
	got, err := s.tenant.get(ctx, "/homes/"+s.home+"/book?"+query.Encode())
	if err != nil {
		return err
	}
	if s.booked = got.form("form#book"); s.booked == nil {
		return fmt.Errorf("%w: %s", errTaken, got.says())
	}
	s.booked.Set("consent", "on")
	return nil
}

// opened goes where the form led: to Stripe's page, perhaps by the page that
// says that the nights are held.
func (s *story) opened(ctx context.Context, got page) error {
	err := s.db.QueryRow(ctx, `SELECT id, code FROM bookings WHERE tenant_id = $1 AND form_token = $2`, s.tenant.id, s.booked.Get("token")).Scan(&s.id, &s.code)
	if err != nil {
		return fmt.Errorf("%w: %s", errTaken, got.says())
	}
	end := time.Now().Add(patience)
	for {
		if strings.Contains(got.leads, "/c/pay/") {
			s.session = path.Base(strings.SplitN(got.leads, "?", 2)[0])
			return nil
		}
		if status, err := s.status(ctx); err != nil || status != "held" {
			return errors.Join(err, errOver)
		}
		if time.Now().After(end) {
			return fmt.Errorf("no payment page opens: %s", got.says())
		}
		time.Sleep(again)
		if got, err = s.tenant.send(ctx, "/trips/"+s.code+"/continue", url.Values{}); err != nil {
			return err
		}
	}
}

func (s *story) status(ctx context.Context) (status string, err error) {
	err = s.db.QueryRow(ctx, `SELECT status FROM bookings WHERE id = $1`, s.id).Scan(&status)
	return status, err
}

const good = "4242424242424242"

// pay fills Stripe's page in. A card that is declined is no error.
func (s *story) pay(ctx context.Context, with map[string]any) (paid bool, err error) {
	_, err = s.control(ctx, "checkout/"+s.session+"/pay", with)
	var no refused
	if errors.As(err, &no) && no.status < 500 {
		return false, nil
	}
	return err == nil, err
}

func card(number string) map[string]any { return map[string]any{"card": number} }

// comesBack opens the page that Stripe leads to, most of the time.
func (s *story) comesBack(ctx context.Context) error {
	if s.rng.IntN(4) == 0 {
		return nil // closed the tab
	}
	_, err := s.tenant.get(ctx, "/trips/"+s.code+"/confirming?session="+s.session)
	return err
}

// becomes waits until the booking has one of these states.
func (s *story) becomes(ctx context.Context, states ...string) error {
	end := time.Now().Add(patience)
	for n := 0; ; n++ {
		status, err := s.status(ctx)
		if err != nil || slices.Contains(states, status) {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: %s is %s, not %v", errWaiting, s.code, status, states)
		}
		if n%8 == 7 { // reloads
			if _, err := s.tenant.get(ctx, "/trips/"+s.code+"/confirming"); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(again):
		}
	}
}

// booksAndPays comes to a confirmed stay.
func (s *story) booksAndPays(ctx context.Context, number string) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	return s.paysAndWaits(ctx, card(number), "confirmed")
}

func (s *story) paysAndWaits(ctx context.Context, with map[string]any, states ...string) error {
	if paid, err := s.pay(ctx, with); err != nil || !paid {
		return fmt.Errorf("%v was not taken, %w", with, err)
	}
	if err := s.comesBack(ctx); err != nil {
		return err
	}
	return s.becomes(ctx, states...)
}

func (s *story) pays(ctx context.Context) error { return s.booksAndPays(ctx, good) }

func (s *story) paysChallenged(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	return s.paysAndWaits(ctx, map[string]any{"card": "4000000000003220", "challenge": true}, "confirmed")
}

func (s *story) paysAtLast(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	for _, number := range []string{"4000000000000002", "4000000000009995"} {
		if paid, err := s.pay(ctx, card(number)); paid || err != nil {
			return fmt.Errorf("%s was taken, %w", number, err)
		}
	}
	if _, err := s.tenant.get(ctx, "/trips/"+s.code+"/held"); err != nil { // Stripe's "back"
		return err
	}
	return s.paysAndWaits(ctx, card(good), "confirmed")
}

// leaves, and Stripe's page ends: sooner than in life, where it takes 40 minutes.
func (s *story) leaves(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	if _, err := s.pay(ctx, card("4000000000000002")); err != nil {
		return err
	}
	return s.pageEnds(ctx)
}

func (s *story) pageEnds(ctx context.Context) error {
	for range 20 {
		if _, err := s.stripeAPI(ctx, http.MethodPost, "/v1/checkout/sessions/"+s.session+"/expire", url.Values{}); err == nil || strings.Contains(err.Error(), "not in an expireable state") {
			return s.becomes(ctx, "expired", "cancelled", "confirmed")
		}
	}
	return errors.New("the page at Stripe does not end")
}

func (s *story) givesBack(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	if _, err := s.tenant.send(ctx, "/trips/"+s.code+"/release", url.Values{}); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled", "expired")
}

func (s *story) givesBackWhilePaying(ctx context.Context) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	released := make(chan error, 1)
	go func() {
		_, err := s.tenant.send(ctx, "/trips/"+s.code+"/release", url.Values{})
		released <- err
	}()
	_, err := s.pay(ctx, card(good))
	if err := errors.Join(err, <-released); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled", "expired", "confirmed")
}

// clicksTwice sends the same form twice at once: it is one booking.
func (s *story) clicksTwice(ctx context.Context) error {
	if err := s.seesPrice(ctx); err != nil {
		return err
	}
	var answers [2]page
	var wrong [2]error
	var both sync.WaitGroup
	for i := range answers {
		both.Go(func() { answers[i], wrong[i] = s.tenant.send(ctx, "/homes/"+s.home+"/book", s.booked) })
	}
	both.Wait()
	if err := errors.Join(wrong[:]...); err != nil {
		return err
	}
	if err := s.opened(ctx, answers[0]); err != nil {
		return err
	}
	return s.paysAndWaits(ctx, card(good), "confirmed")
}

// rivals want the same nights at once: at most one has them.
func (s *story) rivals(ctx context.Context) error {
	other := *s
	for other.tenant.id == s.tenant.id {
		other.tenant = s.visitor(s.rng, s.rng.IntN(10_000)+50_000)
	}
	other.rng = rand.New(rand.NewPCG(s.rng.Uint64(), 0)) // #nosec G404
	var wrong [2]error
	var both sync.WaitGroup
	for i, who := range []*story{s, &other} {
		both.Go(func() { wrong[i] = who.pays(ctx) })
	}
	both.Wait()
	won := 0
	for i, err := range wrong {
		if err == nil || errors.Is(err, errWaiting) {
			won, wrong[i] = won+1, nil
		} else if errors.Is(err, errTaken) {
			wrong[i] = nil
		}
	}
	if err := errors.Join(wrong[:]...); err != nil || won != 1 {
		return fmt.Errorf("%d of two rivals have the nights, %w", won, err)
	}
	return nil
}

// confirms opens a page with a form and sends it.
func (s *story) confirms(ctx context.Context, who *person, address, form string, set ...string) error {
	got, err := who.get(ctx, address)
	if err != nil {
		return err
	}
	sent := got.form(form)
	if sent == nil {
		return fmt.Errorf("there is no %s: %s", form, got.says())
	}
	for i := 0; i < len(set); i += 2 {
		sent.Set(set[i], set[i+1])
	}
	bare, _, _ := strings.Cut(address, "?")
	got, err = who.send(ctx, bare, sent)
	if err == nil && got.leads == "" && got.status != http.StatusConflict { // a conflict: it was done by the try before
		err = errors.New(got.says())
	}
	return err
}

func (s *story) cancels(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	if err := s.confirms(ctx, s.tenant, "/trips/"+s.code+"/cancel", "form#cancel", "reason", "Changed plans"); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled")
}

func (s *story) ownerCancels(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	if err := s.confirms(ctx, s.owner, "/owner/stays/"+s.code+"/cancel", "form#cancel", "reason", "A tree fell on it"); err != nil {
		return err
	}
	return s.becomes(ctx, "cancelled")
}

func (s *story) adminRefunds(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	total, err := s.total(ctx)
	if err != nil {
		return err
	}
	for range 1 + s.rng.IntN(2) {
		if err := s.refund(ctx, s.odd(total/3)); err != nil {
			return err
		}
	}
	if s.rng.IntN(3) > 0 {
		return nil
	}
	return s.confirms(ctx, s.crowd.admin, "/admin/bookings/"+s.code+"/cancel", "form#cancel", "reason", "The storm")
}

// odd is an amount up to so much, of those that Stripe takes.
func (s *story) odd(most int64) int64 {
	amount := 1 + s.rng.Int64N(most)
	if s.currency.Exponent() == 3 {
		amount = max(10, amount/10*10)
	}
	return amount
}

func (s *story) total(ctx context.Context) (minor int64, err error) {
	err = s.db.QueryRow(ctx, `SELECT total_amount FROM bookings WHERE id = $1`, s.id).Scan(&minor)
	return minor, err
}

func (s *story) refund(ctx context.Context, minor int64) error {
	query := url.Values{"amount": {money.New(minor, s.currency).Decimal()}, "reason": {"No hot water"}}
	return s.confirms(ctx, s.crowd.admin, "/admin/bookings/"+s.code+"/refund?"+query.Encode(), "form#refund")
}

func (s *story) payment(ctx context.Context) (intent, charge string, err error) {
	err = s.db.QueryRow(ctx, `SELECT payment_intent_id, charge_id FROM payments WHERE booking_id = $1 AND status = 'paid'`, s.id).Scan(&intent, &charge)
	return intent, charge, err
}

func (s *story) dashboardRefunds(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	intent, _, err := s.payment(ctx)
	if err != nil {
		return err
	}
	form := url.Values{"payment_intent": {intent}}
	if s.rng.IntN(2) == 0 {
		form.Set("amount", fmt.Sprint(s.odd(5000)))
	}
	if s.rng.IntN(2) == 0 {
		form.Set("reverse_transfer", "true")
		form.Set("refund_application_fee", "true")
	}
	_, err = s.stripeAPI(ctx, http.MethodPost, "/v1/refunds", form)
	var no refused
	if errors.As(err, &no) && no.status == http.StatusInternalServerError || errors.As(err, &no) && no.status == http.StatusBadRequest {
		return nil // perhaps it did, perhaps the money is not there: the books have to know either way
	}
	return err
}

func (s *story) refundFails(ctx context.Context) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	if err := s.refund(ctx, s.odd(9000)); err != nil {
		return err
	}
	var refund string
	end := time.Now().Add(patience)
	for refund == "" {
		if err := s.db.QueryRow(ctx, `SELECT coalesce(max(stripe_refund_id), '') FROM refunds WHERE booking_id = $1`, s.id).Scan(&refund); err != nil {
			return err
		}
		if time.Now().After(end) {
			return errWaiting
		}
		time.Sleep(again)
	}
	_, err := s.control(ctx, "refunds/"+refund+"/fail", map[string]any{})
	return err
}

func (s *story) disputeLost(ctx context.Context) error { return s.disputes(ctx, "lost") }
func (s *story) disputeWon(ctx context.Context) error  { return s.disputes(ctx, "won") }

func (s *story) disputes(ctx context.Context, outcome string) error {
	if err := s.booksAndPays(ctx, good); err != nil {
		return err
	}
	_, charge, err := s.payment(ctx)
	if err != nil {
		return err
	}
	d, err := s.control(ctx, "charges/"+charge+"/dispute", map[string]any{})
	if err != nil {
		return err
	}
	if s.rng.IntN(2) == 0 { // both at once happen, too
		if err := s.crowdTries(ctx); err != nil {
			return err
		}
	}
	_, err = s.control(ctx, fmt.Sprintf("disputes/%s/resolve", d["id"]), map[string]any{"outcome": outcome})
	return err
}

// crowdTries asks for a refund of what is disputed. It is refused, or Stripe
// refuses it.
func (s *story) crowdTries(ctx context.Context) error {
	query := url.Values{"amount": {money.New(s.odd(3000), s.currency).Decimal()}, "reason": {"To settle it"}}
	got, err := s.crowd.admin.get(ctx, "/admin/bookings/"+s.code+"/refund?"+query.Encode())
	if err != nil {
		return err
	}
	if sent := got.form("form#refund"); sent != nil {
		_, err = s.crowd.admin.send(ctx, "/admin/bookings/"+s.code+"/refund", sent)
	}
	return err
}

// tonight the tenant is there, the money is available at once, and the owner is
// paid out by the periodic job.
func (s *story) tonight(ctx context.Context) error {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return err
	}
	here := time.Now().In(zone)
	s.in = time.Date(here.Year(), here.Month(), here.Day(), 0, 0, 0, 0, time.UTC)
	s.out = s.in.AddDate(0, 0, 2)
	return s.booksAndPays(ctx, "4000000000000077")
}

var bank = map[string]any{"account": "000123456789", "email": "tenant@people.test", "name": "Tenant"}

func (s *story) paysLate(ctx context.Context) error    { return s.debits(ctx, "succeed", "confirmed") }
func (s *story) bankRefuses(ctx context.Context) error { return s.debits(ctx, "fail", "failed") }

func (s *story) debits(ctx context.Context, outcome, end string) error {
	if err := s.books(ctx); err != nil {
		return err
	}
	if err := s.paysAndWaits(ctx, bank, "processing"); err != nil {
		return err
	}
	session, err := s.stripeAPI(ctx, http.MethodGet, "/v1/checkout/sessions/"+s.session, nil)
	if err != nil {
		return err
	}
	if _, err := s.control(ctx, fmt.Sprintf("intents/%s/debit", session["payment_intent"]), map[string]any{"outcome": outcome}); err != nil {
		return err
	}
	return s.becomes(ctx, end)
}
