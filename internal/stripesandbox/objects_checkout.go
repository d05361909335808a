package stripesandbox

// Collected is what a session's page asks beside the payment, and what came of it.
type Collected struct {
	CustomFields     []*CustomField      `json:"custom_fields"`
	ConsentAsked     *ConsentCollection  `json:"consent_collection"`
	Consent          *Consent            `json:"consent"`
	ShippingAsked    *ShippingCollection `json:"shipping_address_collection"`
	ShippingDetails  *Shipping           `json:"shipping_details"`
	PromotionCodes   *bool               `json:"allow_promotion_codes"`
	InvoiceCreation  map[string]any      `json:"invoice_creation,omitempty"`
	MethodCollection string              `json:"payment_method_collection"`

	// CustomerUpdate says what of the answers is written to the customer: auto or never.
	CustomerUpdate map[string]string `json:"_customer_update"`
}

// CustomField is a question of the merchant's own.
type CustomField struct {
	Key      string         `json:"key"`
	Label    FieldLabel     `json:"label"`
	Optional bool           `json:"optional"`
	Type     string         `json:"type"`
	Dropdown *FieldDropdown `json:"dropdown,omitempty"`
	Numeric  *FieldText     `json:"numeric,omitempty"`
	Text     *FieldText     `json:"text,omitempty"`
}

type FieldLabel struct {
	Custom text   `json:"custom"`
	Type   string `json:"type"`
}

// FieldText is a line of text or of digits, and how long it may be.
type FieldText struct {
	Maximum number `json:"maximum_length"`
	Minimum number `json:"minimum_length"`
	Value   text   `json:"value"`
}

type FieldDropdown struct {
	Options []FieldOption `json:"options"`
	Value   text          `json:"value"`
}

type FieldOption struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

type ConsentCollection struct {
	Reuse      map[string]string `json:"payment_method_reuse_agreement"`
	Promotions text              `json:"promotions"`
	Terms      text              `json:"terms_of_service"`
}

type Consent struct {
	Promotions text `json:"promotions"`
	Terms      text `json:"terms_of_service"`
}

type ShippingCollection struct {
	Countries []string `json:"allowed_countries"`
}
