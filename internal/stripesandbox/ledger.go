package stripesandbox

import "fmt"

// The outside: where money comes from and goes to.
const (
	customersOutside = "outside:customers"
	banksOutside     = "outside:banks"
	stripeOutside    = "outside:stripe"
)

// entry is one row to be written on an account's ledger.
type entry struct {
	kind, category string
	source         string
	amount         int64
	fees           []FeeDetail
	currency       string
	description    string
	availableOn    int64 // 0 is now
}

// post writes a balance transaction on an account and moves its balance; the
// part of its fees that is Stripe's goes to the outside. It is the only way
// that money moves.
func (s *Server) post(scope string, e entry) *BalanceTransaction {
	t := &BalanceTransaction{
		header: header{ID: newID("txn_"), Object: "balance_transaction", Created: s.now, Scope: scope},
		Amount: e.amount, AvailableOn: max(e.availableOn, 0), Currency: e.currency, Description: text(e.description),
		FeeDetails: e.fees, Category: e.category, Source: text(e.source), Type: e.kind,
	}
	if t.AvailableOn < s.now {
		t.AvailableOn = s.now
	}
	if t.FeeDetails == nil {
		t.FeeDetails = []FeeDetail{}
	}
	for _, f := range e.fees {
		t.Fee += f.Amount
		if f.Type == "stripe_fee" {
			s.outside(stripeOutside, e.currency, f.Amount)
		}
	}
	t.Net = t.Amount - t.Fee
	s.txns.add(t)
	s.credit(scope, e.currency, t.Net, t.AvailableOn)
	return t
}

// outside books what entered or left Stripe.
func (s *Server) outside(who, currency string, amount int64) {
	b := s.balance(who, currency)
	b.Available += amount
	s.balances.save(b)
}

// balance is the record of an account and currency, made when first needed.
func (s *Server) balance(scope, currency string) *Balance {
	id := scope + "|" + currency
	if b, ok := s.balances.get(id); ok {
		return b
	}
	return s.balances.add(&Balance{header: header{ID: id, Scope: scope}, Currency: currency})
}

// credit adds money to a balance: at once, or on the day it becomes available.
func (s *Server) credit(scope, currency string, net, availableOn int64) {
	b := s.balance(scope, currency)
	s.balances.save(b)
	if availableOn <= s.now {
		b.Available += net
		s.fundsMoved(b)
		return
	}
	b.Pending += net
	s.fundsMoved(b)
	id := fmt.Sprintf("%s|%s|%d", scope, currency, availableOn)
	m, ok := s.maturing.get(id)
	if !ok {
		m = s.maturing.add(&Maturing{header: header{ID: id, Scope: scope}, Currency: currency})
		s.at(availableOn, timerMature, id)
	}
	m.Amount += net
	s.maturing.save(m)
}

// mature turns a day's pending money into available money.
func (s *Server) mature(id string) {
	m, ok := s.maturing.get(id)
	if !ok {
		return
	}
	b := s.balance(m.Scope, m.Currency)
	b.Pending -= m.Amount
	b.Available += m.Amount
	s.balances.save(b)
	s.maturing.remove(id)
	if m.Amount > 0 {
		s.emitAs("balance.available", m.Scope, s.showBalance(m.Scope), nil)
	}
	s.fundsMoved(b)
}

// fundsMoved wakes what waits for money: unfunded refunds, automatic payouts, debts.
func (s *Server) fundsMoved(b *Balance) {
	for _, id := range b.Waiting {
		if !s.waiting(timerFundRefund, id) {
			s.at(s.now, timerFundRefund, id)
		}
	}
	if b.Available != 0 || b.Pending != 0 {
		s.scheduleAutoPayout(b.Scope)
	}
	s.watchDebt(b)
}

// showBalance is the balance object of an account.
func (s *Server) showBalance(scope string) map[string]any {
	available, pending, instant := []any{}, []any{}, []any{}
	reserved := map[string]int64{}
	for _, id := range s.balances.order {
		b, ok := s.balances.get(id)
		if !ok {
			continue
		}
		if b.Scope != scope {
			if a, ok := s.accounts.get(b.Scope); ok && a.Type != "standard" {
				reserved[b.Currency] += max(0, -(b.Available + b.Pending))
			}
			continue
		}
		available = append(available, sum(b.Available, b.Currency, true))
		pending = append(pending, sum(b.Pending, b.Currency, true))
		instant = append(instant, sum(max(0, b.Available), b.Currency, true))
	}
	if len(available) == 0 {
		cur := s.defaultCurrency(scope)
		available, pending, instant = append(available, sum(0, cur, true)), append(pending, sum(0, cur, true)), append(instant, sum(0, cur, true))
	}
	m := map[string]any{"object": "balance", "available": available, "pending": pending, "livemode": false, "instant_available": instant}
	if scope == "" {
		held := []any{}
		for _, a := range available {
			cur := a.(map[string]any)["currency"].(string)
			held = append(held, sum(reserved[cur], cur, false))
		}
		m["connect_reserved"] = held
	}
	return m
}

func sum(amount int64, currency string, typed bool) map[string]any {
	m := map[string]any{"amount": amount, "currency": currency}
	if typed {
		m["source_types"] = map[string]any{"card": amount}
	}
	return m
}

func (s *Server) defaultCurrency(scope string) string {
	if a, ok := s.accounts.get(scope); ok {
		return a.DefaultCurrency
	}
	return "usd"
}

func (c *call) getBalance() (any, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return c.showBalance(c.scope), nil
}

func (c *call) getTxn() (any, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return lookup(c, c.txns, c.id, "balance transaction", "id")
}

func (c *call) listTxns() (any, error) {
	kind, source, currency, payout := c.wants("type"), c.str("source"), c.wants("currency"), c.str("payout")
	if payout != "" {
		po, err := lookup(c, c.payouts, payout, "payout", "payout")
		if err != nil {
			return nil, err
		}
		if !po.Automatic {
			return nil, refuse("", "payout", "Balance transaction history can only be filtered on automatic transfers, not manual.")
		}
	}
	return page(c, mine(c, c.txns), func(t *BalanceTransaction) bool {
		return kind(t.Type) && currency(t.Currency) && (source == "" || string(t.Source) == source) && (payout == "" || t.Payout == payout)
	})
}

// ledgerOperations are the rarer routes of what moves money.
func ledgerOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/application_fees/{id}/refund":        (*call).refundWholeFee,
		"POST /v1/application_fees/{id}/refunds/{sub}": (*call).updateFeeRefund,
		"POST /v1/transfers/{id}/reversals/{sub}":      (*call).updateReversal,
		"POST /v1/test_helpers/refunds/{id}/expire":    (*call).expireRefund,
		"GET /v1/charges/{id}/dispute":                 ofCharge((*call).getDispute),
		"POST /v1/charges/{id}/dispute":                ofCharge((*call).updateDispute),
		"POST /v1/charges/{id}/dispute/close":          ofCharge((*call).closeDispute),
	}
}
