// Package config reads Hearth's settings from the environment into one struct
// and says every mistake at once, in plain words. Nothing else reads the
// environment. The settings are listed in README.md; a test holds the list.
package config

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"hearth/internal/money"

	"github.com/caarlos0/env/v11"
)

// StripeAPI is where a live key may be sent, and nowhere else.
const StripeAPI = "https://api.stripe.com"

// Config is every setting. Dev is set by the command, never by the
// environment.
type Config struct {
	Addr        string `env:"HEARTH_ADDR" envDefault:":8080"`
	BaseURL     string `env:"HEARTH_BASE_URL" envDefault:"http://localhost:8080"`
	DatabaseURL string `env:"DATABASE_URL"`
	AuditURL    string `env:"HEARTH_AUDIT_DATABASE_URL"` // as the auditor, for "hearth audit"
	DataDir     string `env:"HEARTH_DATA_DIR"`
	LogFormat   string `env:"HEARTH_LOG" envDefault:"json"`

	StripeKey             string   `env:"STRIPE_SECRET_KEY"`
	StripeAPIBase         string   `env:"STRIPE_API_BASE" envDefault:"https://api.stripe.com"`
	WebhookSecrets        []string `env:"STRIPE_WEBHOOK_SECRET"`         // several while one is rolled
	ConnectWebhookSecrets []string `env:"STRIPE_CONNECT_WEBHOOK_SECRET"` // the same, connected accounts

	SandboxAddr string `env:"HEARTH_SANDBOX_ADDR" envDefault:"127.0.0.1:12111"`
	SandboxURL  string `env:"HEARTH_SANDBOX_URL" envDefault:"http://localhost:12111"` // how a browser reaches it

	Region          string `env:"HEARTH_COUNTRY" envDefault:"US"`
	CurrencyCode    string `env:"HEARTH_CURRENCY" envDefault:"usd"`
	FeeBPS          int64  `env:"HEARTH_FEE_BPS" envDefault:"1200"`
	PayoutDelayDays int    `env:"HEARTH_PAYOUT_DELAY_DAYS" envDefault:"1"`
	OwnerSchedule   bool   `env:"HEARTH_OWNER_SCHEDULE" envDefault:"true"` // owners may choose when Stripe pays them out

	MailFrom     string `env:"HEARTH_MAIL_FROM" envDefault:"Hearth <hello@localhost>"`
	SMTPHost     string `env:"SMTP_HOST"`
	SMTPPort     int    `env:"SMTP_PORT" envDefault:"587"`
	SMTPUser     string `env:"SMTP_USER"`
	SMTPPassword string `env:"SMTP_PASSWORD"`

	TrustProxy bool `env:"HEARTH_TRUST_PROXY"` // take the client's address from X-Forwarded-For

	Dev bool `env:"-"`
}

// Read reads the environment given as a map, like the one of
// [env.ToMap] over os.Environ. It does not judge: call [Config.Check] once the
// command has filled in its defaults.
func Read(environment map[string]string) (Config, error) {
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: environment}); err != nil {
		var all env.AggregateError
		if !errors.As(err, &all) {
			return c, err
		}
		var words []error
		for _, e := range all.Errors {
			words = append(words, plain(e))
		}
		return c, errors.Join(words...)
	}
	return c, nil
}

func plain(err error) error {
	var parse env.ParseError
	if errors.As(err, &parse) {
		return fmt.Errorf("%s is not a valid %s", variable(parse.Name), parse.Type)
	}
	return err
}

// Live reports whether real money moves.
func (c Config) Live() bool {
	return strings.HasPrefix(c.StripeKey, "sk_live_") || strings.HasPrefix(c.StripeKey, "rk_live_")
}

// Sandbox reports whether the API is a stand-in and not Stripe.
func (c Config) Sandbox() bool { return c.StripeAPIBase != StripeAPI }

// Currency is the platform's currency.
func (c Config) Currency() money.Currency { return money.Currency(c.CurrencyCode) }

// Fee is the platform's default fee.
func (c Config) Fee() money.BasisPoints { return money.BasisPoints(c.FeeBPS) }

// Secure reports whether people reach the site over https.
func (c Config) Secure() bool { return strings.HasPrefix(c.BaseURL, "https://") }

// Check finds every mistake.
func (c Config) Check() error {
	var wrong []error
	say := func(bad bool, format string, args ...any) {
		if bad {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	base, err := url.Parse(c.BaseURL)
	say(err != nil || base.Host == "" || (base.Scheme != "http" && base.Scheme != "https") || strings.Trim(base.Path, "/") != "",
		"HEARTH_BASE_URL must be the site's address without a path, like https://homes.example")
	say(c.StripeKey == "", "STRIPE_SECRET_KEY is missing: set your sk_test_… or sk_live_… key, or use `hearth dev` for the sandbox")
	say(c.StripeKey != "" && !secretKey(c.StripeKey), "STRIPE_SECRET_KEY does not look like a secret key (sk_test_…, sk_live_…, rk_test_… or rk_live_…)")
	say(c.Live() && c.Sandbox(), "a live key may only be sent to %s, not to STRIPE_API_BASE", StripeAPI)
	say(c.Live() && !c.Secure(), "a live key needs an https HEARTH_BASE_URL: Stripe refuses plain http return addresses in live mode")
	say(c.Live() && c.Dev, "`hearth dev` is for test keys and the sandbox; run `hearth serve` with a live key")
	say(!c.Dev && !given(c.WebhookSecrets), "STRIPE_WEBHOOK_SECRET is missing: the signing secret (whsec_…) of the endpoint %s/webhooks/stripe", c.BaseURL)
	say(!c.Dev && !given(c.ConnectWebhookSecrets), "STRIPE_CONNECT_WEBHOOK_SECRET is missing: the signing secret (whsec_…) of the Connect endpoint %s/webhooks/stripe/connect", c.BaseURL)
	say(!c.Dev && given(c.WebhookSecrets) && given(c.ConnectWebhookSecrets) && c.WebhookSecrets[0] == c.ConnectWebhookSecrets[0], "the two webhook endpoints have the same secret: each endpoint at Stripe has its own")
	say(len(c.Region) != 2 || strings.ToUpper(c.Region) != c.Region, "HEARTH_COUNTRY must be a two-letter country code like US")
	say(!c.Currency().Known(), "HEARTH_CURRENCY must be a lower-case currency code like usd")
	say(c.FeeBPS < 0 || c.FeeBPS > 10_000, "HEARTH_FEE_BPS must be between 0 and 10000 (1200 is 12 %%)")
	say(c.PayoutDelayDays < 0 || c.PayoutDelayDays > 60, "HEARTH_PAYOUT_DELAY_DAYS must be between 0 and 60")
	say(!c.Dev && c.SMTPHost == "", "SMTP_HOST is missing: tenants and homeowners need their mail")
	say(c.LogFormat != "json" && c.LogFormat != "text", "HEARTH_LOG must be json or text")
	return errors.Join(wrong...)
}

func given(secrets []string) bool { return len(secrets) > 0 && secrets[0] != "" }

func secretKey(key string) bool {
	for _, prefix := range []string{"sk_test_", "sk_live_", "rk_test_", "rk_live_"} {
		if strings.HasPrefix(key, prefix) && len(key) > len(prefix) {
			return true
		}
	}
	return false
}

// OutboxDir is where mails are kept while no SMTP server is set.
func (c Config) OutboxDir() string { return filepath.Join(c.DataDir, "outbox") }
