package stripesandbox

import "strings"

const (
	sepaDebit  = "sepa_debit"
	usBank     = "us_bank_account"
	usRouting  = "110000000"
	usBankName = "STRIPE TEST BANK"
)

// delayed are the methods whose answer comes days later, by the one currency they debit.
var delayed = map[string]string{"eur": sepaDebit, "usd": usBank}

// testDebit is what a test account does when it is debited. Another valid IBAN
// pays; another US account is refused.
type testDebit struct {
	kind, number string
	alias        string // pm_usBankAccount_…
	failure      string // the debit fails with this code
	disputed     bool   // paid, then disputed soon after
}

var testDebits = []testDebit{
	{kind: sepaDebit, number: "AT611904300234573201"},
	{kind: sepaDebit, number: "AT861904300235473202", failure: "insufficient_funds"},
	{kind: sepaDebit, number: "AT591904300235473203", disputed: true},
	{kind: sepaDebit, number: "IT60X0542811101000000123456", failure: "insufficient_funds"},
	{kind: usBank, number: "000123456789", alias: "success"},
	{kind: usBank, number: "000222222227", alias: "insufficientFunds", failure: "insufficient_funds"},
	{kind: usBank, number: "000111111113", alias: "accountClosed", failure: "account_closed"},
	{kind: usBank, number: "000111111116", alias: "noAccount", failure: "no_account"},
	{kind: usBank, number: "000333333335", alias: "debitNotAuthorized", failure: "debit_not_authorized"},
	{kind: usBank, number: "000444444440", alias: "invalidCurrency", failure: "invalid_currency"},
	{kind: usBank, number: "000555555559", alias: "dispute", disputed: true},
}

// debitReasons word the failures for the charge.
var debitReasons = map[string]string{
	"insufficient_funds":   "The customer's account has insufficient funds to cover this payment.",
	"account_closed":       "The customer's bank account has been closed.",
	"no_account":           "The customer's bank account could not be located.",
	"debit_not_authorized": "The customer has notified their bank that this payment was unauthorized.",
	"invalid_currency":     "The bank was unable to process this payment because of its currency.",
}

func debitByNumber(number string) (testDebit, bool) {
	for _, d := range testDebits {
		if d.number == number {
			return d, true
		}
	}
	return testDebit{}, false
}

func debitByAlias(alias string) (testDebit, bool) {
	name, ok := strings.CutPrefix(alias, "pm_usBankAccount_")
	for _, d := range testDebits {
		if ok && d.alias == name {
			return d, true
		}
	}
	return testDebit{}, false
}

// debitEnds is when the bank answers: three days for SEPA, four business days for ACH.
func debitEnds(kind string, now int64) int64 {
	if kind == usBank {
		return businessDays(now, 4)
	}
	return now + 3*day
}

// confirmDebit starts a debit, once the account is known to be the customer's.
func (s *Server) confirmDebit(in *Intent, pm *PaymentMethod) error {
	if pm.Type == usBank && in.option(usBank, "verification_method") == "microdeposits" && !pm.Ready {
		return s.ask(in, pm, s.microdeposits(in.ID))
	}
	s.startDebit(in, pm)
	return nil
}

// startDebit begins a payment whose answer comes days later.
func (s *Server) startDebit(in *Intent, pm *PaymentMethod) {
	s.keepFuture(in, pm)
	mandate := s.permit(in, pm)
	ch := s.newCharge(in, pm)
	if details, ok := ch.MethodDetails[sepaDebit].(map[string]any); ok {
		details["mandate"] = mandate.ID
	}
	ch.Status = "pending"
	ch.Outcome = &Outcome{NetworkStatus: "approved_by_network", RiskLevel: "not_assessed", SellerMessage: "Payment complete.", Type: "authorized"}
	in.LatestCharge, in.Status, in.NextAction = text(ch.ID), "processing", nil
	s.intents.save(in)
	s.emit("charge.pending", ch)
	s.emit("payment_intent.processing", in)
	s.billed(in)
	s.at(debitEnds(pm.Type, s.now), timerDebit, in.ID)
}

// settleDebit is the bank's answer: the account number says which.
func (s *Server) settleDebit(id string) error {
	if ch, ok := s.charges.get(id); ok && ch.Status == "pending" {
		s.settleCharge(ch)
		return nil
	}
	in, ok := s.intents.get(id)
	if !ok {
		return nil
	}
	ch, _ := s.charges.get(string(in.LatestCharge))
	account, _ := debitByNumber(ch.Number)
	return s.endDebit(id, account.failure)
}

// endDebit ends a debit: paid, or refused with a failure code. A voucher is paid,
// or expires.
func (s *Server) endDebit(id, failure string) error {
	in, ok := s.intents.get(id)
	if ok && in.waitsForVoucher() {
		s.endVoucher(in, failure == "")
		return nil
	}
	if !ok || in.Status != "processing" {
		return refuse("", "", "No debit is being processed for '%s'.", id)
	}
	s.stop(timerDebit, id)
	ch, _ := s.charges.get(string(in.LatestCharge))
	if failure != "" {
		s.debitRefused(in, ch, failure)
		return nil
	}
	ch.Status, ch.Paid = "succeeded", true
	s.take(in, ch, in.Amount, int64(in.Fee), false)
	s.emit("charge.succeeded", ch)
	s.succeed(in, ch)
	s.sessionPaid(in)
	return nil
}

// debitRefused leaves the session complete and unpaid: it does not open again.
func (s *Server) debitRefused(in *Intent, ch *Charge, code string) {
	ch.Status, ch.FailureCode, ch.FailureMessage = "failed", text(code), text(orElse(debitReasons[code], "The bank refused this payment."))
	s.charges.save(ch)
	in.Status, in.Method = "requires_payment_method", ""
	in.LastError = &apiError{Type: "card_error", Code: code, Message: string(ch.FailureMessage), Charge: ch.ID}
	s.intents.save(in)
	s.emit("charge.failed", ch)
	s.emit("payment_intent.payment_failed", in)
	s.billed(in)
	s.sessionUnpaid(in)
}
