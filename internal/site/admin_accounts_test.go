package site_test

import (
	"strings"
	"testing"

	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

func TestAccountsByWhatIsWrong(t *testing.T) {
	c := newTown(t)
	for name, outcome := range map[string]string{"Rita Restricted": "restricted", "Petra Pending": "pending", "Dora Due": "due", "Rex Rejected": "rejected"} {
		c.Control("accounts/"+c.AccountOf(c.Owner(name).ID).StripeAccountID+"/onboard", map[string]any{"outcome": outcome})
	}
	c.Settle()
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	admin.Get("/admin/accounts").WantStatus(200).Want(".tabs", "All 5", "Restricted 2", "Restricted soon 1", "Pending 1", "Enabled 1").
		Want("table", "Rita Restricted", "identity document", "Nora Lind", "rejected.fraud")
	for group, want := range map[string]string{"restricted": "Rita Restricted", "restricted_soon": "Dora Due", "pending": "Petra Pending", "enabled": "Nora Lind"} {
		page := admin.Get("/admin/accounts?group="+group).Want("table", want)
		if group != "enabled" && contains(page.Text("table"), "Nora Lind") {
			t.Errorf("%s lists an account in order", group)
		}
	}
	admin.Get("/admin/accounts?q=dora").Want("table", "Dora Due").Want(".tabs", "All 1")
	admin.Get("/admin/accounts?q=nobody").WantNone("table").Want(".empty", "No account fits")
}

func TestAReminderLeadsToOurPageOnceADay(t *testing.T) {
	c := newTown(t)
	rita := c.Owner("Rita Restricted")
	acct := c.AccountOf(rita.ID).StripeAccountID
	c.Control("accounts/"+acct+"/onboard", map[string]any{"outcome": "restricted"})
	c.Settle()
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	form := "form[action='/admin/accounts/" + acct + "/remind']"
	admin.Get("/admin/accounts").Submit(form, "reason", "").WantStatus(303).Follow().Want("body", "Say why")
	admin.Get("/admin/accounts").Submit(form, "reason", "Guests arrive on Friday").WantStatus(303).Follow().Want("body", "The owner is reminded")
	admin.Get("/admin/accounts").Submit(form, "reason", "Again").Follow().Want("body", "has been reminded today")
	admin.Post("/admin/accounts/"+c.AccountOf(c.owner.ID).StripeAccountID+"/remind", "reason", "x").Follow().Want("body", "Stripe needs nothing")
	admin.Post("/admin/accounts/acct_nobody/remind", "reason", "x").WantStatus(404)
	var mails, acts int
	err := c.DB.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM notifications WHERE template = 'payout_setup_needed' AND user_id = $1), (SELECT count(*) FROM audit_log WHERE act = 'remind')`, rita.ID).Scan(&mails, &acts)
	if err != nil || mails != 1 || acts != 1 {
		t.Errorf("%d mails, %d acts on record, %v", mails, acts, err)
	}
	c.ownerB.Post("/admin/accounts/"+acct+"/remind", "reason", "x").WantStatus(403)
}
