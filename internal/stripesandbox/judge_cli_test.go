package stripesandbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76/webhook"
	"github.com/tidwall/gjson"
)

// stripeCLI is Stripe's own command line: HEARTH_STRIPE_CLI, the one on the path,
// or the one that .ci/setup got.
func stripeCLI(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("Stripe's command line takes a while")
	}
	if name := os.Getenv("HEARTH_STRIPE_CLI"); name != "" {
		return name
	}
	if found, err := exec.LookPath("stripe"); err == nil {
		return found
	}
	cache, err := os.UserCacheDir()
	must(t, err)
	for _, dir := range []string{"/var/cache", cache} {
		if found, _ := filepath.Glob(filepath.Join(dir, "hearth/npm/node_modules/@stripe/cli-*/bin/stripe")); len(found) > 0 {
			return found[0]
		}
	}
	t.Skip("no Stripe command line here: .ci/setup stripe-cli gets it with npm, or HEARTH_STRIPE_CLI names one")
	return ""
}

// cli runs the command line against the sandbox: with a home of its own, and
// without a way to the network.
func (b *bench) cli(program string, args ...string) string {
	b.t.Helper()
	home := b.t.TempDir()
	command := exec.CommandContext(b.t.Context(), program, append(args, "--api-base", b.url, "--api-key", "sk_test_00000000000000000000000000")...)
	command.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "STRIPE_CLI_TELEMETRY_OPTOUT=1",
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1")
	out, err := command.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%v: %s", err, out)
	}
	return string(out)
}

// named differently from the event that it is to bring about.
var triggerEvents = map[string]string{"subscription.payment_succeeded": "invoice.payment_succeeded", "subscription.payment_failed": "invoice.payment_failed"}

// Every event that we send and the command line can bring about: it is brought
// about, found among the events, and delivered with a signature that holds.
func TestStripeCLITriggers(t *testing.T) {
	program := stripeCLI(t)
	t.Parallel()
	help, err := exec.Command(program, "trigger", "--help").Output()
	must(t, err)
	ours := regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(eventTypes(t), -1)
	n := 0
	for _, line := range strings.Split(string(help), "\n") {
		trigger := strings.TrimSpace(line)
		event := trigger
		if other, ok := triggerEvents[trigger]; ok {
			event = other
		}
		if strings.HasPrefix(line, "  ") && slices.ContainsFunc(ours, func(m []string) bool { return m[1] == event }) {
			n++
			t.Run(trigger, func(t *testing.T) { triggered(t, program, trigger, event) })
		}
	}
	if n < 39 {
		t.Errorf("only %d triggers were tried", n)
	}
}

func triggered(t *testing.T, program, trigger, event string) {
	t.Parallel()
	b := start(t)
	b.steer("/import", m{"balance": m{"usd": 100000}}) // as an account in use has
	said := b.cli(program, "trigger", trigger, "--api-version", "2023-10-16")
	if event != "account.application.deauthorized" { // then there is nobody left to ask
		b.advance("1m")
		if !b.happened(event) {
			b.advance("240h") // debits are answered days later
		}
		if !b.happened(event) {
			t.Fatalf("there is no %s: %s", event, said)
		}
	}
	b.flush()
	for secret, receiver := range map[string]*receiver{"whsec_ours": b.hook, "whsec_theirs": b.conn} {
		for _, d := range receiver.deliveries() {
			must(t, webhook.ValidatePayload(d.body, d.signature, secret))
			if field(d, "type") == event {
				return
			}
		}
	}
	t.Errorf("%s was not delivered: %s", event, said)
}

// happened says whether an event is listed, for us or for an account.
func (b *bench) happened(event string) bool {
	b.t.Helper()
	there := func(acting ...string) bool {
		return b.get("/v1/events", append(acting, "type="+event)...).Get("data.#").Int() > 0
	}
	accounts := b.get("/v1/accounts").Get("data.#.id").Array()
	return there() || slices.ContainsFunc(accounts, func(a gjson.Result) bool { return there("@" + a.String()) })
}

// The rest of the command line that needs no log-in at Stripe.
func TestStripeCLI(t *testing.T) {
	program := stripeCLI(t)
	t.Parallel()
	b := start(t)
	if said := b.cli(program, "customers", "create", "--email", "cli@example.com"); gjson.Get(said, "email").String() != "cli@example.com" {
		t.Errorf("customers create: %s", said)
	}
	if said := b.cli(program, "get", "/v1/customers", "-d", "limit=1"); gjson.Get(said, "data.0.email").String() != "cli@example.com" {
		t.Errorf("get: %s", said)
	}
	if said := b.cli(program, "post", "/v1/customers", "-d", "name=Nobody", "--idempotency", "k"); gjson.Get(said, "name").String() != "Nobody" {
		t.Errorf("post: %s", said)
	}
	file := filepath.Join(t.TempDir(), "fixture.json")
	must(t, os.WriteFile(file, []byte(`{"_meta": {"template_version": 0}, "fixtures": [
		{"name": "guest", "path": "/v1/customers", "method": "post", "params": {"email": "guest@example.com"}},
		{"name": "stay", "path": "/v1/payment_intents", "method": "post", "params": {"amount": 500, "currency": "usd", "customer": "${guest:id}", "payment_method_types": ["card"]}}]}`), 0o600))
	said := b.cli(program, "fixtures", file)
	if in := b.get("/v1/payment_intents", "expand[]=data.customer").Get("data.0"); in.Get("customer.email").String() != "guest@example.com" {
		t.Errorf("fixtures: %s", said)
	}
	b.flush()
	before := len(b.hook.deliveries())
	ev := b.get("/v1/events").Get("data.0.id").String()
	ep := b.get("/v1/webhook_endpoints").Get(`data.#(url=="` + b.hook.URL + `").id`).String()
	said = b.cli(program, "events", "resend", ev, "--webhook-endpoint", ep)
	b.flush()
	if got := b.hook.deliveries(); len(got) != before+1 || field(got[len(got)-1], "id") != ev {
		t.Errorf("events resend: %s", said)
	}
}
