package stripesandbox

import "slices"

// microdeposits asks the customer for what the bank statement shows; the money of
// the test accounts arrives on the next business day.
func (s *Server) microdeposits(id string) map[string]any {
	return map[string]any{"type": "verify_with_microdeposits", "verify_with_microdeposits": map[string]any{
		"arrival_date": businessDays(s.now, 1), "hosted_verification_url": s.bankPage(id), "microdeposit_type": "descriptor_code"}}
}

// guess is an attempt at microdeposits: two amounts, or the code of a statement.
type guess struct {
	amounts    []string
	descriptor string
}

func (c *call) readGuess() guess {
	g := guess{c.list("amounts"), c.str("descriptor_code")}
	return g
}

// wrong says why a guess fails: Stripe's test values are 32 and 45, or SM11AA;
// 10 and 11, or SM33CC, stand for the last attempt.
func (g guess) wrong(tries *int) *apiError {
	if slices.Equal(g.amounts, []string{"32", "45"}) || g.descriptor == "SM11AA" {
		return nil
	}
	*tries++
	code, what := "amounts", "amounts provided do not match the amounts that were"
	if g.descriptor != "" {
		code, what = "descriptor_code", "descriptor code provided does not match the one that was"
	}
	if *tries >= 3 || slices.Equal(g.amounts, []string{"10", "11"}) || g.descriptor == "SM33CC" {
		*tries = 3
		return refuse("payment_method_microdeposit_verification_attempts_exceeded", "", "You have exceeded the number of allowed verification attempts.")
	}
	e := refuse("payment_method_microdeposit_verification_"+code+"_mismatch", "", "The %s sent to the bank account. You have %d verification attempts remaining.", what, 3-*tries)
	e.keep = true
	return e
}

func (c *call) verifyIntent() (any, error) {
	in, err := lookup(c, c.intents, c.id, "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	g := c.readGuess()
	if err := c.check(); err != nil {
		return nil, err
	}
	if in.Status != "requires_action" || in.NextAction["type"] != "verify_with_microdeposits" {
		e := unexpected(in, "This PaymentIntent cannot be actioned on because it has a status of %s. Only a PaymentIntent with one of the following statuses may be actioned on: [\"requires_action\"].", in.Status)
		e.Code = "intent_invalid_state"
		return nil, e
	}
	pm, _ := c.methods.get(string(in.Method))
	e := g.wrong(&in.Tries)
	switch {
	case e == nil:
		c.startDebit(in, pm)
		return in, nil
	case in.Tries < 3:
		return nil, e.with(in)
	}
	refused := c.decline(in, pm, testCard{code: e.Code}).(*apiError)
	refused.Status, refused.Type, refused.Message = e.Status, e.Type, e.Message
	return nil, refused
}
