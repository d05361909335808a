package stripesandbox

import (
	"bytes"
	"encoding/json"
	"strings"
)

// show renders a record as the API does: without the sandbox's own memory, with
// the fields that are always the same, with the lists it always embeds.
func (s *Server) show(r record) map[string]any {
	if d, ok := r.(*Deleted); ok {
		return map[string]any{"id": d.ID, "object": d.Object, "deleted": true}
	}
	m := plain(r)
	s.embed(r, m)
	for k := range m {
		if strings.HasPrefix(k, "_") {
			delete(m, k)
		}
	}
	if r.head().Object == "application" {
		m["name"] = s.name
	}
	for k, v := range constants[r.head().Object] {
		if _, ok := m[k]; !ok {
			m[k] = v
		}
	}
	if !withoutMode[r.head().Object] {
		m["livemode"] = false
	}
	return m
}

// wire is a value as the API writes it: indented, with < and & as they are.
func wire(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// embed adds what an object shows of others.
func (s *Server) embed(r record, m map[string]any) {
	switch t := r.(type) {
	case *Account:
		s.embedAccount(t, m)
	case *Transfer:
		m["reversals"] = s.sublist(t.Reversals, "/v1/transfers/"+t.ID+"/reversals")
	case *ApplicationFee:
		m["refunds"] = s.sublist(t.Refunds, "/v1/application_fees/"+t.ID+"/refunds")
	case *Dispute:
		m["balance_transactions"] = s.showAll(t.Txns)
	case *BalanceTransaction:
		m["status"] = "pending"
		if t.AvailableOn <= s.now {
			m["status"] = "available"
		}
	case *Person:
		s.embedPerson(t, m)
	case *File:
		m["links"] = s.linksOf(t)
	case *FileLink:
		m["expired"] = t.expired(s.now)
	case *BankAccount:
		embedBank(t, m)
	case *Token:
		s.embedToken(t, m)
	case *Mandate:
		delete(m, "created")
	case *Session:
		m["payment_method_options"] = sessionOptions(t)
		if t.Mode == "setup" {
			m["amount_subtotal"], m["amount_total"], m["currency"], m["total_details"] = nil, nil, text(t.Currency), nil
		}
	case *SetupIntent:
		m["payment_method_options"] = showSetupOptions(t)
	case *Intent:
		m["payment_method_options"] = showOptions(t.MethodTypes, t.Options)
	case *PaymentMethod:
		if t.Other != nil {
			m[t.Type] = t.Other
		}
	case *Subscription, *SubscriptionItem, *Invoice, *InvoiceLine, *InvoiceItem:
		s.embedBilling(r, m)
	case *Charge:
		if t.Fraud == nil {
			m["fraud_details"] = map[string]any{}
		}
		if src, ok := s.banks.get(string(t.Method)); ok {
			m["source"] = s.show(src)
		}
		if t.Method != "" && t.Status == "succeeded" {
			m["receipt_url"] = s.baseURL + "/receipts/" + t.ID
		}
	}
}

func (s *Server) showAll(ids []string) []any {
	out := []any{}
	for _, id := range ids {
		if r, ok := s.find(id); ok {
			out = append(out, s.show(r))
		}
	}
	return out
}

// sublist is an embedded list of everything it holds, newest first.
func (s *Server) sublist(ids []string, url string) map[string]any {
	data := s.showAll(ids)
	return map[string]any{"object": "list", "data": data, "has_more": false, "total_count": len(data), "url": url}
}

// expand replaces ids by what they name, along each path, at most four deep.
func (s *Server) expand(m map[string]any, paths []string) error {
	for _, path := range paths {
		parts := strings.Split(path, ".")
		if len(parts) > 4 && !(m["object"] == "list" && len(parts) == 5) {
			return invalid("", "expand", "You cannot expand more than 4 levels of a property. Property: %s", path)
		}
		if err := s.expandPath(m, parts, path); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) expandPath(m map[string]any, parts []string, path string) error {
	name, rest := parts[0], parts[1:]
	v, ok := m[name]
	if !ok {
		if object, _ := m["object"].(string); absent[object] == name {
			return nil // a charge that made no transfer has no such field, and may still be asked for it
		}
		if v, ok = s.hidden(m, name); !ok {
			return invalid("", "expand[0]", "This property cannot be expanded (%s).", path)
		}
		m[name] = v
	}
	switch t := v.(type) {
	case string:
		r, ok := s.find(t)
		if pm, kept := s.methods.get(t); kept && name == "payment_method" {
			r = pm // a card of the older kind is a payment method as well
		}
		if !ok {
			return invalid("", "expand[0]", "This property cannot be expanded (%s).", path)
		}
		sub := s.show(r)
		m[name] = sub
		v = sub
	case []any:
		for i, item := range t {
			if id, ok := item.(string); ok {
				if r, ok := s.find(id); ok {
					t[i] = s.show(r)
				}
			}
		}
	}
	if len(rest) == 0 {
		return nil
	}
	switch t := v.(type) {
	case map[string]any:
		return s.expandPath(t, rest, path)
	case []any:
		for _, item := range t {
			if sub, ok := item.(map[string]any); ok {
				if err := s.expandPath(sub, rest, path); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// hidden are the lists that show only when expanded.
func (s *Server) hidden(m map[string]any, name string) (any, bool) {
	id, _ := m["id"].(string)
	switch {
	case m["object"] == "charge" && name == "refunds":
		ch, ok := s.charges.get(id)
		if !ok {
			return nil, false
		}
		return s.sublist(ch.Refunds, "/v1/charges/"+id+"/refunds"), true
	case m["object"] == "customer" && name == "sources":
		cu, ok := s.customers.get(id)
		if !ok {
			return nil, false
		}
		return s.sublist(cu.Sources, "/v1/customers/"+id+"/sources"), true
	case m["object"] == "customer" && name == "subscriptions":
		return s.subscriptionsOf(id), true
	case m["object"] == "checkout.session" && name == "line_items":
		cs, ok := s.sessions.get(id)
		if !ok {
			return nil, false
		}
		return s.lineItems(cs), true
	}
	return nil, false
}

// absent are fields that may be expanded and are left out while they are empty.
var absent = map[string]string{"charge": "transfer", "refund": "failure_balance_transaction"}

var withoutMode = map[string]bool{
	"account": true, "person": true, "card": true, "file": true, "refund": true, "balance_transaction": true, "bank_account": true, "capability": true,
	"subscription_item": true, "transfer_reversal": true, "fee_refund": true, "account_link": true, "login_link": true, "application": true, "item": true,
}

// constants are fields that this sandbox never fills, by object.
var constants = map[string]map[string]any{
	"checkout.session": {
		"automatic_tax": map[string]any{"enabled": false, "liability": nil, "status": nil}, "currency_conversion": nil,
		"payment_link": nil, "payment_method_configuration_details": nil,
		"shipping_cost": nil, "shipping_options": []any{},
		"total_details": map[string]any{"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
	},
	"payment_intent": {
		"amount_details": map[string]any{"tip": map[string]any{}}, "application": nil, "payment_method_configuration_details": nil,
		"processing": nil,
	},
	"charge": {
		"application": nil, "calculated_statement_descriptor": "SANDBOX", "failure_balance_transaction": nil,
		"order": nil, "receipt_number": nil, "source": nil,
	},
	"topup":               {"source": nil},
	"refund":              {"receipt_number": nil},
	"setup_intent":        {"application": nil, "payment_method_configuration_details": nil},
	"setup_attempt":       {"application": nil},
	"review":              {"ip_address": nil, "ip_address_location": nil, "session": nil},
	"balance_transaction": {"exchange_rate": nil},
	"customer":            {"discount": nil},
	"bank_account":        {"customer": nil},
	"product":             {"package_dimensions": nil},
	"price":               {"billing_scheme": "per_unit", "custom_unit_amount": nil, "tiers_mode": nil, "transform_quantity": nil},
	"subscription": {
		"application": nil, "automatic_tax": map[string]any{"enabled": false, "liability": nil}, "billing_cycle_anchor_config": nil, "billing_thresholds": nil,
		"default_source": nil, "default_tax_rates": []any{}, "discount": nil, "next_pending_invoice_item_invoice": nil, "pending_invoice_item_interval": nil,
		"pending_setup_intent": nil, "pending_update": nil, "schedule": nil,
	},
	"subscription_item": {"billing_thresholds": nil, "tax_rates": []any{}},
	"invoice": {
		"account_name": nil, "account_tax_ids": nil, "amount_shipping": 0, "application": nil, "automatic_tax": map[string]any{"enabled": false, "liability": nil, "status": nil},
		"custom_fields": nil, "customer_address": nil, "customer_shipping": nil, "customer_tax_exempt": "none", "customer_tax_ids": []any{}, "default_source": nil,
		"default_tax_rates": []any{}, "discount": nil, "discounts": []any{}, "from_invoice": nil, "invoice_pdf": nil, "issuer": map[string]any{"type": "self"},
		"last_finalization_error": nil, "latest_revision": nil, "payment_settings": map[string]any{"default_mandate": nil, "payment_method_options": nil, "payment_method_types": nil},
		"post_payment_credit_notes_amount": 0, "pre_payment_credit_notes_amount": 0, "quote": nil, "receipt_number": nil, "rendering": nil, "shipping_cost": nil,
		"shipping_details": nil, "tax": nil, "total_discount_amounts": []any{}, "total_tax_amounts": []any{},
	},
	"line_item":   {"discount_amounts": []any{}, "discounts": []any{}, "proration_details": map[string]any{"credited_items": nil}, "tax_amounts": []any{}, "tax_rates": []any{}},
	"invoiceitem": {"discounts": []any{}, "tax_rates": []any{}},
}
