package stripesandbox

// movement is platform money on its way to an owner.
type movement struct {
	amount      int64
	currency    string
	destination string
	source      string // the charge it follows, if any
	group       text
	kind        string // of balance: card unless said
	description text
	availableOn int64
	fee         int64 // the application fee the owner's payment carries
	metadata    map[string]string
}

// moveToOwner writes the transfer on the platform and the payment on the owner.
func (s *Server) moveToOwner(m movement) (*Transfer, *Charge) {
	tr := &Transfer{
		header: header{ID: newID("tr_"), Object: "transfer", Created: s.now},
		Amount: m.amount, Currency: m.currency, Description: m.description, Destination: m.destination, Metadata: m.metadata,
		Source: text(m.source), SourceType: orElse(m.kind, "card"), Group: m.group,
	}
	py := &Charge{
		header: header{ID: newID("py_"), Object: "charge", Created: s.now, Scope: m.destination},
		Amount: m.amount, Captured: m.amount, Currency: m.currency, IsCaptured: true, Paid: true, Status: "succeeded",
		Metadata: map[string]string{}, MethodDetails: map[string]any{"type": "stripe_account", "stripe_account": map[string]any{}},
	}
	var fees []FeeDetail
	ownRow := s.assumes(assumeOwnerFee) == "own_row"
	if m.fee > 0 && !ownRow {
		fees = append(fees, s.applicationFeeDetail(m.fee, m.currency))
	}
	out := s.post("", entry{kind: "transfer", category: "transfer", source: tr.ID, amount: -m.amount, currency: m.currency, description: string(m.description), availableOn: m.availableOn})
	in := s.post(m.destination, entry{kind: "payment", category: "charge", source: py.ID, amount: m.amount, fees: fees, currency: m.currency, availableOn: m.availableOn})
	if m.fee > 0 && ownRow {
		s.post(m.destination, entry{kind: "adjustment", category: "fee", source: py.ID, amount: -m.fee, currency: m.currency, description: "Application fee for " + py.ID, availableOn: m.availableOn})
	}
	tr.Txn, tr.Payment = text(out.ID), py.ID
	py.Txn, py.SourceTransfer = text(in.ID), text(tr.ID)
	s.transfers.add(tr)
	s.charges.add(py)
	s.emit("transfer.created", tr)
	if s.assumes(assumePayments) == "yes" {
		s.emit("payment.created", py)
	}
	return tr, py
}

func (c *call) createTransfer() (any, error) {
	amount, currency, destination := c.positive("amount"), c.currency("currency"), c.need("destination")
	source, group, description := c.str("source_transaction"), c.text("transfer_group"), c.text("description")
	metadata := c.metadata("metadata", nil)
	c.need("amount")
	kind := c.str("source_type")
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.scope != "" {
		return nil, refuse("", "", "Only the platform can create transfers.")
	}
	if err := c.canReceive(destination, "destination"); err != nil {
		return nil, err
	}
	m := movement{amount: amount, currency: currency, destination: destination, source: source, group: group, description: description, metadata: metadata, kind: kind}
	if source != "" {
		ch, err := c.transferSource(source, amount, currency)
		if err != nil {
			return nil, err
		}
		m.availableOn = c.availableOn(ch.Txn)
		if m.group == "" {
			m.group = text("group_" + orElse(string(ch.Intent), ch.ID))
			ch.TransferGroup = orText(ch.TransferGroup, m.group)
			c.charges.save(ch)
		}
	} else if c.balance("", currency).Available < amount {
		return nil, refuse("balance_insufficient", "", "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance")
	}
	tr, _ := c.moveToOwner(m)
	return tr, nil
}

// transferSource checks the charge a transfer follows: its transfers may not
// come to more than it.
func (c *call) transferSource(id string, amount int64, currency string) (*Charge, error) {
	ch, ok := c.charges.get(id)
	if !ok || ch.Scope != "" {
		return nil, missingRef("charge", "source_transaction", id)
	}
	if !ch.IsCaptured || ch.Currency != currency {
		return nil, refuse("", "source_transaction", "The charge %s cannot be the source of this transfer: it must be captured and in the same currency.", id)
	}
	used := int64(0)
	for tr := range c.transfers.newest() {
		if string(tr.Source) == id {
			used += tr.Amount
		}
	}
	if used+amount > ch.Captured {
		return nil, refuse("", "amount", "Cannot use charge %s as source for a transfer of %s: only %s of it is left to transfer.", id, human(amount, currency), human(ch.Captured-used, currency))
	}
	return ch, nil
}

func (c *call) getTransfer() (any, error) {
	tr, err := lookup(c, c.transfers, c.id, "transfer", "id")
	if err != nil {
		return nil, err
	}
	return tr, c.check()
}

func (c *call) listTransfers() (any, error) {
	destination, group := c.wants("destination"), c.wants("transfer_group")
	return page(c, mine(c, c.transfers), func(tr *Transfer) bool {
		return destination(tr.Destination) && group(string(tr.Group))
	})
}

func (c *call) updateTransfer() (any, error) {
	tr, err := lookup(c, c.transfers, c.id, "transfer", "id")
	if err != nil {
		return nil, err
	}
	before := c.show(tr)
	tr.Metadata = c.metadata("metadata", tr.Metadata)
	if c.has("description") {
		tr.Description = c.text("description")
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	c.emitChange("transfer.updated", "", before, tr)
	return tr, nil
}

// canReverse says whether the owner's balance covers a reversal. What the owner
// must still have is what this money left with them: the application fee that
// was taken from it, and kept, may push them below zero by as much as was
// reversed of the rest, a payout since then may not.
func (s *Server) canReverse(tr *Transfer, amount int64) error {
	need := amount
	if py, ok := s.charges.get(tr.Payment); ok {
		if fee, ok := s.fees.get(string(py.FeeID)); ok {
			need -= share(fee.Amount-fee.Refunded, tr.AmountReversed+amount, tr.Amount)
		}
		b := s.balance(tr.Destination, tr.Currency)
		have := b.Available
		if s.availableOn(py.Txn) > s.now {
			have += b.Pending
		}
		if have < need {
			return refuse("balance_insufficient", "", "The connected account %s does not have enough balance to reverse %s of transfer %s.", tr.Destination, human(amount, tr.Currency), tr.ID)
		}
	}
	return nil
}

// reverse takes money of a transfer back; sourceRefund is the refund that caused it, if any.
func (s *Server) reverse(tr *Transfer, amount int64, sourceRefund string, metadata map[string]string) *Reversal {
	py, _ := s.charges.get(tr.Payment)
	rev := &Reversal{header: header{ID: newID("trr_"), Object: "transfer_reversal", Created: s.now}, Amount: amount, Currency: tr.Currency,
		Metadata: metadata, SourceRefund: text(sourceRefund), Transfer: tr.ID}
	pyr := &Refund{header: header{ID: newID("pyr_"), Object: "refund", Created: s.now, Scope: tr.Destination}, Amount: amount, Charge: py.ID,
		Currency: tr.Currency, Metadata: map[string]string{}, Status: "succeeded", Reversal: text(rev.ID), SourceReversal: text(rev.ID)}
	availableOn := s.availableOn(py.Txn)
	from := s.post(tr.Destination, entry{kind: "payment_refund", category: "refund", source: pyr.ID, amount: -amount, currency: tr.Currency, description: "REFUND FOR PAYMENT", availableOn: availableOn})
	to := s.post("", entry{kind: "transfer_refund", category: "transfer_reversal", source: tr.ID, amount: amount, currency: tr.Currency, description: "REFUND FOR TRANSFER", availableOn: availableOn})
	pyr.Txn, rev.Txn, rev.PaymentRefund = text(from.ID), text(to.ID), text(pyr.ID)
	s.refunds.add(pyr)
	s.reversals.add(rev)
	py.Refunded += amount
	py.IsRefunded = py.Refunded >= py.Amount
	py.Refunds = append([]string{pyr.ID}, py.Refunds...)
	s.charges.save(py)
	tr.AmountReversed += amount
	tr.Reversed = tr.AmountReversed >= tr.Amount
	tr.Reversals = append([]string{rev.ID}, tr.Reversals...)
	s.transfers.save(tr)
	s.emit("transfer.reversed", tr)
	return rev
}

func (c *call) createReversal() (any, error) {
	tr, err := lookup(c, c.transfers, c.id, "transfer", "id")
	if err != nil {
		return nil, err
	}
	amount, refundFee := c.positive("amount"), c.bool("refund_application_fee")
	metadata := c.metadata("metadata", nil)
	if err := c.check(); err != nil {
		return nil, err
	}
	left := tr.Amount - tr.AmountReversed
	if amount == 0 {
		amount = left
	}
	if left == 0 || amount > left {
		return nil, refuse("", "amount", "Reversal amount (%s) is greater than unreversed amount on transfer (%s)", human(amount, tr.Currency), human(left, tr.Currency))
	}
	if err := c.canReverse(tr, amount); err != nil {
		return nil, err
	}
	rev := c.reverse(tr, amount, "", metadata)
	if py, ok := c.charges.get(tr.Payment); ok && refundFee {
		if fee, ok := c.fees.get(string(py.FeeID)); ok {
			c.refundFee(fee, c.proportion(fee.Amount, fee.Refunded, amount, tr.Amount, tr.Reversed), map[string]string{})
		}
	}
	return rev, nil
}

func (c *call) listReversals() (any, error) {
	tr, err := lookup(c, c.transfers, c.id, "transfer", "id")
	if err != nil {
		return nil, err
	}
	return page(c, byID(c.reversals, tr.Reversals), nil)
}

func (c *call) getReversal() (any, error) {
	rev, ok := c.reversals.get(c.sub)
	if !ok || rev.Transfer != c.id || c.scope != "" {
		return nil, missing("transfer reversal", "id", c.sub)
	}
	return rev, c.check()
}

func (c *call) updateReversal() (any, error) {
	rev, ok := c.reversals.get(c.sub)
	if !ok || rev.Transfer != c.id || c.scope != "" {
		return nil, missing("transfer reversal", "id", c.sub)
	}
	c.reversals.save(rev)
	rev.Metadata = c.metadata("metadata", rev.Metadata)
	return rev, c.check()
}
