package stripesandbox

import (
	"net/http"
	"slices"
)

// recovered opens a copy of an expired session, for the person who comes back by
// the link in the merchant's e-mail. As long as a copy is open it is that one.
func (s *Server) recovered(id string) (copied *Session, err error) {
	err = s.do(func() error {
		old, ok := s.sessions.get(id)
		if !ok || old.Status != "expired" || old.AfterExpiry == nil || int64(old.AfterExpiry.Recovery.ExpiresAt) < s.now {
			return missing("checkout.session", "id", id)
		}
		for cs := range s.sessions.newest() {
			if string(cs.RecoveredFrom) == id && cs.Status == "open" {
				copied = cs
				return nil
			}
		}
		copied = s.copyOf(old)
		s.openAs(copied)
		return nil
	})
	return copied, err
}

// copyOf is a new session that asks for the same.
func (s *Server) copyOf(old *Session) *Session {
	cs := *old
	cs.header = header{ID: newID("cs_test_"), Object: old.Object, Created: s.now, Scope: old.Scope}
	cs.Status, cs.PaymentStatus, cs.ExpiresAt, cs.RecoveredFrom = "open", "unpaid", s.now+day, text(old.ID)
	cs.Intent, cs.Pending, cs.Details, cs.Consent, cs.ShippingDetails = "", "", nil, nil, nil
	again := *old.AfterExpiry.Recovery
	cs.PromotionCodes = &again.AllowPromotionCodes
	again.URL, again.ExpiresAt = "", 0
	cs.AfterExpiry = &AfterExpiration{Recovery: &again}
	cs.Lines = slices.Clone(old.Lines)
	for i := range cs.Lines {
		cs.Lines[i].ID = newID("li_")
	}
	cs.CustomFields = []*CustomField{}
	for _, f := range old.CustomFields {
		cs.CustomFields = append(cs.CustomFields, f.blank())
	}
	return &cs
}

// blank is the field without what was answered.
func (f *CustomField) blank() *CustomField {
	b := *f
	clear := func(line *FieldText) *FieldText {
		if line == nil {
			return nil
		}
		return &FieldText{Maximum: line.Maximum, Minimum: line.Minimum}
	}
	b.Text, b.Numeric = clear(f.Text), clear(f.Numeric)
	if f.Dropdown != nil {
		b.Dropdown = &FieldDropdown{Options: f.Dropdown.Options}
	}
	return &b
}

func (s *Server) checkoutRecover(w http.ResponseWriter, r *http.Request) {
	cs, err := s.recovered(r.PathValue("id"))
	if err != nil {
		s.checkoutOver(w, checkoutView{})
		return
	}
	http.Redirect(w, r, cs.Link, http.StatusSeeOther)
}
