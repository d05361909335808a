package stripesandbox

// Review is a payment that Radar wants a person to look at.
type Review struct {
	header
	BillingZip   text   `json:"billing_zip"`
	Charge       text   `json:"charge"`
	ClosedReason text   `json:"closed_reason"`
	Open         bool   `json:"open"`
	OpenedReason string `json:"opened_reason"`
	Intent       string `json:"payment_intent,omitempty"`
	Reason       string `json:"reason"`
}

func reviewOperations() map[string]operation {
	return map[string]operation{
		"GET /v1/reviews":               (*call).listReviews,
		"GET /v1/reviews/{id}":          (*call).getReview,
		"POST /v1/reviews/{id}/approve": (*call).approveReview,
	}
}

// openReview puts a payment in the queue; the money is taken all the same.
func (s *Server) openReview(ch *Charge) {
	r := s.reviews.add(&Review{header: header{ID: newID("prv_"), Object: "review", Created: s.now, Scope: ch.Scope}, BillingZip: ch.Billing.Address.PostalCode,
		Charge: text(ch.ID), Open: true, OpenedReason: "rule", Intent: string(ch.Intent), Reason: "rule"})
	ch.Outcome = &Outcome{NetworkStatus: "approved_by_network", Reason: "elevated_risk_level", RiskLevel: "elevated", RiskScore: 70,
		SellerMessage: "Stripe evaluated this payment as having elevated risk, and placed it in your manual review queue.", Type: "manual_review"}
	ch.Review = text(r.ID)
	s.emit("review.opened", r)
}

// closeReview ends a charge's review, if it waits for one; the charge and its
// intent name a review only while it is open.
func (s *Server) closeReview(ch *Charge, reason text) {
	r, ok := s.reviews.get(string(ch.Review))
	if !ok || !r.Open {
		return
	}
	r.Open, r.ClosedReason, r.Reason = false, reason, string(reason)
	s.reviews.save(r)
	ch.Review = ""
	s.charges.save(ch)
	if in, ok := s.intents.get(string(ch.Intent)); ok {
		in.Review = ""
		s.intents.save(in)
	}
	s.emit("review.closed", r)
}

func (c *call) getReview() (any, error) {
	r, err := lookup(c, c.reviews, c.id, "review", "review")
	if err != nil {
		return nil, err
	}
	return r, c.check()
}

// listReviews shows those that are open, as Stripe's queue does.
func (c *call) listReviews() (any, error) {
	return page(c, mine(c, c.reviews), func(r *Review) bool { return r.Open })
}

func (c *call) approveReview() (any, error) {
	r, err := lookup(c, c.reviews, c.id, "review", "review")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if !r.Open {
		return nil, refuse("", "", "This review is already closed: %s.", r.ClosedReason)
	}
	ch, _ := c.charges.get(string(r.Charge))
	c.closeReview(ch, "approved")
	return r, nil
}
