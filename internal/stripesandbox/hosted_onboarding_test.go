package stripesandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

const (
	refreshURL = "http://127.0.0.1:9/refresh"
	returnURL  = "http://127.0.0.1:9/return"
	nextButton = "button[value=next]"
	fillButton = "button[value=fill]"
)

func (p *visitor) account(more url.Values) string {
	p.t.Helper()
	form := url.Values{"type": {"express"}, "country": {"US"}, "capabilities[transfers][requested]": {"true"}}
	for k, v := range more {
		form[k] = v
	}
	return p.api(http.MethodPost, "/v1/accounts", form)["id"].(string)
}

func (p *visitor) link(account string) string {
	p.t.Helper()
	return p.api(http.MethodPost, "/v1/account_links", url.Values{
		"account": {account}, "type": {"account_onboarding"}, "refresh_url": {refreshURL}, "return_url": {returnURL},
	})["url"].(string)
}

// fillIn presses the button that types, and then the one that goes on.
func (p *visitor) fillIn(step visited, typed map[string]string) visited {
	p.t.Helper()
	return p.press(p.press(step, fillButton, nil), nextButton, typed)
}

// onboard walks from a fresh link to the return URL; details is typed over the test data.
func (p *visitor) onboard(account string, details map[string]string) {
	p.t.Helper()
	if done := p.agree(p.walkForm(p.follow(p.open(p.link(account))), details)); done.location != returnURL {
		p.t.Fatalf("submitting answered %d to %q: %s", done.code, done.location, done.Find("main").Text())
	}
}

// walkForm answers step after step with test data until the last look.
func (p *visitor) walkForm(step visited, details map[string]string) visited {
	p.t.Helper()
	for range 8 {
		switch title := step.Find("h1").Text(); {
		case strings.Contains(title, "Review"):
			return step
		case strings.Contains(title, "Tell us about yourself"):
			step = p.follow(p.fillIn(step, details))
		case step.Find(fillButton).Length() == 0:
			step = p.follow(p.press(step, nextButton, nil))
		default:
			step = p.follow(p.fillIn(step, nil))
		}
	}
	p.t.Fatalf("the form never ends: %s", step.Find("main").Text())
	return step
}

func (p *visitor) agree(review visited) visited {
	p.t.Helper()
	return p.press(review, nextButton, map[string]string{"agree": "yes"})
}

func TestOnboardingWholeWay(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	p.onboard(id, map[string]string{"dob": "1902-01-01"})
	a := p.api(http.MethodGet, "/v1/accounts/"+id, nil)
	if a["details_submitted"] != true || a["charges_enabled"] != true || a["payouts_enabled"] != true {
		t.Errorf("submitted %v, charges %v, payouts %v: %v", a["details_submitted"], a["charges_enabled"], a["payouts_enabled"], a["requirements"])
	}
}

func TestOnboardingOutsideTheUnitedStates(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(url.Values{"country": {"AT"}})
	p.onboard(id, map[string]string{"dob": "1902-01-01"})
	if a := p.api(http.MethodGet, "/v1/accounts/"+id, nil); a["payouts_enabled"] != true {
		t.Errorf("payouts are off: %v", a["requirements"])
	}
}

func TestOnboardingTestValuesDecide(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	p.onboard(id, map[string]string{"dob": "1980-05-05"})
	p.post("/inspector/clock", url.Values{"advance": {"1m"}})
	a := p.api(http.MethodGet, "/v1/accounts/"+id, nil)
	if due := a["requirements"].(map[string]any)["currently_due"].([]any); len(due) != 1 || due[0] != "individual.verification.document" {
		t.Fatalf("an unknown person owes %v", due)
	}
	// The next link asks for what is missing alone, and a document mends it.
	step := p.follow(p.open(p.link(id)))
	if labels := step.Find(".progress li").Length(); labels != 3 {
		t.Errorf("what is due takes %d steps: %s", labels, step.Find(".progress").Text())
	}
	step = p.follow(p.press(step, nextButton, map[string]string{"code": "000-000"}))
	says(t, step, http.StatusOK, "[role=alert]", "could not confirm")
	step = p.follow(p.press(step, nextButton, map[string]string{"document": "file_identity_document_success"}))
	if done := p.agree(step); done.location != returnURL {
		t.Fatalf("submitting again answered %d to %q", done.code, done.location)
	}
	p.post("/inspector/clock", url.Values{"advance": {"1m"}})
	if a := p.api(http.MethodGet, "/v1/accounts/"+id, nil); a["charges_enabled"] != true {
		t.Errorf("with a document charges are still off: %v", a["requirements"])
	}
}

func TestOnboardingLinkOpensOnce(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	link := p.link(id)
	if first := p.open(link); !strings.HasSuffix(first.location, "/contact") {
		t.Fatalf("the first visit leads to %q", first.location)
	}
	if second := p.open(link); second.code != http.StatusSeeOther || second.location != refreshURL {
		t.Errorf("the second visit answered %d to %q", second.code, second.location)
	}
	late := p.link(id)
	p.post("/inspector/clock", url.Values{"advance": {"301s"}})
	if v := p.open(late); v.location != refreshURL {
		t.Errorf("a late visit leads to %q", v.location)
	}
	if v := p.open(late + "/contact"); v.location != refreshURL {
		t.Errorf("a step behind a link that never opened leads to %q", v.location)
	}
	says(t, p.open("/setup/e/"+id+"/nothing"), http.StatusNotFound, "h1", "leads nowhere")
}

func TestOnboardingFormClosesAfterAnHour(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	step := p.follow(p.open(p.link(p.account(nil))))
	p.post("/inspector/clock", url.Values{"advance": {"61m"}})
	if v := p.press(step, fillButton, nil); v.location != refreshURL {
		t.Errorf("an hour later the form leads to %q", v.location)
	}
}

func TestOnboardingKeepsWhatWasTyped(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(url.Values{"email": {"grace@example.com"}})
	step := p.follow(p.open(p.link(id)))
	says(t, step, http.StatusOK, ".known", "grace@example.com")
	if step.Find("[name=email]").Length() != 0 {
		t.Error("a known e-mail is asked again")
	}
	step = p.follow(p.fillIn(p.follow(p.fillIn(step, nil)), nil))
	later := p.press(step, "button[value=later]", map[string]string{"first_name": "Grace", "ssn_last_4": "12"})
	if later.location != returnURL {
		t.Fatalf("saving for later leads to %q", later.location)
	}
	if a := p.api(http.MethodGet, "/v1/accounts/"+id, nil); a["details_submitted"] != false {
		t.Error("saving for later submitted the form")
	}
	step = p.follow(p.open(p.link(id)))
	step = p.follow(p.press(step, nextButton, map[string]string{"code": "000-000"}))
	says(t, step, http.StatusOK, ".known", "Grace")
	if step.Find("[name=ssn_last_4]").Length() != 1 {
		t.Error("a wrong number was kept")
	}
}

func TestOnboardingRefusesMistakes(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	step := p.follow(p.open(p.link(p.account(nil))))
	says(t, p.press(step, nextButton, nil), http.StatusUnprocessableEntity, "#e-email", "needed")
	wrong := p.press(p.press(step, fillButton, nil), nextButton, map[string]string{"code": "123-456"})
	says(t, wrong, http.StatusUnprocessableEntity, "#e-code", "000-000")
	for range 3 {
		step = p.follow(p.fillIn(step, nil))
	}
	says(t, p.fillIn(step, map[string]string{"account_number": "123456789012"}), http.StatusUnprocessableEntity, "#e-account_number", "test bank account")
	step = p.follow(p.fillIn(step, nil))
	says(t, p.press(step, nextButton, nil), http.StatusUnprocessableEntity, ".bad", "Agree")
}

func TestOnboardingReviewSendsBackToWhatIsMissing(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	first := p.follow(p.open(p.link(p.account(nil))))
	step := p.follow(p.fillIn(first, nil))
	review := p.open(strings.TrimSuffix(step.url, "business") + "review")
	if v := p.agree(review); !strings.HasSuffix(v.location, "/business") {
		t.Errorf("an early review leads to %q", v.location)
	}
}

func TestDashboardOpensOnceAndChangesTheBank(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	p.onboard(id, map[string]string{"dob": "1902-01-01"})
	link := p.api(http.MethodPost, "/v1/accounts/"+id+"/login_links", nil)["url"].(string)
	board := p.follow(p.open(link))
	says(t, board, http.StatusOK, "h1", "Jenny Rosen")
	says(t, board, http.StatusOK, ".head .badge", "active")
	says(t, board, http.StatusOK, ".kpis", "6789")
	says(t, p.open(link), http.StatusGone, "h1", "used already")

	wrong := p.press(board, "form button", map[string]string{"routing_number": "110000000", "account_number": "999999999999"})
	says(t, wrong, http.StatusUnprocessableEntity, "#e-account_number", "test bank account")
	board = p.follow(p.press(wrong, "form button", map[string]string{"account_number": "000111111116"}))
	says(t, board, http.StatusOK, ".kpis", "1116")
	says(t, board, http.StatusOK, "[role=status]", "new bank account")
}

func TestDashboardIsShutBeforeItsLinkAndAnHourAfter(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	p.onboard(id, map[string]string{"dob": "1902-01-01"})
	link := p.api(http.MethodPost, "/v1/accounts/"+id+"/login_links", nil)["url"].(string)
	says(t, p.open(link+"/home"), http.StatusGone, "h1", "used already")
	board := p.follow(p.open(link))
	short := p.press(board, "form button", map[string]string{"routing_number": "1", "account_number": "000123456789"})
	says(t, short, http.StatusUnprocessableEntity, "#e-routing_number", "nine digits")
	p.post("/inspector/clock", url.Values{"advance": {"61m"}})
	says(t, p.open(link+"/home"), http.StatusGone, "h1", "used already")
	gone := p.press(board, "form button", map[string]string{"routing_number": "110000000", "account_number": "000123456789"})
	says(t, gone, http.StatusGone, "h1", "used already")
}

func TestOnboardingEndsWithTheAccount(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	step := p.follow(p.open(p.link(id)))
	p.api(http.MethodPost, "/v1/accounts/"+id+"/reject", url.Values{"reason": {"fraud"}})
	if v := p.press(step, fillButton, nil); v.location != refreshURL {
		t.Errorf("a rejected account's form leads to %q", v.location)
	}
}

func TestDashboardShowsTheOwnersMoney(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	p.onboard(id, map[string]string{"dob": "1902-01-01"})
	_, link := p.session(url.Values{"payment_intent_data[transfer_data][destination]": {id}, "payment_intent_data[application_fee_amount]": {"14400"}})
	p.press(p.open(link), payButton, card("4242424242424242"))
	board := p.follow(p.open(p.api(http.MethodPost, "/v1/accounts/"+id+"/login_links", nil)["url"].(string)))
	says(t, board, http.StatusOK, ".kpis", "$1,056.00")
	says(t, board, http.StatusOK, "table", "$144.00")
	says(t, board, http.StatusOK, "table", "pending")
}

// What the platform gave is not asked again: its steps are passed over, and
// shown once more at the end.
func TestOnboardingConfirmsWhatIsGiven(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(url.Values{"business_type": {"individual"}, "business_profile[product_description]": {"Rooms by the sea"}, "individual[first_name]": {"Ann"}, "individual[last_name]": {"Owner"},
		"individual[dob][day]": {"1"}, "individual[dob][month]": {"1"}, "individual[dob][year]": {"1902"}, "individual[address][line1]": {"address_full_match"}, "individual[address][city]": {"Palo Alto"},
		"individual[address][state]": {"CA"}, "individual[address][postal_code]": {"94301"}, "individual[ssn_last_4]": {"0000"}})
	step := p.follow(p.open(p.link(id)))
	if step.Find("[name=business_type]").Length() != 0 {
		t.Error("who is paid is asked again")
	}
	step = p.follow(p.fillIn(step, nil))
	says(t, step, http.StatusOK, "h1", "Where should your payouts go")
	says(t, step, http.StatusOK, ".progress .done", "About you")
	step = p.follow(p.fillIn(step, nil))
	for _, want := range []string{"Rooms by the sea", "Ann", "1902-01-01", "6789"} {
		says(t, step, http.StatusOK, ".review", want)
	}
	if strings.Contains(step.Find(".review").Text(), "000123456789") {
		t.Error("the whole account number can be read")
	}
	edit := p.open(step.Find(".review a").Eq(2).AttrOr("href", ""))
	if edit.Find("[name=first_name]").AttrOr("value", "") != "Ann" {
		t.Errorf("what was given cannot be changed: %s", edit.Find("main").Text())
	}
	step = p.follow(p.press(edit, nextButton, map[string]string{"first_name": "Anna"}))
	says(t, step, http.StatusOK, ".review", "Anna")
	if done := p.agree(step); done.location != returnURL {
		t.Errorf("submitting leads to %q", done.location)
	}
	if a := p.api(http.MethodGet, "/v1/accounts/"+id, nil); a["payouts_enabled"] != true {
		t.Errorf("payouts are off: %v", a["requirements"])
	}
}

// A company tells of itself, of who represents it, and of its owners.
func TestOnboardingOfACompany(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(url.Values{"business_type": {"company"}})
	step := p.follow(p.open(p.link(id)))
	for !strings.Contains(step.Find("h1").Text(), "Who owns") {
		step = p.follow(p.fillIn(step, nil))
	}
	says(t, step, http.StatusOK, ".people", "Jenny Rosen")
	add := p.open(step.Find("form a[href$=person]").AttrOr("href", ""))
	says(t, p.press(p.press(add, fillButton, nil), nextButton, nil), http.StatusUnprocessableEntity, "#e-roles", "at least one")
	step = p.follow(p.press(p.press(add, fillButton, nil), nextButton, map[string]string{"roles": "owner", "first_name": "Bob", "dob": "1902-01-01"}))
	says(t, step, http.StatusOK, ".people", "Bob Rosen")
	says(t, step, http.StatusOK, ".people", "owns 25 %")
	second := p.follow(p.press(p.press(add, fillButton, nil), nextButton, map[string]string{"roles": "director", "first_name": "Eve"}))
	step = p.follow(p.press(second, "li:contains(Eve) button", nil))
	if strings.Contains(step.Find(".people").Text(), "Eve") {
		t.Error("Eve is still there")
	}
	step = p.follow(p.press(step, nextButton, nil))
	step = p.follow(p.fillIn(step, nil))
	says(t, step, http.StatusOK, ".review", "Rosen Homes LLC")
	if done := p.agree(step); done.location != returnURL {
		t.Fatalf("submitting leads to %q", done.location)
	}
	p.post("/inspector/clock", url.Values{"advance": {"1m"}})
	if a := p.api(http.MethodGet, "/v1/accounts/"+id, nil); a["payouts_enabled"] != true {
		t.Errorf("payouts are off: %v", a["requirements"])
	}
}
