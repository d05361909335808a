package stripesandbox

// permit finds the mandate that a debit rests on, or makes it: standing where the
// method is to be used again, else for this one payment.
func (s *Server) permit(in *Intent, pm *PaymentMethod) *Mandate {
	if m, ok := s.mandates.get(pm.Mandate); ok {
		return m
	}
	m := s.newMandate(pm, in.Acceptance)
	if pm.Type == usBank && in.future(pm.Type) == "" {
		m.Type, m.MultiUse, m.SingleUse = "single_use", nil, &SingleUse{Amount: in.Amount, Currency: in.Currency}
		return m
	}
	pm.Mandate = m.ID
	s.methods.save(pm)
	return m
}

func (s *Server) newMandate(pm *PaymentMethod, acceptance map[string]any) *Mandate {
	if acceptance == nil { // a page of ours asked for it
		acceptance = map[string]any{"type": "online", "accepted_at": s.now, "online": map[string]any{"ip_address": nil, "user_agent": nil}}
	}
	details := map[string]any{}
	if pm.Type == sepaDebit {
		details = map[string]any{"reference": upperToken(16), "url": ""}
	}
	return s.mandates.add(&Mandate{
		header:     header{ID: newID("mandate_"), Object: "mandate", Created: s.now, Scope: pm.Scope},
		Acceptance: acceptance, MultiUse: &struct{}{}, Method: pm.ID, Details: map[string]any{"type": pm.Type, pm.Type: details}, Status: "active", Type: "multi_use",
	})
}

// revoke ends the mandate of a method that its customer took away.
func (s *Server) revoke(pm *PaymentMethod) {
	m, ok := s.mandates.get(pm.Mandate)
	if !ok || m.Status != "active" {
		return
	}
	before := s.show(m)
	m.Status = "inactive"
	s.mandates.save(m)
	s.emitChange("mandate.updated", m.Scope, before, m)
}

func (c *call) getMandate() (any, error) {
	m, err := lookup(c, c.mandates, c.id, "mandate", "mandate")
	if err != nil {
		return nil, err
	}
	return m, c.check()
}
