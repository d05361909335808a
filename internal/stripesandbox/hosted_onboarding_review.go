package stripesandbox

import (
	"net/http"

	"hearth/internal/stripesandbox/hosted"
)

// takeReview sends the form, or the person to what is still missing.
func (s *Server) takeReview(r *http.Request, v onboardingVisit, open func(int, map[string]string) onboardingAnswer) (onboardingAnswer, error) {
	if r.PostForm.Get("agree") != "yes" {
		return open(http.StatusUnprocessableEntity, map[string]string{"agree": "Agree to go on."}), nil
	}
	if missing := s.nextStep(v, ""); missing != "review" {
		return onboardingAnswer{to: onboardingPath(v.link) + missing}, nil
	}
	s.change(v.account, func() { s.fillFromForm(v.account, OnboardingForm{Agree: true, Done: true}) })
	if v.link.Consent != nil {
		return onboardingAnswer{to: s.grant(*v.link.Consent, v.account.ID)}, nil
	}
	return onboardingAnswer{to: v.link.ReturnURL}, nil
}

// reviewed is what was told on one step, for a last look.
func (s *Server) reviewed(v onboardingVisit, st formStep, path string) []hosted.ReviewSection {
	section := hosted.ReviewSection{Label: st.label, Href: path + st.key + "?edit=1"}
	switch st.key {
	case "review":
		return nil
	case "people":
		section.Href = path + st.key
		for p := range s.personsOf(v.account) {
			section.Lines = append(section.Lines, orElse(p.name(), "Somebody")+" – "+roles(p))
		}
	case "bank":
		if b := s.payoutDefault(v.account, v.account.DefaultCurrency); b != nil {
			section.Lines = []string{orElse(string(b.BankName), "Debit card") + " •••• " + b.Last4}
		}
	default:
		section.Lines = s.linesOf(v, st)
	}
	return []hosted.ReviewSection{section}
}

// linesOf are a step's answers: what shares a line on the form shares one here.
func (s *Server) linesOf(v onboardingVisit, st formStep) (lines []string) {
	shared := false
	for _, f := range st.fields {
		had := s.holds(v.account, f)
		if had == "" {
			continue
		}
		line := masked(f, had)
		if line == "••••" {
			line = f.Label + " " + line
		}
		if f.Half && shared {
			lines[len(lines)-1] += " " + line
		} else {
			lines = append(lines, line)
		}
		shared = f.Half
	}
	return lines
}
