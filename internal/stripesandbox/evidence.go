package stripesandbox

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// updateDispute stages evidence, and submits it unless told not to: once.
func (c *call) updateDispute() (any, error) {
	d, err := lookup(c, c.disputes, c.id, "dispute", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(d)
	submit := !c.has("submit") || c.bool("submit")
	evidence, length := c.hash("evidence"), 0
	d.Metadata = c.metadata("metadata", d.Metadata)
	for k, v := range evidence {
		if slices.Contains(evidenceFiles, k) && v != "" && v != string(d.Evidence[k]) {
			c.evidenceFile(k, v)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	staged := maps.Clone(d.Evidence)
	for k, v := range evidence {
		staged[k] = text(v)
	}
	for k, v := range staged {
		if !slices.Contains(evidenceFiles, k) {
			length += utf8.RuneCountInString(string(v))
		}
	}
	if length > 150000 {
		return nil, invalid("", "evidence", "The combined length of the evidence is limited to 150,000 characters.")
	}
	open := d.Status == "needs_response" || d.Status == "warning_needs_response"
	if len(evidence) > 0 && !open {
		return nil, refuse("", "", "This dispute is %s; its evidence can no longer be changed.", d.Status)
	}
	if len(evidence) > 0 {
		d.Evidence = staged
		d.Details.HasEvidence = true
	}
	if submit && open && d.Details.HasEvidence {
		if err := c.submitEvidence(d); err != nil {
			return nil, err
		}
	}
	c.emitChange("charge.dispute.updated", d.Scope, before, d)
	return d, nil
}

// submitEvidence sends the case to the bank; the test texts decide it.
func (s *Server) submitEvidence(d *Dispute) error {
	d.Details.Submissions++
	s.stop(timerDisputeDue, d.ID)
	inquiry := d.Status == "warning_needs_response"
	d.Status = "under_review"
	if inquiry {
		d.Status = "warning_under_review"
	}
	switch d.Evidence["uncategorized_text"] {
	case "winning_evidence":
		s.at(s.now+2, timerDisputeWon, d.ID)
	case "losing_evidence":
		s.at(s.now+2, timerDisputeDue, d.ID)
	case "escalate_inquiry_evidence":
		if inquiry {
			s.escalate(d)
		}
	}
	return nil
}

// evidenceFiles are the pieces of evidence that are uploads.
var evidenceFiles = []string{"cancellation_policy", "customer_communication", "customer_signature", "duplicate_charge_documentation", "receipt",
	"refund_policy", "service_documentation", "shipping_documentation", "uncategorized_file"}

func (c *call) evidenceFile(key, id string) {
	param := "evidence[" + key + "]"
	f, ok := c.files.get(id)
	switch {
	case !ok || f.Scope != c.scope:
		c.fail(missingRef("file upload", param, id))
	case f.Purpose != "dispute_evidence":
		c.fail(invalid("", param, "The file %s was uploaded for %s; evidence needs files of the purpose dispute_evidence.", id, f.Purpose))
	}
}

func noEvidence() map[string]text {
	m := map[string]text{}
	for _, k := range []string{"access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure", "cancellation_rebuttal",
		"customer_communication", "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
		"duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
		"refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier", "shipping_date",
		"shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text"} {
		m[k] = ""
	}
	return m
}
