package checkout

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/listing"
	"hearth/internal/notify"
	"hearth/internal/payment"
	"hearth/internal/user"
)

// Case is everything that Hearth knows about a disputed payment. There are no
// messages between people here, so that its mails are all that was written.
type Case struct {
	Dispute  payment.Dispute
	Booking  booking.Booking
	Payment  payment.Payment
	Charge   payment.Charge
	Tenant   user.User
	Owner    user.User
	Home     listing.Listing
	Steps    []booking.Step
	Mails    []notify.Line // those to the tenant
	Refunds  []payment.Refund
	Earlier  []payment.EarlierStay // of the same tenant, none of them disputed
	BaseURL  string
	Gathered time.Time
}

// Case gathers what is known.
func (s *Service) Case(ctx context.Context, dispute string) (c Case, err error) {
	c.BaseURL, c.Gathered = s.BaseURL, s.Now().UTC()
	if c.Dispute, err = payment.DisputeByID(ctx, s.DB, dispute); err != nil {
		return c, err
	}
	if c.Booking, err = booking.ByID(ctx, s.DB, booking.ID(c.Dispute.BookingID)); err != nil {
		return c, err
	}
	if c.Payment, err = payment.ByID(ctx, s.DB, c.Dispute.PaymentID); err != nil {
		return c, err
	}
	if c.Tenant, err = user.ByID(ctx, s.DB, c.Booking.TenantID); err != nil {
		return c, err
	}
	if c.Owner, err = user.ByID(ctx, s.DB, c.Booking.OwnerID); err != nil {
		return c, err
	}
	if c.Home, err = listing.ByID(ctx, s.DB, c.Booking.ListingID); err != nil {
		return c, err
	}
	if c.Steps, err = booking.History(ctx, s.DB, c.Booking.ID); err != nil {
		return c, err
	}
	if c.Refunds, err = payment.RefundsOf(ctx, s.DB, c.Payment.ID); err != nil {
		return c, err
	}
	if c.Earlier, err = payment.EarlierStays(ctx, s.DB, c.Payment); err != nil {
		return c, err
	}
	charges, err := payment.ChargesOf(ctx, s.DB, c.Payment.ID)
	if err != nil {
		return c, err
	}
	for _, charge := range charges {
		if charge.ID == c.Dispute.ChargeID {
			c.Charge = charge
		}
	}
	mails, err := notify.OfBooking(ctx, s.DB, string(c.Booking.ID))
	c.Mails = slices.DeleteFunc(mails, func(m notify.Line) bool { return !strings.HasSuffix(m.Template, "_tenant") || m.SentAt == nil })
	return c, err
}

// EvidenceField is a text that a bank may be given.
type EvidenceField struct {
	Name  string // Stripe's
	Label string
	Hint  string
	Long  bool
}

var evidenceFields = []EvidenceField{
	{"customer_name", "Tenant’s name", "", false},
	{"customer_email_address", "Tenant’s e-mail", "", false},
	{"customer_purchase_ip", "Address on the internet from which they booked", "", false},
	{"service_date", "When the stay began", "", false},
	{"product_description", "What was sold", "", true},
	{"cancellation_policy_disclosure", "How the cancellation policy was shown", "The sentence they agreed to, when, and from where.", true},
	{"refund_policy_disclosure", "How the refund policy was shown", "", true},
	{"refund_refusal_explanation", "Why they are not owed a refund", "", true},
	{"cancellation_rebuttal", "Why their cancellation does not count", "", true},
	{"duplicate_charge_explanation", "Why this is not a second charge for the same", "", true},
	{"access_activity_log", "What happened, step by step", "From the booking’s history and the mails that were sent.", true},
	{"uncategorized_text", "Our statement", "What the bank should know in one reading. Say only what you can show.", true},
}

// onlyFor are the fields that belong to some reasons alone.
var onlyFor = map[string][]string{
	"cancellation_rebuttal":        {"subscription_canceled", "credit_not_processed", "general"},
	"duplicate_charge_explanation": {"duplicate"},
}

// EvidenceFields are the texts that matter for a bank's reason.
func EvidenceFields(reason string) []EvidenceField {
	return slices.DeleteFunc(slices.Clone(evidenceFields), func(f EvidenceField) bool {
		reasons, some := onlyFor[f.Name]
		return some && !slices.Contains(reasons, reason)
	})
}

func evidenceTime(t time.Time) string { return t.UTC().Format("January 2, 2006, 15:04 UTC") }

func evidenceDate(t time.Time) string { return t.Format("January 2, 2006") }

// Draft is the evidence as far as Hearth can write it by itself.
func (c Case) Draft() map[string]string {
	b := c.Booking
	all := map[string]string{
		"customer_name":                  c.Tenant.Name,
		"customer_email_address":         c.Tenant.Email,
		"customer_purchase_ip":           c.ip(),
		"service_date":                   evidenceDate(b.CheckIn),
		"product_description":            c.product(),
		"cancellation_policy_disclosure": c.consent("cancellation"),
		"refund_policy_disclosure":       c.consent("refund") + " The same sentence is in the confirmation e-mail and on the customer's page of the booking.",
		"refund_refusal_explanation":     c.refusal(),
		"cancellation_rebuttal":          c.cancellation(),
		"duplicate_charge_explanation": fmt.Sprintf("This charge (%s) paid for booking %s alone: %s. Every booking has a charge of its own, and no other charge was taken for it.",
			c.Dispute.ChargeID, b.Code, c.nights()),
		"access_activity_log": strings.Join(c.log(), "\n"),
		"uncategorized_text":  c.statement(),
	}
	draft := map[string]string{}
	for _, f := range EvidenceFields(c.Dispute.Reason) {
		draft[f.Name] = all[f.Name]
	}
	return draft
}

func (c Case) ip() string {
	if _, err := netip.ParseAddr(c.Booking.ConsentIP); err != nil {
		return ""
	}
	return c.Booking.ConsentIP
}

func (c Case) nights() string {
	return fmt.Sprintf("%s from %s to %s", counted(c.Booking.Nights(), "night", "nights"), evidenceDate(c.Booking.CheckIn), evidenceDate(c.Booking.CheckOut))
}

func (c Case) product() string {
	return fmt.Sprintf("Short-term rental of a furnished home, “%s”, %s: %s, for %d people. Booked and paid by the customer on %s at %s.",
		c.Home.Title, c.Home.Address(), c.nights(), c.Booking.Guests, evidenceTime(c.Booking.CreatedAt), c.BaseURL)
}

// ConsentWords stand beside the box on the booking page that a tenant ticks; the
// policy's sentence is above it.
const ConsentWords = "I agree to the house rules and to the cancellation policy above."

func (c Case) consent(policy string) string {
	return fmt.Sprintf("On %s, from %s, before paying, the customer agreed to this %s policy, shown in full on the booking page: “%s” They ticked: “%s”",
		evidenceTime(c.Booking.ConsentAt), c.Booking.ConsentIP, policy, c.Booking.PolicySentence, ConsentWords)
}

// refusal says what was refunded, and why no more.
func (c Case) refusal() string {
	var given []string
	for _, r := range c.Refunds {
		if !r.Dead() {
			given = append(given, fmt.Sprintf("%s on %s (%s)", r.Money().Format(), evidenceDate(r.CreatedAt), r.Reason))
		}
	}
	said := "Nothing was refunded."
	if len(given) > 0 {
		said = "We refunded " + strings.Join(given, ", ") + "."
	}
	return said + " " + c.cancellation() + " More is not due by the policy that the customer agreed to."
}

func (c Case) cancellation() string {
	for _, step := range c.Steps {
		if step.ToStatus == booking.Cancelled {
			return fmt.Sprintf("The booking was cancelled on %s, %s: %s.", evidenceTime(step.At), actors[step.Actor], step.Reason)
		}
	}
	return "The customer did not cancel the booking, which is one click on their page of it."
}

// actors are those who take a booking's steps, in words for a bank.
var actors = map[string]string{"tenant": "by the customer", "owner": "by the homeowner", "admin": "by us", "stripe": "by the payment", "system": "at its time"}

// log is the customer's account, the booking's history, the payment and the
// mails, in order.
func (c Case) log() []string {
	type entry struct {
		at   time.Time
		text string
	}
	all := []entry{{c.Tenant.CreatedAt, "The customer made their account with us"},
		{c.Booking.ConsentAt, "The customer agreed to the policy and went on to pay, from " + c.Booking.ConsentIP}}
	if at := c.Tenant.EmailVerifiedAt; at != nil {
		all = append(all, entry{*at, "The customer opened the link in our e-mail, and so proved that their address, " + c.Tenant.Email + ", is theirs"})
	}
	if c.Charge.Status == "succeeded" {
		all = append(all, entry{c.Charge.CreatedAt, fmt.Sprintf("The customer paid %s on the payment page, %s", c.Payment.Money(c.Charge.Amount).Format(), c.card())})
	}
	for _, step := range c.Steps {
		text := fmt.Sprintf("Booking %s, %s", step.ToStatus, actors[step.Actor])
		if step.Reason != "" {
			text += ": " + step.Reason
		}
		all = append(all, entry{step.At, text})
	}
	for _, m := range c.Mails {
		all = append(all, entry{*m.SentAt, "E-mail to " + m.Recipient + ": " + mailSubject(m)})
	}
	slices.SortStableFunc(all, func(a, b entry) int { return a.at.Compare(b.at) })
	lines := make([]string, len(all))
	for i, e := range all {
		lines[i] = evidenceTime(e.at) + "  " + e.text
	}
	return lines
}

// mailSubject is what a mail was about, also when its subject was not kept.
func mailSubject(m notify.Line) string {
	if m.Subject != "" {
		return m.Subject
	}
	return spoken(m.Template)
}

// card is what they paid with.
func (c Case) card() string {
	if c.Charge.Last4 == "" {
		return "by " + spoken(cmp.Or(c.Charge.Method, "card"))
	}
	return "with " + brandOf(c.Charge.Brand) + " ending in " + c.Charge.Last4
}

// brandOf is a card's brand as people write it.
func brandOf(brand string) string {
	if brand == "" {
		return "a card"
	}
	return strings.ToUpper(brand[:1]) + brand[1:]
}

// before says that the customer is known; "" when this was their first stay.
func (c Case) before() string {
	if len(c.Earlier) == 0 {
		return ""
	}
	same := 0
	for _, stay := range c.Earlier {
		if stay.Last4 == c.Charge.Last4 && stay.Brand == c.Charge.Brand && stay.Last4 != "" {
			same++
		}
	}
	text := fmt.Sprintf(" The customer had booked and completed %s with us before, all undisputed", counted(len(c.Earlier), "stay", "stays"))
	if same > 0 {
		text += fmt.Sprintf("; %s paid with a card of the same brand and last four digits", counted(same, "was", "were"))
	}
	return text + "."
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (c Case) statement() string {
	return fmt.Sprintf("%s booked “%s” on %s (booking %s) and paid %s %s after agreeing to the cancellation policy. %s %s%s Attached: the receipt, the policy with the record of consent, the record of the stay, and every e-mail that we sent to the customer. Customer and homeowner do not write to each other through us, so there are no other messages.",
		c.Tenant.Name, c.Home.Title, evidenceDate(c.Booking.CreatedAt), c.Booking.Code, c.Payment.Money(c.Payment.AmountReceived).Format(), c.card(), c.stayed(), c.cancellation(), c.before())
}

// stayed says what Hearth knows about the stay itself.
func (c Case) stayed() string {
	switch at := c.Booking.CheckInAt(); {
	case c.Booking.Status == booking.Cancelled:
		return "The stay did not take place."
	case c.Gathered.Before(at):
		return fmt.Sprintf("The stay begins on %s; the home is kept for the customer, and nobody else can book it.", evidenceDate(c.Booking.CheckIn))
	case c.Gathered.Before(c.Booking.CheckOutAt()):
		return fmt.Sprintf("The stay began on %s and runs until %s; address and way in are on the customer's page and in their confirmation.", evidenceDate(c.Booking.CheckIn), evidenceDate(c.Booking.CheckOut))
	}
	return fmt.Sprintf("The stay was provided from %s to %s: the home was kept for the customer and let to nobody else, and address and way in were on the customer's page and in their confirmation.", evidenceDate(c.Booking.CheckIn), evidenceDate(c.Booking.CheckOut))
}
