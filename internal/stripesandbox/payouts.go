package stripesandbox

import "slices"

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
	po := &Payout{Description: c.text("description"), Metadata: c.metadata("metadata", nil), Descriptor: c.text("statement_descriptor"), Method: method, SourceType: c.str("source_type")}
	if err := c.check(); err != nil {
		return nil, err
	}
	if a, ok := c.accounts.get(c.scope); ok && (!a.PayoutsEnabled || a.PayoutsOff) {
		return nil, refuse("payouts_not_allowed", "", "Cannot create payouts: this account (%s) does not have payouts enabled.", a.ID)
	}
	ba, err := c.payoutBank(c.scope, destination, currency)
	if err != nil {
		return nil, err
	}
	if c.balance(c.scope, currency).Available < amount {
		return nil, refuse("balance_insufficient", "", "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low. You can use the the /v1/balance endpoint to view your Stripe balance (for more details, see stripe.com/docs/api#balance).")
	}
	if !slices.Contains(ba.Methods, method) {
		return nil, refuse("instant_payouts_unsupported", "destination", "This bank account is not eligible for instant payouts.")
	}
	po.Amount, po.Currency = amount, currency
	return c.startPayout(c.scope, po, ba), nil
}

// payoutBank is the bank account a payout goes to: a named one, else the default
// of its currency, else the account's own.
func (s *Server) payoutBank(scope, id, currency string) (*BankAccount, error) {
	if scope == "" {
		return s.platformBank(id)
	}
	a, _ := s.accounts.get(scope)
	if len(a.Banks) == 0 {
		return nil, refuse("", "", "Sorry, you don't have any external accounts in that currency (%s).", a.DefaultCurrency)
	}
	if b := s.payoutDefault(a, currency); b != nil {
		id = orElse(id, b.ID)
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

// platformBank is the platform's own bank account, made when first needed.
func (s *Server) platformBank(id string) (*BankAccount, error) {
	c := s.config()
	if c.Bank == "" {
		ba := s.banks.add(&BankAccount{
			header: header{ID: newID("ba_"), Object: "bank_account"}, Account: c.Platform, Number: testBanks[0], Last4: "6789", Routing: usRouting,
			BankName: usBankName, Country: "US", Currency: "usd", Default: true, Fingerprint: "fp" + testBanks[0], Methods: []string{"standard", "instant"},
			Metadata: map[string]string{}, Status: "verified"})
		c.Bank = ba.ID
		s.settings.save(c)
	}
	if id != "" && id != c.Bank {
		return nil, missingRef("external account", "destination", id)
	}
	ba, _ := s.banks.get(c.Bank)
	return ba, nil
}

// startPayout takes the money from the balance; the bank has it a few days later.
func (s *Server) startPayout(scope string, po *Payout, ba *BankAccount) *Payout {
	po.header = header{ID: newID("po_"), Object: "payout", Created: s.now, Scope: scope}
	po.Status, po.Type, po.Destination = "pending", ba.Object, text(ba.ID)
	po.Method, po.SourceType = orElse(po.Method, "standard"), orElse(po.SourceType, "card")
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
		if po.Automatic {
			s.emit("payout.reconciliation_completed", po)
		}
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
	a, connected := s.accounts.get(po.Scope)
	if !ok || !connected {
		return nil // the platform could not give another bank account
	}
	before := s.show(ba)
	ba.Status = "errored"
	s.banks.save(ba)
	s.emitChange("account.external_account.updated", po.Scope, before, ba)
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
	status, destination, arrives := c.wants("status"), c.wants("destination"), c.ranged("arrival_date")
	return page(c, mine(c, c.payouts), func(po *Payout) bool {
		return status(po.Status) && destination(string(po.Destination)) && arrives(po.ArrivalDate)
	})
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
	ba, err := c.payoutBank(c.scope, string(po.Destination), po.Currency)
	if err != nil {
		return nil, err
	}
	back := c.startPayout(c.scope, &Payout{Amount: -po.Amount, Currency: po.Currency, Metadata: metadata, Original: text(po.ID)}, ba)
	po.ReversedBy = text(back.ID)
	return back, nil
}
