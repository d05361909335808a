package checkout

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"hearth/internal/booking"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5"
)

// StageEvidence keeps evidence at Stripe, with the papers that belong to it,
// without handing it to the bank: it can be changed until it is submitted. Seen
// is the number of the last evidence that the admin saw.
func (s *Service) StageEvidence(ctx context.Context, by booking.Actor, dispute string, fields map[string]string, seen int, reason string) error {
	if err := checkEvidence(fields, reason); err != nil {
		return err
	}
	if err := s.fresh(ctx, dispute); err != nil {
		return err
	}
	c, err := s.Case(ctx, dispute)
	if err != nil {
		return err
	}
	papers, err := c.papers()
	if err != nil {
		return err
	}
	var requests []stripeapi.RequestID
	err = s.onDispute(ctx, dispute, func(tx pgx.Tx, b booking.Booking, _ payment.Payment, d payment.Dispute) error {
		requests = nil
		if err := s.answerable(d); err != nil {
			return err
		}
		a, err := payment.AddAnswer(ctx, tx, payment.Answer{DisputeID: d.ID, Fields: fields, State: "uploading", Submissions: d.SubmissionCount, ActorID: string(*by.ID)}, seen, papers, s.Now())
		if err != nil {
			return err
		}
		for _, f := range papers {
			request, err := s.planPaper(ctx, tx, a, b.ID, f)
			if err != nil {
				return err
			}
			requests = append(requests, request)
		}
		return s.audit(ctx, tx, by, b, "stage-evidence", reason, map[string]any{"dispute": d.ID, "number": a.Number})
	})
	for _, id := range requests {
		if err == nil {
			err = s.nudged(ctx, id)
		}
	}
	return err
}

// SubmitEvidence hands the evidence that was staged last to the bank, exactly
// as it is. It is final.
func (s *Service) SubmitEvidence(ctx context.Context, by booking.Actor, dispute string, seen int, reason string) error {
	if reason == "" {
		return fault.Field("reason", "Say why: it is kept with the booking.")
	}
	if err := s.fresh(ctx, dispute); err != nil {
		return err
	}
	var request stripeapi.RequestID
	err := s.onDispute(ctx, dispute, func(tx pgx.Tx, b booking.Booking, _ payment.Payment, d payment.Dispute) error {
		if err := s.answerable(d); err != nil {
			return err
		}
		staged, files, err := stagedEvidence(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		a, err := payment.AddAnswer(ctx, tx, payment.Answer{DisputeID: d.ID, Submit: true, Fields: staged.Fields, State: "sending", Submissions: d.SubmissionCount, ActorID: string(*by.ID)}, seen, nil, s.Now())
		if err != nil {
			return err
		}
		if request, err = s.planAnswer(ctx, tx, a, b.ID, files); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, b, "submit-evidence", reason, map[string]any{"dispute": d.ID, "number": a.Number, "evidence": staged.Number})
	})
	if err != nil {
		return err
	}
	return s.nudged(ctx, request)
}

// AcceptDispute gives a dispute up: it is lost at once and for good. Seen is the
// dispute's state on the page.
func (s *Service) AcceptDispute(ctx context.Context, by booking.Actor, dispute, seen, reason string) error {
	if reason == "" {
		return fault.Field("reason", "Say why: it is kept with the booking.")
	}
	if err := s.fresh(ctx, dispute); err != nil {
		return err
	}
	var request stripeapi.RequestID
	err := s.onDispute(ctx, dispute, func(tx pgx.Tx, b booking.Booking, _ payment.Payment, d payment.Dispute) error {
		if d.Status != "needs_response" || d.Status != seen {
			return fault.New(fault.Conflict, "Only a chargeback that waits for an answer can be accepted. This one is %s now.", spoken(d.Status))
		}
		asked, err := stripeapi.Closings(ctx, tx, d.ID)
		if err != nil {
			return err
		}
		if n := len(asked); n > 0 && asked[n-1].State != stripeapi.StateRefused {
			return fault.New(fault.Conflict, "This dispute is being accepted already.")
		}
		if request, err = s.planClosing(ctx, tx, d, len(asked)+1); err != nil {
			return err
		}
		return s.audit(ctx, tx, by, b, "accept-dispute", reason, map[string]any{"dispute": d.ID, "amount": d.Money().Format()})
	})
	if err != nil {
		return err
	}
	return s.nudged(ctx, request)
}

// fresh looks at the dispute: what it is now decides what can be done.
func (s *Service) fresh(ctx context.Context, dispute string) error {
	if _, err := payment.DisputeByID(ctx, s.DB, dispute); err != nil {
		return err
	}
	return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Dispute, ID: dispute})
}

func (s *Service) answerable(d payment.Dispute) error {
	switch {
	case !d.Answerable():
		return fault.New(fault.Conflict, "The bank takes no evidence any more: this dispute is %s.", spoken(d.Status))
	case d.DueBy == nil || s.Now().After(*d.DueBy):
		return fault.New(fault.Conflict, "The time to answer is over.")
	}
	return nil
}

func checkEvidence(fields map[string]string, reason string) error {
	if reason == "" {
		return fault.Field("reason", "Say why: it is kept with the booking.")
	}
	length, any := 0, false
	for _, text := range fields {
		length += utf8.RuneCountInString(text)
		any = any || text != ""
	}
	switch {
	case !any:
		return fault.New(fault.Invalid, "Write something that speaks for us.")
	case length > stripeapi.EvidenceLimit:
		return fault.New(fault.Invalid, "All texts together may have %d characters; these have %d.", stripeapi.EvidenceLimit, length)
	}
	return nil
}

// StagedEvidence is what the bank would get now: the last evidence that Stripe
// has taken, and its papers. NotFound before there is any.
func (s *Service) StagedEvidence(ctx context.Context, dispute string) (payment.Answer, []payment.Paper, error) {
	return stagedEvidence(ctx, s.DB, dispute)
}

func stagedEvidence(ctx context.Context, q postgres.Querier, dispute string) (a payment.Answer, files []payment.Paper, err error) {
	all, err := payment.AnswersOf(ctx, q, dispute)
	if err != nil {
		return a, nil, err
	}
	for _, one := range slices.Backward(all) {
		if !one.Submit && one.State == "done" {
			files, err = payment.PapersOf(ctx, q, one.ID)
			return one, files, err
		}
	}
	return a, nil, fault.New(fault.Conflict, "Keep the evidence at Stripe first, and look at it.")
}

func (s *Service) planPaper(ctx context.Context, tx pgx.Tx, a payment.Answer, b booking.ID, f payment.Paper) (stripeapi.RequestID, error) {
	f.Attempt = max(1, f.Attempt)
	request, err := s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForEvidenceFile, Path: stripeapi.FilesPath, Key: f.Key(a.DisputeID), About: about(b),
		Params: stripeapi.FileParams{Filename: f.Filename, SHA256: stripeapi.Digest(f.Content)}.Values()})
	if err != nil {
		return request, err
	}
	return request, payment.PaperSending(ctx, tx, f, string(request))
}

func (s *Service) planAnswer(ctx context.Context, tx pgx.Tx, a payment.Answer, b booking.ID, files []payment.Paper) (stripeapi.RequestID, error) {
	evidence := maps.Clone(a.Fields)
	for _, f := range files {
		evidence[f.Field] = f.FileID
	}
	request, err := s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForEvidence, Path: stripeapi.EvidencePath(a.DisputeID), Key: a.Key(), About: about(b),
		Params: stripeapi.EvidenceParams{Evidence: evidence, Submit: a.Submit}.Values()})
	if err != nil {
		return request, err
	}
	return request, payment.AnswerSending(ctx, tx, a, string(request))
}

func (s *Service) planClosing(ctx context.Context, tx pgx.Tx, d payment.Dispute, attempt int) (stripeapi.RequestID, error) {
	return s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForDisputeClose, Path: stripeapi.CloseDisputePath(d.ID),
		Key: fmt.Sprintf("dispute:%s:close:%d", d.ID, attempt), About: about(booking.ID(d.BookingID))})
}

// sendPaper uploads one paper; with the last one the evidence itself is planned
// and sent.
func (s *Service) sendPaper(ctx context.Context, id stripeapi.RequestID) error {
	f, err := payment.PaperByRequest(ctx, s.DB, string(id))
	if fault.Is(err, fault.NotFound) {
		return nil // a later upload has taken its place
	}
	if err != nil {
		return err
	}
	a, err := payment.AnswerByID(ctx, s.DB, f.AnswerID)
	if err != nil {
		return err
	}
	outcome, err := s.Stripe.SendFile(ctx, id, f.Content)
	if stripeapi.Over(err) {
		return s.findPaper(ctx, id, a, f)
	}
	if err != nil {
		return fmt.Errorf("upload %s: %w", f.Filename, err)
	}
	if outcome.Refused() {
		return s.answerRefused(ctx, a, outcome)
	}
	return s.paperSent(ctx, a, f, outcome.ObjectID, nil)
}

func (s *Service) paperSent(ctx context.Context, a payment.Answer, f payment.Paper, file string, found *stripeapi.RequestID) error {
	var request stripeapi.RequestID
	err := s.onDispute(ctx, a.DisputeID, func(tx pgx.Tx, b booking.Booking, _ payment.Payment, _ payment.Dispute) error {
		request = ""
		if found != nil {
			if _, err := stripeapi.Found(ctx, tx, *found, file, s.Now()); err != nil {
				return err
			}
		}
		if err := payment.PaperSent(ctx, tx, f, file); err != nil {
			return err
		}
		now, err := payment.AnswerByID(ctx, tx, a.ID)
		if err != nil || now.State != "uploading" {
			return err
		}
		files, err := payment.PapersOf(ctx, tx, a.ID)
		if err != nil || slices.ContainsFunc(files, func(f payment.Paper) bool { return f.FileID == "" }) {
			return err
		}
		request, err = s.planAnswer(ctx, tx, now, b.ID, files)
		return err
	})
	if err != nil || request == "" {
		return err
	}
	return s.Finish(ctx, request)
}

// findPaper looks for an upload whose answer was lost by its name, and uploads
// it again when Stripe does not have it.
func (s *Service) findPaper(ctx context.Context, id stripeapi.RequestID, a payment.Answer, f payment.Paper) error {
	files, err := s.Stripe.EvidenceFiles(ctx, a.CreatedAt.Add(-time.Hour))
	if err != nil {
		return fmt.Errorf("look for %s: %w", f.Filename, err)
	}
	for _, theirs := range files {
		if theirs.Filename == f.Filename {
			return s.paperSent(ctx, a, f, theirs.ID, &id)
		}
	}
	return s.again(ctx, a.DisputeID, id, func(tx pgx.Tx, d payment.Dispute) (stripeapi.RequestID, error) {
		f.Attempt++
		return s.planPaper(ctx, tx, a, booking.ID(d.BookingID), f)
	})
}

// again is [Service.anew] for what is asked about a dispute.
func (s *Service) again(ctx context.Context, dispute string, id stripeapi.RequestID, plan func(tx pgx.Tx, d payment.Dispute) (stripeapi.RequestID, error)) error {
	d, err := payment.DisputeByID(ctx, s.DB, dispute)
	if err != nil {
		return err
	}
	return s.anew(ctx, booking.ID(d.BookingID), &id, func(tx pgx.Tx, _ payment.Payment) (*string, error) {
		next, err := plan(tx, d)
		made := string(next)
		return &made, err
	})
}

// sendAnswer sends the evidence, staged or submitted.
func (s *Service) sendAnswer(ctx context.Context, id stripeapi.RequestID) error {
	a, err := payment.AnswerByRequest(ctx, s.DB, string(id))
	if fault.Is(err, fault.NotFound) {
		return nil // a later attempt has taken its place
	}
	if err != nil {
		return err
	}
	outcome, err := s.Stripe.Send(ctx, id)
	if stripeapi.Over(err) {
		return s.findAnswer(ctx, id, a)
	}
	if err != nil {
		return fmt.Errorf("send the evidence for dispute %s: %w", a.DisputeID, err)
	}
	if outcome.Refused() {
		return s.answerRefused(ctx, a, outcome)
	}
	return s.answerDone(ctx, a, nil)
}

func (s *Service) answerDone(ctx context.Context, a payment.Answer, found *stripeapi.RequestID) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		if found != nil {
			if _, err := stripeapi.Found(ctx, tx, *found, a.DisputeID, s.Now()); err != nil {
				return err
			}
		}
		return payment.AnswerDone(ctx, tx, a, s.Now())
	})
	if err != nil && !fault.Is(err, fault.Conflict) { // another process did it
		return err
	}
	return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Dispute, ID: a.DisputeID})
}

// findAnswer asks the dispute itself what became of evidence whose answer was
// lost. Staging again changes nothing, so only a submission that Stripe has
// counted is not repeated.
func (s *Service) findAnswer(ctx context.Context, id stripeapi.RequestID, a payment.Answer) error {
	theirs, err := s.Stripe.Dispute(ctx, a.DisputeID)
	if err != nil {
		return fmt.Errorf("ask for the evidence of dispute %s: %w", a.DisputeID, err)
	}
	if a.Submit && theirs.SubmissionCount > a.Submissions {
		return s.answerDone(ctx, a, &id)
	}
	return s.again(ctx, a.DisputeID, id, func(tx pgx.Tx, d payment.Dispute) (stripeapi.RequestID, error) {
		files, err := s.filesOf(ctx, tx, a)
		if err != nil {
			return "", err
		}
		a.Attempt++
		return s.planAnswer(ctx, tx, a, booking.ID(d.BookingID), files)
	})
}

// filesOf are the papers that go with an answer: its own, or for a submission
// those that were staged.
func (s *Service) filesOf(ctx context.Context, tx pgx.Tx, a payment.Answer) ([]payment.Paper, error) {
	if a.Submit {
		_, files, err := stagedEvidence(ctx, tx, a.DisputeID)
		return files, err
	}
	return payment.PapersOf(ctx, tx, a.ID)
}

func (s *Service) answerRefused(ctx context.Context, a payment.Answer, o stripeapi.Outcome) error {
	err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		return payment.AnswerRefused(ctx, tx, a, cmp.Or(o.Message, o.Code), s.Now())
	})
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Dispute, ID: a.DisputeID})
}

// sendClosing accepts a dispute; the look that follows says that it is lost.
func (s *Service) sendClosing(ctx context.Context, id stripeapi.RequestID) error {
	request, err := stripeapi.RequestByID(ctx, s.DB, id)
	if err != nil {
		return err
	}
	dispute := stripeapi.ClosedDispute(request)
	_, err = s.Stripe.Send(ctx, id)
	if stripeapi.Over(err) {
		return s.findClosing(ctx, id, dispute)
	}
	if err != nil {
		return fmt.Errorf("accept dispute %s: %w", dispute, err)
	}
	return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Dispute, ID: dispute})
}

func (s *Service) findClosing(ctx context.Context, id stripeapi.RequestID, dispute string) error {
	theirs, err := s.Stripe.Dispute(ctx, dispute)
	if err != nil {
		return fmt.Errorf("ask whether dispute %s is accepted: %w", dispute, err)
	}
	if theirs.Status != "needs_response" { // closed by it, or not to be closed any more
		err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
			_, err := stripeapi.Found(ctx, tx, id, dispute, s.Now())
			return err
		})
		if err != nil {
			return err
		}
		return s.Look(ctx, inbound.SourceOwn, inbound.Subject{Kind: inbound.Dispute, ID: dispute})
	}
	return s.again(ctx, dispute, id, func(tx pgx.Tx, d payment.Dispute) (stripeapi.RequestID, error) {
		asked, err := stripeapi.Closings(ctx, tx, dispute)
		if err != nil {
			return "", err
		}
		return s.planClosing(ctx, tx, d, len(asked)+1)
	})
}
