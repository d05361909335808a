package site

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"hearth/internal/audit"
	"hearth/internal/checkout"
	"hearth/internal/fault"
	"hearth/internal/payment"
	"hearth/internal/payout"
	"hearth/internal/stripeapi"
	"hearth/internal/view"
)

// adminDisputeShowPage is one dispute: what the bank says, what it costs, what
// was sent, and what can be done.
type adminDisputeShowPage struct {
	page
	Dispute  disputeRow
	Case     checkout.Case
	Charge   string // where Stripe shows it
	Advice   string
	Costs    []view.Line
	Owner    []view.Line // their side: the payout, and what was taken back
	Answers  []payment.Answer
	Staged   *payment.Answer
	Papers   []paperLink
	Asks     []disputeAsk
	CanStage bool
	CanGive  bool // an inquiry ends with a full refund
	Story    []view.Happening
}

// paperLink leads to a PDF.
type paperLink struct{ Title, Href, FileID string }

// oneDispute is the dispute of the address.
func (s *Server) oneDispute(r *http.Request) (checkout.Case, error) {
	return s.Checkout.Case(r.Context(), r.PathValue("id"))
}

func (s *Server) disputeRowOf(c checkout.Case) disputeRow {
	return disputeRow{payment.ListedDispute{Dispute: c.Dispute, Code: c.Booking.Code, TenantName: c.Tenant.Name, OwnerName: c.Owner.Name, HomeTitle: c.Home.Title,
		Card: strings.TrimSpace(titled(c.Charge.Brand) + " •••• " + c.Charge.Last4)}, s.atStripe("disputes", c.Dispute.ID), s.Now()}
}

func (s *Server) getAdminDisputeShow(w http.ResponseWriter, r *http.Request) error {
	c, err := s.oneDispute(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	p := adminDisputeShowPage{page: s.base(r, "Dispute over booking "+c.Booking.Code), Dispute: s.disputeRowOf(c), Case: c, Charge: s.atStripe("payments", c.Dispute.ChargeID), Advice: disputeAdvice(c.Dispute)}
	p.Nav = "admin:disputes"
	recovery, err := s.recoveryOf(ctx, c.Dispute.ID)
	if err != nil {
		return err
	}
	p.Costs = disputeCosts(c, recovery)
	if p.Owner, err = s.disputeOwner(ctx, c, recovery); err != nil {
		return err
	}
	if p.Answers, err = payment.AnswersOf(ctx, s.DB, c.Dispute.ID); err != nil {
		return err
	}
	if p.Staged, p.Papers, err = s.staged(ctx, c.Dispute.ID); err != nil {
		return err
	}
	if p.Asks, err = s.disputeAsks(ctx, c, recovery, p.Answers); err != nil {
		return err
	}
	p.Asks = slices.DeleteFunc(p.Asks, func(a disputeAsk) bool { return a.Cannot != "" })
	p.CanStage = c.Dispute.Answerable() && p.Dispute.Left() != "" && !live(p.Answers)
	p.CanGive = c.Dispute.Inquiry() && c.Dispute.Open()
	if p.Story, err = s.disputeStory(ctx, c); err != nil {
		return err
	}
	return s.render(w, "admin_dispute_show", p)
}

func live(answers []payment.Answer) bool { return slices.ContainsFunc(answers, payment.Answer.Live) }

// recoveryOf is nil when nothing was taken back.
func (s *Server) recoveryOf(ctx context.Context, dispute string) (*payment.Recovery, error) {
	v, err := payment.RecoveryOf(ctx, s.DB, dispute)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &v, err
}

// staged is the evidence that Stripe keeps, with links to its papers; nil before
// there is any.
func (s *Server) staged(ctx context.Context, dispute string) (*payment.Answer, []paperLink, error) {
	a, files, err := s.Checkout.StagedEvidence(ctx, dispute)
	if fault.Is(err, fault.Conflict) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var links []paperLink
	for _, kind := range checkout.EvidencePapers {
		for _, f := range files {
			if f.Field == kind.Field {
				links = append(links, paperLink{kind.Title, "/admin/disputes/" + dispute + "/files/" + f.ID, f.FileID})
			}
		}
	}
	return &a, links, nil
}

// kept reports whether we have what a recovery took.
func kept(v *payment.Recovery) bool {
	return v != nil && (v.State == "reversed" || v.State == "debt" || v.State == "returning")
}

// disputeCosts is what a dispute costs us now, and in the end.
func disputeCosts(c checkout.Case, v *payment.Recovery) []view.Line {
	d, p := c.Dispute, c.Payment
	in := p.Money
	lines := []view.Line{{Label: "Disputed", Value: d.Money().Format()}}
	if d.Withdrawn != 0 || d.Fee != 0 {
		lines = append(lines, view.Line{Label: "Taken by the bank", Value: in(d.Withdrawn).Format()}, view.Line{Label: "Stripe’s dispute fee", Value: in(d.Fee).Format()})
	}
	cost := in(d.Withdrawn + d.Fee)
	if kept(v) {
		lines = append(lines, view.Line{Label: "Taken back from the owner", Value: v.Net().Neg().Format()})
		cost = cost.Sub(v.Net())
	}
	if d.Open() || v != nil || d.Fee != 0 {
		lines = append(lines, view.Line{Label: "It costs us now", Value: cost.Format(), Sum: true})
	}
	if d.Open() && !d.Inquiry() {
		lines = append(lines,
			view.Line{Label: "If it is won", Note: "the dispute fee", Value: in(d.Fee).Format()},
			view.Line{Label: "If it is lost", Note: "our fee on it, and the dispute fee", Value: in(feeOn(c) + d.Fee).Format()})
	}
	return lines
}

// feeOn is our own fee on the disputed amount, which goes with a loss.
func feeOn(c checkout.Case) int64 {
	return payment.FeeShare(c.Payment, c.Dispute.Amount)
}

var standingWords = map[payout.Standing]string{
	payout.Released: "Paid out already", payout.Nothing: "Nothing is left to pay out", payout.Frozen: "Frozen until it is decided", payout.Refunding: "Waits for a refund",
	payout.Waiting: "Waits for its day", payout.Settling: "Not available yet", payout.Returned: "Came back from the bank", payout.Due: "Goes out with the next run",
}

var recoveryWords = map[string]string{
	"planned": "Being taken back", "reversed": "Taken back", "debt": "Owed by the owner", "withdrawn": "Nothing was taken back",
	"returning": "Being given back", "returned": "Given back after the win", "lifted": "Debt lifted after the win",
}

// disputeOwner is the owner's side of it.
func (s *Server) disputeOwner(ctx context.Context, c checkout.Case, v *payment.Recovery) ([]view.Line, error) {
	var lines []view.Line
	stay, err := payout.StayOf(ctx, s.DB, c.Booking.ID, c.Payment.Livemode)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if err == nil {
		lines = append(lines, view.Line{Label: "Payout of the stay", Value: standingWords[stay.Standing(s.Now(), s.Payout.DelayDays)]},
			view.Line{Label: "Their share of it now", Value: stay.Share().Format()})
	}
	if v == nil {
		return append(lines, view.Line{Label: "Taken back", Value: "Nothing yet"}), nil
	}
	amount := v.Net()
	if v.State == "planned" || v.State == "withdrawn" {
		amount = v.In(v.Amount)
	}
	note := v.Reason
	if v.FailureReason != "" {
		note += ". Stripe: " + v.FailureReason
	}
	return append(lines, view.Line{Label: recoveryWords[v.State], Note: note, Value: amount.Format()}), nil
}

// disputeStory is what happened to it, newest first: Stripe's events, our
// requests, and what admins did.
func (s *Server) disputeStory(ctx context.Context, c checkout.Case) ([]view.Happening, error) {
	all, err := s.eventsOf(ctx, stayMoney{Payment: c.Payment, Disputes: []payment.Dispute{c.Dispute}})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(h view.Happening) bool { return !strings.HasPrefix(h.Title, "charge.dispute.") })
	requests, err := stripeapi.RequestsAbout(ctx, s.DB, "booking:"+string(c.Booking.ID))
	if err != nil {
		return nil, err
	}
	for _, request := range requests {
		if strings.HasPrefix(request.Key, "dispute:"+c.Dispute.ID+":") {
			all = append(all, adminRequest(request))
		}
	}
	acts, err := audit.Search(ctx, s.DB, audit.Filter{Target: "booking:" + c.Booking.Code, Limit: 200})
	if err != nil {
		return nil, err
	}
	for _, l := range acts {
		var detail struct {
			Dispute string `json:"dispute"`
		}
		if json.Unmarshal(l.Detail, &detail) == nil && detail.Dispute == c.Dispute.ID {
			all = append(all, view.Happening{Icon: "scroll-text", Title: titled(auditLine{l}.What()), Text: l.Reason + " · " + l.ActorName, At: l.At})
		}
	}
	all = append(all, view.Happening{Icon: "scale", Tone: "bad", Title: "The bank opened it", Text: disputeRow{ListedDispute: payment.ListedDispute{Dispute: c.Dispute}}.Why(), At: c.Dispute.CreatedAt})
	slices.SortStableFunc(all, func(a, b view.Happening) int { return b.At.Compare(a.At) })
	return all, nil
}

// disputeAdvice is what helps against a bank's reason.
func disputeAdvice(d payment.Dispute) string {
	switch {
	case d.Status == "lost" && d.SubmissionCount == 0:
		return "It was lost without evidence from us: accepted, or not answered in time. Banks do not open it again."
	case d.PastDue && d.Open():
		return "The evidence came after the day by which the bank wanted it: it may not be read."
	case d.Status == "lost":
		return "The bank has kept the money for the tenant, for good. The owner’s part is taken back; ours and the dispute fee are gone."
	case d.Status == "won":
		return "The bank has given the money back. Stripe keeps the dispute fee."
	case d.Status == "warning_closed":
		return "The bank asked, and let it rest. No money has moved."
	case d.Inquiry():
		return "The bank only asks; no money has moved. Answer it with the evidence, or refund the tenant in full, which ends it without a fee."
	}
	if text, known := reasonAdvice[d.Reason]; known {
		return text
	}
	return "The bank says little. Show what was agreed, that the stay was provided, and everything that was written to the tenant."
}

var reasonAdvice = map[string]string{
	"fraudulent":            "The cardholder says that it was not they who paid. Show who booked: name, e-mail, the address on the internet, earlier stays, and that somebody checked in. If it may be true, accept it.",
	"product_not_received":  "They say that they did not get the stay. Show that the home was theirs on these nights, that address and way in were sent, and when they came.",
	"product_unacceptable":  "They say that the home was not as described. Show the description, the photos, what they wrote at the time, and what was offered to mend it.",
	"subscription_canceled": "They say that they had cancelled. Show whether and when they did, and what the policy gives back for it.",
	"credit_not_processed":  "They say that a refund is due. Show the policy as agreed, every refund that was made, and why no more is due. If one is due, accept it.",
	"duplicate":             "They say that they paid twice. Show that each charge is for a booking of its own, or accept it.",
	"general":               "The bank gives no clear reason. Ask the tenant; show what was agreed and that the stay was provided.",
	"unrecognized":          "They do not know the name on their statement. Show the booking, the confirmation and the name; a word with the tenant often ends it.",
}
