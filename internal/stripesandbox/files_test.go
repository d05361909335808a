package stripesandbox_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

const png = "\x89PNG\r\n\x1a\nnot much of a picture"

// upload sends a file; more are further fields, "#key" an idempotency key, "@acct_…" an account.
func (b *bench) upload(purpose, name, content string, more ...string) reply {
	b.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	header := http.Header{"Authorization": {"Bearer sk_test_bench"}}
	must(b.t, form.WriteField("purpose", purpose))
	for _, f := range more {
		switch k, v, _ := strings.Cut(f, "="); {
		case strings.HasPrefix(f, "#"):
			header.Set("Idempotency-Key", f[1:])
		case strings.HasPrefix(f, "@"):
			header.Set("Stripe-Account", f[1:])
		default:
			must(b.t, form.WriteField(k, v))
		}
	}
	part, err := form.CreateFormFile("file", name)
	must(b.t, err)
	_, err = part.Write([]byte(content))
	must(b.t, err)
	must(b.t, form.Close())
	req, err := http.NewRequest(http.MethodPost, b.url+"/v1/files", &body)
	must(b.t, err)
	req.Header = header
	req.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(req)
}

func (w *walk) walkFiles() {
	route, official := "POST /v1/files", w.paths["/v1/files"].Get("post")
	w.walked[route] = true
	for _, problem := range w.request(official, []string{"file=x", "purpose=dispute_evidence", "file_link_data[create]=true"}) {
		w.t.Errorf("%s: Stripe does not take %s", route, problem)
	}
	f := w.ok(w.upload("dispute_evidence", "receipt.png", png, "file_link_data[create]=true"))
	for _, problem := range w.shapes.check(f.Result, "file") {
		w.t.Errorf("%s: %s", route, problem)
	}
	w.step("GET", "/v1/files/"+id(f.Result))
	w.step("GET", "/v1/files", "purpose=dispute_evidence")
	link := "/v1/file_links/" + id(w.step("POST", "/v1/file_links", "file="+id(f.Result), "metadata[a]=b"))
	w.step("POST", link, "expires_at=now", "metadata[a]=c")
	w.step("GET", link, "expand[0]=file")
	w.step("GET", "/v1/file_links", "file="+id(f.Result), "expired=true")
}

// Files are uploaded once for a key, fetched by their URL, and shown by links.
func TestFiles(t *testing.T) {
	b := start(t)
	f := b.ok(b.upload("dispute_evidence", "receipt.png", png, "#k1"))
	if f.Get("type").String() != "png" || f.Get("size").Int() != int64(len(png)) || f.Get("filename").String() != "receipt.png" {
		t.Errorf("file: %s", f.Raw)
	}
	again := b.ok(b.upload("dispute_evidence", "receipt.png", png, "#k1"))
	if id(again.Result) != id(f.Result) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("the same upload made %s", again.Raw)
	}
	if r := b.upload("dispute_evidence", "receipt.png", png+"!", "#k1"); r.Get("error.type").String() != "idempotency_error" {
		t.Errorf("another file under the same key: %s", r.Raw)
	}
	for name, c := range map[string][]string{"a.txt": {"dispute_evidence", "text", "Invalid file type"}, "b.png": {"business_icon", png + strings.Repeat("x", 600<<10), "too large"}, "c.png": {"dispute_evidence", "", "empty"}} {
		if r := b.upload(c[0], name, c[1]); r.status != 400 || !strings.Contains(r.Get("error.message").String(), c[2]) {
			t.Errorf("%s: %d %s", name, r.status, r.Raw)
		}
	}
	open := func(at string, key bool) (int, string) {
		req, err := http.NewRequest(http.MethodGet, at, nil)
		must(t, err)
		if key {
			req.Header.Set("Authorization", "Bearer sk_test_bench")
		}
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		defer res.Body.Close()
		var body bytes.Buffer
		_, err = body.ReadFrom(res.Body)
		must(t, err)
		return res.StatusCode, body.String()
	}
	if code, body := open(f.Get("url").String(), true); code != 200 || body != png {
		t.Errorf("contents: %d %q", code, body)
	}
	if code, _ := open(f.Get("url").String(), false); code != 401 {
		t.Errorf("contents without a key: %d", code)
	}
	link := b.post("/v1/file_links", "file="+id(f.Result))
	if code, body := open(link.Get("url").String(), false); code != 200 || body != png {
		t.Errorf("link: %d %q", code, body)
	}
	if got := b.get("/v1/files/" + id(f.Result)).Get("links.data.0.id").String(); got != id(link.Result) {
		t.Errorf("the file links to %q", got)
	}
	b.post("/v1/file_links/"+id(link.Result), "expires_at=now")
	if code, _ := open(link.Get("url").String(), false); code != 404 {
		t.Errorf("an expired link answers %d", code)
	}
	passport := b.ok(b.upload("identity_document", "passport.png", png))
	b.refused(400, "", "cannot create a file link", "/v1/file_links", "file="+id(passport.Result))
	custom := "/v1/accounts/" + id(b.post("/v1/accounts", "type=custom", "business_type=individual").Result)
	front := "individual[verification][document][front]="
	b.refused(400, "", "purpose", custom, front+id(f.Result))
	b.refused(400, "resource_missing", "No such file upload", custom, front+"file_nobody")
	if a := b.post(custom, front+id(passport.Result)); a.Get("individual.verification.document.front").String() != id(passport.Result) {
		t.Errorf("passport: %s", a.Get("individual.verification").Raw)
	}
}

// A file may be evidence, if it was uploaded for that.
func TestFilesAsEvidence(t *testing.T) {
	b := start(t)
	dp := "/v1/disputes/" + b.steer("/charges/"+b.paid(5000, visa).Get("id").String()+"/dispute", m{}).Get("id").String()
	receipt, passport := b.ok(b.upload("dispute_evidence", "receipt.pdf", "%PDF-1.4")), b.ok(b.upload("identity_document", "passport.png", png))
	b.refused(400, "", "purpose", dp, "evidence[receipt]="+id(passport.Result), "submit=false")
	b.refused(400, "resource_missing", "No such file upload", dp, "evidence[receipt]=file_nobody", "submit=false")
	if d := b.post(dp, "evidence[receipt]="+id(receipt.Result), "submit=false"); d.Get("evidence.receipt").String() != id(receipt.Result) || !d.Get("evidence_details.has_evidence").Bool() {
		t.Errorf("evidence: %s", d.Raw)
	}
}
