package stripesandbox

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

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
		s.look(func() {
			if v, ok := s.visit(r); ok {
				to = onboardingPath(link) + s.firstStep(v)
			}
		})
	}
	s.leadOn(w, r, to, err)
}

// firstStep is where a visit begins: everybody is asked for the code that was
// sent, unless there is none.
func (s *Server) firstStep(v onboardingVisit) string {
	if v.link.Kind == "account_update" {
		return "review"
	}
	steps := s.formSteps(v)
	if v.account.Type != "custom" {
		return steps[0].key
	}
	return s.nextStep(v, "")
}

// nextStep is the first step after another that has something left to ask.
func (s *Server) nextStep(v onboardingVisit, after string) string {
	steps := s.formSteps(v)
	from := slices.IndexFunc(steps, func(st formStep) bool { return st.key == after })
	for _, st := range steps[from+1:] {
		if st.key == "review" || !s.complete(v, st) {
			return st.key
		}
	}
	return "review"
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

func (s *Server) onboardingShow(w http.ResponseWriter, r *http.Request) {
	s.onboarding(w, r, func(v onboardingVisit, st formStep) (onboardingAnswer, error) {
		values := entries{}
		for _, f := range st.fields {
			values[f.Name] = s.holds(v.account, f)
		}
		return onboardingAnswer{page: s.onboardingPage(r, v, st, values, nil, r.URL.Query().Get("edit") != ""), code: http.StatusOK}, nil
	})
}

// onboardingSave takes one step. What is right is kept at once, so that a
// person who leaves finds it again.
func (s *Server) onboardingSave(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 20*megabyte)
	if isUpload(r) {
		_ = r.ParseMultipartForm(20 * megabyte) // a body that cannot be read has no fields
	} else {
		_ = r.ParseForm()
	}
	s.onboarding(w, r, func(v onboardingVisit, st formStep) (onboardingAnswer, error) { return s.takeStep(r, v, st) })
}

// onboarding does something on an open form, in one transaction.
func (s *Server) onboarding(w http.ResponseWriter, r *http.Request, do func(onboardingVisit, formStep) (onboardingAnswer, error)) {
	var a onboardingAnswer
	err := s.do(func() error {
		v, ok := s.visit(r)
		if !ok {
			return nil
		}
		a.to = v.link.RefreshURL
		if !s.inForm(v) {
			return nil
		}
		st, ok := s.stepOf(r, v)
		if !ok {
			a.to = onboardingPath(v.link) + s.nextStep(v, "") // it was answered meanwhile
			return nil
		}
		s.accounts.save(v.account)
		var err error
		a, err = do(v, st)
		a.leadsTo = v.exits()
		return err
	})
	if a.page.Step == "" || err != nil {
		s.leadOn(w, r, a.to, err)
		return
	}
	s.reply(w, a.code, func(w io.Writer) error { return hosted.Onboarding(w, a.page) }, a.leadsTo...)
}

// inForm says whether the form behind a spent link is still open. The lock is held.
func (s *Server) inForm(v onboardingVisit) bool {
	return v.link.Used && s.now < v.link.Created+onboardingOpenFor && !v.lost()
}

// stepOf finds the step in the path.
func (s *Server) stepOf(r *http.Request, v onboardingVisit) (formStep, bool) {
	key := r.PathValue("step")
	if key == "person" {
		return s.personStep(v, r.URL.Query().Get("person"))
	}
	steps := s.formSteps(v)
	i := slices.IndexFunc(steps, func(st formStep) bool { return st.key == key })
	if i < 0 {
		return formStep{}, false
	}
	if key == "bank" && r.URL.Query().Get("card") != "" && v.account.Country == "US" {
		steps[i].fields = cardFields()
	}
	return steps[i], true
}

// takeStep does what the pressed button says. The lock is held.
func (s *Server) takeStep(r *http.Request, v onboardingVisit, st formStep) (onboardingAnswer, error) {
	values, err := s.readStep(r, v.account, st.fields)
	open := func(code int, wrong map[string]string) onboardingAnswer {
		return onboardingAnswer{page: s.onboardingPage(r, v, st, values, wrong, true), code: code}
	}
	if err != nil {
		p := open(http.StatusUnprocessableEntity, nil)
		p.page.Message = asAPIError(err).Message
		return p, nil
	}
	wrong := checkStep(st.fields, values, time.Unix(s.now, 0))
	switch r.PostForm.Get("do") {
	case "fill":
		values = s.fillStep(v, st.fields, values)
		return open(http.StatusOK, nil), nil
	case "later":
		return onboardingAnswer{to: v.link.ReturnURL}, s.keep(v.account, st.fields, values, wrong)
	}
	switch st.key {
	case "people":
		return s.takePeople(r, v, open)
	case "person":
		return s.takePerson(r, v, st, values, wrong, open)
	case "review":
		return s.takeReview(r, v, open)
	}
	if len(wrong) > 0 {
		return open(http.StatusUnprocessableEntity, wrong), nil
	}
	if err := s.keep(v.account, st.fields, values, nil); err != nil {
		last := st.fields[len(st.fields)-1].Name
		if st.key == "bank" {
			last = st.fields[max(0, len(st.fields)-1)].Name
			if st.fields[0].Name == "card_number" {
				last = "card_number"
			}
		}
		return open(http.StatusUnprocessableEntity, map[string]string{last: asAPIError(err).Message}), nil
	}
	return onboardingAnswer{to: onboardingPath(v.link) + s.nextStep(v, st.key)}, nil
}

// surfaces is what the form stands in for, by the account's type.
var surfaces = map[string]string{"express": "Stripe Express onboarding", "standard": "Stripe’s own sign-up", "custom": "Stripe’s form for Custom accounts"}

// onboardingPage draws one step. The lock is held.
func (s *Server) onboardingPage(r *http.Request, v onboardingVisit, st formStep, values entries, wrong map[string]string, all bool) hosted.OnboardingPage {
	path := onboardingPath(v.link)
	p := hosted.OnboardingPage{Platform: s.name, Surface: surfaces[v.account.Type], Account: v.account.ID, Step: st.key, Title: st.title, Action: path + st.key, Errors: wrong,
		Cheats: cheats[st.key]}
	if q := r.URL.RawQuery; q != "" {
		p.Action += "?" + q
	}
	p.Asked, p.Known = s.shownFields(v, st.fields, values, wrong, all)
	if !all && len(p.Known) > 0 {
		p.Edit = path + st.key + "?edit=1"
	}
	for _, f := range st.fields {
		p.Upload = p.Upload || f.Type == "file"
	}
	steps := s.formSteps(v)
	for i, other := range steps {
		mark := hosted.OnboardingStep{Key: other.key, Label: other.label, Href: path + other.key, State: "todo"}
		switch {
		case other.key == st.key, other.key == "people" && st.key == "person":
			mark.State = "current"
			if i > 0 {
				p.Back = path + steps[i-1].key
			}
		case other.key != "review" && s.complete(v, other):
			mark.State = "done"
		}
		p.Steps = append(p.Steps, mark)
	}
	if st.key == "person" {
		p.Back = path + "people"
	}
	s.more(r, v, &p, path)
	if v.account.Submitted && len(v.account.Requirements.Errors) > 0 {
		p.Message = "We could not confirm everything you told us."
		for _, e := range v.account.Requirements.Errors {
			p.Problems = append(p.Problems, e.Reason)
		}
	}
	return p
}

// more is what a step has besides fields.
func (s *Server) more(r *http.Request, v onboardingVisit, p *hosted.OnboardingPage, path string) {
	switch p.Step {
	case "people":
		s.people(v, p, path)
	case "bank":
		switch card := r.URL.Query().Get("card") != ""; {
		case v.account.Country != "US":
		case card:
			p.Other, p.OtherLabel = path+"bank?edit=1", "Use a bank account instead"
		default:
			p.Other, p.OtherLabel = path+"bank?card=1&edit=1", "Use a debit card instead"
		}
	case "review":
		for _, st := range s.formSteps(v) {
			p.Review = append(p.Review, s.reviewed(v, st, path)...)
		}
		p.Agree = r.PostForm.Get("agree") == "yes"
	}
}
