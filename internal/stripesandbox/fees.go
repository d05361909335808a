package stripesandbox

// refundFee gives part of an application fee back to the account that paid it.
func (s *Server) refundFee(fee *ApplicationFee, amount int64, metadata map[string]string) *FeeRefund {
	amount = min(amount, fee.Amount-fee.Refunded)
	fr := &FeeRefund{header: header{ID: newID("fr_"), Object: "fee_refund", Created: s.now}, Amount: amount, Currency: fee.Currency, Fee: fee.ID, Metadata: metadata}
	availableOn := s.availableOn(fee.Txn)
	txn := s.post("", entry{kind: "application_fee_refund", category: "platform_earning_refund", source: fee.ID, amount: -amount, currency: fee.Currency,
		description: "REFUND FOR APPLICATION FEE", availableOn: availableOn})
	// The owner's side is a row of its own; its real type is not known.
	s.post(fee.Account, entry{kind: s.assumes(assumeFeeReturn), category: "fee", source: fee.Charge, amount: amount, currency: fee.Currency,
		description: "Application fee refund for " + fee.Charge, availableOn: availableOn})
	fr.Txn = text(txn.ID)
	s.feeRefunds.add(fr)
	fee.Refunded += amount
	fee.IsRefunded = fee.Refunded >= fee.Amount
	fee.Refunds = append([]string{fr.ID}, fee.Refunds...)
	s.fees.save(fee)
	s.emitFee("application_fee.refunded", fee)
	return fr
}

// emitFee tells of a fee on the platform, or on the account that paid it.
func (s *Server) emitFee(kind string, fee *ApplicationFee) {
	if s.assumes(assumeFeeEvents) == "account" {
		s.emitOn(fee.Account, kind, fee)
		return
	}
	s.emit(kind, fee)
}

func (c *call) getFee() (any, error) {
	fee, err := lookup(c, c.fees, c.id, "application fee", "id")
	if err != nil {
		return nil, err
	}
	return fee, c.check()
}

func (c *call) listFees() (any, error) {
	charge := c.wants("charge")
	return page(c, mine(c, c.fees), func(f *ApplicationFee) bool {
		return charge(f.Charge) || charge(string(f.Originating))
	})
}

func (c *call) createFeeRefund() (any, error) {
	fee, err := lookup(c, c.fees, c.id, "application fee", "id")
	if err != nil {
		return nil, err
	}
	amount, metadata := c.positive("amount"), c.metadata("metadata", nil)
	if err := c.check(); err != nil {
		return nil, err
	}
	left := fee.Amount - fee.Refunded
	if left == 0 {
		return nil, refuse("", "", "Application fee %s has already been refunded.", fee.ID)
	}
	if amount > left {
		return nil, refuse("", "amount", "Refund amount (%s) is greater than unrefunded amount on fee (%s)", human(amount, fee.Currency), human(left, fee.Currency))
	}
	if amount == 0 {
		amount = left
	}
	return c.refundFee(fee, amount, metadata), nil
}

// refundWholeFee is the older route, which answers the fee.
func (c *call) refundWholeFee() (any, error) {
	if _, err := c.createFeeRefund(); err != nil {
		return nil, err
	}
	fee, _ := c.fees.get(c.id)
	return fee, nil
}

func (c *call) updateFeeRefund() (any, error) {
	fr, ok := c.feeRefunds.get(c.sub)
	if !ok || fr.Fee != c.id || c.scope != "" {
		return nil, missing("fee refund", "id", c.sub)
	}
	before := c.show(fr)
	c.feeRefunds.save(fr)
	fr.Metadata = c.metadata("metadata", fr.Metadata)
	if err := c.check(); err != nil {
		return nil, err
	}
	c.emitChange("application_fee.refund.updated", "", before, fr)
	return fr, nil
}

func (c *call) listFeeRefunds() (any, error) {
	fee, err := lookup(c, c.fees, c.id, "application fee", "id")
	if err != nil {
		return nil, err
	}
	return page(c, byID(c.feeRefunds, fee.Refunds), nil)
}

func (c *call) getFeeRefund() (any, error) {
	fr, ok := c.feeRefunds.get(c.sub)
	if !ok || fr.Fee != c.id || c.scope != "" {
		return nil, missing("fee refund", "id", c.sub)
	}
	return fr, c.check()
}

// readPayer reads who pays Stripe's fees of an account's direct charges.
func (c *call) readPayer(a *Account) {
	if payer := c.oneOf("controller[fees][payer]", "", "account", "application"); payer != "" {
		a.Controller["fees"] = map[string]any{"payer": payer}
	}
}

// platformPays says whether Stripe's fees of an account's direct charges are the platform's.
func (s *Server) platformPays(account string) bool {
	a, ok := s.accounts.get(account)
	if !ok {
		return false
	}
	fees, _ := a.Controller["fees"].(map[string]any)
	return fees["payer"] == "application"
}

// payFor takes Stripe's fee for an owner's charge from the platform.
func (s *Server) payFor(ch *Charge, fee FeeDetail, availableOn int64) {
	s.outside(stripeOutside, fee.Currency, fee.Amount)
	s.post("", entry{kind: "stripe_fee", category: "fee", source: ch.ID, amount: -fee.Amount, currency: fee.Currency,
		description: string(fee.Description) + " for " + ch.ID, availableOn: availableOn})
}
