package checkout

import (
	"fmt"
	"strings"

	"hearth/internal/fault"
	"hearth/internal/paper"
	"hearth/internal/payment"
	"hearth/internal/stripeapi"

	"github.com/google/uuid"
)

// EvidencePaper is a document that goes with the evidence.
type EvidencePaper struct {
	Field string // Stripe's name for what it shows
	Title string
	write func(Case, *paper.Document)
}

// EvidencePapers are the documents, in the order of pages.
var EvidencePapers = []EvidencePaper{
	{"receipt", "Receipt", Case.writeReceipt},
	{"cancellation_policy", "Cancellation policy and consent", Case.writePolicy},
	{"service_documentation", "Record of the stay", Case.writeStay},
	{"customer_communication", "E-mails to the customer", Case.writeMails},
}

// Paper makes one document as it would be sent now.
func (c Case) Paper(field string) ([]byte, error) {
	for _, kind := range EvidencePapers {
		if kind.Field == field {
			doc := paper.New(kind.Title, fmt.Sprintf("Booking %s · dispute %s · charge %s · made %s", c.Booking.Code, c.Dispute.ID, c.Dispute.ChargeID, evidenceTime(c.Gathered)), c.Gathered)
			kind.write(c, doc)
			return doc.Bytes()
		}
	}
	return nil, fault.New(fault.NotFound, "There is no such paper.")
}

// papers makes all documents, ready to be kept and uploaded. The id in the name
// is how a lost upload is found again.
func (c Case) papers() ([]payment.Paper, error) {
	var all []payment.Paper
	size := 0
	for _, kind := range EvidencePapers {
		content, err := c.Paper(kind.Field)
		if err != nil {
			return nil, err
		}
		if size += len(content); size > stripeapi.EvidenceFilesLimit {
			return nil, fault.New(fault.Invalid, "The papers are larger than Stripe takes: %d bytes.", size)
		}
		id := uuid.Must(uuid.NewV7()).String()
		all = append(all, payment.Paper{ID: id, Field: kind.Field, Content: content,
			Filename: fmt.Sprintf("%s-%s-%s.pdf", c.Booking.Code, strings.ReplaceAll(kind.Field, "_", "-"), id)})
	}
	return all, nil
}

func (c Case) writeReceipt(doc *paper.Document) {
	b := c.Booking
	doc.Facts(
		paper.Fact{Name: "Customer", Value: c.Tenant.Name + ", " + c.Tenant.Email},
		paper.Fact{Name: "Paid", Value: evidenceTime(c.Charge.CreatedAt)},
		paper.Fact{Name: "Card", Value: strings.TrimPrefix(c.card(), "with ")},
		paper.Fact{Name: "Charge", Value: c.Charge.ID},
		paper.Fact{Name: "Home", Value: c.Home.Title + ", " + c.Home.Address()},
		paper.Fact{Name: "Stay", Value: c.nights()})
	rows := [][]string{{fmt.Sprintf("%s at %s", counted(b.Nights(), "night", "nights"), b.Amount(b.NightlyPrice).Format()), b.Amount(b.StayAmount).Format()}}
	if b.DiscountAmount != 0 {
		rows = append(rows, []string{"Discount for a long stay", b.Amount(-b.DiscountAmount).Format()})
	}
	if b.CleaningAmount != 0 {
		rows = append(rows, []string{"Cleaning", b.Amount(b.CleaningAmount).Format()})
	}
	columns := []paper.Column{{Name: "What", Share: 3}, {Name: "Amount", Share: 1, Number: true}}
	doc.Table(columns, rows, []string{"Total paid", b.Total().Format()})
	c.writeRefunds(doc)
}

func (c Case) writeRefunds(doc *paper.Document) {
	var rows [][]string
	for _, r := range c.Refunds {
		if !r.Dead() {
			rows = append(rows, []string{evidenceTime(r.CreatedAt), r.Reason, r.Money().Format()})
		}
	}
	if len(rows) == 0 {
		doc.Text("Nothing of it was refunded.")
		return
	}
	doc.Heading("Refunds")
	doc.Table([]paper.Column{{Name: "When", Share: 2}, {Name: "Why", Share: 3}, {Name: "Amount", Share: 1, Number: true}}, rows)
}

func (c Case) writePolicy(doc *paper.Document) {
	doc.Heading("What the customer agreed to")
	doc.Text("“" + c.Booking.PolicySentence + "”")
	doc.Text("The sentence stood on the booking page, above the button that leads to the payment. The customer ticked: “" + ConsentWords + "” The booking cannot be made without that.")
	doc.Heading("Record of consent")
	doc.Facts(
		paper.Fact{Name: "Customer", Value: c.Tenant.Name + ", " + c.Tenant.Email},
		paper.Fact{Name: "Agreed", Value: evidenceTime(c.Booking.ConsentAt)},
		paper.Fact{Name: "From", Value: c.Booking.ConsentIP},
		paper.Fact{Name: "Policy", Value: c.Booking.Policy.Name()},
		paper.Fact{Name: "Total shown", Value: c.Booking.Total().Format()},
		paper.Fact{Name: "Check-in", Value: evidenceTime(c.Booking.CheckInAt()) + ", from which the policy counts"})
	doc.Heading("What became of it")
	doc.Text(c.cancellation())
	c.writeRefunds(doc)
}

func (c Case) writeStay(doc *paper.Document) {
	b := c.Booking
	doc.Facts(
		paper.Fact{Name: "Booking", Value: b.Code + ", " + string(b.Status)},
		paper.Fact{Name: "Customer", Value: c.Tenant.Name + ", " + c.Tenant.Email},
		paper.Fact{Name: "Homeowner", Value: c.Owner.Name},
		paper.Fact{Name: "Home", Value: c.Home.Title},
		paper.Fact{Name: "Address", Value: c.Home.Address()},
		paper.Fact{Name: "Stay", Value: c.nights()},
		paper.Fact{Name: "Check in", Value: evidenceDate(b.CheckIn) + " from " + b.CheckInFrom},
		paper.Fact{Name: "Check out", Value: evidenceDate(b.CheckOut) + " by " + b.CheckOutBy},
		paper.Fact{Name: "People", Value: fmt.Sprint(b.Guests)},
		paper.Fact{Name: "Way in", Value: c.Home.CheckInInstructions})
	doc.Text(c.stayed())
	doc.Heading("Step by step")
	var rows [][]string
	for _, line := range c.log() {
		at, what, _ := strings.Cut(line, "  ")
		rows = append(rows, []string{at, what})
	}
	doc.Table([]paper.Column{{Name: "When", Share: 1}, {Name: "What", Share: 2.4}}, rows)
	c.writeEarlier(doc)
}

// writeEarlier shows that the customer is no stranger.
func (c Case) writeEarlier(doc *paper.Document) {
	if len(c.Earlier) == 0 {
		return
	}
	doc.Heading("Earlier stays of the same customer, none of them disputed")
	var rows [][]string
	for _, stay := range c.Earlier {
		rows = append(rows, []string{stay.Code, evidenceDate(stay.CheckIn) + " – " + evidenceDate(stay.CheckOut), stay.ChargeID, brandOf(stay.Brand) + " " + stay.Last4, stay.Money().Format()})
	}
	doc.Table([]paper.Column{{Name: "Booking", Share: 1.2}, {Name: "Stay", Share: 2.4}, {Name: "Charge", Share: 2.4}, {Name: "Card", Share: 1}, {Name: "Paid", Share: 1.2, Number: true}}, rows)
}

func (c Case) writeMails(doc *paper.Document) {
	doc.Text("Every e-mail that we sent to the customer about this booking. Customer and homeowner do not write to each other through us; there are no other messages.")
	if len(c.Mails) == 0 {
		doc.Text("None was sent.")
		return
	}
	var rows [][]string
	for _, m := range c.Mails {
		rows = append(rows, []string{evidenceTime(*m.SentAt), m.Recipient, mailSubject(m)})
	}
	doc.Table([]paper.Column{{Name: "Sent", Share: 2}, {Name: "To", Share: 2}, {Name: "Subject", Share: 3}}, rows)
}
