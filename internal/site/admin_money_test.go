package site_test

import (
	"testing"
	"time"

	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/testkit/factory"
	"hearth/internal/testkit/htmltest"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

func TestOurBalance(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	admin.Get("/admin/money").WantStatus(200).Want("h1", "Our balance").Want(".side a[aria-current]", "Our balance").WantNone(".acts a[href$=payout]")
	c.Confirmed(c.tenant, c.home, 10, 2)
	c.Advance(6 * 24 * time.Hour)
	c.Settle()
	admin.Get("/admin/money").Want("[aria-labelledby=holds]", "$").Want("[aria-labelledby=whose]", "usd").Want(".acts", "Pay out now", "Top up")

	ask := admin.Get("/admin/money/topup").WantStatus(200)
	ask.Submit("#act", "reason", "A float for disputes", "amount", "0").WantStatus(422).Want("#f-amount-error", "above zero")
	ask.Submit("#act", "reason", "", "amount", "500.00").WantStatus(422).Want("#f-reason-error", "Say why")
	ask.Submit("#act", "reason", "A float for disputes", "amount", "500.00", "currency", "eur").WantStatus(422)
	ask.Submit("#act", "reason", "A float for disputes", "amount", "500.00").WantStatus(303).WantRedirect("/admin/money").Follow().
		Want("body", "on its way from the bank").Want("[aria-labelledby=topups]", "$500.00", "Pending", "tu_", "The request that made it").Want("[aria-labelledby=topups] a[href^='/admin/requests/']")
	ask.Submit("#act", "reason", "A float for disputes", "amount", "500.00").WantStatus(409).Want(".form-errors", "sent already")
	if n := c.count(t, `SELECT count(*) FROM audit_log WHERE act = 'topup'`); n != 1 {
		t.Errorf("%d acts on record", n)
	}
	cancel, _ := admin.Get("/admin/money").Find("[aria-labelledby=topups] a[href$=cancel]").First().Attr("href")
	stop := admin.Get(cancel).WantStatus(200)
	stop.Submit("#act", "reason", "Too early").WantStatus(303).WantRedirect("/admin/money").Follow().Want("[aria-labelledby=topups]", "Cancelled")
	stop.Submit("#act", "reason", "Too early").WantStatus(404)

	pay := admin.Get("/admin/money/payout").WantStatus(200).Want(".note", "is free now")
	pay.Submit("#act", "reason", "Our fees", "amount", "100000.00").WantStatus(422).Want("#f-amount-error", "At most")
	pay.Submit("#act", "reason", "Our fees", "amount", "10.00").WantStatus(303).Follow().Want("[aria-labelledby=payouts]", "$10.00")
	admin.Get("/admin/audit").Want("tbody", "payout", "Our fees", "topup")

	c.Control("faults", map[string]any{"route": "GET /v1/balance", "kind": "500", "count": 9})
	admin.Get("/admin/money").WantStatus(200).Want(".note", "Stripe does not answer").WantNone(".acts")
	c.ownerB.Get("/admin/money").WantStatus(403)
}

func TestTopUpsAreForTheUnitedStates(t *testing.T) {
	h := newTown(t)
	s := h.Site(noLimits)
	s.Config.Region = "DE"
	admin := factory.Person(t, h.DB, "Ada Admin", user.Admin)
	h.Browser = htmltest.New(t, s.Handler())
	b := h.logIn(t, admin)
	b.Get("/admin/money").WantStatus(200).WantNone(".acts a[href$=topup]")
	b.Get("/admin/money/topup").WantStatus(404)
}

// pendingTopUp is money on its way from our bank.
func (c *town) pendingTopUp(t *testing.T) (id string) {
	t.Helper()
	var request stripeapi.RequestID
	must(t, postgres.InTx(t.Context(), c.DB, func(tx pgx.Tx) (err error) {
		request, err = c.Payout.PlanTopUp(t.Context(), tx, "busy", money.New(50000, "usd"))
		return err
	}))
	must(t, c.Payout.FinishOwn(t.Context(), request))
	must(t, c.DB.QueryRow(t.Context(), `SELECT id::text FROM platform_moves WHERE status = 'pending'`).Scan(&id))
	return id
}
