package stripesandbox

import "slices"

func (c *call) captureIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	amount, fee, sum := c.positive("amount_to_capture"), c.positive("application_fee_amount"), c.positive("transfer_data[amount]")
	sent := c.has("application_fee_amount")
	metadata := c.metadata("metadata", in.Metadata)
	c.ignore("final_capture") // one capture is always the final one
	if err := c.check(); err != nil {
		return nil, err
	}
	if in.Status != "requires_capture" {
		return nil, unexpected(in, "This PaymentIntent could not be captured because it has a status of %s. Only a PaymentIntent with one of the following statuses may be captured: requires_capture.", in.Status)
	}
	if amount == 0 {
		amount = in.Amount
	}
	if amount > in.Capturable {
		return nil, refuse("amount_too_large", "amount_to_capture", "The amount to capture (%s) is greater than the amount that can be captured (%s).", human(amount, in.Currency), human(in.Capturable, in.Currency))
	}
	if !sent {
		fee = int64(in.Fee)
	}
	if fee > amount {
		return nil, refuse("", "application_fee_amount", "Your application fee cannot be greater than the amount to capture (%d).", amount)
	}
	in.Fee, in.Metadata = number(fee), metadata
	if sum > 0 && in.TransferData != nil {
		in.TransferData.Amount = sum
	}
	ch, _ := c.charges.get(string(in.LatestCharge))
	card, _ := cardByNumber(ch.Number)
	c.into("statement_descriptor", &ch.Descriptor)
	c.into("statement_descriptor_suffix", &ch.DescriptorTail)
	c.stop(timerHoldEnd, in.ID)
	c.take(in, ch, amount, fee, card.instant)
	c.emit("charge.captured", ch)
	c.succeed(in, ch)
	return in, nil
}

// take captures an authorised charge and moves the money: the charge itself,
// the transfer to its destination, the application fee.
func (s *Server) take(in *Intent, ch *Charge, amount, fee int64, instant bool) {
	availableOn := s.settles(orElse(string(ch.OnBehalfOf), ch.Scope))
	if instant {
		availableOn = s.now
	}
	ch.Captured, ch.IsCaptured, ch.Fee = amount, true, number(fee)
	stripes := s.stripeFee(amount, ch.Currency, "Stripe processing fees")
	fees := []FeeDetail{stripes}
	if s.platformPays(ch.Scope) {
		fees = nil
		s.payFor(ch, stripes, availableOn)
	}
	if ch.Scope != "" && fee > 0 {
		fees = append(fees, s.applicationFeeDetail(fee, ch.Currency))
	}
	s.outside(customersOutside, ch.Currency, -amount)
	kind := "charge"
	if ch.MethodDetails["type"] != "card" {
		kind = "payment"
	}
	txn := s.post(ch.Scope, entry{kind: kind, category: "charge", source: ch.ID, amount: amount, fees: fees, currency: ch.Currency, description: string(ch.Description), availableOn: availableOn})
	ch.Txn = text(txn.ID)
	payment := ch
	if in.TransferData != nil {
		payment = s.transferCharge(in, ch, amount, fee, availableOn)
	}
	if fee > 0 {
		s.collectFee(ch, payment, fee, availableOn)
	}
	s.charges.save(ch)
}

func (s *Server) stripeFee(amount int64, currency, what string) FeeDetail {
	return FeeDetail{Amount: s.pricing.fee(amount), Currency: currency, Description: text(what), Type: "stripe_fee"}
}

func (s *Server) applicationFeeDetail(fee int64, currency string) FeeDetail {
	return FeeDetail{Amount: fee, Application: text(s.config().ClientID), Currency: currency, Description: text(s.name + " application fee"), Type: "application_fee"}
}

// transferCharge sends a destination charge's money on; it returns the owner's payment.
func (s *Server) transferCharge(in *Intent, ch *Charge, amount, fee, availableOn int64) *Charge {
	sum := amount
	if in.TransferData.Amount > 0 {
		sum = min(in.TransferData.Amount, amount)
	}
	if in.TransferGroup == "" {
		in.TransferGroup = text("group_" + orElse(in.ID, ch.ID))
	}
	ch.TransferGroup = in.TransferGroup
	tr, payment := s.moveToOwner(movement{
		amount: sum, currency: ch.Currency, destination: in.TransferData.Destination, source: ch.ID, group: in.TransferGroup,
		availableOn: availableOn, fee: fee, metadata: map[string]string{},
	})
	ch.Transfer, ch.Destination = tr.ID, text(tr.Destination)
	s.charges.save(ch)
	return payment
}

// collectFee gives the platform its cut of a charge.
func (s *Server) collectFee(ch, payment *Charge, amount, availableOn int64) {
	fee := &ApplicationFee{
		header:  header{ID: newID("fee_"), Object: "application_fee", Created: s.now},
		Account: payment.Scope, Amount: amount, Application: s.config().ClientID, Charge: payment.ID, Currency: ch.Currency,
	}
	if payment != ch {
		fee.Originating = text(ch.ID)
	}
	txn := s.post("", entry{kind: "application_fee", category: "platform_earning", source: fee.ID, amount: amount, currency: ch.Currency,
		description: "Application fee from application " + s.name + " for " + payment.Scope, availableOn: availableOn})
	fee.Txn = text(txn.ID)
	s.fees.add(fee)
	ch.FeeID, payment.FeeID = text(fee.ID), text(fee.ID)
	payment.Fee = number(amount)
	s.charges.save(payment)
	s.emitFee("application_fee.created", fee)
}

func (c *call) cancelIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	reason := c.oneOf("cancellation_reason", "", "duplicate", "fraudulent", "requested_by_customer", "abandoned")
	if err := c.check(); err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"requires_payment_method", "requires_capture", "requires_confirmation", "requires_action"}, in.Status) {
		return nil, unexpected(in, "You cannot cancel this PaymentIntent because it has a status of %s. Only a PaymentIntent with one of the following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, requires_action, processing.", in.Status)
	}
	if cs, ok := c.sessions.get(in.Session); ok && cs.Status == "open" {
		return nil, refuse("payment_intent_unexpected_state", "", "You cannot cancel this PaymentIntent because it belongs to an open Checkout Session. Expire the session instead.")
	}
	c.cancel(in, reason)
	c.billed(in)
	return in, nil
}

// cancel ends an intent; a hold is released, which shows as a refund of money never taken.
func (s *Server) cancel(in *Intent, reason string) {
	lapsed := in.Status == "requires_capture"
	in.Status, in.CanceledAt, in.CancelReason, in.NextAction, in.Capturable = "canceled", number(s.now), text(reason), nil, 0
	s.intents.save(in)
	s.stop(timerHoldEnd, in.ID)
	s.stop(timerVoucher, in.ID)
	if ch, ok := s.charges.get(string(in.LatestCharge)); ok && lapsed {
		s.release(ch, reason == "automatic")
	}
	s.emit("payment_intent.canceled", in)
}

// release writes the refund that stands for a released authorisation: it has no
// balance transaction, because no money was ever taken.
func (s *Server) release(ch *Charge, expired bool) {
	re := &Refund{header: header{ID: newID("re_"), Object: "refund", Created: s.now, Scope: ch.Scope}, Amount: ch.Amount, Charge: ch.ID,
		Currency: ch.Currency, Metadata: map[string]string{}, Intent: ch.Intent, Status: "succeeded"}
	if expired {
		re.Reason = "expired_uncaptured_charge"
	}
	s.refunds.add(re)
	ch.Refunded, ch.IsRefunded, ch.Refunds = ch.Amount, true, append([]string{re.ID}, ch.Refunds...)
	s.charges.save(ch)
	if expired {
		s.emit("charge.expired", ch)
	}
	if s.assumes(assumeRelease) == "yes" {
		s.emit("charge.refunded", ch)
	}
}

// holdLapsed cancels a hold that nobody captured: an intent's, or a charge's own.
func (s *Server) holdLapsed(id string) error {
	if ch, ok := s.charges.get(id); ok && !ch.IsCaptured && !ch.IsRefunded {
		s.release(ch, true)
	}
	if in, ok := s.intents.get(id); ok && in.Status == "requires_capture" {
		s.cancel(in, "automatic")
	}
	return nil
}
