package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	presenceClass = 1751478642 // of the advisory locks; see the SQL function process_alive
	presenceBeat  = 5 * time.Second
)

// Presence tells the other processes on a database that this one lives: while
// it lasts, the SQL function process_alive is true for the number. It holds an
// advisory lock on a connection of its own, which the server lets go however
// the process ends, kill -9 included. Should the connection break, another is
// made; for a moment we then seem dead, so what is taken over from the dead must
// be safe to do twice.
type Presence struct {
	number int32
	db     *pgxpool.Pool
	conn   *pgx.Conn
}

// Announce returns once the others can see this process. The number is its own,
// above zero.
func Announce(ctx context.Context, db *pgxpool.Pool, number int32) (*Presence, error) {
	p := &Presence{number: number, db: db}
	return p, p.lock(ctx)
}

func (p *Presence) lock(ctx context.Context) error {
	pooled, err := p.db.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("announce process %d: %w", p.number, err)
	}
	p.conn = pooled.Hijack() // no place of the pool's is used up
	if _, err := p.conn.Exec(ctx, `SELECT pg_advisory_lock($1, $2)`, presenceClass, p.number); err != nil {
		return fmt.Errorf("announce process %d: %w", p.number, err)
	}
	return nil
}

// Keep stays until the context ends, and then lets go.
func (p *Presence) Keep(ctx context.Context) {
	beat := time.NewTicker(presenceBeat)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			p.conn.Close(context.WithoutCancel(ctx))
			return
		case <-beat.C:
		}
		if err := p.conn.Ping(ctx); err != nil && ctx.Err() == nil {
			p.conn.Close(ctx)
			_ = p.lock(ctx) // or with the next beat
		}
	}
}
