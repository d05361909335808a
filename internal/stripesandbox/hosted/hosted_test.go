package hosted_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"hearth/internal/stripesandbox/hosted"
)

var now = time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC)

// evil is a name that breaks a page which forgets to escape.
const evil = `<script>alert(1)</script>"'`

func checkoutPage() hosted.CheckoutPage {
	return hosted.CheckoutPage{
		Merchant: "Hearth " + evil, Mode: "payment", Methods: []string{"card", "sepa_debit", "us_bank_account", "ideal", "oxxo"}, Keeps: true, CanSave: true,
		Wallets: []hosted.Choice{{Value: "apple_pay", Label: "Apple Pay"}}, Saved: []hosted.SavedCard{{ID: "pm_1", Brand: evil, Last4: "4242", Expiry: "12 / 34"}},
		Asks: hosted.CheckoutAsks{Phone: true, Address: true, Shipping: []string{"US", "JP"}, Terms: true, News: true, SubmitText: evil, ShippingText: evil, TermsText: evil, Fields: []hosted.CheckoutField{
			{Key: "a", Label: evil, Kind: "dropdown", Options: []hosted.Choice{{Value: evil, Label: evil}}}, {Key: "b", Label: evil, Kind: "numeric", Maximum: 2}, {Key: "c", Label: evil, Kind: "text", Optional: true, Maximum: 9}}},
		Total:     hosted.Money{Minor: 120000, Currency: "usd"},
		Lines:     []hosted.CheckoutLine{{Name: evil, Quantity: 3, Unit: hosted.Money{Minor: 40000, Currency: "usd"}, Amount: hosted.Money{Minor: 120000, Currency: "usd"}}},
		CancelURL: "http://127.0.0.1:8080/back", Action: "/c/pay/cs_test_1", ExpiresAt: now,
		Form:     hosted.CheckoutForm{Email: "ada@example.com", Method: "card", Number: "4000000000000002", Expiry: "12 / 30", Billing: hosted.PostalAddress{Country: "AT"}},
		Declined: "Your card was declined.", Errors: map[string]string{"cvc": "Enter the security code."},
	}
}

func frame() hosted.Frame {
	return hosted.Frame{Now: now, Ahead: "72h", Next: "/?after=x", Tabs: []hosted.Tab{{Label: "Accounts", Href: "/", Count: 2, Current: true}}}
}

// pages draws every page with something in every corner.
func pages() map[string]func(io.Writer) error {
	onboarding := func(step string) func(io.Writer) error {
		return func(w io.Writer) error {
			kinds := []string{"", "email", "file", "checks"}
			var asked []hosted.Field
			for _, kind := range kinds {
				asked = append(asked, hosted.Field{Name: "f" + kind, Label: evil, Value: evil, Error: evil, Hint: evil, Type: kind, Options: map[bool][]hosted.Option{true: {{Value: evil, Label: evil}}}[kind == "file" || kind == "checks"]})
			}
			return hosted.Onboarding(w, hosted.OnboardingPage{Platform: evil, Account: "acct_1", Step: step, Title: evil, Lead: evil, Action: "/x", Back: "/y", Edit: "/z",
				Steps: []hosted.OnboardingStep{{Key: "contact", Label: "Contact", Href: "/c", State: "done"}, {Key: step, Label: "Now", State: "current"}},
				Asked: asked, Known: []hosted.KnownField{{Name: "email", Label: "E-mail", Value: evil}}, Other: "/o", OtherLabel: evil, Upload: true,
				People: []hosted.PersonRow{{ID: "person_1", Name: evil, Roles: evil, Href: "/p", Incomplete: true, Removable: true}}, Add: "/a",
				Review: []hosted.ReviewSection{{Label: evil, Href: "/r", Lines: []string{evil}}}, Cheats: []hosted.Cheat{{Field: evil, Value: evil, Effect: evil}},
				Errors: map[string]string{"agree": "Agree to go on.", "people": evil}, Message: evil, Problems: []string{evil}})
		}
	}
	button := hosted.Action{Label: "Win", Href: "/w", Fields: []hosted.Hidden{{Name: "id", Value: evil}}, Danger: true}
	return map[string]func(io.Writer) error{
		"checkout": func(w io.Writer) error { return hosted.Checkout(w, checkoutPage()) },
		"challenge": func(w io.Writer) error {
			return hosted.Challenge(w, hosted.ChallengePage{Merchant: evil, Last4: "3184", Action: "/x", Carried: []hosted.Hidden{{Name: "name", Value: evil}}})
		},
		"voucher": func(w io.Writer) error {
			return hosted.Voucher(w, hosted.VoucherPage{Merchant: evil, Number: "123", ExpiresAt: now, Link: "javascript:alert(1)"})
		},
		"done": func(w io.Writer) error {
			return hosted.Done(w, hosted.DonePage{Session: evil, Voucher: "/vouchers/pi_1", NoticePage: hosted.NoticePage{Title: evil, Link: "javascript:alert(1)", LinkLabel: evil}})
		},
		"notice": func(w io.Writer) error {
			return hosted.Notice(w, hosted.NoticePage{Surface: "Checkout", Title: evil, Text: evil, Link: "javascript:alert(1)", LinkLabel: evil})
		},
		"receipt": func(w io.Writer) error {
			return hosted.Receipt(w, hosted.ReceiptPage{Merchant: evil, Description: evil, Method: evil, Charge: "ch_1", Refunded: hosted.Money{Minor: 5, Currency: "usd"}})
		},
		"invoice": func(w io.Writer) error {
			return hosted.Invoice(w, hosted.InvoicePage{Merchant: evil, Number: "AB-0001", Customer: evil, Status: "open", Challenge: "/3ds/pi_1", Action: "/i/in_1", Declined: evil, DueDate: now,
				Lines: []hosted.InvoiceLine{{Description: evil, From: now, To: now.AddDate(0, 1, 0)}}, Errors: map[string]string{"cvc": evil}})
		},
		"invoice, paid": func(w io.Writer) error {
			return hosted.Invoice(w, hosted.InvoicePage{Merchant: evil, Status: "paid"})
		},
		"consent": func(w io.Writer) error {
			return hosted.Consent(w, hosted.ConsentPage{Platform: evil, Action: "/x", Fields: []hosted.Hidden{{Name: "state", Value: evil}}, Email: evil,
				Accounts: []hosted.ConsentAccount{{ID: "acct_1", Name: evil, Connected: true}}, Errors: map[string]string{"account": evil, "email": evil}})
		},
		"consent, logged in": func(w io.Writer) error {
			return hosted.Consent(w, hosted.ConsentPage{Platform: evil, Action: "/x", Confirm: &hosted.ConsentAccount{ID: "acct_1", Name: evil}})
		},
		"contact": onboarding("contact"), "people": onboarding("people"), "review": onboarding("review"),
		"dashboard": func(w io.Writer) error {
			return hosted.Dashboard(w, hosted.DashboardPage{Name: evil, Due: []string{evil}, Bank: evil, BankAction: "/x", Message: evil, BankFields: []hosted.Field{{Name: "account_number", Label: evil, Error: evil}}, Continue: "/c", Disabled: evil,
				OnSchedule: &hosted.ScheduleForm{Action: "/s"}, Details: []hosted.KnownField{{Label: evil, Value: evil}}, Errors: map[string]string{"account_number": evil},
				PayoutRows: []hosted.PayoutRow{{ID: "po_1", Failure: evil}}, Transactions: []hosted.TransactionRow{{Description: evil, Status: hosted.Badge{Label: "pending", Tone: "warn"}}}})
		},
		"objects": func(w io.Writer) error {
			return hosted.Objects(w, hosted.ObjectsPage{Frame: frame(), Kind: "Disputes", Columns: []hosted.Cell{{Text: "Id"}, {Text: "Amount", Money: true}}, Rows: []hosted.ObjectRow{{Cells: []hosted.Cell{{Text: evil, Href: "/o", Mono: true}, {Text: evil}}, Actions: []hosted.Action{button}}}})
		},
		"object": func(w io.Writer) error {
			return hosted.Object(w, hosted.ObjectPage{Frame: frame(), ID: "dp_1", JSON: []hosted.Cell{{Text: evil}, {Text: evil, Href: "/o"}}, Events: []hosted.EventRow{{ID: "evt_1", Type: evil}}, Actions: []hosted.Action{button}})
		},
		"events": func(w io.Writer) error {
			return hosted.Events(w, hosted.EventsPage{Frame: frame(), Rows: []hosted.EventRow{{ID: "evt_1", Type: evil, Object: hosted.Cell{Text: "cs_1", Href: "/o"}, Pending: 2, JSON: []hosted.Cell{{Text: evil}}}}})
		},
		"controls": func(w io.Writer) error {
			return hosted.Controls(w, hosted.ControlsPage{Frame: frame(), Knobs: []hosted.Control{{ID: "knob-a", Name: "a", Label: evil, Options: []hosted.Option{{Value: evil, Label: evil}}}},
				Fault:  []hosted.Control{{ID: "fault-a", Name: "a", Label: evil, Value: evil, Hint: evil, Suggested: []string{evil}}},
				Faults: []hosted.FaultRow{{Route: evil, Kinds: evil}}, Spoilt: []hosted.Cell{{Text: evil, Href: "/o"}}})
		},
		"deliveries": func(w io.Writer) error {
			return hosted.Deliveries(w, hosted.DeliveriesPage{Frame: frame(), Endpoints: []hosted.EndpointRow{{ID: "we_1", URL: evil}}, Modes: []hosted.Action{button}, Rows: []hosted.DeliveryRow{{Event: "evt_1", URL: evil, Detail: evil, Resend: button}}})
		},
	}
}

func TestEveryPageIsMarkedSafeAndLabelled(t *testing.T) {
	for name, draw := range pages() {
		t.Run(name, func(t *testing.T) {
			doc := render(t, draw)
			if !strings.Contains(doc.Find(".mark").Text(), "no real money moves") {
				t.Error("the page does not say that no real money moves")
			}
			if n := doc.Find("script:not([src]), style, [style], [onclick]").Length(); n != 0 {
				t.Errorf("%d inline scripts or styles", n)
			}
			if doc.Find("h1").Length() != 1 || doc.Find("main").Length() != 1 {
				t.Error("a page has one main and one h1")
			}
			doc.Find("a[href^='javascript']").Each(func(_ int, s *goquery.Selection) { t.Error("a javascript link") })
			doc.Find("input:not([type=hidden]):not([type=radio]):not([type=checkbox]), select").Each(func(_ int, s *goquery.Selection) {
				id, _ := s.Attr("id")
				if doc.Find("label[for='"+id+"']").Length() != 1 {
					t.Errorf("input %q has no label", id)
				}
			})
			doc.Find("form:not([role=search])").Each(func(_ int, s *goquery.Selection) {
				if m, _ := s.Attr("method"); m != "post" {
					t.Errorf("form posts by %q", m)
				}
			})
		})
	}
}

func TestCheckoutShowsARefusalInPlace(t *testing.T) {
	doc := render(t, func(w io.Writer) error { return hosted.Checkout(w, checkoutPage()) })
	for selector, want := range map[string]string{
		"[role=alert]": "Your card was declined.", ".total": "$1,200.00", "#e-cvc": "Enter the security code.",
		"button.main": "Pay $1,200.00", ".lines small": "3 × $400.00", "option[selected]": "Austria",
	} {
		if got := strings.TrimSpace(doc.Find(selector).First().Text()); got != want {
			t.Errorf("%s says %q, want %q", selector, got, want)
		}
	}
	for id, want := range map[string]string{"f-number": "4000000000000002", "f-expiry": "12 / 30", "f-cvc": "", "f-email": "ada@example.com"} {
		if got, _ := doc.Find("#" + id).Attr("value"); got != want {
			t.Errorf("%s holds %q, want %q", id, got, want)
		}
	}
	if described, _ := doc.Find("#f-cvc").Attr("aria-describedby"); described != "e-cvc" {
		t.Errorf("the message is not tied to its field: %q", described)
	}
}

func TestCheckoutOffersOnlyTheSessionsMethods(t *testing.T) {
	p := checkoutPage()
	p.Methods = []string{"card"}
	doc := render(t, func(w io.Writer) error { return hosted.Checkout(w, p) })
	if doc.Find("#f-iban").Length() != 0 || doc.Find("#f-number").Length() != 1 {
		t.Error("a card-only session shows the card alone")
	}
}

func TestOnboardingConfirmsInsteadOfAskingAgain(t *testing.T) {
	doc := render(t, pages()["contact"])
	if !strings.Contains(doc.Find(".known dd").Text(), evil) || doc.Find("#f-femail").Length() != 1 {
		t.Error("what is known is shown, what is not is asked")
	}
}

func TestPolicyNamesWhereFormsLead(t *testing.T) {
	for link, want := range map[string]string{
		"http://127.0.0.1:8080/trips?x={CHECKOUT_SESSION_ID}": "form-action 'self' http://127.0.0.1:8080",
		"javascript:alert(1)":      "form-action 'self'",
		"http://evil;script-src *": "form-action 'self'",
	} {
		if got := hosted.Policy(link); !strings.HasSuffix(got, want) {
			t.Errorf("Policy(%q) = %q, want … %q", link, got, want)
		}
	}
}

func TestMoneyIsWrittenByCurrency(t *testing.T) {
	for want, m := range map[string]hosted.Money{
		"$0.05": {5, "usd"}, "$1,200.00": {120000, "USD"}, "−€5.00": {-500, "eur"}, "¥1,200": {1200, "jpy"},
		"KWD 1.200": {1200, "kwd"}, "CHF 1,234,567.89": {123456789, "chf"}, "−$0.01": {-1, "usd"},
	} {
		if got := m.String(); got != want {
			t.Errorf("%d %s is written %q, want %q", m.Minor, m.Currency, got, want)
		}
	}
}

func render(t *testing.T, draw func(io.Writer) error) *goquery.Document {
	t.Helper()
	var buf bytes.Buffer
	if err := draw(&buf); err != nil {
		t.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}
