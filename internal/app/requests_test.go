package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/checkout"
	"hearth/internal/hosting"
	"hearth/internal/listing"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5/pgxpool"
)

// purpose is how a request comes about, and what is at Stripe when it has come
// to its end, however often its process died. A new purpose of stripeapi needs
// a row: what plans it with the services that die (d.checkout, …), and a count
// of what Stripe made of it. What resumes it is the sweep and the release of
// payouts, as in production.
type purpose struct {
	begin  func(t *testing.T, d *dying)                         // plans it, and dies before it is sent
	send   func(t *testing.T, d *dying, id stripeapi.RequestID) // nil is Stripe.Send
	count  func(t *testing.T, d *dying) int
	unmade int    // at Stripe, when it made nothing and the key is forgotten: 1 when it is asked for anew
	never  string // why it is never resumed
}

var purposes = joined(stayPurposes, disputePurposes, moneyPurposes)

func joined(some ...map[string]purpose) map[string]purpose {
	all := map[string]purpose{}
	for _, rows := range some {
		maps.Copy(all, rows)
	}
	return all
}

// stayPurposes are what booking a home, and letting one, makes us ask.
var stayPurposes = map[string]purpose{
	"ForSession": {begin: func(t *testing.T, d *dying) {
		_, _, err := d.checkout.Start(t.Context(), d.tenant.ID, d.Ask(d.home, 30, 3, "form"))
		d.died(t, err)
		d.booking, err = booking.ByForm(t.Context(), d.DB, d.tenant.ID, "form")
		d.must(t, err)
	}, count: func(t *testing.T, d *dying) int { return len(d.sessions(t, "")) }},
	"ForExpire": {begin: func(t *testing.T, d *dying) {
		d.booking = d.Held(d.tenant, d.home, 30, 3)
		d.died(t, d.checkout.Release(t.Context(), booking.Tenant(d.tenant.ID), d.booking.ID, "Changed my mind"))
	}, count: func(t *testing.T, d *dying) int { return len(d.sessions(t, "expired")) }, unmade: 1},
	"ForRefund": {begin: func(t *testing.T, d *dying) {
		d.booking = d.Confirmed(d.tenant, d.home, 30, 3)
		_, err := d.checkout.Refund(t.Context(), booking.Owner(d.owner.ID), d.booking.ID, d.booking.Amount(5000), "Noise")
		d.died(t, err)
	}, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.RefundsByIntent(t.Context(), d.Payment(d.booking).IntentID())
		d.must(t, err)
		return len(all)
	}, unmade: 1},
	"ForPayout": {begin: func(t *testing.T, d *dying) {
		d.booking = d.Confirmed(d.tenant, d.home, 1, 2)
		d.Advance(10 * 24 * time.Hour)
		_, err := d.payout.ReleaseDue(t.Context(), d.Now())
		d.died(t, err)
	}, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.Payouts(t.Context(), d.AccountOf(d.owner.ID).StripeAccountID, time.Time{}, time.Time{})
		d.must(t, err)
		return len(all)
	}, unmade: 1},
	"ForAccount": {begin: func(t *testing.T, d *dying) {
		_, err := d.hosting.StartOnboarding(t.Context(), d.tenant.ID)
		d.died(t, err)
	}, count: func(t *testing.T, d *dying) int {
		all, err := d.Stripe.AccountsByUser(t.Context(), string(d.tenant.ID), time.Time{}, time.Time{})
		d.must(t, err)
		if known := d.AccountOf(d.tenant.ID).StripeAccountID; len(all) == 1 && known != all[0].ID {
			t.Errorf("Stripe has %s, and we know %q", all[0].ID, known)
		}
		return len(all)
	}},
	"ForAccountLink": {begin: func(t *testing.T, d *dying) {
		_, err := d.Hosting.StartOnboarding(t.Context(), d.tenant.ID)
		d.must(t, err)
		_, err = d.hosting.Refresh(t.Context(), d.tenant.ID)
		d.died(t, err)
	}, never: "it opens once, for five minutes, for somebody who is here"},
	"ForLoginLink": {begin: func(t *testing.T, d *dying) {
		_, err := d.hosting.DashboardLink(t.Context(), d.owner.ID)
		d.died(t, err)
	}, never: "it opens once, for somebody who is here"},
	"ForCapture": {begin: func(t *testing.T, d *dying) {
		d.asked(t)
		d.died(t, d.checkout.Accept(t.Context(), booking.Owner(d.owner.ID), d.booking.ID))
	}, count: func(t *testing.T, d *dying) int { return d.ended(t, "succeeded", booking.Confirmed) }, unmade: 1},
	"ForCancel": {begin: func(t *testing.T, d *dying) {
		d.asked(t)
		d.died(t, d.checkout.Decline(t.Context(), booking.Owner(d.owner.ID), d.booking.ID, "We are away"))
	}, count: func(t *testing.T, d *dying) int { return d.ended(t, "canceled", booking.Declined) }, unmade: 1},
}

// dying is a world, and services in it whose process dies right after it has
// committed: what they plan is never sent by them.
type dying struct {
	*apptest.World
	checkout      *checkout.Service
	hosting       *hosting.Service
	payout        *payout.Service
	owner, tenant user.User
	home          listing.Listing
	booking       booking.Booking
	dispute       string
	admin         booking.Actor
	send          func(t *testing.T, d *dying, id stripeapi.RequestID)
}

func startDying(t *testing.T) *dying {
	t.Helper()
	d := &dying{World: apptest.Start(t), send: send}
	closed, err := pgxpool.NewWithConfig(t.Context(), d.DB.Config())
	d.must(t, err)
	closed.Close()
	stripe, c, h, p := *d.Stripe, *d.Checkout, *d.Hosting, *d.Payout
	stripe.DB = closed
	c.Stripe, h.Stripe, p.Stripe = &stripe, &stripe, &stripe
	d.checkout, d.hosting, d.payout = &c, &h, &p
	d.owner, d.tenant = d.Owner("Nora"), factory.Person(t, d.DB, "Maya")
	d.home = factory.Home(t, d.DB, d.owner.ID, nil)
	return d
}

func (d *dying) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d *dying) died(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("it did not die")
	}
}

func (d *dying) sessions(t *testing.T, status string) (all []stripeapi.Session) {
	t.Helper()
	found, err := d.Stripe.SessionsByBooking(t.Context(), string(d.booking.ID), time.Time{}, time.Time{})
	d.must(t, err)
	for _, s := range found {
		if status == "" || s.Status == status {
			all = append(all, s)
		}
	}
	return all
}

// asked is a stay that waits for its owner's answer.
func (d *dying) asked(t *testing.T) {
	t.Helper()
	d.booking = d.Requested(d.tenant, factory.Home(t, d.DB, d.owner.ID, map[string]any{"booking_mode": listing.OnRequest}), 30, 3)
}

// ended is 1 when the intent and the booking have come to such an end.
func (d *dying) ended(t *testing.T, intent string, status booking.Status) int {
	t.Helper()
	theirs, err := d.Stripe.PaymentIntent(t.Context(), d.Payment(d.booking).IntentID())
	d.must(t, err)
	return one(theirs.Status == intent && d.Booking(d.booking.ID).Status == status)
}

// newest is the last request of a purpose.
func (d *dying) newest(t *testing.T, name string) (id stripeapi.RequestID) {
	t.Helper()
	d.must(t, d.DB.QueryRow(t.Context(), `SELECT id FROM stripe_requests WHERE purpose = $1 ORDER BY planned_at DESC, id DESC LIMIT 1`, name).Scan(&id))
	return id
}

// resume is what goes on by itself in production.
func (d *dying) resume(t *testing.T) {
	t.Helper()
	for _, wait := range []time.Duration{6 * time.Minute, 6 * time.Minute, 13 * time.Hour, 6 * time.Minute} {
		d.Advance(wait)
		_, err := d.Reconcile.Sweep(t.Context())
		d.must(t, err)
		_, err = d.Payout.ReleaseDue(t.Context(), d.Now())
		d.must(t, err)
		d.Settle()
	}
}

// reaches are how far a request came before its process died, for all anybody
// can tell.
var reaches = map[string]func(t *testing.T, d *dying, id stripeapi.RequestID){
	"planned, not sent":        func(*testing.T, *dying, stripeapi.RequestID) {},
	"answered, not acted upon": func(t *testing.T, d *dying, id stripeapi.RequestID) { d.send(t, d, id) },
	"sent, its answer lost":    lost,
	"made, and forgotten": func(t *testing.T, d *dying, id stripeapi.RequestID) {
		lost(t, d, id)
		d.Advance(24 * time.Hour)
	},
	unmade: func(t *testing.T, d *dying, id stripeapi.RequestID) {
		_, err := d.DB.Exec(t.Context(), `UPDATE stripe_requests SET state = 'unknown', attempts = 1, first_sent_at = $2 WHERE id = $1`, id, d.Now())
		d.must(t, err)
		d.Advance(24 * time.Hour)
	},
}

func send(t *testing.T, d *dying, id stripeapi.RequestID) {
	t.Helper()
	outcome, err := d.Stripe.Send(t.Context(), id)
	if err != nil || outcome.Refused() {
		t.Fatalf("sent: %+v, %v", outcome, err)
	}
}

const unmade = "never made, and forgotten"

func lost(t *testing.T, d *dying, id stripeapi.RequestID) {
	t.Helper()
	d.send(t, d, id)
	_, err := d.DB.Exec(t.Context(), `UPDATE stripe_requests SET state = 'unknown', object_id = '', http_status = NULL, finished_at = NULL WHERE id = $1`, id)
	d.must(t, err)
}

// Wherever the process of a request dies, Stripe ends with exactly one object,
// and the request with an outcome; without anybody's doing.
func TestDyingAtEveryStepOfEveryRequest(t *testing.T) {
	t.Parallel()
	names := constants(t)
	for constant, p := range purposes {
		for step, reach := range reaches {
			if p.never != "" && step != "planned, not sent" {
				continue
			}
			t.Run(constant+"/"+step, func(t *testing.T) {
				t.Parallel()
				d := startDying(t)
				if p.send != nil {
					d.send = p.send
				}
				p.begin(t, d)
				id := d.newest(t, names[constant])
				reach(t, d, id)
				d.resume(t)
				if p.never != "" {
					if r, err := stripeapi.RequestByID(t.Context(), d.DB, id); err != nil || r.Attempts != 0 {
						t.Errorf("it is sent although %s: %+v, %v", p.never, r, err)
					}
					return
				}
				want := 1
				if step == unmade {
					want = p.unmade
				}
				if n := p.count(t, d); n != want {
					t.Errorf("Stripe has %d of it, want %d", n, want)
				}
				var open int
				d.must(t, d.DB.QueryRow(t.Context(), `SELECT count(*) FROM stripe_requests WHERE purpose = $1 AND state IN ('planned', 'unknown')`, names[constant]).Scan(&open))
				if open > 0 {
					t.Errorf("%d requests have no outcome", open)
				}
				if n := d.waiting(t); n > 0 {
					t.Errorf("%d rows of ours still wait for its answer", n)
				}
				d.Audit()
			})
		}
	}
}

// Every purpose is in the table, and is planned by code.
func TestEveryPurposeDies(t *testing.T) {
	t.Parallel()
	names := constants(t)
	for constant := range names {
		if _, known := purposes[constant]; !known {
			t.Errorf("stripeapi.%s has no row in purposes: say how it begins and what it makes, so that its process may die", constant)
		}
	}
	code := source(t)
	for constant := range purposes {
		if names[constant] == "" {
			t.Errorf("there is no stripeapi.%s", constant)
		}
		if !strings.Contains(code, "stripeapi."+constant+",") {
			t.Errorf("stripeapi.%s is planned by no code", constant)
		}
	}
	if len(names) < 8 || !slices.Contains(slices.Collect(maps.Values(names)), stripeapi.ForRefund) {
		t.Errorf("only these constants were found: %v", names)
	}
}

// constants are the purposes of stripeapi, by the names of their constants.
func constants(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	files, err := filepath.Glob("../stripeapi/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != len(spec.Names) {
				return true
			}
			for i, name := range spec.Names {
				if text, ok := spec.Values[i].(*ast.BasicLit); ok && strings.HasPrefix(name.Name, "For") && text.Kind == token.STRING {
					found[name.Name] = strings.Trim(text.Value, `"`)
				}
			}
			return true
		})
	}
	return found
}

// source is all code of ours that may plan a request.
func source(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "stripeapi") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
