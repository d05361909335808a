package stripeapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hearth/internal/stripeapi"
)

var paper = []byte("%PDF-1.7 evidence")

func planFile(t *testing.T, plan func(stripeapi.Planned) (stripeapi.RequestID, error), key string) stripeapi.RequestID {
	t.Helper()
	id, err := plan(stripeapi.Planned{Purpose: stripeapi.ForEvidenceFile, Path: stripeapi.FilesPath, Key: key, About: "booking:1",
		Params: stripeapi.FileParams{Filename: "receipt-1.pdf", SHA256: stripeapi.Digest(paper)}.Values()})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// An upload whose answer was lost goes out again with the same bytes under the
// same key, and is one file at Stripe.
func TestAnUploadIsTheSameBytesEveryTime(t *testing.T) {
	b := openBox(t)
	id := planFile(t, b.plan, "file:1")
	if _, err := b.SendFile(ctx, id, []byte("%PDF another")); err == nil || !strings.Contains(err.Error(), "not the one that was planned") {
		t.Errorf("another file was sent: %v", err)
	}
	first, err := b.SendFile(ctx, id, paper)
	if err != nil || first.Refused() || !strings.HasPrefix(first.ObjectID, "file_") {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := b.db.Exec(ctx, `UPDATE stripe_requests SET state = 'unknown', object_id = '', finished_at = NULL WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	again, err := b.SendFile(ctx, id, paper)
	if err != nil || again.ObjectID != first.ObjectID {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	files, err := b.EvidenceFiles(ctx, time.Now().Add(-time.Hour))
	if err != nil || len(files) != 1 || files[0].ID != first.ObjectID || files[0].Filename != "receipt-1.pdf" {
		t.Errorf("files %+v, %v", files, err)
	}
	if stored, err := b.SendFile(ctx, id, paper); err != nil || stored.ObjectID != first.ObjectID {
		t.Errorf("read from the table: %+v, %v", stored, err)
	}
}

func TestTheBodyOfAnUpload(t *testing.T) {
	d := open(t)
	var mu sync.Mutex
	var bodies, types []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies, types = append(bodies, string(body)), append(types, r.Header.Get("Content-Type"))
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()
	client := d.client(server.URL)
	id := planFile(t, d.plan, "file:1")
	for range 2 {
		if _, err := client.SendFile(ctx, id, paper); err == nil {
			t.Fatal("a 503 is no answer")
		}
	}
	if len(bodies) != 2 || bodies[0] != bodies[1] || types[0] != types[1] || !strings.HasPrefix(types[0], "multipart/form-data; boundary=hearth") {
		t.Errorf("%q as %q", bodies, types)
	}
	for _, part := range []string{`name="purpose"`, "dispute_evidence", `name="file"; filename="receipt-1.pdf"`, string(paper)} {
		if !strings.Contains(bodies[0], part) {
			t.Errorf("the body lacks %s", part)
		}
	}
}

func TestEvidenceIsSubmittedOnlyWhenItIsSaid(t *testing.T) {
	staged := stripeapi.EvidenceParams{Evidence: map[string]string{"customer_name": "", "receipt": "file_1"}}.Values()
	want := url.Values{"submit": {"false"}, "evidence[customer_name]": {""}, "evidence[receipt]": {"file_1"}}
	if staged.Encode() != want.Encode() {
		t.Errorf("%s", staged.Encode())
	}
	if stripeapi.ClosedDispute(stripeapi.Request{Path: stripeapi.CloseDisputePath("dp_1")}) != "dp_1" {
		t.Error("which dispute is closed is lost")
	}
}
