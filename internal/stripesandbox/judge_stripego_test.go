package stripesandbox_test

import (
	"bytes"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hearth/internal/stripesandbox"
)

const stripeGo = "github.com/stripe/stripe-go/v76"

// The official Go library's own tests are run against the sandbox: those of
// every package that calls a route that we serve. They were written for
// stripe-mock, which keeps nothing and refuses nothing but what its description
// forbids, so each begins in a world of its own, with the objects it names.
func TestStripeGoSuite(t *testing.T) {
	if testing.Short() {
		t.Skip("the library's tests take half a minute to build")
	}
	t.Parallel()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", stripeGo).Output()
	must(t, err)
	root := strings.TrimSpace(string(out))
	served := servedPackages(t, root)
	dir := t.TempDir()
	build := exec.Command("go", append([]string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", dir + "/"}, served...)...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the library's tests: %v\n%s", err, out)
	}
	met := map[string]bool{}
	for _, pkg := range served {
		name := strings.TrimPrefix(pkg, stripeGo+"/")
		t.Run(name, func(t *testing.T) {
			runSuite(t, suite{name, filepath.Join(dir, path.Base(pkg)+".test"), filepath.Join(root, name)}, met)
		})
	}
	for test := range refusedByStripe {
		if !met[test] {
			t.Errorf("%s is excused, but no package that we serve has it", test)
		}
	}
}

var (
	calledRoutes = regexp.MustCompile(`"/v1/[^"]*"`)
	unserved     = regexp.MustCompile(`Unrecognized request URL \((\w+): ([^)]*)\)`)
)

// servedPackages are those of the library that have tests and call a route of ours.
func servedPackages(t *testing.T, root string) (found []string) {
	t.Helper()
	ours := map[string]bool{}
	for _, route := range stripesandbox.Routes() {
		_, p, _ := strings.Cut(route, " ")
		ours[named.ReplaceAllString(p, "%s")] = true
	}
	for _, pattern := range []string{"*/client_test.go", "*/*/client_test.go"} {
		tests, err := filepath.Glob(filepath.Join(root, pattern))
		must(t, err)
		for _, file := range tests {
			code, err := os.ReadFile(filepath.Join(filepath.Dir(file), "client.go"))
			must(t, err)
			for _, quoted := range calledRoutes.FindAllString(string(code), -1) {
				if ours[strings.Trim(quoted, `"`)] {
					rel, err := filepath.Rel(root, filepath.Dir(file))
					must(t, err)
					found = append(found, stripeGo+"/"+filepath.ToSlash(rel))
					break
				}
			}
		}
	}
	return found
}

// suite is a package of the library: its name, its built tests, its folder.
type suite struct{ name, binary, dir string }

// runSuite runs each test of a package by itself, in a world of its own.
func runSuite(t *testing.T, s suite, met map[string]bool) {
	b := start(t, func(o *stripesandbox.Options) { o.WebhookURL, o.ConnectWebhookURL, o.MockVersion = "", "", "0.183.0" })
	srv := httptest.NewUnstartedServer(b.Server)
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	must(t, err)
	call := func(args ...string) ([]byte, error) {
		run := exec.Command(s.binary, args...)
		run.Dir = s.dir
		run.Env = append(os.Environ(), "STRIPE_MOCK_PORT="+port)
		return run.CombinedOutput()
	}
	list, err := call("-test.list", ".")
	if err != nil {
		t.Fatalf("%v: %s", err, list)
	}
	for _, test := range strings.Fields(string(list)) {
		full := s.name + "." + test
		b.furnish(full)
		out, err := call("-test.run", "^"+test+"$", "-test.timeout", "60s")
		why, excused := refusedByStripe[full]
		met[full] = true
		switch route := unserved.FindSubmatch(out); {
		case err == nil && excused:
			t.Errorf("%s is excused and passes", test)
		case err == nil:
		case excused && bytes.Contains(out, []byte(why)):
		case route != nil && routeOf(string(route[1]), string(route[2])) == "":
			t.Logf("%s calls %s %s, which is not served", test, route[1], route[2])
		default:
			t.Errorf("%s fails:\n%s", test, out)
		}
	}
}

// refusedByStripe are tests that send what Stripe itself refuses (stripe-mock
// takes it), each with what is then said.
var refusedByStripe = map[string]string{
	"capability.TestCapabilityGet":                "No such capability: 'acap_123'", // they are named transfers, card_payments, …
	"capability.TestCapabilityUpdate":             "No such capability: 'acap_123'",
	"account.TestAccountNew":                      "was uploaded with the purpose", // one file for two of them
	"bankaccount.TestBankAccountNew_ByAccount":    "No such token: 'tok_123'",
	"paymentmethod.TestPaymentMethodNew":          "No such token: 'tok_123'",
	"topup.TestTopupNew":                          "No such source: 'src_123'",
	"bankaccount.TestBankAccountNew_ByCustomer":   "No such token: 'tok_123'",
	"card.TestCardNew":                            "No such token: 'tok_123'",
	"paymentsource.TestSourceNew":                 "No such token: 'tok_123'",
	"charge.TestChargeNew":                        "No such token: 'src_123'",
	"subscription.TestSubscriptionNew":            "You can only specify `days_until_due`",
	"subscription.TestSubscriptionNew_WithItems":  "Received unknown parameter: items[0][plan]",
	"subscriptionitem.TestSubscriptionItemDel":    "proration_date must be within the current period.",
	"subscriptionitem.TestSubscriptionItemNew":    "proration_date must be within the current period.",
	"subscriptionitem.TestSubscriptionItemUpdate": "proration_date must be within the current period.",
	"token.TestTokenNew_WithCard":                 "Your card's expiration year is invalid.",
	"token.TestTokenNew_SharedCustomerCard":       "does not have a linked source with ID card_123",
	"source.TestSourceDetach":                     "No such source: 'src_123'",
	"payout.TestPayoutReverse":                    "Only paid payouts of connected accounts",
	"price.TestPriceNew":                          "The sandbox knows prices with an amount per unit only.",
	"charge.TestChargeSearch":                     "Received unknown parameter: query", // no search, here and below
	"checkout/session.TestCheckoutSessionNew":     "Missing required param: line_items[0][price].",
}

// furnish imports what the library's tests presume to exist, and what this one does.
func (b *bench) furnish(test string) {
	b.t.Helper()
	b.steer("/reset", m{})
	for _, o := range suiteObjects {
		with := m{}
		maps.Copy(with, o.with)
		pkg, _, _ := strings.Cut(test, ".")
		maps.Copy(with, suiteChanges[pkg][o.id])
		maps.Copy(with, suiteChanges[test][o.id])
		r := b.control("/import", m{"objects": []any{fixture(b.t, o.object, o.id, with)}})
		if r.status != http.StatusOK && !strings.Contains(r.Raw, "the sandbox keeps no") {
			b.t.Fatalf("%s: %s", o.id, r.Raw)
		}
	}
	b.steer("/import", m{"balance": m{"usd": 100000}})
	if test == "transferreversal.TestTransferReversalNew" {
		b.steer("/import", m{"account": "acct_123", "balance": m{"usd": 1000}})
	}
}

var suiteObjects = []struct {
	object, id string
	with       m
}{
	{"account", "acct_123", m{"type": "custom", "business_type": "company", "charges_enabled": true, "payouts_enabled": true, "details_submitted": true,
		"capabilities": m{"transfers": "active", "card_payments": "active"}}},
	{"account", "acct_EXPRESS", m{"type": "express", "charges_enabled": true, "details_submitted": true, "external_accounts": m{}}},
	{"customer", "cus_123", nil},
	{"bank_account", "ba_123", m{"account": "acct_123"}},
	{"card", "card_123", m{"account": "acct_123"}},
	{"person", "person_123", m{"account": "acct_123", "relationship": m{"owner": true}}},
	{"file", "file_123", m{"purpose": "identity_document"}},
	{"file", "file_234", m{"purpose": "identity_document"}},
	{"file", "file_abc", m{"purpose": "identity_document"}},
	{"file", "file_xyz", m{"purpose": "account_requirement"}},
	{"file_link", "link_123", m{"file": "file_123"}},
	{"payment_method", "pm_123", m{"customer": "cus_123"}},
	{"mandate", "mandate_123", nil},
	{"product", "prod_123", nil},
	{"product", "prod_456", nil},
	{"price", "gold", m{"product": "prod_456", "active": true, "lookup_key": "Key1", "recurring": m{"interval": "month", "interval_count": 1, "usage_type": "licensed"}}},
	{"checkout.session", "cs_123", m{"line_items": m{"data": []m{{"id": "li_123", "description": "A stay", "currency": "usd", "quantity": 1, "amount_total": 100}}}}},
	{"payment_intent", "pi_123", m{"payment_method": "pm_123", "customer": "cus_123", "latest_charge": "ch_123"}},
	{"charge", "ch_123", m{"amount": 2000, "amount_captured": 2000, "captured": true, "payment_intent": "pi_123"}},
	{"refund", "gold", m{"charge": "ch_123"}},
	{"dispute", "dp_123", m{"charge": "ch_123"}},
	{"radar.early_fraud_warning", "ifr_123", m{"charge": "ch_123"}},
	{"review", "prv_123", m{"charge": "ch_123"}},
	{"transfer", "tr_123", m{"destination": "acct_123"}},
	{"transfer_reversal", "trr_123", m{"transfer": "tr_123"}},
	{"application_fee", "fee_123", nil},
	{"fee_refund", "fr_123", m{"fee": "fee_123"}},
	{"payout", "po_123", nil},
	{"balance_transaction", "txn_123", nil},
	{"event", "evt_123", m{"created": time.Now().Unix()}},
	{"webhook_endpoint", "we_123", nil},
	{"token", "tok_123", nil},
	{"topup", "tu_123", m{"status": "pending"}},
	{"setup_intent", "seti_123", m{"payment_method": "pm_123"}},
	{"setup_attempt", "setatt_123", m{"setup_intent": "seti_123"}},
	{"coupon", "25OFF", nil},
	{"tax_rate", "txr_123", nil},
	{"subscription", "sub_123", m{"customer": "cus_123"}},
	{"subscription_item", "si_123", m{"subscription": "sub_123"}},
	{"invoice", "in_123", m{"customer": "cus_123"}},
	{"invoiceitem", "ii_123", m{"customer": "cus_123"}},
}

var ofCustomer = m{"account": nil, "customer": "cus_123"}

// suiteChanges are what a package or a test presumes instead, by its name and id.
var suiteChanges = map[string]map[string]m{
	"card":          {"card_123": ofCustomer},
	"paymentsource": {"card_123": ofCustomer, "ba_123": ofCustomer},
	"bankaccount.TestBankAccountDel_ByCustomer":    {"ba_123": ofCustomer},
	"bankaccount.TestBankAccountGet_ByCustomer":    {"ba_123": ofCustomer},
	"bankaccount.TestBankAccountList_ByCustomer":   {"ba_123": ofCustomer},
	"bankaccount.TestBankAccountUpdate_ByCustomer": {"ba_123": ofCustomer},
	"charge.TestChargeCapture":                     {"ch_123": {"captured": false, "amount_captured": 0, "payment_intent": nil}},
	"invoice.TestInvoicePay":                       {"in_123": {"status": "open", "default_payment_method": "pm_123"}},
	"invoice.TestInvoiceMarkUncollectible":         {"in_123": {"status": "open"}},
	"invoice.TestInvoiceVoidInvoice":               {"in_123": {"status": "open"}},
	"invoice.TestInvoiceSendInvoice":               {"in_123": {"status": "open", "collection_method": "send_invoice"}},
	"paymentintent.TestPaymentIntentCapture": {"pi_123": {"status": "requires_capture", "capture_method": "manual", "amount_capturable": 1099},
		"ch_123": {"amount": 1099, "amount_captured": 0, "captured": false}},
	"paymentintent.TestPaymentIntentConfirm": {"pi_123": {"status": "requires_confirmation"}},
	"payout.TestPayoutCancel":                {"po_123": {"status": "pending", "automatic": false}},
	"payout.TestPayoutReverse":               {"po_123": {"status": "paid"}},
	"filelink.TestFileLinkNew":               {"file_123": {"purpose": "dispute_evidence"}},
}
