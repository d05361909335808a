package stripesandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// shown is one object as its account's API shows it; "" is the platform.
type shown struct {
	scope string
	gjson.Result
}

// books are all that has to do with money at one moment, as the API shows it.
type books struct {
	now     int64
	sums    map[string]gjson.Result // by currency, the outside too
	of      map[string][]shown      // by object
	rows    map[string]int64        // by scope and source, and by type too
	carried map[string]int64        // what the rows of an automatic payout come to, its own too
	seen    map[string]bool         // what was held against its shape before
}

// desk reads and writes through the handler itself: a history has thousands of steps.
type desk struct {
	http.Handler
	fatalf func(string, ...any)
	seen   map[string]bool
	latest map[string]string // the newest event seen of each account
}

func (d desk) ask(r *http.Request) reply {
	w := httptest.NewRecorder()
	r.RemoteAddr = "127.0.0.1:1"
	d.ServeHTTP(w, r)
	if w.Code >= http.StatusInternalServerError {
		d.fatalf("%s %s: %d %s", r.Method, r.URL, w.Code, w.Body)
	}
	return reply{w.Code, w.Header(), gjson.Parse(w.Body.String())}
}

func (d desk) call(method, path string, params ...string) reply {
	return d.ask(request("http://sandbox.test", method, path, params...))
}

func (d desk) control(path, body string) reply {
	r := httptest.NewRequest(http.MethodPost, "/_sandbox"+path, strings.NewReader(body))
	return d.ask(r)
}

// whole reads all pages of a list.
func (d desk) whole(path string, params ...string) (all []gjson.Result) {
	for after := []string{}; ; {
		page := d.call(http.MethodGet, path, slices.Concat(params, after, []string{"limit=100"})...)
		if page.status != http.StatusOK {
			d.fatalf("%s: %s", path, page.Raw)
		}
		data := page.Get("data").Array()
		all = append(all, data...)
		if !page.Get("has_more").Bool() {
			return all
		}
		after = []string{"starting_after=" + data[len(data)-1].Get("id").String()}
	}
}

// news are the events since the last look.
func (d desk) news(scope string, acting []string) (all []gjson.Result) {
	if d.latest[scope] == "" {
		if all = d.whole("/v1/events", acting...); len(all) > 0 {
			d.latest[scope] = all[0].Get("id").String()
		}
		return all
	}
	for {
		page := d.call(http.MethodGet, "/v1/events", slices.Concat(acting, []string{"limit=100", "ending_before=" + d.latest[scope]})...)
		data := page.Get("data").Array()
		if len(data) == 0 {
			return all
		}
		all, d.latest[scope] = append(all, data...), data[0].Get("id").String()
	}
}

// moneyLists are what an account's books consist of; the platform has ourLists too.
var (
	moneyLists = []string{"charges", "refunds", "payment_intents", "disputes", "payouts", "balance_transactions"}
	ourLists   = []string{"transfers", "topups", "application_fees", "radar/early_fraud_warnings"}
)

// read takes stock. What belongs to a disconnected account can no longer be seen.
func (d desk) read(scopes ...string) books {
	b := books{of: map[string][]shown{}, carried: map[string]int64{}, seen: d.seen}
	keep := func(scope string, items ...gjson.Result) {
		for _, v := range items {
			kind := v.Get("object").String()
			b.of[kind] = append(b.of[kind], shown{scope, v})
		}
	}
	for _, scope := range scopes {
		acting, lists := []string{"@" + scope}, moneyLists
		if scope == "" {
			acting, lists = nil, slices.Concat(moneyLists, ourLists)
		}
		balance := d.call(http.MethodGet, "/v1/balance", acting...)
		if balance.status == http.StatusForbidden {
			continue
		}
		keep(scope, balance.Result)
		for _, list := range lists {
			keep(scope, d.whole("/v1/"+list, acting...)...)
		}
		keep(scope, d.news(scope, acting)...)
	}
	for _, po := range b.of["payout"] {
		if po.Get("automatic").Bool() {
			for _, row := range d.whole("/v1/balance_transactions", append(acting(po), "payout="+po.Get("id").String())...) {
				b.carried[po.Get("id").String()] += row.Get("net").Int()
			}
		}
	}
	for _, tr := range b.of["transfer"] {
		keep("", tr.Get("reversals.data").Array()...)
	}
	for _, fee := range b.of["application_fee"] {
		keep("", fee.Get("refunds.data").Array()...)
	}
	b.sumUp()
	b.sums = d.ask(httptest.NewRequest(http.MethodGet, "/_sandbox/ledger", nil)).Get("sums").Map()
	b.now = d.ask(httptest.NewRequest(http.MethodGet, "/_sandbox/clock", nil)).Get("unix").Int()
	return b
}

// sumUp adds up the rows of each source, by type and all together.
func (b *books) sumUp() {
	b.rows = map[string]int64{}
	for _, t := range b.of["balance_transaction"] {
		source, amount := t.scope+" "+t.Get("source").String(), t.Get("amount").Int()
		b.rows[source] += amount
		b.rows[source+" "+t.Get("type").String()] += amount
	}
}

// moved is what an object's rows of these types have come to on its account.
func (b books) moved(o shown, types ...string) (sum int64) {
	source := o.scope + " " + o.Get("id").String()
	if len(types) == 0 {
		return b.rows[source]
	}
	for _, kind := range types {
		sum += b.rows[source+" "+kind]
	}
	return sum
}

func (b books) find(kind, id string) (shown, bool) {
	i := slices.IndexFunc(b.of[kind], func(o shown) bool { return o.Get("id").String() == id })
	if i < 0 {
		return shown{}, false
	}
	return b.of[kind][i], true
}

// total adds up the amounts of the objects that hold.
func (b books) total(kind string, hold func(shown) bool) (sum int64) {
	for _, o := range b.of[kind] {
		if hold(o) {
			sum += o.Get("amount").Int()
		}
	}
	return sum
}

func is(o shown, path, want string) bool { return o.Get(path).String() == want }

// among says whether a field has one of these values.
func among(o shown, path string, values ...string) bool {
	return slices.Contains(values, o.Get(path).String())
}

// promises are what holds at every moment; each names what breaks it.
var promises = map[string]func(b books, broken func(shown, string)){
	"all money comes to zero": func(b books, broken func(shown, string)) {
		for currency, sum := range b.sums {
			if sum.Int() != 0 {
				broken(shown{}, fmt.Sprintf("%s is off by %d", currency, sum.Int()))
			}
		}
	},
	"a row adds up": func(b books, broken func(shown, string)) {
		for _, t := range b.of["balance_transaction"] {
			fees := int64(0)
			for _, f := range t.Get("fee_details.#.amount").Array() {
				fees += f.Int()
			}
			pending := t.Get("available_on").Int() > b.now
			if t.Get("fee").Int() != fees || t.Get("net").Int() != t.Get("amount").Int()-fees || is(t, "status", "pending") != pending {
				broken(t, "")
			}
		}
	},
	"a balance is the sum of its rows": func(b books, broken func(shown, string)) {
		for _, bal := range b.of["balance"] {
			sums := map[string]int64{}
			for _, t := range b.of["balance_transaction"] {
				if t.scope == bal.scope {
					sums[t.Get("status").String()+" "+t.Get("currency").String()] += t.Get("net").Int()
				}
			}
			for _, part := range []string{"available", "pending"} {
				for _, have := range bal.Get(part).Array() {
					key := part + " " + have.Get("currency").String()
					if sums[key] != have.Get("amount").Int() {
						broken(bal, fmt.Sprintf("%s: the rows say %d", key, sums[key]))
					}
					delete(sums, key)
				}
			}
			for key, sum := range sums {
				if sum != 0 {
					broken(bal, fmt.Sprintf("%s: not shown, the rows say %d", key, sum))
				}
			}
		}
	},
	"a charge is captured within its amount": func(b books, broken func(shown, string)) {
		for _, ch := range b.of["charge"] {
			captured := ch.Get("amount_captured").Int()
			if captured > ch.Get("amount").Int() || ch.Get("captured").Bool() != (captured > 0) || b.moved(ch, "charge", "payment") != captured {
				broken(ch, fmt.Sprintf("its rows say %d", b.moved(ch, "charge", "payment")))
			}
		}
	},
	"an intent received what its charge captured": func(b books, broken func(shown, string)) {
		for _, in := range b.of["payment_intent"] {
			ch, ok := b.find("charge", in.Get("latest_charge").String())
			if got := in.Get("amount_received").Int(); got != ch.Get("amount_captured").Int() || got > 0 != is(in, "status", "succeeded") || got > 0 && !ok {
				broken(in, ch.Get("@ugly").Raw)
			}
		}
	},
	"a charge is refunded what its refunds say": func(b books, broken func(shown, string)) {
		for _, ch := range b.of["charge"] {
			refunds := b.total("refund", func(re shown) bool {
				return is(re, "charge", ch.Get("id").String()) && !among(re, "status", "failed", "canceled")
			})
			most := ch.Get("amount_captured").Int()
			if !ch.Get("captured").Bool() {
				most = ch.Get("amount").Int() // a hold let go is shown as a refund
			}
			got := ch.Get("amount_refunded").Int()
			if got != refunds || got > most || ch.Get("refunded").Bool() != (got > 0 && got == most) {
				broken(ch, fmt.Sprintf("its refunds say %d", refunds))
			}
		}
	},
	"a refund has moved what it says": func(b books, broken func(shown, string)) {
		for _, re := range b.of["refund"] {
			ch, _ := b.find("charge", re.Get("charge").String())
			want := int64(0)
			if is(re, "status", "succeeded") && ch.Get("captured").Bool() {
				want = -re.Get("amount").Int()
			}
			if b.moved(re) != want {
				broken(re, fmt.Sprintf("its rows say %d", b.moved(re)))
			}
		}
	},
	"a transfer is reversed what its reversals say": func(b books, broken func(shown, string)) {
		for _, tr := range b.of["transfer"] {
			back := b.total("transfer_reversal", func(o shown) bool { return is(o, "transfer", tr.Get("id").String()) })
			got, amount := tr.Get("amount_reversed").Int(), tr.Get("amount").Int()
			if got != back || got > amount || tr.Get("reversed").Bool() != (got == amount) || b.moved(tr) != got-amount {
				broken(tr, fmt.Sprintf("its reversals say %d, its rows %d", back, b.moved(tr)))
			}
			if py, ok := b.find("charge", tr.Get("destination_payment").String()); ok && (py.Get("amount").Int() != amount || py.Get("amount_refunded").Int() != got) {
				broken(tr, py.Get("@ugly").Raw)
			}
		}
	},
	"a charge covers the transfers it is the source of": func(b books, broken func(shown, string)) {
		for _, ch := range b.of["charge"] {
			sent := b.total("transfer", func(tr shown) bool { return is(tr, "source_transaction", ch.Get("id").String()) })
			if sent > ch.Get("amount_captured").Int() {
				broken(ch, fmt.Sprintf("%d were transferred", sent))
			}
		}
	},
	"a fee is refunded what its refunds say": func(b books, broken func(shown, string)) {
		for _, fee := range b.of["application_fee"] {
			back := b.total("fee_refund", func(o shown) bool { return is(o, "fee", fee.Get("id").String()) })
			got, amount := fee.Get("amount_refunded").Int(), fee.Get("amount").Int()
			if got != back || got > amount || fee.Get("refunded").Bool() != (got == amount) || b.moved(fee) != amount-got {
				broken(fee, fmt.Sprintf("its refunds say %d, its rows leave %d", back, b.moved(fee)))
			}
		}
	},
	"a dispute has moved what its status says": func(b books, broken func(shown, string)) {
		for _, d := range b.of["dispute"] {
			rows, want := d.Get("balance_transactions.#").Int(), int64(0)
			switch {
			case strings.HasPrefix(d.Get("status").String(), "warning_"):
			case is(d, "status", "won"):
				rows -= 2
			default:
				rows, want = rows-1, -d.Get("amount").Int()
			}
			if rows != 0 || b.moved(d) != want {
				broken(d, fmt.Sprintf("its rows say %d", b.moved(d)))
			}
		}
	},
	"a disputed charge keeps what was withdrawn out of refunds": func(b books, broken func(shown, string)) {
		for _, d := range b.of["dispute"] {
			ch, ok := b.find("charge", d.Get("charge").String())
			if ok && among(d, "status", "needs_response", "under_review", "lost") && (d.Get("is_charge_refundable").Bool() || ch.Get("amount_refunded").Int()+d.Get("amount").Int() > ch.Get("amount_captured").Int()) {
				broken(d, ch.Get("@ugly").Raw)
			}
		}
	},
	"a payout has moved what its status says": func(b books, broken func(shown, string)) {
		for _, po := range b.of["payout"] {
			want := -po.Get("amount").Int()
			if among(po, "status", "failed", "canceled") {
				want = 0
			}
			if b.moved(po) != want {
				broken(po, fmt.Sprintf("its rows say %d", b.moved(po)))
			}
		}
	},
	"an automatic payout is the sum of its rows": func(b books, broken func(shown, string)) {
		for _, po := range b.of["payout"] {
			if sum := b.carried[po.Get("id").String()]; sum != 0 {
				broken(po, fmt.Sprintf("they are %d more", sum))
			}
		}
	},
	"a top-up has moved what its status says": func(b books, broken func(shown, string)) {
		for _, tu := range b.of["topup"] {
			want := int64(0)
			if is(tu, "status", "succeeded") {
				want = tu.Get("amount").Int()
			}
			if b.moved(tu) != want {
				broken(tu, fmt.Sprintf("its rows say %d", b.moved(tu)))
			}
		}
	},
	"an object has its official shape": func(b books, broken func(shown, string)) {
		for kind, all := range b.of {
			for _, o := range all {
				v := o.Result
				if kind == "event" {
					v = o.Get("data.object")
				}
				if b.seen[v.Raw] {
					continue
				}
				b.seen[v.Raw] = true
				if is(shown{"", v}, "id", "") && kind != "balance" && !strings.HasPrefix(o.Get("type").String(), "balance.") {
					broken(o, "it has no id")
				}
				for _, problem := range officialSchemas().check(v, v.Get("object").String()) {
					broken(o, problem)
				}
			}
		}
	},
}

// wrong is every promise that the books break.
func (b books) wrong() (all []string) {
	for name, holds := range promises {
		holds(b, func(o shown, why string) { all = append(all, fmt.Sprintf("%s: %s\n%s", name, why, o.Get("@ugly").Raw)) })
	}
	return all
}
