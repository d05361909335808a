package site

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"time"

	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/payment"
)

// adminDisputeEvidencePage is the evidence to be kept at Stripe: what Hearth
// knows is written already, and can be changed.
type adminDisputeEvidencePage struct {
	page
	Dispute disputeRow
	Advice  string
	Fields  []evidenceText
	Papers  []paperLink
	Seen    int // the number of the last evidence
	Reason  string
	Errors  map[string]string
}

// evidenceText is a text of the form.
type evidenceText struct {
	checkout.EvidenceField
	Value string
}

type evidenceForm struct {
	Seen   int    `form:"seen"`
	Reason string `form:"reason"`
}

func (s *Server) getAdminDisputeEvidence(w http.ResponseWriter, r *http.Request) error {
	c, err := s.oneDispute(r)
	if err != nil {
		return err
	}
	answers, err := payment.AnswersOf(r.Context(), s.DB, c.Dispute.ID)
	if err != nil {
		return err
	}
	texts := c.Draft()
	for _, a := range answers { // what was written last goes on
		texts = a.Fields
	}
	return s.evidencePage(w, r, c, texts, evidenceForm{Seen: len(answers)}, nil)
}

func (s *Server) evidencePage(w http.ResponseWriter, r *http.Request, c checkout.Case, texts map[string]string, form evidenceForm, wrong error) error {
	if wrong == nil && !c.Dispute.Answerable() {
		wrong = fault.New(fault.Conflict, "The bank takes no evidence any more.")
	}
	p := adminDisputeEvidencePage{page: s.base(r, "Evidence for booking "+c.Booking.Code), Dispute: s.disputeRowOf(c), Advice: disputeAdvice(c.Dispute),
		Seen: form.Seen, Reason: form.Reason, Errors: formErrors(wrong)}
	p.Nav = "admin:disputes"
	for _, f := range checkout.EvidenceFields(c.Dispute.Reason) {
		p.Fields = append(p.Fields, evidenceText{f, texts[f.Name]})
	}
	for _, kind := range checkout.EvidencePapers {
		p.Papers = append(p.Papers, paperLink{Title: kind.Title, Href: "/admin/disputes/" + c.Dispute.ID + "/papers/" + kind.Field})
	}
	if wrong != nil {
		return s.again(w, wrong, "admin_dispute_evidence", p)
	}
	return s.render(w, "admin_dispute_evidence", p)
}

func (s *Server) postAdminDisputeEvidence(w http.ResponseWriter, r *http.Request) error {
	c, err := s.oneDispute(r)
	if err != nil {
		return err
	}
	var form evidenceForm
	if err := decode(r, &form); err != nil {
		return err
	}
	form.Reason = reasonOf(form.Reason)
	texts := map[string]string{}
	for _, f := range checkout.EvidenceFields(c.Dispute.Reason) {
		texts[f.Name] = typed(r.PostFormValue(f.Name))
	}
	err = s.Checkout.StageEvidence(r.Context(), admin(r), c.Dispute.ID, texts, form.Seen, form.Reason)
	if fault.Is(err, fault.Conflict) { // the page shows what is there now
		answers, err := payment.AnswersOf(r.Context(), s.DB, c.Dispute.ID)
		if err != nil {
			return err
		}
		form.Seen = len(answers)
	}
	if formErrors(err) != nil {
		return s.evidencePage(w, r, c, texts, form, err)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "The evidence is kept at Stripe. The bank gets it when you submit it.")
	return seeOther(w, r, "/admin/disputes/"+c.Dispute.ID)
}

// typed is a text without what no database takes, in lines as everybody else
// writes them.
func typed(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\x00", "", "\r\n", "\n").Replace(strings.ToValidUTF8(text, "")))
}

// getAdminDisputePaper is a paper as it would be sent now.
func (s *Server) getAdminDisputePaper(w http.ResponseWriter, r *http.Request) error {
	c, err := s.oneDispute(r)
	if err != nil {
		return err
	}
	content, err := c.Paper(r.PathValue("field"))
	if err != nil {
		return err
	}
	sendPDF(w, r, fmt.Sprintf("%s-%s.pdf", c.Booking.Code, r.PathValue("field")), content)
	return nil
}

// getAdminDisputeFile is a paper as it was sent.
func (s *Server) getAdminDisputeFile(w http.ResponseWriter, r *http.Request) error {
	f, err := payment.PaperOf(r.Context(), s.DB, r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	sendPDF(w, r, f.Filename, f.Content)
	return nil
}

func sendPDF(w http.ResponseWriter, r *http.Request, name string, content []byte) {
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}
