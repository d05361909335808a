package site_test

import (
	"net/url"
	"os"
	"testing"
	"time"

	"hearth/internal/audit"
	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/listing"
	"hearth/internal/mail"
	"hearth/internal/notify"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/task"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/browser"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// busyTown is a town in which everything has happened once.
type busyTown struct {
	*town
	emails map[string]string // who → address; "" for who has no account

	draft, suspended                                    listing.Listing
	past, paid, refunded, disputed, held, bank, expired booking.Booking
	cancelled, declined, sorry, asked, turnedDown       booking.Booking
	onRequest                                           listing.Listing
	banned, newcomer                                    user.User
	mailID, eventID, taskID, remainderID                string
}

func newBusyTown(t *testing.T) *busyTown {
	t.Helper()
	c := &busyTown{town: newTown(t)}
	c.furnish(t)
	c.stays(t)
	c.people(t)
	c.happen(t)
	return c
}

// furnish gives the town's homes their pictures, and makes more homes.
func (c *busyTown) furnish(t *testing.T) {
	t.Helper()
	c.draft = factory.Home(t, c.DB, c.owner.ID, map[string]any{"status": "draft", "title": "Half a house", "description": "", "nightly_price": 0})
	c.suspended = factory.Home(t, c.DB, c.owner.ID, map[string]any{"status": "suspended", "title": "The loud house"})
	factory.Home(t, c.DB, c.owner.ID, map[string]any{"title": "Cabin without a picture and with a very long name that goes on and on", "city": "Truckee"})
	must(t, c.tx(t, func(tx pgx.Tx) error {
		for _, name := range []string{"aframe", "living"} {
			file, err := os.Open(demoPhoto(t, name))
			if err != nil {
				return err
			}
			defer file.Close()
			photo, err := listing.ProcessPhoto(file)
			if err != nil {
				return err
			}
			for _, home := range []listing.ID{c.home.ID, c.home.ID, c.home.ID, c.draft.ID} {
				if _, err := listing.AddPhoto(t.Context(), tx, home, photo, "The "+name, c.Now()); err != nil {
					return err
				}
			}
		}
		return calendar.Block(t.Context(), tx, c.home.ID, apptest.Stay(c.home, c.Now(), 12, 4))
	}))
}

// stays makes a stay in every state.
func (c *busyTown) stays(t *testing.T) {
	t.Helper()
	c.past = c.Confirmed(c.tenant, c.home, 2, 2)
	c.expired = c.Held(c.tenant, c.home, 220, 2)
	c.Advance(7 * 24 * time.Hour)
	must(t, c.Checkout.EndHold(t.Context(), c.expired.ID))
	_, err := c.Payout.ReleaseDue(t.Context(), c.Now())
	must(t, err)
	c.Settle()
	c.paid = c.Confirmed(c.tenant, c.home, 30, 5)
	c.refunded, c.disputed = c.Confirmed(c.tenant, c.home, 40, 2), c.Confirmed(c.tenant, c.home, 50, 3)
	c.cancelled = c.Confirmed(c.tenant, c.home, 60, 3)
	by := booking.Owner(c.owner.ID)
	_, err = c.Checkout.Refund(t.Context(), by, c.refunded.ID, c.refunded.Amount(10000), "The heating was cold")
	must(t, err)
	must(t, c.Checkout.Cancel(t.Context(), by, c.cancelled.ID, c.cancelled.Amount(c.cancelled.TotalAmount), "A pipe burst"))
	c.Settle()
	c.Advance(time.Minute) // some time after the payment, as disputes are
	c.Control("charges/"+c.Payment(c.disputed).ChargeID+"/dispute", map[string]any{"reason": "product_not_received"})
	c.Control("refunds/"+c.Refunds(c.refunded)[0].StripeID()+"/fail", map[string]any{"reason": "lost_or_stolen_card"})
	c.sorry = c.Held(c.tenant, c.home, 90, 3)
	c.Pay(c.sorry, apptest.Good)
	c.takeAway(t, c.sorry)
	c.declined = c.Held(c.tenant, c.home, 110, 3)
	c.TryControl("checkout/"+c.Session(c.declined)+"/pay", map[string]any{"card": "4000000000009995"})
	c.Settle()
	for _, r := range c.Refunds(c.sorry) { // as its job would
		must(t, c.Checkout.Finish(t.Context(), stripeapi.RequestID(*r.RequestID)))
	}
	c.bank, c.held = c.Held(c.tenant, c.home, 120, 2), c.Held(c.tenant, c.home, 130, 2)
	c.onItsWay(t, c.bank)
	c.onRequest = factory.Home(t, c.DB, c.owner.ID, map[string]any{"title": "The quiet house", "booking_mode": listing.OnRequest})
	c.asked, c.turnedDown = c.Requested(c.tenant, c.onRequest, 141, 3), c.Requested(c.tenant, c.onRequest, 151, 3)
	must(t, c.Checkout.Decline(t.Context(), by, c.turnedDown.ID, "We are away that week"))
}

// people are those who come to look, and some whom an admin looks at.
func (c *busyTown) people(t *testing.T) {
	t.Helper()
	admin := factory.Person(t, c.DB, "Ada Brandt", user.Admin)
	c.newcomer = factory.Person(t, c.DB, "Ned Newcomer")
	c.banned = factory.Person(t, c.DB, "Bob Banned")
	_, err := c.DB.Exec(t.Context(), `UPDATE users SET suspended_at = now() WHERE id = $1`, c.banned.ID)
	must(t, err)
	_, err = c.DB.Exec(t.Context(), `UPDATE users SET email_verified_at = NULL WHERE id = $1`, c.newcomer.ID)
	must(t, err)
	must(t, c.tx(t, func(tx pgx.Tx) error {
		return audit.Record(t.Context(), tx, audit.Entry{ActorID: admin.ID, Act: "suspend", Target: "user:" + string(c.banned.ID), Reason: "Sold the towels", IP: "192.0.2.1"}, c.Now())
	}))
	restricted := c.Owner("Rita Restricted")
	c.Control("accounts/"+c.AccountOf(restricted.ID).StripeAccountID+"/onboard", map[string]any{"outcome": "restricted"})
	c.Settle()
	c.emails = map[string]string{"a stranger": "", "the tenant": c.tenant.Email, "the owner": c.owner.Email,
		"an admin": admin.Email, "a newcomer": c.newcomer.Email, "a restricted owner": restricted.Email}
	for _, u := range []user.User{c.tenant, c.owner, admin, c.newcomer, restricted} {
		c.logIn(t, u)
	}
}

// happen is what happens by itself: the sweep, mails, and an event that went wrong.
func (c *busyTown) happen(t *testing.T) {
	t.Helper()
	_, err := c.Reconcile.Sweep(t.Context())
	must(t, err)
	strange(t, c.Sandbox, "/v1/charges", url.Values{"amount": {"7700"}, "currency": {"usd"}, "source": {"tok_visa"}})
	books, err := c.Reconcile.Books(t.Context())
	must(t, err)
	c.remainderID = books.Open[0].ID
	must(t, c.DB.QueryRow(t.Context(), `UPDATE stripe_events SET state = 'failed', last_error = 'the database went away'
		WHERE id = (SELECT min(id) FROM stripe_events WHERE type = 'checkout.session.completed') RETURNING id`).Scan(&c.eventID))
	var note string
	must(t, c.DB.QueryRow(t.Context(), `SELECT id::text FROM notifications WHERE template = 'booking_confirmed_tenant' AND state = 'queued' LIMIT 1`).Scan(&note))
	worker := &notify.SendWorker{DB: c.DB, View: c.View, Sender: c.Sender, BaseURL: c.SiteURL, Now: c.Now}
	must(t, worker.Work(t.Context(), &river.Job[notify.SendArgs]{JobRow: &rivertype.JobRow{Attempt: 1, MaxAttempts: 12}, Args: notify.SendArgs{NotificationID: note}}))
	c.tasks(t)
	_, err = c.Audits.Check(t.Context()) // the event that was given up is found
	must(t, err)
	kept, err := c.Sender.(mail.Outbox).List()
	must(t, err)
	c.mailID = kept[0].ID
}

// tasks opens one that is urgent, and closes another.
func (c *busyTown) tasks(t *testing.T) {
	t.Helper()
	id, due := string(c.refunded.ID), c.Now().Add(30*time.Hour)
	must(t, c.tx(t, func(tx pgx.Tx) error {
		_, err := task.Open(t.Context(), tx, task.Task{Key: "refund_failed:" + id, BookingID: &id, Title: "The refund of " + c.refunded.Code + " failed",
			Detail: "The tenant’s bank returned 100.00: lost or stolen card. Pay them another way.", Href: "/admin/bookings/" + c.refunded.Code, Freezes: true, DueAt: &due}, c.Now())
		return err
	}))
	must(t, c.DB.QueryRow(t.Context(), `SELECT id::text FROM tasks WHERE key = $1`, "refund_failed:"+id).Scan(&c.taskID))
	must(t, c.tx(t, func(tx pgx.Tx) error {
		if _, err := task.Open(t.Context(), tx, task.Task{Key: "fraud_warning:issfr_1", Title: "A card issuer suspects fraud"}, c.Now()); err != nil {
			return err
		}
		_, err := task.Close(t.Context(), tx, "fraud_warning:issfr_1", "The payment was refunded", c.Now())
		return err
	}))
}

// reset is a link for who forgot the password.
func (c *busyTown) reset(t *testing.T) (token string) {
	t.Helper()
	must(t, c.tx(t, func(tx pgx.Tx) (err error) {
		token, err = user.IssueToken(t.Context(), tx, c.newcomer.ID, user.Reset, c.Now())
		return err
	}))
	return url.QueryEscape(token)
}

func (c *busyTown) tx(t *testing.T, do func(tx pgx.Tx) error) error {
	t.Helper()
	return postgres.InTx(t.Context(), c.DB, do)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// visits are who goes where.
func (c *busyTown) visits(t *testing.T) map[string][]visit {
	t.Helper()
	stay := "?" + dates(c.World, 70, 4) + "&guests=2"
	dispute, inquiry, lost := c.disputes(t)
	return map[string][]visit{
		"a stranger": {
			see("/"), see("/search", "?q=California&"+dates(c.World, 70, 4)+"&guests=2"), see("/search", "?q=Nowhere"),
			see("/homes/{slug}", c.home.Slug, stay), see("/homes/{slug}", c.home.Slug), see("/homes/{slug}", c.onRequest.Slug, stay), see("/homes/{slug}/photos", c.home.Slug),
			see("/homes/{slug}", "no-such-home").answers(404),
			see("/signup"), see("/signup").doing(sends("form[action='/signup']")), see("/check-inbox"), see("/verify-email", "?token=x"),
			see("/login"), see("/login").doing(sends("form[action='/login']")), see("/forgot"), see("/forgot", "?sent"),
			see("/reset", "?token="+c.reset(t)), see("/reset", "?token=stale").answers(404),
			see("/help"), see("/terms"), see("/privacy"), see("/accessibility"), see("/cancellation"),
			see("/dev/outbox"), see("/dev/outbox/{id}", c.mailID), see("/dev/outbox/{id}/html", c.mailID),
		},
		"the tenant": {
			see("/homes/{slug}/book", c.home.Slug, stay), see("/homes/{slug}/book", c.home.Slug, stay).doing(sends("#book")),
			see("/trips"), see("/trips", "?tab=cancelled"), see("/account"), see("/account").doing(sends("form[action='/account/password']")),
			see("/trips/{code}", c.past.Code), see("/trips/{code}", c.paid.Code), see("/trips/{code}", c.refunded.Code), see("/trips/{code}", c.disputed.Code),
			see("/trips/{code}", c.held.Code), see("/trips/{code}", c.bank.Code), see("/trips/{code}", c.expired.Code), see("/trips/{code}", c.cancelled.Code), see("/trips/{code}", c.sorry.Code),
			see("/trips/{code}/confirming", c.held.Code), see("/trips/{code}/confirming", c.paid.Code), see("/trips/{code}/confirming", c.sorry.Code),
			see("/trips/{code}/confirming", c.expired.Code), see("/trips/{code}/held", c.held.Code), see("/trips/{code}/held", c.declined.Code),
			see("/homes/{slug}/book", c.onRequest.Slug, stay), see("/trips/{code}", c.asked.Code), see("/trips/{code}", c.turnedDown.Code), see("/trips/{code}/confirming", c.asked.Code),
			see("/trips/{code}/cancel", c.paid.Code), see("/trips/{code}/receipt", c.paid.Code), see("/trips/{code}/receipt", c.refunded.Code),
			see("/admin").answers(403),
		},
		"the owner": {
			see("/owner"), see("/owner/stays"), see("/owner/payouts"), see("/owner/payouts/return"), see("/owner/statements"),
			see("/owner/payouts/stays/{code}", c.past.Code), see("/owner/payouts/stays/{code}", c.refunded.Code), see("/owner/payouts/stays/{code}", c.disputed.Code), see("/owner/homes"), see("/owner/homes/new"),
			see("/owner/homes/new").doing(sends("main form[method=post]")),
			see("/owner/homes/{id}", string(c.draft.ID)), see("/owner/homes/{id}", string(c.home.ID)), see("/owner/homes/{id}/photos", string(c.draft.ID)),
			see("/owner/homes/{id}/availability", string(c.home.ID)), see("/owner/homes/{id}/{section}", string(c.home.ID), "basics"),
			see("/owner/homes/{id}/{section}", string(c.home.ID), "location"), see("/owner/homes/{id}/{section}", string(c.draft.ID), "rooms"),
			see("/owner/homes/{id}/{section}", string(c.home.ID), "price"), see("/owner/homes/{id}/{section}", string(c.home.ID), "rules"),
			see("/owner/stays/{code}", c.paid.Code), see("/owner/stays/{code}", c.refunded.Code), see("/owner/stays/{code}", c.disputed.Code),
			see("/owner/stays/{code}", c.asked.Code), see("/owner/stays/{code}", c.turnedDown.Code), see("/owner/stays/{code}/answer", c.asked.Code), see("/owner/stays/{code}/answer", c.turnedDown.Code),
			see("/owner/stays/{code}/cancel", c.paid.Code), see("/owner/stays/{code}/refund", c.paid.Code),
			see("/owner/stays/{code}/refund", c.paid.Code, "?amount=100&reason=Cold"),
		},
		"an admin": {
			see("/admin"), see("/admin/bookings"), see("/admin/bookings", "?status=confirmed&q=no-such"), see("/admin/bookings/{code}", c.paid.Code),
			see("/admin/bookings/{code}", c.refunded.Code), see("/admin/bookings/{code}", c.disputed.Code), see("/admin/bookings/{code}", c.declined.Code),
			see("/admin/bookings/{code}/refund", c.paid.Code), see("/admin/bookings/{code}/refund", c.paid.Code, "?amount=100&reason=Cold"),
			see("/admin/bookings/{code}", c.asked.Code), see("/admin/bookings/{code}/answer", c.asked.Code),
			see("/admin/bookings/{code}/cancel", c.paid.Code), see("/admin/refunds"), see("/admin/refunds/bulk", "?code="+c.paid.Code+"&code="+c.refunded.Code),
			see("/admin/people"), see("/admin/people/{id}", string(c.owner.ID)), see("/admin/people/{id}", string(c.banned.ID)),
			see("/admin/people/{id}/{act}", string(c.tenant.ID), "suspend"), see("/admin/people/{id}/{act}", string(c.owner.ID), "fee"),
			see("/admin/people/{id}/{act}", string(c.banned.ID), "reinstate"), see("/admin/homes"), see("/admin/homes/{id}", string(c.home.ID)),
			see("/admin/homes/{id}", string(c.suspended.ID)), see("/admin/homes/{id}/{act}", string(c.home.ID), "suspend"),
			see("/admin/disputes/{id}", inquiry), see("/admin/disputes/{id}", lost), see("/admin/disputes/{id}", dispute),
			see("/admin/disputes/{id}/evidence", dispute), see("/admin/disputes/{id}/evidence", dispute).doing(sends("#evidence")),
			see("/admin/disputes/{id}/{act}", dispute, "submit"), see("/admin/disputes/{id}/{act}", dispute, "recover"),
			see("/admin/disputes/{id}/{act}", dispute, "accept"), see("/admin/disputes/{id}/{act}", lost, "accept").answers(409),
			see("/admin/accounts"), see("/admin/accounts/{acct}", c.acctOf(t, c.owner.ID)), see("/admin/accounts/{acct}/{act}", c.acctOf(t, c.owner.ID), "reject"),
			see("/admin/accounts/{acct}/{act}", c.acctOf(t, c.owner.ID), "pause"), see("/admin/money"), see("/admin/money/{act}", "topup"),
			see("/admin/money/{id}/{act}", c.pendingTopUp(t), "cancel"), see("/admin/disputes"), see("/admin/debts"), see("/admin/accounts/{acct}/statements", c.AccountOf(c.owner.ID).StripeAccountID), see("/admin/events"), see("/admin/events/{id}", c.eventID), see("/admin/audit"),
			see("/admin/books"), see("/admin/books").doing(sends("#reconcile")), see("/admin/books/{id}/{act}", c.remainderID, "book"),
			see("/admin/requests"), see("/admin/requests", "?q="+c.Payment(c.paid).ChargeID), see("/admin/requests/{id}", *c.Refunds(c.refunded)[0].RequestID), see("/admin/invariants"), see("/admin/tasks"), see("/admin/tasks", "?state=closed"), see("/admin/tasks/{id}", c.taskID), see("/admin/tasks/{id}", c.taskID).doing(sends("#done")),
		},
		"a newcomer": {
			see("/trips"), see("/account"), see("/owner"), see("/owner/homes"), see("/owner/payouts"),
		},
		"a restricted owner": {
			see("/owner"), see("/owner/homes"), see("/owner/stays"), see("/owner/payouts"),
		},
	}
}

// disputes are one with evidence, an inquiry, and one that was lost.
func (c *busyTown) disputes(t *testing.T) (dispute, inquiry, lost string) {
	t.Helper()
	open := func(b booking.Booking, how map[string]any) string {
		id, _ := c.Control("charges/"+c.Payment(b).ChargeID+"/dispute", how)["id"].(string)
		return id
	}
	must(t, c.DB.QueryRow(t.Context(), `SELECT id FROM disputes WHERE booking_id = $1`, c.disputed.ID).Scan(&dispute))
	other := factory.Home(t, c.DB, c.owner.ID, map[string]any{"title": "Another place"})
	asked, gone := c.Confirmed(c.tenant, other, 150, 3), c.Confirmed(c.tenant, other, 160, 3)
	c.Advance(time.Minute)
	inquiry, lost = open(asked, map[string]any{"inquiry": true, "reason": "general"}), open(gone, map[string]any{"reason": "fraudulent"})
	c.Control("disputes/"+lost+"/resolve", map[string]any{"outcome": "lost"})
	c.Settle()
	admins, err := user.Admins(t.Context(), c.DB)
	must(t, err)
	file, err := c.Checkout.Case(t.Context(), dispute)
	must(t, err)
	must(t, c.Checkout.StageEvidence(t.Context(), booking.Admin(admins[0].ID, "192.0.2.9"), dispute, file.Draft(), 0, "What we know"))
	return dispute, inquiry, lost
}

// sends sends a form as it is, whatever the browser thinks is missing.
func sends(form string) func(p *browser.Page) {
	return func(p *browser.Page) {
		browser.Eval[bool](p, `document.querySelector(`+"`"+form+"`"+`).noValidate = true`)
		submit(p, form)
	}
}
