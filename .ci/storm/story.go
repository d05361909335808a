package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hearth/internal/money"
)

// story is one booking's, as its people live it.
type story struct {
	*world
	rng           *rand.Rand
	tenant, owner *person
	n             int
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
	{"asks, and the owner accepts", 5, (*story).accepted, ""},
	{"asks, and the owner declines", 2, (*story).declined, ""},
	{"asks, and takes it back", 2, (*story).withdraws, ""},
	{"asks, and takes it back while the owner accepts", 2, (*story).withdrawsLate, ""},
	{"asks, and is charged in the Dashboard", 1, (*story).takenInTheDashboard, ""},
	{"cancels", 8, (*story).cancels, ""},
	{"is cancelled by the owner", 4, (*story).ownerCancels, ""},
	{"is refunded in parts by an admin", 7, (*story).adminRefunds, ""},
	{"is refunded in the Dashboard", 4, (*story).dashboardRefunds, ""},
	{"has a refund that fails", 4, (*story).refundFails, ""},
	{"disputes and loses", 3, (*story).disputeLost, ""},
	{"disputes and wins", 3, (*story).disputeWon, ""},
	{"disputes, and evidence is sent", 3, (*story).disputeAnswered, ""},
	{"disputes, and the owner pays at once", 3, (*story).disputeRecovered, ""},
	{"disputes, and it is accepted", 1, (*story).disputeAccepted, ""},
	{"asks the bank about it", 2, (*story).inquiry, ""},
	{"pays with a card that is reported", 2, (*story).reported, ""},
	{"stays tonight, and the owner is paid", 3, (*story).tonight, ""},
	{"stays tonight, and the owner does not wait", 4, (*story).paidNow, ""},
	{"stays tonight, and we are paid, too", 2, (*story).weArePaid, ""},
	{"books with a newcomer", 2, (*story).newcomer, ""},
	{"books with an owner who is lost", 3, (*story).lost, ""},
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
	s := &story{world: w, n: n, rng: rng, tenant: w.visitor(rng, n), owner: w.crowd.owners[rng.IntN(len(w.crowd.owners))]}
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

func (s *story) status(ctx context.Context) (status string, err error) {
	err = s.db.QueryRow(ctx, `SELECT status FROM bookings WHERE id = $1`, s.id).Scan(&status)
	return status, err
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
