package stripesandbox

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// readCheckout reads what the person typed on the payment page.
func readCheckout(r *http.Request) hosted.CheckoutForm {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	return hosted.CheckoutForm{
		Email: field("email"), Method: field("method"), Number: field("number"), Expiry: field("expiry"), CVC: field("cvc"),
		Name: field("name"), Country: field("country"), PostalCode: field("postal_code"), IBAN: field("iban"),
		Routing: field("routing_number"), Account: field("account_number"),
	}
}

var (
	emailShape = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	ibanShape  = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	cvcShape   = regexp.MustCompile(`^[0-9]{3,4}$`)
)

// checkCheckout finds what can be seen to be wrong without asking a bank. The
// check digit is left to the bank: one of the test numbers fails by it.
func checkCheckout(f hosted.CheckoutForm, methods []string, now time.Time) map[string]string {
	wrong := map[string]string{}
	need := func(ok bool, name, message string) {
		if !ok {
			wrong[name] = message
		}
	}
	need(emailShape.MatchString(f.Email), "email", "Enter your e-mail address.")
	need(f.Name != "", "name", "Enter the name on the account.")
	need(knownCountry(f.Country), "country", "Choose a country.")
	offered := false
	for _, m := range methods {
		offered = offered || m == f.Method
	}
	need(offered, "method", "Choose how to pay.")
	switch f.Method {
	case "card":
		n := len(digits(f.Number))
		need(n >= 12 && n <= 19, "number", "Your card number is incomplete.")
		need(cvcShape.MatchString(f.CVC), "cvc", "Your card’s security code is incomplete.")
		need(f.PostalCode != "" || f.Country != "US", "postal_code", "Enter your postal code.")
		if _, _, message := readExpiry(f.Expiry, now); message != "" {
			wrong["expiry"] = message
		}
	case usBank:
		need(len(digits(f.Routing)) == 9, "routing_number", "A routing number has nine digits.")
		need(usAccount(digits(f.Account), "") == nil, "account_number", "Enter one of the test account numbers below.")
	case sepaDebit:
		need(ibanShape.MatchString(iban(f.IBAN)), "iban", "Enter a complete IBAN.")
	}
	return wrong
}

func knownCountry(code string) bool {
	for _, c := range hosted.Countries {
		if c.Code == code {
			return true
		}
	}
	return false
}

// digits drops all but digits: people type card numbers in groups.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func iban(s string) string { return strings.ToUpper(strings.ReplaceAll(s, " ", "")) }

// readExpiry reads MM/YY, MM / YYYY or MMYY; a card is good to the end of its month.
func readExpiry(s string, now time.Time) (month, year int, message string) {
	d := digits(s)
	if len(d) != 4 && len(d) != 6 {
		return 0, 0, "Enter the expiry as MM / YY."
	}
	month, _ = strconv.Atoi(d[:2])
	year, _ = strconv.Atoi(d[2:])
	if year < 100 {
		year += 2000
	}
	if month < 1 || month > 12 {
		return 0, 0, "Enter the expiry as MM / YY."
	}
	if !now.Before(time.Date(year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC)) {
		return 0, 0, "Your card’s expiration date is in the past."
	}
	return month, year, ""
}

// fillCard puts a test card in the form, and keeps what the person has typed.
func fillCard(f *hosted.CheckoutForm, number string, now time.Time) {
	f.Method, f.Number, f.CVC = "card", number, "123"
	f.Expiry = now.AddDate(3, 0, 0).Format("01 / 06")
	fillPerson(f)
}

func fillIBAN(f *hosted.CheckoutForm, number string) {
	f.Method, f.IBAN = sepaDebit, number
	fillPerson(f)
}

func fillAccount(f *hosted.CheckoutForm, number string) {
	f.Method, f.Routing, f.Account = usBank, usRouting, number
	fillPerson(f)
}

func fillPerson(f *hosted.CheckoutForm) {
	f.Email = orElse(f.Email, "tenant@example.com")
	f.Name = orElse(f.Name, "Test Tenant")
	f.Country = orElse(f.Country, "US")
	f.PostalCode = orElse(f.PostalCode, "94103")
}

// payer is the form as the engine takes it.
func payer(f hosted.CheckoutForm, now time.Time) Payer {
	p := Payer{Email: f.Email, Name: f.Name, Country: f.Country, PostalCode: f.PostalCode}
	switch f.Method {
	case sepaDebit:
		p.IBAN = iban(f.IBAN)
		return p
	case usBank:
		p.Account, p.Routing = digits(f.Account), digits(f.Routing)
		return p
	}
	p.Card, p.CVC = digits(f.Number), f.CVC
	p.ExpMonth, p.ExpYear, _ = readExpiry(f.Expiry, now)
	return p
}
