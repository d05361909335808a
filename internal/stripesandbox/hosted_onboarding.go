package stripesandbox

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"hearth/internal/stripesandbox/hosted"
)

// An account link opens once; the form behind it stays open for an hour of
// sandbox time, so that its own steps may be reloaded.
const onboardingOpenFor = hour

// onboardingVisit is what a request finds behind its link.
type onboardingVisit struct {
	link    *AccountLink
	account *Account
}

// visit finds the link of a request. The lock is held.
func (s *Server) visit(r *http.Request) (onboardingVisit, bool) {
	l, ok := s.links.get(r.PathValue("token"))
	if !ok || l.Account != r.PathValue("account") {
		return onboardingVisit{}, false
	}
	a, ok := s.accounts.get(l.Account)
	return onboardingVisit{l, a}, ok
}

// lost says that the account can no longer be onboarded, whatever the link.
func (v onboardingVisit) lost() bool {
	return v.account.Disconnected && v.link.Consent == nil || v.account.Rejected != ""
}

// exits are where the form's buttons may lead out of the sandbox.
func (v onboardingVisit) exits() []string { return []string{v.link.ReturnURL, v.link.RefreshURL} }

// onboardingOpen spends the link. A second visit, a late one, or one for an
// account that was lost goes where the platform makes new links.
func (s *Server) onboardingOpen(w http.ResponseWriter, r *http.Request) {
	link, err := s.OpenAccountLink(r.PathValue("account"), r.PathValue("token"))
	to := ""
	switch {
	case link == nil && asAPIError(err).Status == http.StatusNotFound:
		err = nil
	case errors.Is(err, ErrLinkUsed):
		to, err = link.RefreshURL, nil
	case err == nil:
		to = onboardingPath(link) + onboardingSteps[0].key
	}
	s.leadOn(w, r, to, err)
}

func onboardingPath(l *AccountLink) string {
	return l.URL[strings.Index(l.URL, "/setup/"):] + "/"
}

// leadOn redirects, or says why there is nowhere to go.
func (s *Server) leadOn(w http.ResponseWriter, r *http.Request, to string, err error) {
	switch {
	case err != nil:
		s.trouble(w, "Express onboarding", err)
	case to == "":
		s.notice(w, http.StatusNotFound, hosted.NoticePage{Surface: "Express onboarding", Title: "This link leads nowhere",
			Text: "Go back to " + s.name + " and start again from there."})
	default:
		http.Redirect(w, r, to, http.StatusSeeOther)
	}
}

// onboardingAnswer is either a step to show or a place to go to.
type onboardingAnswer struct {
	page    hosted.OnboardingPage
	code    int
	to      string
	leadsTo []string
}

func (s *Server) answerStep(w http.ResponseWriter, r *http.Request, a onboardingAnswer, err error) {
	if a.page.Step == "" || err != nil {
		s.leadOn(w, r, a.to, err)
		return
	}
	s.reply(w, a.code, func(w io.Writer) error { return hosted.Onboarding(w, a.page) }, a.leadsTo...)
}

func (s *Server) onboardingShow(w http.ResponseWriter, r *http.Request) {
	var a onboardingAnswer
	s.look(func() {
		v, ok := s.visit(r)
		if !ok {
			return
		}
		if !s.inForm(v) || !knownStep(r.PathValue("step")) {
			a.to = v.link.RefreshURL
			return
		}
		a = onboardingAnswer{page: s.onboardingPage(r, v, s.toldBefore(v.account)), code: http.StatusOK, leadsTo: v.exits()}
	})
	s.answerStep(w, r, a, nil)
}

// inForm says whether the form behind a spent link is still open. The lock is held.
func (s *Server) inForm(v onboardingVisit) bool {
	return v.link.Used && s.now < v.link.Created+onboardingOpenFor && !v.lost()
}

// onboardingSave takes one step. What is right is kept at once, so that a
// person who leaves finds it again.
func (s *Server) onboardingSave(w http.ResponseWriter, r *http.Request) {
	var a onboardingAnswer
	err := s.do(func() error {
		v, ok := s.visit(r)
		if !ok {
			return nil
		}
		if !s.inForm(v) || !knownStep(r.PathValue("step")) {
			a.to = v.link.RefreshURL
			return nil
		}
		var err error
		a, err = s.takeStep(r, v, r.PathValue("step"))
		a.leadsTo = v.exits()
		return err
	})
	s.answerStep(w, r, a, err)
}

// takeStep does what the pressed button says. The lock is held.
func (s *Server) takeStep(r *http.Request, v onboardingVisit, step string) (onboardingAnswer, error) {
	form := readStep(r, step, s.toldBefore(v.account))
	open := func(code int, form hosted.OnboardingForm, wrong map[string]string) onboardingAnswer {
		p := s.onboardingPage(r, v, form)
		p.Known, p.Edit, p.Errors = nil, "", wrong
		return onboardingAnswer{page: p, code: code}
	}
	wrong := checkStep(step, form)
	switch r.PostFormValue("do") {
	case "fill":
		return open(http.StatusOK, fillStep(step, form), nil), nil
	case "later":
		return onboardingAnswer{to: v.link.ReturnURL}, s.keepStep(v.account, step, form, wrong)
	}
	if len(wrong) > 0 {
		return open(http.StatusUnprocessableEntity, form, wrong), nil
	}
	to, err := s.finishStep(v, step, form)
	if err != nil {
		e := asAPIError(err)
		return open(http.StatusUnprocessableEntity, form, map[string]string{"account_number": e.Message}), nil
	}
	return onboardingAnswer{to: to}, nil
}

// keepStep saves what is right of a step.
func (s *Server) keepStep(a *Account, step string, form hosted.OnboardingForm, wrong map[string]string) error {
	if step == "bank" {
		if len(wrong) > 0 {
			return nil
		}
		return s.takeBank(a, form)
	}
	facts := factsOf(step, form, wrong)
	s.change(a, func() { s.fillFromForm(a, OnboardingForm{Facts: facts}) })
	return nil
}

// takeBank makes a bank account the one that payouts go to, unless it is already.
func (s *Server) takeBank(a *Account, form hosted.OnboardingForm) error {
	if len(a.Banks) > 0 && !a.PayoutsOff {
		if b, ok := s.banks.get(a.Banks[0]); ok && b.Number == form.AccountNumber && string(b.Routing) == form.Routing {
			return nil
		}
	}
	if _, err := s.addBank(a, BankAccount{Number: form.AccountNumber, Routing: text(form.Routing), Country: a.Country, Currency: a.DefaultCurrency}, true); err != nil {
		return err
	}
	s.change(a, func() {})
	return nil
}

// finishStep saves a step without mistakes and says where the person goes next:
// to the next step, after the last one to whatever is still missing, or back.
func (s *Server) finishStep(v onboardingVisit, step string, form hosted.OnboardingForm) (string, error) {
	if err := s.keepStep(v.account, step, form, nil); err != nil {
		return "", err
	}
	if next := stepAfter(step); next != "" {
		return onboardingPath(v.link) + next, nil
	}
	told := s.toldBefore(v.account)
	told.Code, told.Agree = testCode, form.Agree
	for _, st := range onboardingSteps {
		if len(checkStep(st.key, told)) > 0 {
			return onboardingPath(v.link) + st.key, nil
		}
	}
	s.change(v.account, func() {
		s.fillFromForm(v.account, OnboardingForm{Agree: true, Done: true, ProductDescription: orElse(v.account.profile("product_description"), "A home to rent")})
	})
	if v.link.Consent != nil {
		return s.grant(*v.link.Consent, v.account.ID), nil
	}
	return v.link.ReturnURL, nil
}

// onboardingPage draws one step. The lock is held.
func (s *Server) onboardingPage(r *http.Request, v onboardingVisit, form hosted.OnboardingForm) hosted.OnboardingPage {
	step, path := r.PathValue("step"), onboardingPath(v.link)
	p := hosted.OnboardingPage{Platform: s.name, Account: v.account.ID, Step: step, Action: path + step, Form: form}
	if before := stepBefore(step); before != "" {
		p.Back = path + before
	}
	state := "done"
	for _, st := range onboardingSteps {
		mark := hosted.OnboardingStep{Key: st.key, Label: st.label, Href: path + st.key, State: state}
		if st.key == step {
			mark.State, state = "current", "todo"
		}
		p.Steps = append(p.Steps, mark)
	}
	p.Document = v.account.needsDocument()
	if v.account.Check == "failed" && step == "details" {
		p.Message = "We could not confirm who you are. Check these details, or add a document."
		return p
	}
	if r.URL.Query().Get("edit") == "" {
		p.Known = knownFields(step, s.toldBefore(v.account))
		p.Edit = path + step + "?edit=1"
	}
	return p
}

// needsDocument says whether an identity document is asked for.
func (a *Account) needsDocument() bool {
	for _, due := range a.Requirements.CurrentlyDue {
		if strings.HasPrefix(due, "individual.verification.") {
			return true
		}
	}
	return false
}

// knownFields are the fields of a step that were told before. Numbers that
// should not be read over a shoulder are shown by their end.
func knownFields(step string, f hosted.OnboardingForm) (known []hosted.KnownField) {
	for _, field := range onboardingFields {
		v := *field.value(&f)
		if field.step != step || v == "" || field.name == "document" {
			continue
		}
		switch field.name {
		case "ssn_last_4":
			v = "••••"
		case "account_number":
			v = "•••• " + v[max(0, len(v)-4):]
		}
		known = append(known, hosted.KnownField{Name: field.name, Label: field.label, Value: v})
	}
	return known
}

func knownStep(step string) bool {
	for _, st := range onboardingSteps {
		if st.key == step {
			return true
		}
	}
	return false
}
