package stripeapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// Self is our own account, and what Stripe's clock says.
func (c *Client) Self(ctx context.Context) (Account, time.Time, error) {
	got, err := c.do(ctx, http.MethodGet, "/v1/account", "", "", "")
	if err != nil {
		return Account{}, time.Time{}, err
	}
	at, err := http.ParseTime(got.date)
	if err != nil {
		return Account{}, at, fmt.Errorf("read Stripe's clock: %w", err)
	}
	self, err := decode(got.object, account)
	return self, at, err
}

// Endpoint is a webhook endpoint at Stripe. Its signing secret is shown once,
// when it is made, and by no request after that.
type Endpoint struct {
	ID         string
	URL        string
	Status     string // enabled, disabled
	APIVersion string // "" is the account's default
	Types      []string
}

// Endpoints lists our account's webhook endpoints, those for connected
// accounts' events too.
func (c *Client) Endpoints(ctx context.Context) ([]Endpoint, error) {
	return fetchAll(ctx, c, "/v1/webhook_endpoints", "", url.Values{}, func(e *stripe.WebhookEndpoint) Endpoint {
		return Endpoint{ID: e.ID, URL: e.URL, Status: e.Status, APIVersion: e.APIVersion, Types: e.EnabledEvents}
	})
}

// May reports, as an error, whether the key may read a list.
func (c *Client) May(ctx context.Context, path string) error {
	_, err := c.do(ctx, http.MethodGet, path+"?limit=1", "", "", "")
	return err
}
