package stripesandbox

import (
	"fmt"
	"slices"
)

// collected reads what a session's page shall ask and say.
func (c *call) collected() Collected {
	q := Collected{
		CustomFields: c.customFields(), MethodCollection: c.oneOf("payment_method_collection", "", "always", "if_required"),
		InvoiceCreation: c.invoiceCreation(), CustomerUpdate: c.hash("customer_update"),
	}
	if c.has("consent_collection") {
		q.ConsentAsked = &ConsentCollection{Promotions: c.text("consent_collection[promotions]"), Terms: c.text("consent_collection[terms_of_service]")}
		if position := c.str("consent_collection[payment_method_reuse_agreement][position]"); position != "" {
			q.ConsentAsked.Reuse = map[string]string{"position": position}
		}
	}
	if c.has("shipping_address_collection") {
		q.ShippingAsked = &ShippingCollection{Countries: c.list("shipping_address_collection[allowed_countries]")}
	}
	if c.has("allow_promotion_codes") {
		allowed := c.bool("allow_promotion_codes")
		q.PromotionCodes = &allowed
	}
	return q
}

func (c *call) customFields() []*CustomField {
	out := []*CustomField{}
	for _, k := range c.each("custom_fields") {
		f := &CustomField{Key: c.need(k + "[key]"), Type: c.need(k + "[type]"), Optional: c.bool(k + "[optional]"),
			Label: FieldLabel{Custom: text(c.need(k + "[label][custom]")), Type: orElse(c.str(k+"[label][type]"), "custom")}}
		line := &FieldText{Maximum: number(c.int(k + "[" + f.Type + "][maximum_length]")), Minimum: number(c.int(k + "[" + f.Type + "][minimum_length]"))}
		switch f.Type {
		case "dropdown":
			f.Dropdown = &FieldDropdown{Options: []FieldOption{}}
			for _, o := range c.each(k + "[dropdown][options]") {
				f.Dropdown.Options = append(f.Dropdown.Options, FieldOption{Label: c.need(o + "[label]"), Value: c.need(o + "[value]")})
			}
		case "numeric":
			f.Numeric = line
		default:
			f.Text = line
		}
		out = append(out, f)
	}
	return out
}

// customTexts reads the merchant's own words on the page.
func (c *call) customTexts() map[string]any {
	out := map[string]any{}
	for _, place := range []string{"after_submit", "shipping_address", "submit", "terms_of_service_acceptance"} {
		out[place] = nil
		if m := c.str("custom_text[" + place + "][message]"); m != "" {
			out[place] = map[string]any{"message": m}
		}
	}
	return out
}

// invoiceCreation shows what was asked; the sandbox writes no invoice for a payment.
func (c *call) invoiceCreation() map[string]any {
	if c.str("mode") != "payment" {
		return nil
	}
	data := "invoice_creation[invoice_data]"
	return map[string]any{"enabled": c.bool("invoice_creation[enabled]"), "invoice_data": map[string]any{
		"account_tax_ids": nil, "custom_fields": nil, "description": c.text(data + "[description]"), "footer": c.text(data + "[footer]"), "issuer": nil,
		"metadata": c.metadata(data+"[metadata]", nil), "rendering_options": nil}}
}

// futureUsage says whether a method of this kind is kept for later payments.
func (cs *Session) futureUsage(kind string) text {
	in := Intent{FutureUsage: cs.Plan.FutureUsage, Options: cs.Plan.Options}
	return in.future(kind)
}

// sessionOptions is how a session shows the options of the types it takes.
func sessionOptions(cs *Session) map[string]any {
	out := map[string]any{}
	for kind, options := range cs.Plan.Options {
		shown := map[string]any{}
		if kind == "card" {
			shown["request_three_d_secure"] = "automatic"
		}
		if kind == "oxxo" {
			shown["expires_after_days"] = 3
		}
		for _, name := range []string{"setup_future_usage", "request_three_d_secure", "expires_after_days", "verification_method"} {
			if v, ok := options[name]; ok {
				shown[name] = v
			}
		}
		out[kind] = shown
	}
	return out
}

// checkCollected refuses questions that make no sense together.
func (c *call) checkCollected(cs *Session) error {
	if len(cs.CustomFields) > 3 {
		return invalid("", "custom_fields", "You may only provide up to 3 custom fields.")
	}
	keys := map[string]bool{}
	for i, f := range cs.CustomFields {
		param := fmt.Sprintf("custom_fields[%d]", i)
		switch {
		case keys[f.Key]:
			return invalid("", param+"[key]", "The `key` of each custom field must be unique; `%s` is used twice.", f.Key)
		case f.Dropdown != nil && len(f.Dropdown.Options) == 0:
			return invalid("parameter_missing", param+"[dropdown][options]", "Missing required param: %s[dropdown][options].", param)
		}
		keys[f.Key] = true
	}
	switch {
	case cs.Customer == "" && len(cs.CustomerUpdate) > 0:
		return invalid("", "customer_update", "`customer_update` can only be used together with `customer`.")
	case cs.Customer != "" && c.has("customer_creation"):
		return invalid("", "customer_creation", "You may only specify one of these parameters: customer, customer_creation.")
	case cs.Mode != "payment" && c.has("customer_creation"):
		return invalid("", "customer_creation", "`customer_creation` can only be used in `payment` mode.")
	case cs.SubmitType != "" && cs.Mode != "payment":
		return invalid("", "submit_type", "`submit_type` can only be used in `payment` mode.")
	case cs.ShippingAsked != nil && cs.Mode == "setup":
		return invalid("", "shipping_address_collection", "`shipping_address_collection` cannot be used in `setup` mode.")
	}
	return nil
}

// checkReturns settles where the page leads when it is done.
func checkReturns(cs *Session) error {
	if cs.UIMode == "hosted" {
		switch {
		case cs.ReturnURL != "":
			return invalid("", "return_url", "`return_url` is only allowed when `ui_mode` is `embedded`.")
		case cs.OnCompletion != "":
			return invalid("", "redirect_on_completion", "`redirect_on_completion` is only allowed when `ui_mode` is `embedded`.")
		case cs.SuccessURL == "":
			return invalid("parameter_missing", "success_url", "Missing required param: success_url.")
		case !isURL(string(cs.SuccessURL)):
			return invalid("url_invalid", "success_url", "Not a valid URL")
		case cs.CancelURL != "" && !isURL(string(cs.CancelURL)):
			return invalid("url_invalid", "cancel_url", "Not a valid URL")
		}
		return nil
	}
	cs.OnCompletion = orElse(cs.OnCompletion, "always")
	switch {
	case cs.SuccessURL != "":
		return invalid("", "success_url", "`success_url` is not allowed when `ui_mode` is `embedded`.")
	case cs.CancelURL != "":
		return invalid("", "cancel_url", "`cancel_url` is not allowed when `ui_mode` is `embedded`.")
	case cs.OnCompletion == "never" && cs.ReturnURL != "":
		return invalid("", "return_url", "`return_url` is not allowed when `redirect_on_completion` is `never`.")
	case cs.OnCompletion == "never":
		return nil
	case cs.ReturnURL == "":
		return invalid("parameter_missing", "return_url", "Missing required param: return_url.")
	case !isURL(cs.ReturnURL):
		return invalid("url_invalid", "return_url", "Not a valid URL")
	}
	return nil
}

// Answers are what a person tells a session's page beside how they pay.
type Answers struct {
	Fields   map[string]string `json:"custom_fields"`
	Terms    bool              `json:"terms_of_service"`
	Updates  bool              `json:"promotions"` // news by e-mail, please
	Shipping *Shipping         `json:"shipping"`
}

// takes says whether a custom field may have this value.
func (f *CustomField) takes(value string) bool {
	if value == "" {
		return f.Optional
	}
	if f.Dropdown != nil {
		return slices.ContainsFunc(f.Dropdown.Options, func(o FieldOption) bool { return o.Value == value })
	}
	line := f.Text
	if f.Numeric != nil {
		if line = f.Numeric; digits(value) != value {
			return false
		}
	}
	n := number(len([]rune(value)))
	return n >= line.Minimum && (line.Maximum == 0 || n <= line.Maximum) && n <= 255
}

// keep writes the answers down on the session.
func (cs *Session) keep(a Answers) {
	for _, f := range cs.CustomFields {
		value := text(a.Fields[f.Key])
		switch {
		case f.Dropdown != nil:
			f.Dropdown.Value = value
		case f.Numeric != nil:
			f.Numeric.Value = value
		default:
			f.Text.Value = value
		}
	}
	if asked := cs.ConsentAsked; asked != nil {
		cs.Consent = &Consent{}
		if asked.Terms == "required" && a.Terms {
			cs.Consent.Terms = "accepted"
		}
		if asked.Promotions == "auto" {
			cs.Consent.Promotions = "opt_out"
			if a.Updates {
				cs.Consent.Promotions = "opt_in"
			}
		}
	}
	if cs.ShippingAsked != nil {
		cs.ShippingDetails = a.Shipping
	}
}
