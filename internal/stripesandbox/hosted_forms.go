package stripesandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// readCheckout reads what the person typed on the payment page.
func readCheckout(r *http.Request) hosted.CheckoutForm {
	field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	address := func(at string) hosted.PostalAddress {
		return hosted.PostalAddress{Line1: field(at + "line1"), Line2: field(at + "line2"), City: field(at + "city"), State: field(at + "state"),
			PostalCode: field(at + "postal_code"), Country: field(at + "country")}
	}
	f := hosted.CheckoutForm{
		Email: field("email"), Phone: field("phone"), Method: field("method"), Number: field("number"), Expiry: field("expiry"), CVC: field("cvc"),
		Name: field("name"), Billing: address(""), ShipName: field("ship_name"), Shipping: address("ship_"), IBAN: field("iban"),
		Routing: field("routing_number"), Account: field("account_number"), Bank: field("bank"), Custom: map[string]string{},
		Terms: field("terms") != "", News: field("news") != "", Save: field("save") != "",
	}
	for name := range r.PostForm {
		if key, ok := strings.CutPrefix(name, "custom_"); ok {
			f.Custom[key] = field(name)
		}
	}
	return f
}

var (
	emailShape = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
	ibanShape  = regexp.MustCompile(`^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$`)
	cvcShape   = regexp.MustCompile(`^[0-9]{3,4}$`)
)

// postalShapes are how postal codes look, where they look alike.
var postalShapes = map[string]*regexp.Regexp{}

func init() {
	for shape, countries := range map[string]string{
		`\d{5}(-\d{4})?`: "US", `[A-Z]\d[A-Z] ?\d[A-Z]\d`: "CA", `[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}`: "GB", `[A-Z]\d[\dW] ?[A-Z\d]{4}`: "IE",
		`\d{5}`: "DE FR IT ES FI EE MX", `\d{4}`: "AT BE CH DK HU NO SI AU NZ", `(L-?)?\d{4}`: "LU", `(LV-)?\d{4}`: "LV", `(LT-)?\d{5}`: "LT",
		`\d{4} ?[A-Z]{2}`: "NL", `\d{3} ?\d{2}`: "SE GR CZ SK", `\d{2}-?\d{3}`: "PL", `\d{4}-?\d{3}`: "PT", `\d{3}-?\d{4}`: "JP", `\d{6}`: "IN SG RO", `\d{5}-?\d{3}`: "BR",
	} {
		for _, code := range strings.Fields(countries) {
			postalShapes[code] = regexp.MustCompile("^" + shape + "$")
		}
	}
}

// wrong finds what can be seen to be wrong without asking a bank, by field. The
// check digit is left to the bank: one of the test numbers fails by it. A wallet
// brings all but the answers to the merchant's questions.
func (v checkoutView) wrong(f hosted.CheckoutForm, wallet string) map[string]string {
	c := &formCheck{words: v.page.Words, wrong: map[string]string{}}
	c.need(emailShape.MatchString(f.Email), "email")
	if v.page.Asks.Phone {
		c.need(len(digits(f.Phone)) >= 7, "phone")
	}
	if len(v.page.Asks.Shipping) > 0 {
		c.needAs(f.ShipName != "", "ship_name", "wrong_name")
		c.address(f.Shipping, "ship_", v.page.Asks.Shipping, true)
	}
	for _, field := range v.fields {
		c.needAs(field.takes(f.Custom[field.Key]), "custom_"+field.Key, "wrong_field")
	}
	c.need(f.Terms || !v.page.Asks.Terms, "terms")
	if wallet == "" && !v.page.Free() {
		v.wrongMethod(c, f)
	}
	return c.wrong
}

func (v checkoutView) wrongMethod(c *formCheck, f hosted.CheckoutForm) {
	if slices.ContainsFunc(v.page.Saved, func(card hosted.SavedCard) bool { return card.ID == f.Method }) {
		return
	}
	c.need(v.page.Offers(f.Method), "method")
	c.need(f.Name != "", "name")
	needed := f.Method == "card" && slices.Contains([]string{"US", "CA", "GB"}, f.Billing.Country)
	c.place(f.Billing, "", countryCodes(), needed)
	if v.page.Asks.Address {
		c.address(f.Billing, "", countryCodes(), needed)
	}
	switch f.Method {
	case "card":
		c.card(f, v.now)
	case usBank:
		c.need(len(digits(f.Routing)) == 9, "routing_number")
		c.need(usAccount(digits(f.Account), "") == nil, "account_number")
	case sepaDebit:
		c.need(ibanShape.MatchString(iban(f.IBAN)), "iban")
	case "ideal":
		c.need(slices.Contains(idealBanks, f.Bank), "bank")
	}
}

// formCheck collects what is wrong with a form, in the person's language.
type formCheck struct {
	words hosted.Words
	wrong map[string]string
}

// need says of a field that fails what is said of its name.
func (c *formCheck) need(ok bool, name string) { c.needAs(ok, name, "wrong_"+name) }

func (c *formCheck) needAs(ok bool, name, key string) {
	if !ok {
		c.wrong[name] = c.words.Say(key)
	}
}

func (c *formCheck) card(f hosted.CheckoutForm, now time.Time) {
	n := len(digits(f.Number))
	c.need(n >= 12 && n <= 19, "number")
	c.need(cvcShape.MatchString(f.CVC), "cvc")
	if _, _, key := readExpiry(f.Expiry, now); key != "" {
		c.needAs(false, "expiry", key)
	}
}

func (c *formCheck) address(a hosted.PostalAddress, at string, countries []string, needed bool) {
	c.needAs(a.Line1 != "", at+"line1", "wrong_line1")
	c.needAs(a.City != "", at+"city", "wrong_city")
	c.place(a, at, countries, needed)
}

// place checks a country, and the postal code by its country's shape.
func (c *formCheck) place(a hosted.PostalAddress, at string, countries []string, needed bool) {
	c.needAs(slices.Contains(countries, a.Country), at+"country", "wrong_country")
	shape, known := postalShapes[a.Country]
	switch {
	case a.PostalCode == "":
		c.needAs(!needed || !known, at+"postal_code", "wrong_postal_code")
	case known && !shape.MatchString(strings.ToUpper(a.PostalCode)):
		c.wrong[at+"postal_code"] = c.words.Say("shape_postal_code", c.words.CountryName(a.Country))
	}
}

func countryCodes() []string {
	codes := make([]string, 0, len(hosted.Countries))
	for _, c := range hosted.Countries {
		codes = append(codes, c.Code)
	}
	return codes
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

// readExpiry reads MM/YY, MM / YYYY or MMYY; a card is good to the end of its
// month. What is wrong is a key of the words.
func readExpiry(s string, now time.Time) (month, year int, wrong string) {
	d := digits(s)
	if len(d) != 4 && len(d) != 6 {
		return 0, 0, "wrong_expiry"
	}
	month, _ = strconv.Atoi(d[:2])
	year, _ = strconv.Atoi(d[2:])
	if year < 100 {
		year += 2000
	}
	if month < 1 || month > 12 {
		return 0, 0, "wrong_expiry"
	}
	if !now.Before(time.Date(year, time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC)) {
		return 0, 0, "past_expiry"
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
	f.Billing.Country = orElse(f.Billing.Country, "US")
	f.Billing.Line1, f.Billing.City = orElse(f.Billing.Line1, "354 Oyster Point Blvd"), orElse(f.Billing.City, "South San Francisco")
	if f.Billing.Country == "US" {
		f.Billing.PostalCode = orElse(f.Billing.PostalCode, "94080")
	}
}

// fillWallet is what a wallet tells of its owner.
func fillWallet(f *hosted.CheckoutForm, asks hosted.CheckoutAsks) {
	fillPerson(f)
	f.Phone = orElse(f.Phone, "+15555550100")
	if len(asks.Shipping) > 0 && f.Shipping.Line1 == "" {
		f.ShipName, f.Shipping = orElse(f.ShipName, f.Name), f.Billing
		f.Shipping.Country, f.Shipping.PostalCode = asks.Shipping[0], ""
		if f.Shipping.Country == "US" {
			f.Shipping.State, f.Shipping.PostalCode = "CA", "94080"
		}
	}
}

// payer is the form as the engine takes it.
func payer(f hosted.CheckoutForm, v checkoutView) Payer {
	at := f.Billing
	p := Payer{Email: f.Email, Name: f.Name, Phone: f.Phone, Country: at.Country, PostalCode: at.PostalCode, Line1: at.Line1, Line2: at.Line2, City: at.City, State: at.State,
		Save: f.Save, Answers: Answers{Fields: f.Custom, Terms: f.Terms, Updates: f.News}}
	if to := f.Shipping; len(v.page.Asks.Shipping) > 0 {
		p.Shipping = &Shipping{Name: text(f.ShipName), Phone: text(f.Phone), Address: Address{Line1: text(to.Line1), Line2: text(to.Line2), City: text(to.City),
			State: text(to.State), PostalCode: text(to.PostalCode), Country: text(to.Country)}}
	}
	switch f.Method {
	case "card":
		p.Card, p.CVC = digits(f.Number), f.CVC
		p.ExpMonth, p.ExpYear, _ = readExpiry(f.Expiry, v.now)
	case sepaDebit:
		p.IBAN = iban(f.IBAN)
	case usBank:
		p.Account, p.Routing = digits(f.Account), digits(f.Routing)
	case "ideal", "oxxo":
		p.Type, p.Bank = f.Method, f.Bank
	default:
		p.Method = f.Method
	}
	return p
}
