package stripesandbox

import "maps"

// newCharge files an attempt at an intent: what it came to is for the caller to say.
func (s *Server) newCharge(in *Intent, pm *PaymentMethod) *Charge {
	prefix := "ch_"
	if pm.Type != "card" {
		prefix = "py_"
	}
	ch := &Charge{
		header: header{ID: newID(prefix), Object: "charge", Created: s.now, Scope: in.Scope},
		Amount: in.Amount, Currency: in.Currency, Customer: in.Customer, Description: in.Description, Metadata: maps.Clone(in.Metadata),
		OnBehalfOf: in.OnBehalfOf, Intent: text(in.ID), Method: text(pm.ID), MethodDetails: chargeMethod(in, pm, s.now), Billing: pm.Billing,
		ReceiptEmail: in.ReceiptEmail, Descriptor: in.Descriptor, DescriptorTail: in.DescriptorTail, TransferGroup: in.TransferGroup,
		Fee: in.Fee, Invoice: in.Invoice, Number: pm.Number, Shipping: in.Shipping,
	}
	if ch.Metadata == nil {
		ch.Metadata = map[string]string{}
	}
	if in.TransferData != nil {
		td := *in.TransferData
		ch.TransferData, ch.Destination = &td, text(td.Destination)
	}
	return s.charges.add(ch)
}

// chargeMethod is the payment method as a charge remembers it.
func chargeMethod(in *Intent, pm *PaymentMethod, now int64) map[string]any {
	switch pm.Type {
	case "ideal":
		return map[string]any{"type": "ideal", "ideal": map[string]any{"bank": pm.Other["bank"], "bic": pm.Other["bic"], "generated_sepa_debit": nil,
			"generated_sepa_debit_mandate": nil, "iban_last4": "5264", "verified_name": orElse(string(pm.Billing.Name), "Jenny Rosen")}}
	case "oxxo":
		voucher, _ := in.NextAction["oxxo_display_details"].(map[string]any)
		return map[string]any{"type": "oxxo", "oxxo": map[string]any{"number": voucher["number"]}}
	case "link":
		return map[string]any{"type": "link", "link": map[string]any{"country": "US"}}
	case usBank:
		return map[string]any{"type": usBank, usBank: map[string]any{
			"account_holder_type": pm.USBank["account_holder_type"], "account_type": pm.USBank["account_type"], "bank_name": pm.USBank["bank_name"],
			"fingerprint": pm.USBank["fingerprint"], "last4": pm.USBank["last4"], "routing_number": pm.USBank["routing_number"]}}
	case sepaDebit:
		return map[string]any{"type": sepaDebit, sepaDebit: map[string]any{
			"bank_code": pm.SEPA["bank_code"], "branch_code": nil, "country": pm.SEPA["country"], "fingerprint": pm.SEPA["fingerprint"], "last4": pm.SEPA["last4"], "mandate": nil}}
	}
	card := map[string]any{}
	for _, k := range []string{"brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet"} {
		card[k] = pm.Card[k]
	}
	card["network"], card["installments"], card["mandate"], card["three_d_secure"] = card["brand"], nil, nil, nil
	if in.Authenticated {
		card["three_d_secure"] = map[string]any{"authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": nil,
			"result": "authenticated", "result_reason": nil, "transaction_id": newID(""), "version": "2.2.0"}
	}
	if in.holds(pm.Type) {
		card["capture_before"] = now + 7*day
		if in.option("card", "request_incremental_authorization") == "if_available" {
			card["incremental_authorization"] = map[string]any{"status": "available"}
		}
	}
	return map[string]any{"type": "card", "card": card}
}
