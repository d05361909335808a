package stripesandbox

import (
	"fmt"
	"slices"
	"strings"
)

func (c *call) createSession() (any, error) {
	cs := &Session{
		header:    header{ID: newID("cs_test_"), Object: "checkout.session", Created: c.now, Scope: c.scope},
		CancelURL: c.text("cancel_url"), ClientRef: c.text("client_reference_id"), Customer: c.text("customer"),
		Creation: c.text("customer_creation"), CustomerEmail: c.text("customer_email"),
		ExpiresAt: c.int("expires_at"), Locale: c.text("locale"), Metadata: c.metadata("metadata", nil), Mode: c.oneOf("mode", "payment", "payment", "setup", "subscription"),
		MethodTypes: c.list("payment_method_types"), PaymentStatus: "unpaid", Status: "open", SubmitType: c.text("submit_type"),
		SuccessURL: c.text("success_url"), BillingAddress: c.text("billing_address_collection"),
		PhoneNumbers: map[string]bool{"enabled": c.bool("phone_number_collection[enabled]")},
		CustomText:   c.customTexts(), Collected: c.collected(), Plan: c.planFrom("payment_intent_data"),
		UIMode: c.oneOf("ui_mode", "hosted", "hosted", "embedded"), ReturnURL: c.str("return_url"), OnCompletion: c.str("redirect_on_completion"),
	}
	if c.bool("after_expiration[recovery][enabled]") {
		cs.AfterExpiry = &AfterExpiration{Recovery: &Recovery{Enabled: true, AllowPromotionCodes: c.bool("after_expiration[recovery][allow_promotion_codes]")}}
	}
	if cs.Mode == "setup" {
		return c.createSetupSession(cs)
	}
	lines := c.askedLines()
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := c.settleLines(cs, lines); err != nil {
		return nil, err
	}
	if err := c.checkSession(cs); err != nil {
		return nil, err
	}
	c.openAs(cs)
	return cs, nil
}

// openAs opens a checked session: its page is there until it expires.
func (s *Server) openAs(cs *Session) {
	cs.Link = s.baseURL + cs.path()
	if cs.UIMode == "embedded" {
		cs.ClientSecret = text(cs.ID + "_secret_" + token(25))
	} else {
		cs.URL = text(cs.Link)
	}
	s.sessions.add(cs)
	s.at(cs.ExpiresAt, timerSessionEnd, cs.ID)
}

// checkSession refuses what Stripe refuses of a session.
func (c *call) checkSession(cs *Session) error {
	switch {
	case len(cs.Lines) == 0:
		return invalid("parameter_missing", "line_items", "Missing required param: line_items.")
	case len(cs.Lines) > 100:
		return invalid("", "line_items", "You may only provide up to 100 line items.")
	case len(cs.ClientRef) > 200:
		return invalid("", "client_reference_id", "The client_reference_id must be at most 200 characters.")
	case cs.Customer != "" && cs.CustomerEmail != "":
		return invalid("", "customer", "You may only specify one of these parameters: customer, customer_email.")
	case cs.AmountTotal > 0 && cs.AmountTotal < 50 && slices.Contains([]string{"usd", "eur", "chf"}, cs.Currency):
		return invalid("amount_too_small", "line_items", "The Checkout Session's total amount due must add up to at least %s %s", human(50, cs.Currency), cs.Currency)
	}
	if err := c.checkPage(cs); err != nil {
		return err
	}
	if cs.Mode == "subscription" {
		return c.checkSubscription(cs)
	}
	if c.has("subscription_data") {
		return invalid("", "subscription_data", "You can not pass `subscription_data` in `payment` mode.")
	}
	if err := checkMethods(cs); err != nil {
		return err
	}
	return c.checkPlan(cs.Plan, cs.AmountTotal, "payment_intent_data")
}

// checkPage refuses what no page can have, whatever it is for.
func (c *call) checkPage(cs *Session) error {
	if err := checkReturns(cs); err != nil {
		return err
	}
	if err := c.checkCollected(cs); err != nil {
		return err
	}
	if cs.Customer != "" {
		if _, ok := c.customers.get(string(cs.Customer)); !ok {
			return missingRef("customer", "customer", string(cs.Customer))
		}
	} else if cs.Mode == "payment" {
		cs.Creation = orText(cs.Creation, "if_required")
	}
	if cs.MethodCollection == "" {
		cs.MethodCollection = map[bool]string{true: "if_required", false: "always"}[cs.Mode == "payment"]
	}
	if cs.ExpiresAt == 0 {
		cs.ExpiresAt = c.now + day
	} else if cs.ExpiresAt < c.now+30*minute {
		return invalid("", "expires_at", "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
	} else if cs.ExpiresAt > c.now+day {
		return invalid("", "expires_at", "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")
	}
	return nil
}

// checkMethods settles how a session may be paid: by what is offered to all
// unless it says, and never by what cannot hold the money when it must.
func checkMethods(cs *Session) error {
	hold := cs.Plan.CaptureMethod == "manual"
	if len(cs.MethodTypes) == 0 {
		cs.MethodTypes = offered(cs.Currency, hold)
	}
	for i, t := range cs.MethodTypes {
		if err := usable(t, cs.Currency, hold, fmt.Sprintf("payment_method_types[%d]", i), "payment_intent_data[capture_method]"); err != nil {
			return err
		}
	}
	return nil
}

func isURL(u string) bool { return strings.HasPrefix(u, "http://") || strings.HasPrefix(u, "https://") }

func (c *call) getSession() (any, error) {
	cs, err := lookup(c, c.sessions, c.id, "checkout.session", "id")
	if err != nil {
		return nil, err
	}
	return cs, c.check()
}

func (c *call) listSessions() (any, error) {
	intent, status, customer := c.str("payment_intent"), c.wants("status"), c.wants("customer")
	link, subscription := c.str("payment_link"), c.str("subscription")
	email := c.wants("customer_details[email]")
	all := mine(c, c.sessions)
	if in, ok := c.intents.get(intent); ok {
		all = byID(c.sessions, []string{in.Session})
	}
	return page(c, all, func(cs *Session) bool {
		have := string(cs.CustomerEmail)
		if cs.Details != nil {
			have = string(cs.Details.Email)
		}
		if link != "" || subscription != "" && string(cs.Subscription) != subscription { // no session came from a link
			return false
		}
		return cs.Scope == c.scope && (intent == "" || string(cs.Intent) == intent) && status(cs.Status) && customer(string(cs.Customer)) && email(have)
	})
}

func (c *call) expireSession() (any, error) {
	cs, err := lookup(c, c.sessions, c.id, "checkout.session", "id")
	if err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return cs, c.expire(cs)
}

// expire closes an open session and cancels the intent that failed attempts left.
func (s *Server) expire(cs *Session) error {
	if cs.Status != "open" {
		return refuse("", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of %s.", cs.Status)
	}
	cs.Status, cs.URL, cs.ClientSecret = "expired", "", ""
	if cs.AfterExpiry != nil {
		cs.AfterExpiry.Recovery.URL, cs.AfterExpiry.Recovery.ExpiresAt = text(s.baseURL+"/c/recover/"+cs.ID), number(s.now+30*day)
	}
	s.sessions.save(cs)
	s.stop(timerSessionEnd, cs.ID)
	if si, ok := s.setups.get(string(cs.Setup)); ok {
		s.dropSetup(si, "abandoned")
	}
	if in, ok := s.intents.get(string(cs.Intent)); ok && in.Status != "canceled" {
		s.cancel(in, "automatic")
	}
	if sub, ok := s.subscriptions.get(cs.Pending); ok {
		s.callOff(sub, "incomplete_expired")
	}
	s.emit("checkout.session.expired", cs)
	return nil
}

func (s *Server) sessionTimedOut(id string) error {
	if cs, ok := s.sessions.get(id); ok && cs.Status == "open" {
		return s.expire(cs)
	}
	return nil
}
