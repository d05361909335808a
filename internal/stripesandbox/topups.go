package stripesandbox

import "net/http"

// Topup brings money from the bank into a balance.
type Topup struct {
	header
	Amount         int64             `json:"amount"`
	Txn            text              `json:"balance_transaction"`
	Currency       string            `json:"currency"`
	Description    text              `json:"description"`
	Expected       number            `json:"expected_availability_date"`
	FailureCode    text              `json:"failure_code"`
	FailureMessage text              `json:"failure_message"`
	Metadata       map[string]string `json:"metadata"`
	Descriptor     text              `json:"statement_descriptor"`
	Status         string            `json:"status"`
	Group          text              `json:"transfer_group"`

	Failure string `json:"_failure"` // what the bank will say
}

// topupSources are the tokens a top-up can come from, and what the bank says.
var topupSources = map[string]string{
	"": "", "btok_us_verified": "", "btok_us_verified_noAccount": "no_account", "btok_us_verified_accountClosed": "account_closed",
	"btok_us_verified_insufficientFunds": "insufficient_funds", "btok_us_verified_debitNotAuthorized": "debit_not_authorized",
	"btok_us_verified_invalidCurrency": "invalid_currency",
}

func topupOperations() map[string]operation {
	return map[string]operation{
		"POST /v1/topups":             (*call).createTopup,
		"GET /v1/topups":              (*call).listTopups,
		"GET /v1/topups/{id}":         (*call).getTopup,
		"POST /v1/topups/{id}":        (*call).updateTopup,
		"POST /v1/topups/{id}/cancel": (*call).cancelTopup,
	}
}

func (c *call) createTopup() (any, error) {
	c.need("amount")
	source := c.str("source")
	tu := &Topup{
		header: header{ID: newID("tu_"), Object: "topup", Created: c.now, Scope: c.scope},
		Amount: c.positive("amount"), Currency: c.currency("currency"), Description: c.text("description"), Metadata: c.metadata("metadata", nil),
		Descriptor: c.text("statement_descriptor"), Group: c.text("transfer_group"), Status: "pending", Expected: number(businessDays(c.now, 1)),
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	failure, known := topupSources[source]
	if !known {
		return nil, missingRef("source", "source", source)
	}
	tu.Failure = failure
	c.topups.add(tu)
	c.at(int64(tu.Expected), timerTopup, tu.ID)
	c.emit("topup.created", tu)
	return tu, nil
}

func (s *Server) topupDue(id string) error {
	tu, ok := s.topups.get(id)
	if !ok {
		return nil
	}
	return s.settleTopup(id, tu.Failure)
}

// settleTopup is the bank's answer to a top-up.
func (s *Server) settleTopup(id, failure string) error {
	tu, ok := s.topups.get(id)
	if !ok || tu.Status != "pending" {
		return refuse("", "", "No top-up '%s' is pending.", id)
	}
	s.stop(timerTopup, id)
	s.topups.save(tu)
	if failure != "" {
		tu.Status, tu.FailureCode, tu.FailureMessage = "failed", text(failure), text("The bank refused this top-up: "+failure+".")
		s.emit("topup.failed", tu)
		return nil
	}
	tu.Status = "succeeded"
	tu.Txn = text(s.topupRow(tu, "topup", tu.Amount).ID)
	s.emit("topup.succeeded", tu)
	return nil
}

// reverseTopup takes a top-up's money back, as a bank may after it was there.
func (s *Server) reverseTopup(id string) error {
	tu, ok := s.topups.get(id)
	if !ok || tu.Status != "succeeded" {
		return refuse("", "", "No top-up '%s' has succeeded.", id)
	}
	tu.Status = "reversed"
	s.topupRow(tu, "topup_reversal", -tu.Amount)
	s.topups.save(tu)
	s.emit("topup.reversed", tu)
	return nil
}

func (s *Server) topupRow(tu *Topup, kind string, amount int64) *BalanceTransaction {
	s.outside(banksOutside, tu.Currency, -amount)
	return s.post(tu.Scope, entry{kind: kind, category: kind, source: tu.ID, amount: amount, currency: tu.Currency, description: string(tu.Description)})
}

func (c *call) getTopup() (any, error) {
	tu, err := lookup(c, c.topups, c.id, "topup", "id")
	if err != nil {
		return nil, err
	}
	return tu, c.check()
}

func (c *call) listTopups() (any, error) {
	status, amount := c.wants("status"), c.ranged("amount")
	return page(c, mine(c, c.topups), func(tu *Topup) bool { return status(tu.Status) && amount(tu.Amount) })
}

func (c *call) updateTopup() (any, error) {
	tu, err := lookup(c, c.topups, c.id, "topup", "id")
	if err != nil {
		return nil, err
	}
	tu.Metadata = c.metadata("metadata", tu.Metadata)
	if c.has("description") {
		tu.Description = c.text("description")
	}
	return tu, c.check()
}

func (c *call) cancelTopup() (any, error) {
	tu, err := lookup(c, c.topups, c.id, "topup", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if tu.Status != "pending" {
		return nil, refuse("", "", "Top-ups can only be canceled while they are pending. This top-up is %s.", tu.Status)
	}
	tu.Status = "canceled"
	c.stop(timerTopup, tu.ID)
	c.emit("topup.canceled", tu)
	return tu, nil
}

// controlTopup lets the bank answer a top-up now, or take it back later.
func (s *Server) controlTopup(r *http.Request, in *controls) (any, error) {
	id := r.PathValue("id")
	err := s.do(func() error {
		switch in.Outcome {
		case "succeeded":
			return s.settleTopup(id, "")
		case "failed":
			return s.settleTopup(id, orElse(in.Reason, "insufficient_funds"))
		case "reversed":
			return s.reverseTopup(id)
		}
		return invalid("", "outcome", "Invalid outcome: must be one of succeeded, failed, reversed")
	})
	if err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.topups.get(id) })
}
