package stripesandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// settle gives an imported object the memory it would have, had it been made
// here. The ledger is left alone: imported money never moved.
func (s *Server) settle(r record, shown map[string]any) (err error) {
	switch t := r.(type) {
	case *Account:
		s.settleAccount(t)
		flatten(t.Facts, "company", shown["company"])
		_, err = s.takeList(shown, "external_accounts")
	case *BankAccount:
		t.Number = cmp.Or(t.Number, "000123456789")
		if a, ok := s.accounts.get(t.Account); ok && !slices.Contains(a.Banks, t.ID) {
			a.Banks = append(a.Banks, t.ID)
			s.accounts.save(a)
		}
		if cu, ok := s.customers.get(string(t.Customer)); ok {
			cu.Sources = newest(cu.Sources, t.ID)
			s.customers.save(cu)
		}
	case *Person:
		t.Facts = map[string]string{}
		for _, name := range []string{"first_name", "last_name", "email", "phone", "dob", "address", "relationship"} {
			flatten(t.Facts, name, shown[name])
		}
		if a, ok := s.accounts.get(t.Account); ok && !slices.Contains(a.Persons, t.ID) {
			a.Persons = append(a.Persons, t.ID)
			s.accounts.save(a)
		}
	case *PaymentMethod:
		t.Number = cmp.Or(t.Number, standInNumbers[t.Type])
		if cu, ok := s.customers.get(string(t.Customer)); ok {
			cu.Methods = newest(cu.Methods, t.ID)
			s.customers.save(cu)
		}
	case *Session:
		t.Lines, err = importedLines(shown["line_items"])
		if t.Status == "open" && t.ExpiresAt > s.now {
			s.at(t.ExpiresAt, timerSessionEnd, t.ID)
		}
	case *Charge:
		t.Refunds, err = s.takeList(shown, "refunds")
	case *Refund:
		if ch, ok := s.charges.get(t.Charge); ok {
			ch.Refunds = newest(ch.Refunds, t.ID)
			s.charges.save(ch)
		}
	case *Transfer:
		s.settleTransfer(t)
		t.Reversals, err = s.takeList(shown, "reversals")
	case *Reversal:
		if tr, ok := s.transfers.get(t.Transfer); ok {
			tr.Reversals = newest(tr.Reversals, t.ID)
			s.transfers.save(tr)
		}
	case *ApplicationFee:
		t.Refunds, err = s.takeList(shown, "refunds")
	case *FeeRefund:
		if fee, ok := s.fees.get(t.Fee); ok {
			fee.Refunds = newest(fee.Refunds, t.ID)
			s.fees.save(fee)
		}
	case *Subscription, *SubscriptionItem, *Invoice, *InvoiceItem:
		return s.settleBilling(r, shown)
	case *Endpoint:
		if len(t.Secrets) == 0 {
			t.Secrets = []string{newSecret()}
		}
	}
	return err
}

// standInNumbers are what an imported payment method pays with: the API never
// shows the number itself.
var standInNumbers = map[string]string{"card": "4242424242424242", "sepa_debit": "AT611904300234573201", "us_bank_account": "000123456789"}

// takeList takes in the objects of a list that an object shows, and names them.
func (s *Server) takeList(shown map[string]any, name string) (ids []string, err error) {
	list, _ := shown[name].(map[string]any)
	data, _ := list["data"].([]any)
	for _, item := range data {
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, err
		}
		id, err := s.adopt(raw, "")
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// settleAccount believes what the flags say of its owner.
func (s *Server) settleAccount(a *Account) {
	if a.Facts == nil {
		a.Facts = map[string]string{}
	}
	if a.Requested == nil {
		a.Requested = map[string]int64{}
		for name := range a.Capabilities {
			a.Requested[name] = a.Created
		}
	}
	if a.Check == "" && a.ChargesEnabled {
		a.Check, a.Verified, a.Trusted = "passed", true, true
	}
}

// flatten lays a shown hash out as facts, by dotted name.
func flatten(facts map[string]string, name string, v any) {
	switch t := v.(type) {
	case map[string]any:
		for key, sub := range t {
			flatten(facts, name+"."+key, sub)
		}
	case string, bool, json.Number:
		facts[name] = fmt.Sprint(t)
	}
}

// newest puts an id before the others, once.
func newest(ids []string, id string) []string {
	if slices.Contains(ids, id) {
		return ids
	}
	return append([]string{id}, ids...)
}

// settleTransfer gives a transfer the payment that its owner got by it.
func (s *Server) settleTransfer(t *Transfer) {
	if _, ok := s.charges.get(t.Payment); ok {
		return
	}
	t.Payment = cmp.Or(t.Payment, newID("py_"))
	s.charges.add(&Charge{
		header: header{ID: t.Payment, Object: "charge", Created: t.Created, Scope: t.Destination},
		Amount: t.Amount, Captured: t.Amount, Currency: t.Currency, IsCaptured: true, Paid: true, Status: "succeeded", SourceTransfer: text(t.ID),
		Metadata: map[string]string{}, MethodDetails: map[string]any{"type": "stripe_account", "stripe_account": map[string]any{}},
	})
}

// importedLines are a session's line items as the API shows them.
func importedLines(list any) (lines []LineItem, err error) {
	raw, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	var shown struct {
		Data []struct {
			ID, Description, Currency string
			Quantity                  int64
			Total                     int64 `json:"amount_total"`
			Price                     struct {
				ID, Product string
				UnitAmount  int64 `json:"unit_amount"`
			}
		}
	}
	if err := json.Unmarshal(raw, &shown); err != nil {
		return nil, fmt.Errorf("line_items: %w", err)
	}
	for _, d := range shown.Data {
		lines = append(lines, LineItem{ID: d.ID, Name: d.Description, Currency: d.Currency, Quantity: d.Quantity, Amount: d.Total,
			Price: d.Price.ID, Product: d.Price.Product, UnitAmount: d.Price.UnitAmount})
	}
	return lines, nil
}
