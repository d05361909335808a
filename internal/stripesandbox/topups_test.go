package stripesandbox_test

import (
	"net/http"
	"testing"
)

func TestTopups(t *testing.T) {
	b := start(t)
	ask := []string{"amount=20000", "currency=usd", "description=For owners", "statement_descriptor=TOPUP"}
	good := b.post("/v1/topups", with(ask, "source=btok_us_verified", "transfer_group=g", "metadata[a]=b")...)
	bad := b.post("/v1/topups", with(ask, "source=btok_us_verified_insufficientFunds")...).Get("id").String()
	gone := b.post("/v1/topups", ask...).Get("id").String()
	if good.Get("status").String() != "pending" || good.Get("balance_transaction").String() != "" || b.holds("") != 0 {
		t.Errorf("at first: %s", good.Raw)
	}
	if got := b.post("/v1/topups/" + gone + "/cancel").Get("status").String(); got != "canceled" {
		t.Errorf("cancelled it is %s", got)
	}
	b.refused(400, "", "This top-up is canceled", "/v1/topups/"+gone+"/cancel")
	b.refused(400, "resource_missing", "No such source: 'btok_nope'", "/v1/topups", with(ask, "source=btok_nope")...)
	b.advance("96h")
	id := good.Get("id").String()
	good = b.get("/v1/topups/"+id, "expand[]=balance_transaction")
	row := good.Get("balance_transaction")
	if good.Get("status").String() != "succeeded" || row.Get("type").String() != "topup" || row.Get("net").Int() != 20000 || row.Get("source").String() != id ||
		row.Get("created").Int() != good.Get("expected_availability_date").Int() {
		t.Errorf("when it is there: %s", good.Raw)
	}
	if got := b.get("/v1/topups/" + bad); got.Get("status").String() != "failed" || got.Get("failure_code").String() != "insufficient_funds" {
		t.Errorf("refused: %s", got.Raw)
	}
	o := b.owner()
	b.post("/v1/transfers", "amount=15000", "currency=usd", "destination="+o) // a top-up's money can be sent on
	if got := b.steer("/topups/"+id+"/resolve", m{"outcome": "reversed"}).Get("status").String(); got != "reversed" || b.holds("") != -15000 {
		t.Errorf("reversed it is %s, the platform holds %d", got, b.holds(""))
	}
	for filter, want := range map[string]int64{"status=failed": 1, "status=pending": 0, "amount=20000": 3, "amount[gt]=20000": 0, "created[gte]=1": 3} {
		if got := b.get("/v1/topups", filter).Get("data.#").Int(); got != want {
			t.Errorf("%s finds %d", filter, got)
		}
	}
	for _, kind := range []string{"created", "succeeded", "failed", "canceled", "reversed"} {
		if b.get("/v1/events", "type=topup."+kind).Get("data.#").Int() == 0 {
			t.Errorf("nothing tells of topup.%s", kind)
		}
	}
	b.balanced()
}

func (w *walk) walkTopups() {
	tu := "/v1/topups/" + id(w.step("POST", "/v1/topups", "amount=20000", "currency=usd", "source=btok_us_verified", "description=May", "statement_descriptor=TOPUP", "transfer_group=g", "metadata[a]=b"))
	w.step("GET", tu)
	w.step("POST", tu, "description=June", "metadata[a]=c")
	w.step("GET", "/v1/topups", "status=pending", "amount[gte]=1")
	w.step("POST", tu+"/cancel")
	w.steer("/topups/"+id(w.step("POST", "/v1/topups", "amount=500", "currency=usd"))+"/resolve", m{"outcome": "failed", "reason": "account_closed"})
	if r := w.control("/topups/tu_nope/resolve", m{"outcome": "lucky"}); r.status != http.StatusBadRequest {
		w.t.Errorf("an outcome nobody knows: %d", r.status)
	}
}
