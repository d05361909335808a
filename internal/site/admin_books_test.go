package site_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

// The admin sees the books stand equal, then what Stripe has that Hearth did
// not make, by name and with its cause, and what a sweep healed and why.
func TestTheBooksAreSeen(t *testing.T) {
	t.Parallel()
	c := newTown(t)
	admin := c.logIn(t, factory.Person(t, c.DB, "Ada Admin", user.Admin))
	admin.Get("/admin/books").WantStatus(200).Want("main", "not been compared yet").WantNone("#remainders")
	b := c.Held(c.tenant, c.home, 10, 2)
	c.Control("webhooks", map[string]any{"mode": "drop"})
	c.Pay(b, apptest.Good)
	c.Advance(6 * time.Minute)
	_, err := c.Reconcile.Sweep(t.Context())
	must(t, err)
	_, err = c.Reconcile.Books(t.Context())
	must(t, err)
	page := admin.Get("/admin/books").WantStatus(200).Want("[aria-labelledby=standing]", "Every balance is equal").WantNone("#remainders").WantNone(".side a[href='/admin/books'] .count")
	page.Want("[aria-labelledby=balances]", "Our account", "Agrees").Want("[aria-labelledby=healed]", "booking held → confirmed", b.Code, "No webhook brought")
	page.Want("[aria-labelledby=runs]", "Books", "0 remainders left", "Sweep", "1 thing healed")

	strange(t, c.Sandbox, "/v1/charges", url.Values{"amount": {"7700"}, "currency": {"usd"}, "source": {"tok_visa"}})
	_, err = c.Reconcile.Books(t.Context())
	must(t, err)
	page = admin.Get("/admin/books").Want("[aria-labelledby=standing]", "1 balance differs", "2 remainders are left")
	page.Want("[aria-labelledby=remainders]", "Charge ch_", "$77.00", "A charge that Hearth did not make").Want("[aria-labelledby=balances]", "Differs", "$74.47")
	page.Want(".side a[href='/admin/books'] .count", "2")
	admin.Get("/admin").Want("[aria-labelledby=todo]", "2 remainders in the books")

	link, _ := page.Find("#remainders").Closest("section").Find("a[href$='/book']").First().Attr("href")
	admin.Get(strings.TrimSuffix(link, "/book")).WantStatus(http.StatusSeeOther)
	ask := admin.Get(link).WantStatus(200).Want("main", "Stripe moved $77.00, the ledger $0.00", "Do it only when you know")
	ask.Submit("#act", "reason", " ").WantStatus(http.StatusUnprocessableEntity)
	ask.Submit("#act", "reason", "The café's terminal").WantStatus(http.StatusSeeOther)
	ask.Submit("#act", "reason", "Again").WantStatus(http.StatusNotFound)
	admin.Get("/admin/audit").Want("tbody", "The café's terminal")
	page = admin.Get("/admin/books").Want("[aria-labelledby=standing]", "1 remainder is left").Want("[aria-labelledby=resolved]", "Charge ch_")

	page.Submit("#reconcile", "reason", " ").WantStatus(http.StatusUnprocessableEntity).Want("#f-reason-error", "Say why")
	page.Submit("#reconcile", "reason", "The bank's statement came").WantStatus(http.StatusSeeOther)
	page.Submit("#reconcile", "reason", "And again").WantStatus(http.StatusSeeOther)
	admin.Get("/admin/audit").Want("tbody", "reconcile", "The bank's statement came")
	var jobs int
	must(t, c.DB.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'books'`).Scan(&jobs))
	if jobs != 1 {
		t.Errorf("%d jobs wait", jobs)
	}
}

// strange is another program with our key.
func strange(t *testing.T, sandbox, path string, form url.Values) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sandbox+path, strings.NewReader(form.Encode()))
	must(t, err)
	request.Header.Set("Authorization", "Bearer sk_test_somebody")
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s", path, answer.Status)
	}
}
