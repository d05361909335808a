package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hearth/internal/stripeapi"
)

func (d *Doctor) settings(_ context.Context, all *[]Finding) {
	err := d.Config.Check()
	text := "all settings fit together"
	if err != nil {
		text = strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	say(all, "settings", err == nil, Bad, "set them as README.md says, and start again", "%s", text)
	mode := map[bool]string{true: "live: real money moves", false: "test"}[d.Config.Live()]
	if d.Config.Sandbox() {
		mode = "sandbox at " + d.Config.StripeAPIBase
	}
	say(all, "mode", true, OK, "", "%s", mode)
	say(all, "https", d.Config.Secure(), d.serious(), "set HEARTH_BASE_URL to an https address and put a proxy that speaks https in front", "people reach the site at %s", d.Config.BaseURL)
	_, err = time.LoadLocation("Pacific/Auckland")
	say(all, "time_zones", err == nil, Bad, "build with time/tzdata, or install the system's tzdata", "time zones are known: %v", err == nil)
}

func (d *Doctor) account(ctx context.Context, all *[]Finding) {
	if d.Stripe == nil {
		say(all, "key", false, Bad, "set STRIPE_SECRET_KEY", "there is no client for Stripe: %v", d.StripeErr)
		return
	}
	asked := d.Now()
	self, theirs, err := d.Stripe.Self(ctx)
	if err != nil {
		say(all, "key", false, Bad, keyMend(err), "Stripe does not tell who we are: %v", plain(err))
		return
	}
	say(all, "key", true, OK, "", "the key is of account %s (%s, %s)", self.ID, self.Country, self.DefaultCurrency)
	skew := theirs.Sub(asked.Add(d.Now().Sub(asked) / 2)).Round(time.Second)
	state := Warn
	if skew.Abs() > time.Minute { // signatures are believed for five
		state = Bad
	}
	say(all, "clock", skew.Abs() <= 5*time.Second, state, "let the machine's clock be set: timedatectl set-ntp true", "Stripe's clock is %s ahead of ours", skew)
	say(all, "platform", self.ChargesEnabled && self.PayoutsEnabled && self.DetailsSubmitted, d.serious(),
		"Dashboard → Settings → Business: finish what Stripe asks for", "charges %v, payouts %v, details submitted %v", self.ChargesEnabled, self.PayoutsEnabled, self.DetailsSubmitted)
	missing := slices.DeleteFunc([]string{"card_payments", "transfers"}, func(name string) bool { return self.Capabilities[name] == "active" })
	say(all, "capabilities", len(missing) == 0 || len(self.Capabilities) == 0, Bad, "Dashboard → Settings → Payment methods and Connect: activate them",
		"not active: %s", or(strings.Join(missing, ", "), "none"))
	say(all, "country", self.Country == d.Config.Region, Bad, "set HEARTH_COUNTRY="+self.Country+": owners and homes are in the platform's own region",
		"the account is in %s, HEARTH_COUNTRY is %s", self.Country, d.Config.Region)
	d.balance(ctx, all)
}

func (d *Doctor) balance(ctx context.Context, all *[]Finding) {
	b, err := d.Stripe.Balance(ctx, "")
	if err != nil {
		return // the rights say so
	}
	var below []string
	for currency, minor := range b.Available {
		if minor < 0 {
			below = append(below, fmt.Sprintf("%d %s", minor, currency))
		}
	}
	slices.Sort(below)
	say(all, "balance", len(below) == 0, Warn, "top it up in the Dashboard: refunds wait while it is short", "below zero: %s", or(strings.Join(below, ", "), "nothing"))
}

// lists are what Hearth reads of Stripe. What it may write cannot be tried
// without writing.
var lists = []string{"/v1/accounts", "/v1/balance_transactions", "/v1/charges", "/v1/checkout/sessions", "/v1/disputes", "/v1/events",
	"/v1/payment_intents", "/v1/payouts", "/v1/refunds", "/v1/transfers", "/v1/webhook_endpoints"}

func (d *Doctor) rights(ctx context.Context, all *[]Finding) {
	if d.Stripe == nil {
		return
	}
	var refused []string
	for _, path := range lists {
		var said *stripeapi.Error
		if err := d.Stripe.May(ctx, path); errors.As(err, &said) && said.Status == http.StatusForbidden {
			refused = append(refused, path)
		}
	}
	say(all, "rights", len(refused) == 0, Bad, "Dashboard → Developers → API keys: let the restricted key read these, and write what README.md lists",
		"of %d lists the key may not read: %s (what it may write shows only when it writes)", len(lists), or(strings.Join(refused, ", "), "none"))
}

func keyMend(err error) string {
	var said *stripeapi.Error
	switch {
	case errors.As(err, &said) && said.Status == http.StatusUnauthorized:
		return "Dashboard → Developers → API keys: the key is wrong or was rolled; set STRIPE_SECRET_KEY"
	case errors.As(err, &said) && said.Status == http.StatusForbidden:
		return "let the restricted key read the account, or use a secret key"
	}
	return "let this machine reach " + stripeapi.API + ", and look at status.stripe.com"
}

// plain is an error without what it is wrapped in for people.
func plain(err error) error {
	var said *stripeapi.Error
	if errors.As(err, &said) {
		return said
	}
	return err
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// hooks are the two endpoints that must be at Stripe.
var hooks = []struct{ check, path, connect string }{
	{"endpoint", "/webhooks/stripe", ""}, {"connect_endpoint", "/webhooks/stripe/connect", " -d connect=true"},
}

func (d *Doctor) endpoints(ctx context.Context, all *[]Finding) {
	if d.Stripe == nil {
		return
	}
	theirs, err := d.Stripe.Endpoints(ctx)
	if err != nil {
		for _, h := range hooks {
			say(all, h.check, false, Warn, "let the key read webhook endpoints, or look at Dashboard → Developers → Webhooks", "Stripe does not list the endpoints: %v", plain(err))
		}
		return
	}
	for _, h := range hooks {
		d.endpoint(all, h.check, h.path, h.connect, theirs)
	}
}

func (d *Doctor) endpoint(all *[]Finding, check, path, connect string, theirs []stripeapi.Endpoint) {
	wanted := d.Config.BaseURL + path
	create := `for each line of "hearth events" one -d enabled_events[]=…: curl https://api.stripe.com/v1/webhook_endpoints -u "$STRIPE_SECRET_KEY:" -d api_version=` +
		stripeapi.Version + ` -d url=` + wanted + connect + `; its secret is in the answer, once`
	mine := slices.DeleteFunc(slices.Clone(theirs), func(e stripeapi.Endpoint) bool { return !d.same(e.URL, wanted) })
	if len(mine) == 0 {
		say(all, check, false, d.serious(), create+" (on a laptop: stripe listen)", "Stripe has no endpoint for %s", wanted)
		return
	}
	e := mine[0]
	missing := missingTypes(d.Types, e.Types)
	switch {
	case e.Status != "enabled":
		say(all, check, false, Bad, "Dashboard → Developers → Webhooks → "+e.ID+": enable it", "%s is %s", e.ID, e.Status)
	case len(missing) > 0:
		say(all, check, false, Bad, "Dashboard → Developers → Webhooks → "+e.ID+": add them; hearth events lists all", "%s does not send %s", e.ID, strings.Join(missing, ", "))
	case e.APIVersion != stripeapi.Version:
		say(all, check, false, Warn, "an endpoint's version cannot be changed. Make another, take its secret as well as the old one, then delete "+e.ID+": "+create,
			"%s sends API version %s, we speak %s", e.ID, or(e.APIVersion, "of the account"), stripeapi.Version)
	case len(mine) > 1:
		say(all, check, false, Warn, "delete all but one: each event is sent to every one of them, and only one secret can be right", "%d endpoints send to %s", len(mine), wanted)
	default:
		say(all, check, true, OK, "", "%s sends %d types to %s", e.ID, len(d.Types), wanted)
	}
}

// same reports an endpoint that reaches us. The sandbox may know this machine
// by another name than browsers do.
func (d *Doctor) same(theirs, wanted string) bool {
	if theirs == wanted {
		return true
	}
	a, err := url.Parse(theirs)
	b, err2 := url.Parse(wanted)
	return d.Config.Sandbox() && err == nil && err2 == nil && a.Path == b.Path && a.Port() == b.Port()
}

func missingTypes(wanted, sent []string) (missing []string) {
	if slices.Contains(sent, "*") {
		return nil
	}
	for _, name := range wanted {
		if !slices.Contains(sent, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// deliveries look for what a wrong secret leaves behind: Stripe never shows a
// secret again, so nothing else proves it.
func (d *Doctor) deliveries(ctx context.Context, all *[]Finding) {
	if d.Stripe == nil || d.DB == nil {
		return
	}
	const mend = "a wrong secret shows as \"webhook refused\" in the log: copy it anew from Dashboard → Developers → Webhooks → the endpoint → Signing secret"
	for _, source := range []struct{ check, name, setting string }{{"secret", "account", "STRIPE_WEBHOOK_SECRET"}, {"connect_secret", "connect", "STRIPE_CONNECT_WEBHOOK_SECRET"}} {
		var newest *time.Time
		if err := d.DB.QueryRow(ctx, `SELECT max(received_at) FROM stripe_events WHERE source = $1 AND livemode = $2`, source.name, d.Config.Live()).Scan(&newest); err != nil {
			continue // the database says so
		}
		if newest == nil {
			say(all, source.check, false, Warn, "nothing has come that "+source.setting+" verifies. Send a test event; "+mend, "no delivery has been verified yet")
			continue
		}
		say(all, source.check, true, OK, "", "%s verified a delivery %s ago", source.setting, d.Now().Sub(*newest).Round(time.Minute))
	}
	events, err := d.Stripe.Events(ctx, stripeapi.EventQuery{From: d.Now().Add(-24 * time.Hour), Undelivered: true})
	if err != nil {
		return // the rights say so
	}
	events = slices.DeleteFunc(events, func(e stripeapi.ListedEvent) bool {
		return d.Now().Sub(e.Created) < 10*time.Minute || !slices.Contains(d.Types, e.Type)
	})
	say(all, "undelivered", len(events) == 0, Warn, "Dashboard → Developers → Webhooks shows each try. The sweep has brought them all the same; "+mend,
		"%d events of the last day did not reach us", len(events))
}
