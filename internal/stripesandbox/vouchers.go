package stripesandbox

import (
	"strings"
	"time"
)

// mexico is the zone that OXXO's vouchers end their days in.
var mexico = time.FixedZone("America/Mexico_City", -6*3600)

// voucher is what a person takes to an OXXO shop. The e-mail address says what
// becomes of it, as in test mode: it is paid after three minutes unless it says
// succeed_immediately, expire_immediately, expire_with_delay or fill_never.
func (s *Server) voucher(in *Intent, pm *PaymentMethod) map[string]any {
	days := int64(3)
	if n := orNumber(0, in.Options["oxxo"]["expires_after_days"]); n > 0 {
		days = n
	}
	today := time.Unix(s.now, 0).In(mexico)
	expires := time.Date(today.Year(), today.Month(), today.Day()+int(days), 23, 59, 59, 0, mexico).Unix()
	ends := s.now + 3*minute
	switch plan, _, _ := strings.Cut(string(pm.Billing.Email), "@"); {
	case strings.HasSuffix(plan, "succeed_immediately"):
		ends = s.now + 3
	case strings.HasSuffix(plan, "expire_immediately"):
		expires, ends = s.now, s.now+3
	case strings.HasSuffix(plan, "fill_never"):
		ends = expires
	}
	s.at(ends, timerVoucher, in.ID)
	return map[string]any{"type": "oxxo_display_details", "oxxo_display_details": map[string]any{
		"expires_after": expires, "hosted_voucher_url": s.baseURL + "/vouchers/" + in.ID, "number": digitsOf(in.ID, 34)}}
}

// digitsOf are n digits that an id always gives.
func digitsOf(id string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteByte('0' + (id[i%len(id)]+byte(i))%10)
	}
	return b.String()
}

// waitsForVoucher: the customer has left with a voucher, and may pay it or not.
func (in *Intent) waitsForVoucher() bool {
	return in.Status == "requires_action" && in.NextAction["type"] == "oxxo_display_details"
}

// voucherEnds is the clock's word on a voucher.
func (s *Server) voucherEnds(id string) error {
	in, ok := s.intents.get(id)
	if !ok || !in.waitsForVoucher() {
		return nil
	}
	pm, _ := s.methods.get(string(in.Method))
	plan, _, _ := strings.Cut(string(pm.Billing.Email), "@")
	for _, lapses := range []string{"expire_immediately", "expire_with_delay", "fill_never"} {
		if strings.HasSuffix(plan, lapses) {
			s.endVoucher(in, false)
			return nil
		}
	}
	s.endVoucher(in, true)
	return nil
}

// endVoucher pays a voucher, or lets it expire.
func (s *Server) endVoucher(in *Intent, paid bool) {
	s.stop(timerVoucher, in.ID)
	pm, _ := s.methods.get(string(in.Method))
	if paid {
		s.accept(in, pm, testCard{})
		s.sessionPaid(in)
		return
	}
	const code = "payment_intent_payment_attempt_expired"
	in.LastError = &apiError{Type: "card_error", Code: code, DocURL: docURL(code), Message: "The payment attempt for this PaymentIntent has expired. Provide a new payment method to attempt to fulfill this PaymentIntent again.", Method: s.show(pm)}
	in.Status, in.Method, in.NextAction = "requires_payment_method", "", nil
	s.intents.save(in)
	s.emit("payment_intent.payment_failed", in)
	s.sessionUnpaid(in)
}

// sessionPaid and sessionUnpaid tell of the money that a complete session waited for.
func (s *Server) sessionPaid(in *Intent) {
	if cs, ok := s.sessions.get(in.Session); ok {
		cs.PaymentStatus = "paid"
		s.sessions.save(cs)
		s.emit("checkout.session.async_payment_succeeded", cs)
	}
}

func (s *Server) sessionUnpaid(in *Intent) {
	if cs, ok := s.sessions.get(in.Session); ok {
		s.emit("checkout.session.async_payment_failed", cs)
	}
}
