package webhook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hearth/internal/inbound"

	"github.com/jackc/pgx/v5/pgxpool"
)

// entry is an event on its way into the table.
type entry struct {
	event   inbound.Event
	payload []byte
	state   string
	effect  string
	subject string
}

// batcher shares commits among deliveries that arrive together: while a batch
// is being committed, the next one gathers. Its goroutines live only as long
// as there is something to write.
type batcher struct {
	mu      sync.Mutex
	waiting []delivery
	active  int
}

type delivery struct {
	entry
	stored chan error
}

const (
	maxWriters  = 4
	maxBatch    = 256
	writeWithin = 10 * time.Second
)

// store returns after the entry's own commit, with the entry's own outcome. An
// entry that was there before is stored.
func (b *batcher) store(ctx context.Context, db *pgxpool.Pool, e entry) error {
	d := delivery{e, make(chan error, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, d)
	if b.active < maxWriters {
		b.active++
		go b.write(context.WithoutCancel(ctx), db)
	}
	b.mu.Unlock()
	select {
	case err := <-d.stored:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *batcher) write(ctx context.Context, db *pgxpool.Pool) {
	for {
		batch := b.take()
		if len(batch) == 0 {
			return
		}
		b.commit(ctx, db, batch)
	}
}

// take returns the next batch, or none and retires the writer.
func (b *batcher) take() []delivery {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.waiting), maxBatch)
	if n == 0 {
		b.active--
		b.waiting = nil
		return nil
	}
	batch := slices.Clone(b.waiting[:n])
	b.waiting = b.waiting[n:]
	return batch
}

// commit writes a batch, and after an error each row by itself, so that one
// bad row does not cost the others their answer.
func (b *batcher) commit(ctx context.Context, db *pgxpool.Pool, batch []delivery) {
	ctx, cancel := context.WithTimeout(ctx, writeWithin)
	defer cancel()
	err := insert(ctx, db, batch)
	for i := range batch {
		own := err
		if err != nil && len(batch) > 1 {
			own = insert(ctx, db, batch[i:i+1])
		}
		batch[i].stored <- own
	}
}

// insert writes rows in one statement, sorted by id: two batches that share
// redelivered ids would otherwise deadlock.
func insert(ctx context.Context, db execer, batch []delivery) error {
	slices.SortFunc(batch, func(a, b delivery) int { return cmp.Compare(a.event.ID, b.event.ID) })
	var c columns
	for _, d := range batch {
		c.add(d.entry)
	}
	_, err := db.Exec(ctx, `
		INSERT INTO stripe_events (id, source, type, account, api_version, livemode, object_id, payload,
			received_at, next_attempt_at, state, effect, subject)
		SELECT id, source, type, account, api_version, livemode, object_id, payload, received_at, received_at, state, effect, subject
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::text[], $8::bytea[],
			$9::timestamptz[], $10::text[], $11::text[], $12::text[])
			AS e (id, source, type, account, api_version, livemode, object_id, payload, received_at, state, effect, subject)
		ON CONFLICT (id) DO NOTHING`,
		c.id, c.source, c.kind, c.account, c.version, c.live, c.object, c.payload, c.received, c.state, c.effect, c.subject)
	if err != nil {
		return fmt.Errorf("store %d events: %w", len(batch), err)
	}
	return nil
}

type columns struct {
	id, source, kind, account, version, object, state, effect, subject []string
	live                                                               []bool
	payload                                                            [][]byte
	received                                                           []time.Time
}

func (c *columns) add(e entry) {
	ev := e.event
	c.id, c.source, c.kind = append(c.id, ev.ID), append(c.source, ev.Source), append(c.kind, ev.Type)
	c.account, c.version = append(c.account, ev.Account), append(c.version, ev.APIVersion)
	c.live, c.object = append(c.live, ev.Livemode), append(c.object, ev.ObjectID)
	c.payload, c.received = append(c.payload, e.payload), append(c.received, ev.ReceivedAt)
	c.state, c.effect, c.subject = append(c.state, e.state), append(c.effect, e.effect), append(c.subject, e.subject)
}
