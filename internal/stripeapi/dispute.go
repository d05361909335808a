package stripeapi

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hearth/internal/postgres"

	"github.com/stripe/stripe-go/v76"
)

// What requests about disputes are for.
const (
	ForEvidenceFile = "evidence_file"    // see [Client.SendFile]
	ForEvidence     = "dispute_evidence" // staged, or submitted
	ForDisputeClose = "dispute_close"
	ForRecovery     = "dispute_recovery" // takes back from the owner what the bank took from us
	ForReturn       = "dispute_return"   // gives it back to the owner after a win
)

// Where they go.
const (
	FilesPath    = "/v1/files"
	disputesPath = "/v1/disputes"
)

// EvidencePath stages and submits evidence.
func EvidencePath(dispute string) string { return at(disputesPath, dispute) }

// CloseDisputePath accepts a dispute: it is lost, for good.
func CloseDisputePath(dispute string) string { return at(disputesPath, dispute) + "/close" }

// MetaDispute is the key of a dispute's id in the metadata of what it brought.
const MetaDispute = "dispute_id"

// EvidenceLimit is how many characters all texts of a dispute's evidence may
// have together.
const EvidenceLimit = 150_000

// EvidenceFilesLimit is how many bytes all files of a dispute's evidence may
// have together.
const EvidenceFilesLimit = 4_500_000

// EvidenceParams keep evidence at Stripe, and hand it to the bank when Submit
// says so. An empty text takes away what was staged before.
type EvidenceParams struct {
	Evidence map[string]string // texts, and ids of files
	Submit   bool              // final, and mostly possible once
}

// Values are the parameters as they are sent. Stripe submits unless it is told
// not to, so that submit is always there.
func (p EvidenceParams) Values() url.Values {
	v := url.Values{"submit": {strconv.FormatBool(p.Submit)}}
	for field, value := range p.Evidence {
		v.Set("evidence["+field+"]", value)
	}
	return v
}

// File is an upload as Stripe knows it.
type File struct {
	ID       string
	Filename string
	Created  time.Time
}

func file(f *stripe.File) File { return File{ID: f.ID, Filename: f.Filename, Created: unix(f.Created)} }

// EvidenceFiles lists the files uploaded for disputes since an instant, newest
// first: how a lost answer is found again.
func (c *Client) EvidenceFiles(ctx context.Context, from time.Time) ([]File, error) {
	query := created(from, time.Time{})
	query.Set("purpose", disputeEvidence)
	return fetchAll(ctx, c, FilesPath, "", query, file)
}

// Closings lists the requests to accept a dispute, oldest first.
func Closings(ctx context.Context, q postgres.Querier, dispute string) ([]Request, error) {
	return postgres.All[Request](ctx, q, `SELECT `+requestColumns+` FROM stripe_requests WHERE path = $1 AND purpose = $2 ORDER BY planned_at, id`, CloseDisputePath(dispute), ForDisputeClose)
}

// ClosedDispute is the dispute that a request accepts.
func ClosedDispute(r Request) string {
	return strings.TrimSuffix(strings.TrimPrefix(r.Path, disputesPath+"/"), "/close")
}

// TransfersOf lists the transfers of a payment intent's group, newest first:
// the one that its charge made, and those that we made after it.
func (c *Client) TransfersOf(ctx context.Context, intentID string) ([]Transfer, error) {
	objects, err := c.list(ctx, TransfersPath, "", url.Values{"transfer_group": {TransferGroup(intentID)}})
	if err != nil {
		return nil, err
	}
	all := make([]Transfer, 0, len(objects))
	for _, object := range objects {
		t, err := c.wholeTransfer(ctx, object)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// TransferGroup is the group that Stripe gives a destination charge and its
// transfer.
func TransferGroup(intentID string) string { return "group_" + intentID }
