package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// crowd is who there is.
type crowd struct {
	tenants, owners []*person
	admin           *person
}

const (
	password = "a storm is coming up" // #nosec G101 -- of people who do not exist
)

// furnish lets people sign up, all at once, and owners be paid. The weather is calm.
func (w *world) furnish(ctx context.Context) error {
	w.crowd.tenants = make([]*person, min(10, 2+w.bookings/10))
	w.crowd.owners = make([]*person, min(3, 1+w.bookings/20))
	var all sync.WaitGroup
	wrong := make(chan error, 100)
	number := 0
	join := func(name string, place **person, then func(context.Context, *person) error) {
		number++
		n := number
		all.Go(func() {
			p, err := w.signUp(ctx, name, n)
			if err == nil {
				err = then(ctx, p)
			}
			if *place = p; err != nil {
				wrong <- fmt.Errorf("sign %s up: %w", name, err)
			}
		})
	}
	for i := range w.crowd.tenants {
		join("Tenant", &w.crowd.tenants[i], func(context.Context, *person) error { return nil })
	}
	for i := range w.crowd.owners {
		join("Owner", &w.crowd.owners[i], w.letBePaid)
	}
	join("Admin", &w.crowd.admin, w.promote)
	all.Wait()
	close(wrong)
	errs := []error{w.topUp(ctx)}
	for err := range wrong {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// topUp puts money into our own balance, as a platform has it: what owners get
// back of disputes that were won is paid of it.
func (w *world) topUp(ctx context.Context) error {
	made, err := w.stripeAPI(ctx, http.MethodPost, "/v1/topups", url.Values{"amount": {"90000000"}, "currency": {string(w.currency)}, "description": {"For a rainy day"}})
	if err != nil {
		return err
	}
	_, err = w.control(ctx, fmt.Sprintf("topups/%s/resolve", made["id"]), map[string]any{"outcome": "succeeded"})
	return err
}

// promote makes an admin, who logs in anew for it.
func (w *world) promote(ctx context.Context, p *person) error {
	if _, err := w.hearth(ctx, "admin", p.email); err != nil {
		return err
	}
	return p.logIn(ctx)
}

func (w *world) signUp(ctx context.Context, name string, n int) (*person, error) {
	p, err := w.newPerson(name, n)
	if err != nil {
		return nil, err
	}
	got, err := p.send(ctx, "/signup", url.Values{"name": {name + " " + fmt.Sprint(n)}, "email": {p.email}, "password": {password}})
	if err != nil {
		return nil, err
	}
	if got.leads != "/check-inbox" {
		return nil, fmt.Errorf("%s", got.says())
	}
	if err := w.until(ctx, time.Minute, "the mail to "+p.email, func() (bool, error) { return w.post.link(p.email) != "", nil }); err != nil {
		return nil, err
	}
	_, token, _ := strings.Cut(w.post.link(p.email), "token=")
	if _, err := p.send(ctx, "/verify-email", url.Values{"token": {token}}); err != nil {
		return nil, err
	}
	if err := w.db.QueryRow(ctx, `SELECT id FROM users WHERE email = $1`, p.email).Scan(&p.id); err != nil {
		return nil, err
	}
	return p, p.logIn(ctx)
}

func (p *person) logIn(ctx context.Context) error {
	got, err := p.send(ctx, "/login", url.Values{"email": {p.email}, "password": {password}})
	if err == nil && got.leads == "" {
		err = fmt.Errorf("log in: %s", got.says())
	}
	return err
}

// letBePaid goes through Stripe's form.
func (w *world) letBePaid(ctx context.Context, p *person) error {
	got, err := p.send(ctx, "/owner/payouts/setup", url.Values{})
	if err != nil {
		return err
	}
	var acct string
	if err := w.db.QueryRow(ctx, `SELECT coalesce(stripe_account_id, '') FROM connected_accounts WHERE user_id = $1`, p.id).Scan(&acct); err != nil || acct == "" {
		return fmt.Errorf("%s, %w", got.says(), err)
	}
	if _, err := w.control(ctx, "accounts/"+acct+"/onboard", map[string]any{"outcome": "active"}); err != nil {
		return err
	}
	return w.ready(ctx, p)
}

// ready waits until Hearth knows what Stripe's form did, from its last page on.
func (w *world) ready(ctx context.Context, p *person) error {
	if _, err := p.get(ctx, "/owner/payouts/return"); err != nil {
		return err
	}
	return w.until(ctx, patience, "the account of "+p.email, func() (ready bool, err error) {
		err = w.db.QueryRow(ctx, `SELECT transfers = 'active' AND charges_enabled AND payouts_enabled FROM connected_accounts WHERE user_id = $1`, p.id).Scan(&ready)
		return ready, err
	})
}

// prices of a night and of the cleaning, in minor units: odd ones, so that
// shares have to be rounded. Stripe takes three-decimal amounts that end in 0.
var prices = map[string][2]int64{"usd": {13717, 4533}, "jpy": {15537, 4211}, "kwd": {41730, 12350}}

// home makes a home on sale for one story, so that stories meet only on purpose.
func (w *world) home(ctx context.Context, rng *rand.Rand, owner *person) (slug string, err error) {
	price := prices[string(w.currency)]
	if price[0] == 0 {
		price = prices["usd"]
	}
	id := uuid.Must(uuid.NewV7()).String()
	policy := []string{"flexible", "moderate", "strict"}[rng.IntN(3)]
	_, err = w.db.Exec(ctx, `INSERT INTO listings (id, owner_id, slug, status, title, description, kind, address_line1, city, region, postal_code,
			country, lat, lon, time_zone, guests, bedrooms, beds, check_in_instructions, currency, nightly_price, cleaning_fee, cancellation_policy, created_at, updated_at)
		VALUES ($1, $2, $3, 'published', 'House in the wind', 'It stands.', 'cabin', '1 Gale Lane', 'South Lake Tahoe', 'California', '96150',
			'US', 38.94, -119.98, 'America/Los_Angeles', 4, 2, 3, 'The key is under the mat.', $4, $5, $6, $7, now(), now())`,
		id, owner.id, "storm-"+id, w.currency, price[0]+10*rng.Int64N(200), price[1], policy)
	return "storm-" + id, err
}
