package stripesandbox

import "time"

// What a bank's test number does to a payout.
var bankFailures = map[string]string{
	"000111111116": "no_account", "000111111113": "account_closed", "000222222227": "insufficient_funds",
	"000333333335": "debit_not_authorized", "000444444440": "invalid_currency",
	failingDebitCard: "could_not_process",
}

func (c *call) createPayout() (any, error) {
	amount, currency := c.positive("amount"), c.currency("currency")
	c.need("amount")
	method, destination := c.oneOf("method", "standard", "standard", "instant"), c.str("destination")
	po := &Payout{Description: c.text("description"), Metadata: c.metadata("metadata", nil), Descriptor: c.text("statement_descriptor"), Method: method}
	c.ignore("source_type")
	if err := c.check(); err != nil {
		return nil, err
	}
	if a, ok := c.accounts.get(c.scope); ok && (!a.PayoutsEnabled || a.PayoutsOff) {
		return nil, refuse("payouts_not_allowed", "", "Cannot create payouts: this account (%s) does not have payouts enabled.", a.ID)
	}
	ba, err := c.payoutBank(c.scope, destination)
	if err != nil {
		return nil, err
	}
	if c.balance(c.scope, currency).Available < amount {
		return nil, refuse("balance_insufficient", "", "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low. You can use the the /v1/balance endpoint to view your Stripe balance (for more details, see stripe.com/docs/api#balance).")
	}
	if method == "instant" && ba != nil && ba.Number == "000888888883" {
		return nil, refuse("instant_payouts_unsupported", "destination", "This bank account is not eligible for instant payouts.")
	}
	po.Amount, po.Currency = amount, currency
	return c.startPayout(c.scope, po, ba), nil
}

// payoutBank is the bank account a payout goes to: a named one, else the default.
func (s *Server) payoutBank(scope, id string) (*BankAccount, error) {
	if scope == "" {
		return nil, nil // the platform's own bank is not modelled
	}
	a, _ := s.accounts.get(scope)
	if len(a.Banks) == 0 {
		return nil, refuse("", "", "Sorry, you don't have any external accounts in that currency (%s).", a.DefaultCurrency)
	}
	id = orElse(id, a.Banks[0])
	ba, ok := s.banks.get(id)
	if !ok || ba.Account != scope {
		return nil, missingRef("external account", "destination", id)
	}
	if ba.Status == "errored" {
		return nil, refuse("", "destination", "Cannot pay out to %s: an earlier payout to it failed. Update the external account first.", ba.ID)
	}
	return ba, nil
}

// startPayout takes the money from the balance; the bank has it a few days later.
func (s *Server) startPayout(scope string, po *Payout, ba *BankAccount) *Payout {
	po.header = header{ID: newID("po_"), Object: "payout", Created: s.now, Scope: scope}
	po.Status, po.Type, po.SourceType = "pending", "bank_account", "card"
	po.Method = orElse(po.Method, "standard")
	po.Reconciliation = "not_applicable"
	if po.Automatic {
		po.Reconciliation = "in_progress"
	}
	po.ArrivalDate = businessDays(s.now, 2)
	if po.Method == "instant" {
		po.ArrivalDate = s.now + 30*minute
	}
	if po.Metadata == nil {
		po.Metadata = map[string]string{}
	}
	if ba != nil {
		po.Destination = text(ba.ID)
	}
	if ba != nil && ba.Card != nil {
		po.Type = "card"
	}
	txn := s.post(scope, entry{kind: "payout", category: "payout", source: po.ID, amount: -po.Amount, currency: po.Currency, description: "STRIPE PAYOUT"})
	s.outside(banksOutside, po.Currency, po.Amount)
	po.Txn = text(txn.ID)
	s.payouts.add(po)
	if po.Automatic {
		s.bundle(po)
	}
	s.at(s.now+min(hour, (po.ArrivalDate-s.now)/2), timerPayout, po.ID)
	s.emit("payout.created", po)
	return po
}

// bundle marks the rows an automatic payout carries: every available one since the last.
func (s *Server) bundle(po *Payout) {
	for t := range s.txns.newest() {
		if t.Scope == po.Scope && t.Currency == po.Currency && t.Payout == "" && t.AvailableOn <= s.now {
			t.Payout = po.ID
			s.txns.save(t)
		}
	}
}

// payoutStep moves a payout on: to the bank, then paid or returned.
func (s *Server) payoutStep(id string) error {
	po, ok := s.payouts.get(id)
	if !ok {
		return nil
	}
	before := s.show(po)
	switch po.Status {
	case "pending":
		po.Status = "in_transit"
		s.payouts.save(po)
		s.at(max(po.ArrivalDate, s.now+1), timerPayout, id)
		s.emitChange("payout.updated", po.Scope, before, po)
	case "in_transit":
		if ba, ok := s.banks.get(string(po.Destination)); ok && bankFailures[ba.Number] != "" {
			return s.failPayout(id, bankFailures[ba.Number])
		}
		po.Status = "paid"
		if po.Automatic {
			po.Reconciliation = "completed"
		}
		s.payouts.save(po)
		s.emit("payout.paid", po)
	}
	return nil
}

// failPayout returns a payout's money, even after it was called paid, and turns
// the bank account off until it is updated.
func (s *Server) failPayout(id, code string) error {
	po, ok := s.payouts.get(id)
	if !ok || po.Status == "failed" || po.Status == "canceled" {
		return refuse("", "", "No payout '%s' that could fail.", id)
	}
	s.stop(timerPayout, id)
	po.Status, po.FailureCode, po.FailureMessage = "failed", text(code), text("The bank returned this payout: "+code+".")
	po.FailureTxn = text(s.returnPayout(po, "payout_failure").ID)
	s.payouts.save(po)
	s.emit("payout.failed", po)
	ba, ok := s.banks.get(string(po.Destination))
	if !ok {
		return nil
	}
	before := s.show(ba)
	ba.Status = "errored"
	s.banks.save(ba)
	s.emitChange("account.external_account.updated", po.Scope, before, ba)
	a, _ := s.accounts.get(po.Scope)
	s.change(a, func() { a.PayoutsOff = true })
	return nil
}

func (s *Server) returnPayout(po *Payout, kind string) *BalanceTransaction {
	s.outside(banksOutside, po.Currency, -po.Amount)
	return s.post(po.Scope, entry{kind: kind, category: kind, source: po.ID, amount: po.Amount, currency: po.Currency, description: "STRIPE PAYOUT"})
}

func (c *call) getPayout() (any, error) {
	po, err := lookup(c, c.payouts, c.id, "payout", "id")
	if err != nil {
		return nil, err
	}
	return po, c.check()
}

func (c *call) listPayouts() (any, error) {
	status, destination := c.wants("status"), c.wants("destination")
	return page(c, mine(c, c.payouts), func(po *Payout) bool { return status(po.Status) && destination(string(po.Destination)) })
}

func (c *call) updatePayout() (any, error) {
	po, err := lookup(c, c.payouts, c.id, "payout", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(po)
	po.Metadata = c.metadata("metadata", po.Metadata)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.emitChange("payout.updated", po.Scope, before, po)
	return po, nil
}

func (c *call) cancelPayout() (any, error) {
	po, err := lookup(c, c.payouts, c.id, "payout", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if po.Automatic || po.Status != "pending" {
		return nil, refuse("", "", "Payouts can only be canceled while they are pending and were created manually. This payout is %s.", po.Status)
	}
	po.Status = "canceled"
	c.stop(timerPayout, po.ID)
	po.FailureTxn = text(c.returnPayout(po, "payout_cancel").ID)
	c.emit("payout.canceled", po)
	return po, nil
}

// reversePayout draws a paid payout back with one of negative amount.
func (c *call) reversePayout() (any, error) {
	po, err := lookup(c, c.payouts, c.id, "payout", "id")
	if err != nil {
		return nil, err
	}
	metadata := c.metadata("metadata", nil)
	if err := c.check(); err != nil {
		return nil, err
	}
	if po.Status != "paid" || po.ReversedBy != "" || po.Amount < 0 || c.scope == "" {
		return nil, refuse("", "", "Only paid payouts of connected accounts that were not reversed before can be reversed. This payout is %s.", po.Status)
	}
	ba, err := c.payoutBank(c.scope, string(po.Destination))
	if err != nil {
		return nil, err
	}
	back := c.startPayout(c.scope, &Payout{Amount: -po.Amount, Currency: po.Currency, Metadata: metadata, Original: text(po.ID)}, ba)
	po.ReversedBy = text(back.ID)
	return back, nil
}

// schedule is when an account is paid out.
func (s *Server) schedule(scope string) Schedule {
	if a, ok := s.accounts.get(scope); ok {
		return a.Settings.Payouts.Schedule
	}
	return s.config().PlatformSchedule
}

// scheduleAutoPayout sets the next automatic payout of an account, if it has a schedule.
func (s *Server) scheduleAutoPayout(scope string) {
	if s.waiting(timerAutoPayout, scope) || scope != "" && s.accounts.byID[scope] == nil {
		return
	}
	if when := nextPayout(s.schedule(scope), s.now); when > 0 {
		s.at(when, timerAutoPayout, scope)
	}
}

// nextPayout is the next midnight UTC a schedule names; 0 for manual.
func nextPayout(sc Schedule, now int64) int64 {
	if sc.Interval == "manual" {
		return 0
	}
	for at := midnight(now) + day; ; at += day {
		t := time.Unix(at, 0).UTC()
		weekend := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday
		switch {
		case sc.Interval == "daily" && !weekend,
			sc.Interval == "weekly" && weekdays[t.Weekday()] == orElse(sc.WeeklyAnchor, "monday"),
			sc.Interval == "monthly" && monthlyOn(t, sc.MonthlyAnchor):
			return at
		}
	}
}

var weekdays = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// monthlyOn says whether t is the anchor day, or the last of a month too short for it.
func monthlyOn(t time.Time, anchor int64) bool {
	last := t.AddDate(0, 0, 1).Month() != t.Month()
	return int64(t.Day()) == max(anchor, 1) || last && int64(t.Day()) < anchor
}

// autoPayout pays out what is available, or debits the bank for what is missing.
func (s *Server) autoPayout(scope string) error {
	a := s.accounts.byID[scope]
	if s.schedule(scope).Interval == "manual" || a != nil && (!a.PayoutsEnabled || a.PayoutsOff || a.Disconnected) {
		return nil
	}
	ba, err := s.payoutBank(scope, "")
	if err != nil {
		return nil // no bank to pay to: the next credit asks again
	}
	for _, id := range s.balances.order {
		b := s.balances.byID[id]
		if b == nil || b.Scope != scope || b.Available == 0 {
			continue
		}
		if b.Available < 0 && a != nil && !a.Settings.Payouts.DebitNegative {
			continue
		}
		s.startPayout(scope, &Payout{Amount: b.Available, Currency: b.Currency, Automatic: true, Description: "STRIPE PAYOUT"}, ba)
	}
	return nil
}
