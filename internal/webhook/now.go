package webhook

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/inbound"

	"github.com/google/uuid"
)

const (
	patience = 8 * time.Second
	glance   = 50 * time.Millisecond
)

// LookNow asks for a fresh look at a subject and waits until it was applied,
// or has failed once, or patience is over: for verbs whose person wants to see
// what came of a click. It works the inbox off meanwhile, so it does not depend
// on [Inbox.Run]. No error means that the look will be applied, not that it
// was: read what it would have changed.
func (in *Inbox) LookNow(ctx context.Context, source string, subject inbound.Subject) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	if err := in.look(ctx, in.DB, id, source, subject, ""); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for ctx.Err() == nil {
		var settled bool
		if err := in.DB.QueryRow(ctx, `SELECT state <> 'waiting' OR attempts > 0 FROM stripe_events WHERE id = $1`, "look_"+id.String()).Scan(&settled); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("wait for the look at %s: %w", subject, err)
		}
		if settled {
			return nil
		}
		if did, err := in.step(ctx); err == nil && did {
			continue
		}
		select {
		case <-ctx.Done():
		case <-time.After(glance):
		}
	}
	return nil
}
