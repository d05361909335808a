package stripeapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/stripe/stripe-go/v76"
)

const disputeEvidence = "dispute_evidence"

// FileParams describe an upload in the table of requests. The bytes stay with
// the caller and are given to [Client.SendFile]; the digest holds the two
// together.
type FileParams struct {
	Filename string
	SHA256   string // see [Digest]
}

// Values are what is planned; what is sent has the file in the digest's place.
func (p FileParams) Values() url.Values {
	return url.Values{"purpose": {disputeEvidence}, "filename": {p.Filename}, "sha256": {p.SHA256}}
}

// Digest names the bytes of a file.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// SendFile is [Client.Send] for an upload: the same promises, and always the
// same bytes under the same key, whoever sends them.
func (c *Client) SendFile(ctx context.Context, id RequestID, content []byte) (Outcome, error) {
	if err := c.writes.Wait(ctx); err != nil {
		return Outcome{}, unavailable(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.within+keepWithin)
	defer cancel()
	planned, err := RequestByID(ctx, c.DB, id)
	if err != nil {
		return Outcome{}, err
	}
	body, contentType, err := multipartOf(planned.Params, content)
	if err != nil {
		return Outcome{}, fmt.Errorf("send file %s: %w", id, err)
	}
	r, sending, err := c.begin(ctx, id)
	if err != nil {
		return Outcome{}, fmt.Errorf("send file %s: %w", id, err)
	}
	if !sending {
		return c.stored(r)
	}
	got, err := c.doAt(ctx, c.uploads(), http.MethodPost, r.Path, r.Account, r.Key, contentType, body)
	return c.finish(ctx, r, got, err)
}

// uploads is Stripe's door for files; a stand-in has one door for everything.
func (c *Client) uploads() *stripe.BackendImplementation {
	door := *c.stripe
	if door.URL == API {
		door.URL = stripe.UploadsURL
	}
	return &door
}

// multipartOf makes the body: nothing in it is left to chance, the boundary
// comes from the content.
func multipartOf(planned string, content []byte) (body, contentType string, err error) {
	params, err := url.ParseQuery(planned)
	if err != nil {
		return "", "", err
	}
	digest := Digest(content)
	if params.Get("sha256") != digest {
		return "", "", fmt.Errorf("the file %s is not the one that was planned", params.Get("filename"))
	}
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	if err := form.SetBoundary("hearth" + digest[:40]); err != nil {
		return "", "", err
	}
	if err := form.WriteField("purpose", params.Get("purpose")); err != nil {
		return "", "", err
	}
	part, err := form.CreateFormFile("file", params.Get("filename"))
	if err != nil {
		return "", "", err
	}
	if _, err := part.Write(content); err != nil {
		return "", "", err
	}
	if err := form.Close(); err != nil {
		return "", "", err
	}
	return out.String(), form.FormDataContentType(), nil
}
