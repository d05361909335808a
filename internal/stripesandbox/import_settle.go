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
		_, err = s.takeList(shown, "external_accounts")
	case *BankAccount:
		t.Number = cmp.Or(t.Number, "000123456789")
		if a, ok := s.accounts.get(t.Account); ok && !slices.Contains(a.Banks, t.ID) {
			a.Banks = append(a.Banks, t.ID)
			s.accounts.save(a)
		}
	case *PaymentMethod:
		t.Number = cmp.Or(t.Number, standInNumbers[t.Type])
	case *Session:
		if t.Status == "open" && t.ExpiresAt > s.now {
			s.at(t.ExpiresAt, timerSessionEnd, t.ID)
		}
	case *Charge:
		t.Refunds, err = s.takeList(shown, "refunds")
	case *Transfer:
		t.Reversals, err = s.takeList(shown, "reversals")
	case *ApplicationFee:
		t.Refunds, err = s.takeList(shown, "refunds")
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
		a.Check = "verified"
	}
}
