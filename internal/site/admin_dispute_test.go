package site_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"hearth/internal/payment"
	"hearth/internal/testkit/htmltest"
)

// disputed is a town with a dispute, and its page.
func disputed(t *testing.T, how map[string]any) (c *town, admin *htmltest.Browser, path string) {
	t.Helper()
	c = newTown(t)
	b := c.Confirmed(c.tenant, c.home, 30, 5)
	c.Advance(3 * 24 * time.Hour)
	id, _ := c.Control("charges/"+c.Payment(b).ChargeID+"/dispute", how)["id"].(string)
	c.Settle()
	return c, c.admin(t), "/admin/disputes/" + id
}

// The admin writes, keeps, looks at and submits evidence; each form works once.
func TestAdminAnswersADispute(t *testing.T) {
	t.Parallel()
	c, admin, path := disputed(t, map[string]any{"reason": "product_not_received"})
	page := admin.Get(path).WantStatus(200).Want("h1", "Dispute: product not received").Want("#next", "days left to answer").
		Want("main a[href^='/admin/requests?q=']").Want("aside a[rel=noreferrer]", "ch_").Want("main", "$1,080.00", "If it is lost", "$144.60", "Frozen until it is decided", "Full refund until 5 days", "Write the evidence")
	page.WantNone("a[href$='/submit']")
	admin.Get(path + "/submit").WantStatus(409)
	admin.Get("/admin/disputes").Want("a[href='"+path+"']", "Product not received")
	admin.Get("/admin/disputes/dp_unknown").WantStatus(404)
	admin.Get(path + "/nonsense").WantStatus(404)

	form := admin.Get(path+"/evidence").WantStatus(200).Want("#evidence", "192.0.2.1", "Full refund until 5 days")
	paper := admin.Get(path + "/papers/service_documentation").WantStatus(200)
	if !strings.HasPrefix(paper.Body, "%PDF") || paper.Header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the paper is %s: %.20q", paper.Header.Get("Content-Type"), paper.Body)
	}
	admin.Get(path + "/papers/passport").WantStatus(404)
	form.Submit("#evidence", "reason", "").WantStatus(422).Want("#f-reason-error")
	form.Submit("#evidence", "uncategorized_text", strings.Repeat("x", 150001), "reason", "All of it").WantStatus(422).Want("main", "150000 characters")
	form.Submit("#evidence", "uncategorized_text", "winning_evidence", "reason", "What we know").WantRedirect(path)
	form.Submit("#evidence", "uncategorized_text", "winning_evidence", "reason", "What we know").WantStatus(409)
	id := strings.TrimPrefix(path, "/admin/disputes/")
	if d, err := payment.DisputeByID(t.Context(), c.DB, id); err != nil || !d.HasEvidence || d.SubmissionCount != 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	page = admin.Get(path).Want("main", "Kept at Stripe", "Submit the evidence").Want("main a[href*='/files/']", "Receipt", "Record of the stay")
	kept := admin.Get(page.Find("a[href*='/files/']").First().AttrOr("href", "")).WantStatus(200)
	if !bytes.HasPrefix([]byte(kept.Body), []byte("%PDF")) {
		t.Errorf("%.20q", kept.Body)
	}

	ask := admin.Get(path+"/submit").WantStatus(200).Want("main", "winning_evidence", "exactly what is above", "It is final", "Dana")
	ask.Submit("#ask", "reason", "").WantStatus(422)
	ask.Submit("#ask", "reason", "Looked over").WantRedirect(path)
	ask.Submit("#ask", "reason", "Looked over").WantStatus(409)
	admin.Get(path).Want("#next", "The bank is deciding").Want("main", "Submitted to the bank").WantNone("a[href$='/evidence']")
	c.Advance(time.Minute)
	c.Settle()
	admin.Get(path).Want("#next", "It is decided").Want("main", "Won")
	for _, act := range []string{"stage evidence", "submit evidence"} {
		admin.Get("/admin/audit").Want("main", act)
	}
}

// Taking the owner's part back, accepting, and giving up: each asks, and each
// happens once.
func TestAdminTakesBackAndAccepts(t *testing.T) {
	t.Parallel()
	c, admin, path := disputed(t, map[string]any{"reason": "fraudulent"})
	ask := admin.Get(path+"/recover").WantStatus(200).Want("main", "$1,080.00", "$129.60").Want("#ask button", "Take back $950.40")
	ask.Submit("#ask", "reason", "").WantStatus(422)
	ask.Submit("#ask", "reason", "Nobody let them in", "seen", "1").WantStatus(409)
	ask.Submit("#ask", "reason", "Nobody let them in").WantRedirect(path)
	ask.Submit("#ask", "reason", "Nobody let them in").WantStatus(409)
	c.Settle()
	admin.Get(path).Want("main", "Taken back", "$950.40", "Nobody let them in").WantNone("a[href$='/recover']")
	accept := admin.Get(path+"/accept").WantStatus(200).Want("#ask button", "for good")
	accept.Submit("#ask", "reason", "They are right").WantRedirect(path)
	accept.Submit("#ask", "reason", "They are right").WantStatus(409)
	c.Settle()
	admin.Get(path).Want("#next", "It is decided").Want("main", "Lost")
	admin.Get(path + "/accept").WantStatus(409)
}
