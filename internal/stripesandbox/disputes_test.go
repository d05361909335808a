package stripesandbox_test

import (
	"strings"
	"testing"
	"time"
)

// Evidence is staged piece by piece, is limited as a whole, and is sent once.
func TestEvidence(t *testing.T) {
	b := start(t)
	ch := b.paid(5000, visa)
	d := b.steer("/charges/"+ch.Get("id").String()+"/dispute", m{"reason": "product_not_received"})
	at := "/v1/disputes/" + d.Get("id").String()
	created, due := time.Unix(d.Get("created").Int(), 0).UTC(), time.Unix(d.Get("evidence_details.due_by").Int(), 0).UTC()
	if due.Format(time.TimeOnly) != "23:59:59" || due.Truncate(24*time.Hour) != created.Truncate(24*time.Hour).AddDate(0, 0, 9) {
		t.Errorf("made at %v, due by %v", created, due)
	}
	var long []string
	for _, key := range []string{"access_activity_log", "cancellation_rebuttal", "cancellation_policy_disclosure", "duplicate_charge_explanation", "refund_policy_disclosure", "refund_refusal_explanation", "product_description"} {
		long = append(long, "evidence["+key+"]="+strings.Repeat("ü", 20000))
	}
	got := b.post(at, with(long, "submit=false")...)
	if got.Get("status").String() != "needs_response" || !got.Get("evidence_details.has_evidence").Bool() || got.Get("evidence_details.submission_count").Int() != 0 {
		t.Errorf("staged: %s", got.Get("evidence_details").Raw)
	}
	b.refused(400, "", "150,000", at, "evidence[uncategorized_text]="+strings.Repeat("x", 10001), "submit=false")
	if got := b.get(at).Get("evidence.uncategorized_text").String(); got != "" {
		t.Error("refused evidence was staged")
	}
	b.refused(400, "resource_missing", "No such file upload: 'file_nope'", at, "evidence[receipt]=file_nope", "submit=false")
	b.post(at, "evidence[uncategorized_text]=nothing of note", "evidence[customer_name]=Ada", "submit=false")
	got = b.post(at, "metadata[a]=b") // submits what is staged
	if got.Get("status").String() != "under_review" || got.Get("evidence_details.submission_count").Int() != 1 {
		t.Errorf("sent: %s", got.Raw)
	}
	b.refused(400, "", "can no longer be changed", at, "evidence[customer_name]=Eve")
	prev := b.get("/v1/events", "type=charge.dispute.updated", "limit=1").Get("data.0.data.previous_attributes")
	if prev.Get("status").String() != "needs_response" || prev.Get("evidence_details.submission_count").String() != "0" {
		t.Errorf("the last event says that there was %s", prev.Raw)
	}
}

// Who says nothing loses when the time is over; an inquiry just closes.
func TestUnansweredDisputes(t *testing.T) {
	for _, c := range []struct {
		inquiry bool
		status  string
		holds   int64
	}{{false, "lost", -175 - 1500}, {true, "warning_closed", 4825}} {
		b := start(t)
		ch := b.paid(5000, visa).Get("id").String()
		id := b.steer("/charges/"+ch+"/dispute", m{"inquiry": c.inquiry}).Get("id").String()
		b.advance("241h")
		got := b.get("/v1/disputes/" + id)
		if got.Get("status").String() != c.status || b.holds("") != c.holds || got.Get("is_charge_refundable").Bool() != c.inquiry {
			t.Errorf("inquiry %v ends %s, the platform holds %d", c.inquiry, got.Raw, b.holds(""))
		}
		b.refused(400, "", "already closed", "/v1/disputes/"+id+"/close")
		b.balanced()
	}
}

// A part of a charge can be disputed; the bank takes no more than that.
func TestPartialDisputes(t *testing.T) {
	b := start(t)
	ch := b.paid(5000, visa).Get("id").String()
	if r := b.control("/charges/"+ch+"/dispute", m{"amount": 5001}); r.status != 400 {
		t.Errorf("more than the charge is disputed: %s", r.Raw)
	}
	d := b.steer("/charges/"+ch+"/dispute", m{"amount": 2000})
	if d.Get("amount").Int() != 2000 || b.holds("") != 4825-2000-1500 {
		t.Errorf("dispute: %s, holds %d", d.Raw, b.holds(""))
	}
	b.steer("/disputes/"+d.Get("id").String()+"/resolve", m{"outcome": "won"})
	if re := b.post("/v1/refunds", "charge="+ch); re.Get("amount").Int() != 5000 {
		t.Errorf("after a win: %s", re.Raw)
	}
	b.balanced()
}

// A chargeback ends the refunds under way, and takes what they would have given.
func TestDisputeEndsPendingRefunds(t *testing.T) {
	b := start(t)
	ch := b.paid(5000, "4000000000007726").Get("id").String()
	re := b.post("/v1/refunds", "charge="+ch, "amount=3000").Get("id").String()
	d := b.steer("/charges/"+ch+"/dispute", m{})
	if got := b.get("/v1/refunds/" + re); got.Get("status").String() != "failed" || got.Get("failure_reason").String() != "charge_for_pending_refund_disputed" || d.Get("amount").Int() != 5000 {
		t.Errorf("refund: %s\ndispute: %s", got.Raw, d.Raw)
	}
	b.advance("50h")
	if b.holds("") != -175-1500 {
		t.Errorf("the platform holds %d", b.holds(""))
	}
	b.balanced()
}

// An inquiry leaves the charge refundable: in full, which closes it, or in part,
// after which the bank can take the rest.
func TestInquiries(t *testing.T) {
	b := start(t)
	ch := b.paid(5000, visa).Get("id").String()
	d := b.steer("/charges/"+ch+"/dispute", m{"inquiry": true}).Get("id").String()
	b.post("/v1/refunds", "charge="+ch)
	if got := b.get("/v1/disputes/" + d); got.Get("status").String() != "warning_closed" || got.Get("balance_transactions.#").Int() != 0 {
		t.Errorf("refunded: %s", got.Raw)
	}
	if r := b.control("/disputes/"+d+"/resolve", m{"outcome": "escalated"}); r.status != 400 {
		t.Errorf("a closed inquiry is escalated: %s", r.Raw)
	}
	ch = b.paid(5000, visa).Get("id").String()
	d = b.steer("/charges/"+ch+"/dispute", m{"inquiry": true}).Get("id").String()
	b.post("/v1/refunds", "charge="+ch, "amount=1000")
	got := b.steer("/disputes/"+d+"/resolve", m{"outcome": "escalated"})
	if got.Get("status").String() != "needs_response" || got.Get("amount").Int() != 4000 || got.Get("balance_transactions.0.amount").Int() != -4000 || got.Get("is_charge_refundable").Bool() {
		t.Errorf("escalated: %s", got.Raw)
	}
	b.refused(400, "charge_disputed", "Charge "+ch+" has been charged back; cannot issue a refund.", "/v1/refunds", "charge="+ch)
	b.balanced()
}

func TestDisputeLists(t *testing.T) {
	b := start(t)
	one, two := b.paid(5000, visa), b.paid(6000, visa)
	b.steer("/charges/"+one.Get("id").String()+"/dispute", m{})
	b.advance("1h")
	late := b.steer("/charges/"+two.Get("id").String()+"/dispute", m{})
	for filter, want := range map[string]int64{"limit=100": 2, "charge=" + one.Get("id").String(): 1, "payment_intent=" + two.Get("payment_intent").String(): 1,
		"charge=ch_nope": 0, "created[gte]=" + late.Get("created").String(): 1} {
		if got := b.get("/v1/disputes", filter).Get("data.#").Int(); got != want {
			t.Errorf("%q finds %d, want %d", filter, got, want)
		}
	}
}
