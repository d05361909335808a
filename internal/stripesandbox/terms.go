package stripesandbox

import (
	"math"
	"strconv"
)

// Terms are what a subscription can be asked for in both places that make one:
// its own parameters, and a session's subscription_data.
type Terms struct {
	FeePercent  *float64          `json:"fee_percent"`
	Transfer    *ShareOf          `json:"transfer"`
	OnBehalfOf  text              `json:"on_behalf_of"`
	Description text              `json:"description"`
	Metadata    map[string]string `json:"metadata"`
	Anchor      int64             `json:"anchor"`
	TrialEnd    int64             `json:"trial_end"`
	TrialDays   int64             `json:"trial_days"`
	Missing     string            `json:"missing"`
	// Prorated: the time before a later anchor is billed by its share of a period.
	Prorated bool `json:"prorated"`
}

func (c *call) termsFrom(prefix string) Terms {
	key := func(k string) string { return within(prefix, k) }
	t := Terms{
		FeePercent: c.percent(key("application_fee_percent")), OnBehalfOf: c.text(key("on_behalf_of")), Description: c.text(key("description")),
		Metadata: c.metadata(key("metadata"), nil), Anchor: c.int(key("billing_cycle_anchor")), TrialDays: c.positive(key("trial_period_days")),
		Missing:  orElse(c.str(key("trial_settings[end_behavior][missing_payment_method]")), "create_invoice"),
		Prorated: c.str(key("proration_behavior")) != "none",
	}
	if c.str(key("trial_end")) != "now" {
		t.TrialEnd = c.int(key("trial_end"))
	}
	if c.has(key("transfer_data")) {
		t.Transfer = &ShareOf{Destination: c.str(key("transfer_data[destination]")), Percent: c.percent(key("transfer_data[amount_percent]"))}
	}
	return t
}

// percent is a number of 0 to 100 with two decimals at most; nil when not sent.
func (c *call) percent(key string) *float64 {
	v := c.str(key)
	if v == "" {
		return nil
	}
	n, err := strconv.ParseFloat(v, 64)
	switch {
	case err != nil || n < 0 || n > 100:
		c.fail(invalid("", key, "Invalid decimal: %s; must be between 0 and 100.", v))
	case math.Abs(n*100-math.Round(n*100)) > 1e-6:
		c.fail(invalid("", key, "Invalid decimal: %s; must contain at maximum two decimal places.", v))
	}
	return &n
}

// checkTerms refuses what Stripe refuses before anything is made.
func (c *call) checkTerms(t Terms, now int64, prefix string) error {
	param := func(k string) string { return within(prefix, k) }
	switch {
	case t.FeePercent != nil && c.scope == "" && (t.Transfer == nil || c.assumes(assumePercent) == "refuse"):
		return invalid("", param("application_fee_percent"), "Can only apply an application_fee_percent when the request is made on behalf of another account (using an OAuth key, the Stripe-Account header, or the `transfer_data` parameter).")
	case t.FeePercent != nil && t.Transfer != nil && t.Transfer.Percent != nil:
		return invalid("", param("application_fee_percent"), "You may not provide both the `application_fee_percent` and the `transfer_data[amount_percent]` parameters.")
	case t.TrialEnd > 0 && t.TrialDays > 0:
		return invalid("", param("trial_end"), "You may only specify one of these parameters: trial_end, trial_period_days.")
	case t.TrialEnd > 0 && t.TrialEnd <= now:
		return invalid("", param("trial_end"), "trial_end must be a future timestamp.")
	case t.TrialEnd > now+731*day || t.TrialDays > 730:
		return invalid("", param("trial_end"), "The maximum trial is two years.")
	case t.Anchor > 0 && t.Anchor <= now:
		return invalid("", param("billing_cycle_anchor"), "billing_cycle_anchor must be a future timestamp.")
	case t.Anchor > 0 && t.TrialEnd+t.TrialDays > 0:
		return invalid("", param("billing_cycle_anchor"), "The sandbox knows a billing_cycle_anchor without a trial only.")
	}
	if t.Transfer != nil {
		if err := c.canReceive(t.Transfer.Destination, param("transfer_data[destination]")); err != nil {
			return err
		}
	}
	return c.checkPlan(IntentPlan{OnBehalfOf: t.OnBehalfOf}, 0, prefix)
}

// trial is how many days a subscription that begins now costs nothing.
func (t Terms) trial(now int64) int64 {
	if t.TrialEnd > now {
		return (t.TrialEnd - now + day - 1) / day
	}
	return t.TrialDays
}
