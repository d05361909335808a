package site_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hearth/internal/booking"
	"hearth/internal/ledger"
	"hearth/internal/mail"
	"hearth/internal/testkit/apptest"
	"hearth/internal/testkit/browser"
	"hearth/internal/testkit/factory"
	"hearth/internal/user"
)

const (
	ownerEmail  = "vera@people.test"
	tenantEmail = "theo@people.test"
)

// The whole journey as three people walk it in a browser, with nothing mocked:
// a homeowner signs up, lists a home and sets up payouts in the sandbox's
// Express onboarding; a tenant books it, is declined, pays, and closes the tab
// on another; an admin follows the money and gives part of it back.
func TestTheWholeJourney(t *testing.T) {
	w := apptest.Start(t)
	w.Work()
	slug := homeownerListsAHome(t, w)
	code := tenantBooksAndPays(t, w, slug)
	closed := tenantClosesTheTab(t, w, slug)
	adminRefunds(t, w, code)
	tenantCancels(t, w, closed)
	homeownerSeesTheStay(t, w, code)
}

func homeownerListsAHome(t *testing.T, w *apptest.World) (slug string) {
	p := browser.New(t)
	signUp(t, w, p, "Vera Lindt", ownerEmail)
	p.Goto(w.SiteURL + "/owner/homes/new")
	p.Fill("[name=title]", "Lighthouse on the cape")
	p.Fill("[name=kind]", "house")
	p.Fill("[name=city]", "Mendocino")
	p.Fill("[name=region]", "California")
	p.Fill("[name=time_zone]", "America/Los_Angeles")
	p.ClickText("Create the draft")
	p.Wait(`/\/owner\/homes\/[0-9a-f-]{36}/.test(location.pathname)`)
	home := w.SiteURL + "/owner/homes/" + strings.Split(strings.SplitN(p.URL(), "/owner/homes/", 2)[1], "/")[0]
	for _, section := range []struct {
		path   string
		fields [][2]string
	}{
		{"basics", [][2]string{{"description", "An old lighthouse with a round bedroom, a stove and the sea on three sides."}}},
		{"location", [][2]string{{"address_line1", "1 Lantern Road"}, {"postal_code", "95460"}, {"lat", "39.3077"}, {"lon", "-123.7995"}}},
		{"rooms", [][2]string{{"guests", "4"}, {"bedrooms", "2"}, {"beds", "3"}, {"half_baths", "3"}}},
		{"price", [][2]string{{"nightly_price", "250.00"}, {"cleaning_fee", "60.00"}, {"weekly_discount", "10"}}},
		{"rules", [][2]string{{"min_nights", "2"}, {"max_nights", "21"}, {"house_rules", "No open fire."}, {"check_in_instructions", "The key hangs behind the lamp."}}},
	} {
		p.Goto(home + "/" + section.path)
		for _, f := range section.fields {
			p.Fill("[name="+f[0]+"]", f[1])
		}
		submit(p, "main form[method=post]")
	}
	p.Goto(home + "/photos")
	p.Upload("input[type=file]", demoPhoto(t, "cliff"), demoPhoto(t, "living"))
	p.ClickText("Upload")
	p.Wait(`document.querySelectorAll('main img').length >= 2`)
	p.Goto(home)
	p.ClickText("Publish")
	p.Wait(`document.readyState === 'complete' && !document.querySelector('form[action$="/publish"]')`)
	if err := w.DB.QueryRow(t.Context(), `SELECT slug FROM listings WHERE title = 'Lighthouse on the cape' AND status = 'published'`).Scan(&slug); err != nil {
		t.Fatalf("the home is not published: %v", err)
	}

	// Published, and not on sale: nobody could be paid.
	p.Goto(w.SiteURL + "/owner/payouts")
	submit(p, "form[action='/owner/payouts/setup']")
	p.WaitURL(w.Sandbox + "/setup/e/")
	for range 8 {
		if strings.HasPrefix(p.URL(), w.SiteURL) {
			break
		}
		if p.Count("button[value=fill]") > 0 {
			step := p.URL()
			p.Click("button[value=fill]")
			p.Wait(fmt.Sprintf(`document.readyState === 'complete' && (location.href !== %q || [...document.querySelectorAll('main input')].some(i => i.value))`, step))
		}
		if p.Count("[name=agree]") > 0 && !browser.Eval[bool](p, `document.querySelector('[name=agree]').checked`) {
			p.Click("[name=agree]")
		}
		before := p.URL()
		p.Click("button[value=next]")
		p.Wait(fmt.Sprintf(`document.readyState === 'complete' && location.href !== %q`, before))
	}
	p.WaitURL(w.SiteURL + "/owner/payouts")
	owner, err := user.ByEmail(t.Context(), w.DB, ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the owner can be paid", func() bool { return w.AccountOf(owner.ID).CanBePaid() })
	p.Goto(w.SiteURL + "/owner/payouts")
	p.WaitText("main", "Open Stripe dashboard")
	return slug
}

func tenantBooksAndPays(t *testing.T, w *apptest.World, slug string) (code string) {
	p := browser.New(t)
	p.Goto(w.SiteURL + "/search?q=Mendocino")
	p.WaitText("main", "Lighthouse on the cape")
	// The price is there before any log-in.
	p.Goto(w.SiteURL + "/homes/" + slug + "?" + dates(w, 40, 4) + "&guests=2")
	p.WaitText("main", "$1,060.00")
	if text := p.Text("main"); strings.Contains(text, "Lantern Road") || strings.Contains(text, "behind the lamp") {
		t.Error("the home's page shows the exact address")
	}
	signUp(t, w, p, "Theo Grand", tenantEmail)
	p.Goto(w.SiteURL + "/homes/" + slug + "/book?" + dates(w, 40, 4) + "&guests=2")
	p.WaitText("#book", "$1,060.00")
	browser.Eval[bool](p, `document.querySelector('#book').noValidate = true`)
	submit(p, "#book") // without consent
	p.WaitText("main", "Agree to the house rules")
	p.Click("#book [name=consent]")
	submit(p, "#book")
	p.WaitURL(w.Sandbox + "/c/pay/")
	typeCard(p, "4000000000009995")
	p.Click("button[value=pay]")
	p.WaitText("[role=alert]", "insufficient funds")
	code = newest(t, w, tenantEmail).Code
	typeCard(p, "4242424242424242")
	p.Click("button[value=pay]")
	p.WaitURL(w.SiteURL + "/trips/" + code)
	p.WaitText("h1", "confirmed") // by itself
	p.Goto(w.SiteURL + "/trips/" + code)
	p.WaitText("main", "Lantern Road")
	p.WaitText("main", "behind the lamp")
	wantMail(t, w, tenantEmail, "confirmed")
	wantMail(t, w, ownerEmail, "new booking")
	return code
}

// The payment goes through and nobody comes back: the webhook confirms.
func tenantClosesTheTab(t *testing.T, w *apptest.World, slug string) (code string) {
	p := browser.New(t)
	logIn(w, p, tenantEmail)
	p.Goto(w.SiteURL + "/homes/" + slug + "/book?" + dates(w, 60, 3) + "&guests=2")
	p.Click("#book [name=consent]")
	submit(p, "#book")
	p.WaitURL(w.Sandbox + "/c/pay/")
	p.Goto("about:blank") // the tab is closed while the payment is under way
	w.Pay(newest(t, w, tenantEmail), apptest.Good)
	b := newest(t, w, tenantEmail)
	eventually(t, "the webhook confirms "+b.Code, func() bool { return w.Booking(b.ID).Status == booking.Confirmed })
	return b.Code
}

func adminRefunds(t *testing.T, w *apptest.World, code string) {
	giveAdmin(t, w, "ada@people.test")
	p := browser.New(t)
	logIn(w, p, "ada@people.test")
	p.Goto(w.SiteURL + "/admin/bookings?q=" + tenantEmail)
	p.ClickText(code)
	p.WaitText("h1", code)
	p.ClickText("Refund")
	p.Fill("#ask [name=amount]", "106.00")
	p.Fill("#ask [name=reason]", "The stove did not light")
	submit(p, "#ask")
	p.WaitText("#refund", "Refund $106.00")
	submit(p, "#refund")
	p.WaitURL("/admin/bookings/" + code)
	b, err := booking.ByCode(t.Context(), w.DB, code)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refund has settled", func() bool {
		refunds := w.Refunds(b)
		return len(refunds) == 1 && refunds[0].Status == "succeeded" && w.Payment(b).AmountRefunded == 10600
	})
	balances, err := ledger.BookingBalances(t.Context(), w.DB, string(b.ID))
	if err != nil || balances[ledger.Tenant] != -95400 || balances[ledger.Escrow] != 0 {
		t.Errorf("the books: %v, %v", balances, err)
	}
	p.Reload()
	p.WaitText(".timeline", "The stove did not light")
	p.Goto(w.SiteURL + "/admin/events")
	p.WaitText("main", "checkout.session.completed")
	wantMail(t, w, tenantEmail, "refund")
}

func tenantCancels(t *testing.T, w *apptest.World, code string) {
	p := browser.New(t)
	logIn(w, p, tenantEmail)
	p.Goto(w.SiteURL + "/trips/" + code + "/cancel")
	p.WaitText("main", "$810.00") // sixty days ahead: everything
	submit(p, "main form[method=post]")
	p.WaitURL("/trips/" + code)
	b, err := booking.ByCode(t.Context(), w.DB, code)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cancelled stay is refunded", func() bool {
		return w.Booking(b.ID).Status == booking.Cancelled && w.Payment(b).AmountRefunded == b.TotalAmount
	})
}

func homeownerSeesTheStay(t *testing.T, w *apptest.World, code string) {
	p := browser.New(t)
	logIn(w, p, ownerEmail)
	p.Goto(w.SiteURL + "/owner/stays")
	p.WaitText("main", "Theo")
	p.Goto(w.SiteURL + "/owner/stays/" + code)
	p.WaitText("main", "Theo Grand")
	p.Goto(w.SiteURL + "/owner/payouts")
	p.WaitText("main", code)
}

func signUp(t *testing.T, w *apptest.World, p *browser.Page, name, email string) {
	t.Helper()
	p.Goto(w.SiteURL + "/signup")
	p.Fill("[name=name]", name)
	p.Fill("[name=email]", email)
	p.Fill("[name=password]", password)
	submit(p, "form[action='/signup']")
	p.WaitURL("/check-inbox")
	p.Goto(link2(t, w, wantMail(t, w, email, "")))
	submit(p, "form[action='/verify-email']")
	p.Wait(`document.readyState === 'complete' && location.pathname !== '/verify-email'`)
	logIn(w, p, email)
}

func logIn(w *apptest.World, p *browser.Page, email string) {
	p.Goto(w.SiteURL + "/login")
	p.Fill("[name=email]", email)
	p.Fill("[name=password]", password)
	submit(p, "form[action='/login']")
	p.Wait(`document.readyState === 'complete' && location.pathname !== '/login'`)
}

// typeCard fills in the sandbox's Checkout.
func typeCard(p *browser.Page, number string) {
	for _, f := range [][2]string{{"number", number}, {"expiry", "12/34"}, {"cvc", "123"}, {"name", "Theo Grand"}, {"postal_code", "94110"}} {
		if p.Count("#pay [name="+f[0]+"]") > 0 {
			p.Fill("#pay [name="+f[0]+"]", f[1])
		}
	}
}

// submit presses a form's main button and waits for the page that it leads to.
func submit(p *browser.Page, form string) {
	browser.Eval[bool](p, `window.before = true`)
	p.Click(form + " button:not([type=button])")
	p.Wait(`!window.before && document.readyState === 'complete'`)
}

// link2 is the address in a mail.
func link2(t *testing.T, w *apptest.World, m mail.Kept) string {
	t.Helper()
	_, rest, found := strings.Cut(m.Text, w.SiteURL)
	if !found {
		t.Fatalf("no link in:\n%s", m.Text)
	}
	return w.SiteURL + strings.Fields(rest)[0]
}

// wantMail waits for a mail whose subject has the words.
func wantMail(t *testing.T, w *apptest.World, to, words string) (found mail.Kept) {
	t.Helper()
	outbox := w.Sender.(mail.Outbox)
	eventually(t, "a mail to "+to+" about "+words, func() bool {
		all, err := outbox.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if strings.Contains(m.To, to) && strings.Contains(strings.ToLower(m.Subject), words) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("it never came about: %s", what)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func dates(w *apptest.World, inDays, nights int) string {
	in := w.Now().AddDate(0, 0, inDays)
	return "in=" + in.Format(time.DateOnly) + "&out=" + in.AddDate(0, 0, nights).Format(time.DateOnly)
}

func newest(t *testing.T, w *apptest.World, email string) (b booking.Booking) {
	t.Helper()
	tenant, err := user.ByEmail(t.Context(), w.DB, email)
	if err != nil {
		t.Fatal(err)
	}
	all, err := booking.ForTenant(t.Context(), w.DB, tenant.ID)
	if err != nil || len(all) == 0 {
		t.Fatalf("no bookings: %v", err)
	}
	for _, one := range all {
		if one.CreatedAt.After(b.CreatedAt) {
			b = one
		}
	}
	return b
}

func giveAdmin(t *testing.T, w *apptest.World, email string) {
	t.Helper()
	admin := factory.Person(t, w.DB, "Ada Brandt", user.Admin)
	hashed, err := hash()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.DB.Exec(t.Context(), `UPDATE users SET email = $2, password_hash = $3 WHERE id = $1`, admin.ID, email, hashed); err != nil {
		t.Fatal(err)
	}
}

func demoPhoto(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs("../../web/demo/" + name + ".jpg")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}
