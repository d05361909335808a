package stripesandbox_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hearth/internal/stripesandbox"
)

// Standard and Custom accounts have forms of their own.
func TestOnboardingByType(t *testing.T) {
	_, p := hostedSandbox(t, stripesandbox.Options{})
	standard := p.account(url.Values{"type": {"standard"}})
	first := p.follow(p.open(p.link(standard)))
	says(t, first, http.StatusOK, "h1", "Create your account")
	review := p.walkForm(first, map[string]string{"dob": "1902-01-01"})
	says(t, review, http.StatusOK, ".review", "ROSEN HOMES")
	p.agree(review)
	if a := p.api(http.MethodGet, "/v1/accounts/"+standard, nil); a["payouts_enabled"] != true || a["settings"].(map[string]any)["payments"].(map[string]any)["statement_descriptor"] != "ROSEN HOMES" {
		t.Errorf("standard: %v", a)
	}
	custom := p.account(url.Values{"type": {"custom"}})
	first = p.follow(p.open(p.link(custom)))
	if !strings.Contains(first.url, "/setup/c/") || first.Find("[name=code]").Length() != 0 {
		t.Errorf("custom: %s asks for a code", first.url)
	}
	p.agree(p.walkForm(first, map[string]string{"dob": "1902-01-01"}))
	update := p.api(http.MethodPost, "/v1/account_links", url.Values{"account": {custom}, "type": {"account_update"}, "refresh_url": {refreshURL}, "return_url": {returnURL}})["url"].(string)
	review = p.follow(p.open(update))
	says(t, review, http.StatusOK, ".review", "Jenny")
	card := p.open(strings.TrimSuffix(review.url, "review") + "bank?card=1&edit=1")
	says(t, p.fillIn(card, map[string]string{"card_number": "4242424242424242"}), http.StatusUnprocessableEntity, ".bad .error", "debit card")
	says(t, p.follow(p.fillIn(card, nil)), http.StatusOK, ".review", "5556")
}

// A link that looks ahead asks for what is only announced; a file of one's own
// will do.
func TestOnboardingLooksAhead(t *testing.T) {
	s, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	_, err := s.Onboard(id, "future")
	must(t, err)
	link := p.api(http.MethodPost, "/v1/account_links", url.Values{"account": {id}, "type": {"account_onboarding"}, "refresh_url": {refreshURL}, "return_url": {returnURL},
		"collection_options[fields]": {"eventually_due"}, "collection_options[future_requirements]": {"include"}})["url"].(string)
	step := p.follow(p.press(p.follow(p.open(link)), nextButton, map[string]string{"code": "000-000"}))
	says(t, step, http.StatusOK, "h1", "Show us a document")
	wrong := p.upload(step, "document_file", "holiday.txt", "text")
	says(t, wrong, http.StatusUnprocessableEntity, "[role=alert]", "file type")
	step = p.follow(p.upload(step, "document_file", "passport.png", png))
	if done := p.agree(step); done.location != returnURL {
		t.Fatalf("submitting leads to %q", done.location)
	}
	if a := p.api(http.MethodGet, "/v1/accounts/"+id, nil); len(a["future_requirements"].(map[string]any)["currently_due"].([]any)) != 0 {
		t.Errorf("still announced: %v", a["future_requirements"])
	}
}

// upload sends a step with a file.
func (p *visitor) upload(step visited, field, name, content string) visited {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	must(p.t, form.WriteField("do", "next"))
	part, err := form.CreateFormFile(field, name)
	must(p.t, err)
	_, err = part.Write([]byte(content))
	must(p.t, err)
	must(p.t, form.Close())
	r, err := http.NewRequest(http.MethodPost, p.base+step.Find("main form").AttrOr("action", ""), &body)
	must(p.t, err)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return p.send(r)
}

// The dashboard changes when payouts go, leads to what is due, and shows what
// was told; a manual schedule is the platform's.
func TestDashboardChangesScheduleAndDetails(t *testing.T) {
	s, p := hostedSandbox(t, stripesandbox.Options{})
	id := p.account(nil)
	p.onboard(id, map[string]string{"dob": "1902-01-01"})
	login := func() visited {
		return p.follow(p.open(p.api(http.MethodPost, "/v1/accounts/"+id+"/login_links", nil)["url"].(string)))
	}
	board := p.follow(p.press(login(), "form[action$=schedule] button", map[string]string{"interval": "weekly", "weekly_anchor": "friday"}))
	says(t, board, http.StatusOK, ".kpis", "Every week on friday")
	says(t, board, http.StatusOK, ".review", "address_full_match")
	form := p.follow(p.follow(p.press(board, "button[value=details]", nil)))
	edit := p.open(strings.TrimSuffix(form.url, "review") + "details?edit=1")
	form = p.follow(p.press(edit, nextButton, map[string]string{"first_name": "Janet"}))
	if done := p.agree(form); !strings.HasSuffix(done.location, "/home") {
		t.Errorf("the form leads to %q", done.location)
	}
	says(t, p.open(board.url), http.StatusOK, "h1", "Janet Rosen")
	_, err := s.Onboard(id, "due")
	must(t, err)
	board = p.open(board.url)
	says(t, board, http.StatusOK, ".alert", "individual.verification.document")
	says(t, p.follow(p.follow(p.press(board, "button[value=due]", nil))), http.StatusOK, ".progress", "Documents")
	p.api(http.MethodPost, "/v1/accounts/"+id, url.Values{"settings[payouts][schedule][interval]": {"manual"}})
	if board = p.open(board.url); board.Find("form[action$=schedule]").Length() != 0 {
		t.Error("a manual schedule can be changed")
	}
}
