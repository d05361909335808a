package stripesandbox

import (
	"encoding/json"
	"iter"
)

const settingsID = "settings"

// world is every collection there is.
type world struct {
	settings   *collection[*Settings]
	accounts   *collection[*Account]
	persons    *collection[*Person]
	banks      *collection[*BankAccount]
	files      *collection[*File]
	fileData   *collection[*FileData]
	fileLinks  *collection[*FileLink]
	links      *collection[*AccountLink]
	logins     *collection[*LoginLink]
	customers  *collection[*Customer]
	deleted    *collection[*Deleted]
	methods    *collection[*PaymentMethod]
	mandates   *collection[*Mandate]
	setups     *collection[*SetupIntent]
	attempts   *collection[*SetupAttempt]
	products   *collection[*Product]
	prices     *collection[*Price]
	tokens     *collection[*Token]
	sessions   *collection[*Session]
	intents    *collection[*Intent]
	charges    *collection[*Charge]
	refunds    *collection[*Refund]
	disputes   *collection[*Dispute]
	warnings   *collection[*FraudWarning]
	reviews    *collection[*Review]
	transfers  *collection[*Transfer]
	reversals  *collection[*Reversal]
	fees       *collection[*ApplicationFee]
	feeRefunds *collection[*FeeRefund]
	payouts    *collection[*Payout]
	topups     *collection[*Topup]
	txns       *collection[*BalanceTransaction]
	balances   *collection[*Balance]
	maturing   *collection[*Maturing]
	events     *collection[*Event]
	endpoints  *collection[*Endpoint]
	deliveries *collection[*Delivery]
	timers     *collection[*Timer]
	answers    *collection[*Answer]
	grants     *collection[*Grant]

	clocks        *collection[*TestClock]
	subscriptions *collection[*Subscription]
	items         *collection[*SubscriptionItem]
	invoices      *collection[*Invoice]
	invoiceItems  *collection[*InvoiceItem]

	all      []loader
	byPrefix map[string]finder
}

type loader interface {
	keeper
	sort()
	wipe()
	dump() ([]json.RawMessage, error)
	try(raw []byte) error
	put(raw []byte) error
	record(id string) (record, bool)
	recent() iter.Seq[record]
	heads() []string
	count() int
}

// finder looks a record up by id.
type finder func(id string) (record, bool)

func newWorld(st *store) *world {
	w := &world{byPrefix: map[string]finder{}}
	w.settings = kind(w, st, "settings", func() *Settings { return &Settings{} })
	w.accounts = kind(w, st, "accounts", func() *Account { return &Account{} }, "acct_")
	w.persons = kind(w, st, "persons", func() *Person { return &Person{} }, "person_")
	w.files = kind(w, st, "files", func() *File { return &File{} }, "file_")
	w.fileData = kind(w, st, "file_data", func() *FileData { return &FileData{} })
	w.fileLinks = kind(w, st, "file_links", func() *FileLink { return &FileLink{} }, "link_")
	w.banks = kind(w, st, "banks", func() *BankAccount { return &BankAccount{} }, "ba_", "card_")
	w.links = kind(w, st, "links", func() *AccountLink { return &AccountLink{} })
	w.logins = kind(w, st, "logins", func() *LoginLink { return &LoginLink{} })
	w.customers = kind(w, st, "customers", func() *Customer { return &Customer{} }, "cus_")
	w.deleted = kind(w, st, "deleted", func() *Deleted { return &Deleted{} }, "cus_")
	w.methods = kind(w, st, "methods", func() *PaymentMethod { return &PaymentMethod{} }, "pm_")
	w.products = kind(w, st, "products", func() *Product { return &Product{} }, "prod_")
	w.tokens = kind(w, st, "tokens", func() *Token { return &Token{} }, "tok_", "btok_", "ct_", "cpt_", "pii_", "cvctok_")
	w.prices = kind(w, st, "prices", func() *Price { return &Price{} }, "price_")
	w.setups = kind(w, st, "setup_intents", func() *SetupIntent { return &SetupIntent{} }, "seti_")
	w.attempts = kind(w, st, "setup_attempts", func() *SetupAttempt { return &SetupAttempt{} }, "setatt_")
	w.mandates = kind(w, st, "mandates", func() *Mandate { return &Mandate{} }, "mandate_")
	w.clocks = kind(w, st, "test_clocks", func() *TestClock { return &TestClock{} }, "clock_")
	w.subscriptions = kind(w, st, "subscriptions", func() *Subscription { return &Subscription{} }, "sub_")
	w.items = kind(w, st, "subscription_items", func() *SubscriptionItem { return &SubscriptionItem{} }, "si_")
	w.invoices = kind(w, st, "invoices", func() *Invoice { return &Invoice{} }, "in_")
	w.invoiceItems = kind(w, st, "invoiceitems", func() *InvoiceItem { return &InvoiceItem{} }, "ii_")
	w.sessions = kind(w, st, "sessions", func() *Session { return &Session{} }, "cs_")
	w.intents = kind(w, st, "intents", func() *Intent { return &Intent{} }, "pi_")
	w.charges = kind(w, st, "charges", func() *Charge { return &Charge{} }, "ch_", "py_")
	w.refunds = kind(w, st, "refunds", func() *Refund { return &Refund{} }, "re_", "pyr_")
	w.disputes = kind(w, st, "disputes", func() *Dispute { return &Dispute{} }, "dp_")
	w.warnings = kind(w, st, "warnings", func() *FraudWarning { return &FraudWarning{} }, "issfr_")
	w.reviews = kind(w, st, "reviews", func() *Review { return &Review{} }, "prv_")
	w.transfers = kind(w, st, "transfers", func() *Transfer { return &Transfer{} }, "tr_")
	w.reversals = kind(w, st, "reversals", func() *Reversal { return &Reversal{} }, "trr_")
	w.fees = kind(w, st, "fees", func() *ApplicationFee { return &ApplicationFee{} }, "fee_")
	w.feeRefunds = kind(w, st, "fee_refunds", func() *FeeRefund { return &FeeRefund{} }, "fr_")
	w.payouts = kind(w, st, "payouts", func() *Payout { return &Payout{} }, "po_")
	w.topups = kind(w, st, "topups", func() *Topup { return &Topup{} }, "tu_")
	w.txns = kind(w, st, "txns", func() *BalanceTransaction { return &BalanceTransaction{} }, "txn_")
	w.balances = kind(w, st, "balances", func() *Balance { return &Balance{} })
	w.maturing = kind(w, st, "maturing", func() *Maturing { return &Maturing{} })
	w.events = kind(w, st, "events", func() *Event { return &Event{} }, "evt_")
	w.endpoints = kind(w, st, "endpoints", func() *Endpoint { return &Endpoint{} }, "we_")
	w.deliveries = kind(w, st, "deliveries", func() *Delivery { return &Delivery{} })
	w.timers = kind(w, st, "timers", func() *Timer { return &Timer{} })
	w.answers = kind(w, st, "answers", func() *Answer { return &Answer{} })
	w.grants = kind(w, st, "grants", func() *Grant { return &Grant{} })
	return w
}

// kind makes a collection and lets ids with the prefixes be found in it, and
// failing that in the collection that took the prefix before.
func kind[T record](w *world, st *store, name string, fresh func() T, prefixes ...string) *collection[T] {
	c := newCollection(st, name, fresh)
	c.prefixes = prefixes
	w.all = append(w.all, c)
	for _, p := range prefixes {
		before := w.byPrefix[p]
		w.byPrefix[p] = func(id string) (record, bool) {
			if t, ok := c.get(id); ok || before == nil {
				return t, ok
			}
			return before(id)
		}
	}
	return c
}

func (w *world) keepers() []loader { return w.all }

// find looks an id up by its prefix, whatever it names.
func (w *world) find(id string) (record, bool) {
	for i, r := range id {
		if r == '_' {
			if f, ok := w.byPrefix[id[:i+1]]; ok {
				return f(id)
			}
			break
		}
	}
	t, ok := w.products.get(id) // the one object that may be named by its maker
	return t, ok
}

func newSettings() *Settings {
	return &Settings{
		header: header{ID: settingsID}, Knobs: Knobs{Mode: modeDeliver, Duplicate: 1},
		ClientID: newID("ca_"), Platform: newID("acct_"),
		PlatformSchedule: Schedule{Interval: "manual", DelayDays: 2},
	}
}

// config is the sandbox's own record.
func (w *world) config() *Settings { c, _ := w.settings.get(settingsID); return c }
