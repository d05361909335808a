package checkout_test

import (
	"strings"
	"testing"

	"hearth/internal/checkout"
)

func (c *court) file() checkout.Case {
	c.T.Helper()
	file, err := c.Checkout.Case(c.T.Context(), c.dispute)
	if err != nil {
		c.T.Fatal(err)
	}
	return file
}

func (c *court) exec(sql string, args ...any) {
	c.T.Helper()
	if _, err := c.DB.Exec(c.T.Context(), sql, args...); err != nil {
		c.T.Fatal(err)
	}
}

// What Hearth knows of the tenant is in the evidence: who they are to us, what
// they ticked and from where, and what they paid with.
func TestEvidenceSaysWhatHearthKnows(t *testing.T) {
	t.Parallel()
	c := newCourt(t, map[string]any{"reason": "fraudulent"})
	c.exec(`UPDATE notifications SET state = 'sent', sent_at = created_at, subject = 'See you soon' WHERE template = 'booking_confirmed_tenant' AND booking_id = $1`, c.b.ID)
	file := c.file()
	draft := file.Draft()
	for field, words := range map[string][]string{
		"customer_purchase_ip":           {c.b.ConsentIP},
		"cancellation_policy_disclosure": {c.b.ConsentIP, c.b.PolicySentence, checkout.ConsentWords},
		"access_activity_log": {"The customer made their account with us", "proved that their address, " + file.Tenant.Email, "agreed to the policy and went on to pay, from " + c.b.ConsentIP,
			"The customer paid $1,200.00 on the payment page, with Visa ending in 4242", "E-mail to " + file.Tenant.Email + ": See you soon"},
		"uncategorized_text": {"paid $1,200.00 with Visa ending in 4242"},
	} {
		for _, word := range words {
			if !strings.Contains(draft[field], word) {
				t.Errorf("%s lacks %q:\n%s", field, word, draft[field])
			}
		}
	}
}

// Earlier stays of the same tenant speak against a stolen card, unless one of
// them was disputed as well.
func TestEvidenceNamesEarlierStays(t *testing.T) {
	t.Parallel()
	c := newCourt(t, map[string]any{"reason": "fraudulent"})
	if file := c.file(); len(file.Earlier) != 0 {
		t.Errorf("a stay that has not been: %+v", file.Earlier)
	}
	c.exec(`UPDATE bookings SET status = 'completed' WHERE tenant_id = $1 AND id <> $2`, c.tenant.ID, c.b.ID)
	file := c.file()
	if len(file.Earlier) != 1 || !strings.Contains(file.Draft()["uncategorized_text"], "completed 1 stay with us before, all undisputed; 1 was paid with a card of the same brand") {
		t.Errorf("%+v: %s", file.Earlier, file.Draft()["uncategorized_text"])
	}
	c.exec(`UPDATE payments SET disputed = true WHERE booking_id <> $1`, c.b.ID)
	if file := c.file(); len(file.Earlier) != 0 {
		t.Errorf("a disputed one: %+v", file.Earlier)
	}
	c.exec(`UPDATE payments SET disputed = false WHERE booking_id <> $1`, c.b.ID) // as it really was
	c.exec(`UPDATE bookings SET status = 'confirmed' WHERE tenant_id = $1 AND id <> $2`, c.tenant.ID, c.b.ID)
}
