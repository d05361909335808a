package site_test

import (
	"testing"

	"hearth/internal/connect"
	"hearth/internal/ledger"
	"hearth/internal/money"
	"hearth/internal/postgres"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

func TestOneAccountsPage(t *testing.T) {
	c := newTown(t)
	b := c.Confirmed(c.tenant, c.home, 10, 2)
	acct := c.AccountOf(c.owner.ID).StripeAccountID
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	path := "/admin/accounts/" + acct
	admin.Get("/admin/accounts").Want("table a[href='" + path + "']")
	admin.Get(path).WantStatus(200).Want("h1", "Nora Lind").Want("[aria-labelledby=open]", b.Code).Want("[aria-labelledby=balance]", "usd", "$").
		Want(".kv", "Takes chargesYes", "TransfersActive").Want("[aria-labelledby=schedule]", "When we say so").Want("[aria-labelledby=requests]", "account", "Done").
		Want("[aria-labelledby=events]", "account.updated").Want(".acts", "Pause", "Disconnect", "Reject").WantNone(".acts a[href$=resume]")
	admin.Get("/admin/accounts/acct_nobody").WantStatus(404)
	admin.Get(path + "/resume").WantStatus(404)
	c.ownerB.Get(path).WantStatus(403)
	c.ownerB.Post(path+"/pause", "reason", "x").WantStatus(403)

	c.Control("faults", map[string]any{"route": "GET /v1/balance", "kind": "500", "count": 9})
	admin.Get(path).WantStatus(200).Want("[aria-labelledby=balance]", "Stripe does not answer just now")
}

func TestAnAccountIsPausedAndResumedByForm(t *testing.T) {
	c := newTown(t)
	acct := c.AccountOf(c.owner.ID).StripeAccountID
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	path := "/admin/accounts/" + acct
	ask := admin.Get(path+"/pause").WantStatus(200).Want("h1", "Pause the account of Nora Lind")
	ask.Submit("#act", "reason", " ").WantStatus(422).Want("#f-reason-error", "Say why")
	ask.Submit("#act", "reason", "Two tenants complained").WantStatus(303).Follow().Want("body", "The account is paused", "Two tenants complained", "On hold")
	if !c.AccountOf(c.owner.ID).Paused() {
		t.Fatal("it is not paused")
	}
	ask.Submit("#act", "reason", "Me too").WantStatus(404) // it is done already
	c.ownerB.Get("/owner/payouts").Want("main", "Your account is on hold")
	admin.Get(path+"/resume").Submit("#act", "reason", "They have talked").WantStatus(303).Follow().Want("body", "in use again", "They have talked")
	if a := c.AccountOf(c.owner.ID); !a.CanBePaid() {
		t.Errorf("resumed: %s", a.State())
	}
	admin.Get(path+"/disconnect").Submit("#act", "reason", "They moved to another bank").WantStatus(303).Follow().Want("body", "no longer used", "the owner may make another")
	admin.Get("/admin/accounts?group=retired").Want("table", acct)
	admin.Get(path).WantNone(".acts a[href$=pause]")
}

func TestRejectingAsksTwice(t *testing.T) {
	c := newTown(t)
	path := "/admin/accounts/" + c.AccountOf(c.owner.ID).StripeAccountID
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	ask := admin.Get(path + "/reject").WantStatus(200)
	ask.Submit("#act", "reason", "Stolen identity", "choice", "fraud").WantStatus(422).Want("#f-word-error", "cannot be undone")
	ask.Submit("#act", "reason", "Stolen identity", "word", "reject").WantStatus(422).Want("body", "Choose one")
	ask.Submit("#act", "reason", "Stolen identity", "word", "reject", "choice", "boredom").WantStatus(422)
	if n := c.count(t, `SELECT count(*) FROM stripe_requests WHERE purpose = 'account_reject'`); n != 0 {
		t.Fatalf("%d requests before anybody was sure", n)
	}
	ask.Submit("#act", "reason", "Stolen identity", "word", "Reject", "choice", "fraud").WantStatus(303).Follow().
		Want("body", "Stripe has rejected the account", "rejected for fraud", "Stolen identity").WantNone(".acts a[href$=reject]")
	if a := c.AccountOf(c.owner.ID); a.State() != connect.Rejected {
		t.Errorf("%s", a.State())
	}
}

func TestAScheduleIsSetByForm(t *testing.T) {
	c := newTown(t)
	path := "/admin/accounts/" + c.AccountOf(c.owner.ID).StripeAccountID
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	page := admin.Get(path)
	page.Submit("#set-schedule", "interval", "weekly", "reason", "They asked").WantStatus(422).Want("#f-weekday-error", "day of the week")
	page.Submit("#set-schedule", "interval", "weekly", "weekday", "friday", "reason", "They asked").WantStatus(303).Follow().
		Want("#f-interval option[selected]", "Weekly").Want("#f-weekday option[selected]", "Friday").Want("[aria-labelledby=log]", "schedule", "They asked")
	page.Submit("#set-schedule", "interval", "manual", "reason", "").WantStatus(422)
}

func TestAccountsBelowZeroAreListed(t *testing.T) {
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	acct := c.AccountOf(c.owner.ID).StripeAccountID
	admin.Get("/admin/accounts").Want(".tabs", "Below zero 0")
	c.owe(t, acct, 12345)
	admin.Get("/admin/accounts?group=below").Want(".tabs", "Below zero 1").Want("table", "Owes $123.45")
	admin.Get("/admin/accounts/"+acct).Want("[aria-labelledby=balance]", "In debt", "$123.45")
}

func (c *town) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := c.DB.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// owe books a debt of the owner's.
func (c *town) owe(t *testing.T, acct string, minor int64) {
	t.Helper()
	must(t, postgres.InTx(t.Context(), c.DB, func(tx pgx.Tx) error {
		_, err := ledger.Post(t.Context(), tx, ledger.Transaction{Reference: "debt:test", Kind: "debt", At: c.Now(),
			Postings: []ledger.Posting{{From: ledger.Debt(acct), To: ledger.Escrow, Amount: money.New(minor, "usd")}}})
		return err
	}))
}

func (c *town) acctOf(t *testing.T, owner user.ID) string {
	t.Helper()
	return c.AccountOf(owner).StripeAccountID
}
