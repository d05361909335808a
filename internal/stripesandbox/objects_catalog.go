package stripesandbox

// Product is what is sold; its prices say for how much.
type Product struct {
	header
	Active       bool              `json:"active"`
	DefaultPrice text              `json:"default_price"`
	Description  text              `json:"description"`
	Features     []map[string]any  `json:"features"`
	Images       []string          `json:"images"`
	Metadata     map[string]string `json:"metadata"`
	Name         string            `json:"name"`
	Shippable    *bool             `json:"shippable"`
	Descriptor   text              `json:"statement_descriptor"`
	TaxCode      text              `json:"tax_code"`
	UnitLabel    text              `json:"unit_label"`
	Updated      int64             `json:"updated"`
	URL          text              `json:"url"`
}

// Price is an amount per unit of a product, once or again and again.
type Price struct {
	header
	Active      bool              `json:"active"`
	Currency    string            `json:"currency"`
	LookupKey   text              `json:"lookup_key"`
	Metadata    map[string]string `json:"metadata"`
	Nickname    text              `json:"nickname"`
	Product     string            `json:"product"`
	Recurring   *Recurring        `json:"recurring"`
	TaxBehavior string            `json:"tax_behavior"`
	Type        string            `json:"type"`
	// UnitAmount is null when the decimal has a fraction of a cent.
	UnitAmount *int64 `json:"unit_amount"`
	UnitExact  string `json:"unit_amount_decimal"`
}

// Recurring says how often a price is due.
type Recurring struct {
	Aggregate *string `json:"aggregate_usage"`
	Interval  string  `json:"interval"`
	Count     int64   `json:"interval_count"`
	Usage     string  `json:"usage_type"`
}
