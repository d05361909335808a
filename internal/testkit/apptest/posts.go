package apptest

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// posts stands before the sandbox and holds every request of the app's that
// changes something against the table: it was written before it was sent, to
// this path, for this account, under this key.
type posts struct {
	db    atomic.Pointer[pgxpool.Pool]
	mu    sync.Mutex
	wrong []string
}

const appKey = "sk_test_apptest"

func (p *posts) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Header.Get("Authorization") == "Bearer "+appKey {
			p.look(r)
		}
		next.ServeHTTP(w, r)
	})
}

func (p *posts) look(r *http.Request) {
	db := p.db.Load()
	if db == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 20*time.Second)
	defer cancel()
	var planned bool
	err := db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM stripe_requests
		WHERE idempotency_key = $1 AND method = $2 AND path = $3 AND stripe_account = $4 AND attempts > 0)`,
		r.Header.Get("Idempotency-Key"), r.Method, r.URL.Path, r.Header.Get("Stripe-Account")).Scan(&planned)
	if err != nil || !planned {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.wrong = append(p.wrong, fmt.Sprintf("%s %s under %q (%v)", r.Method, r.URL.Path, r.Header.Get("Idempotency-Key"), err))
	}
}

// mustBePlanned fails the test at its end for each request that was not written
// before it was sent.
func (p *posts) mustBePlanned(t testing.TB, db *pgxpool.Pool) {
	p.db.Store(db)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, what := range p.wrong {
			t.Errorf("this request to Stripe was not written before it was sent: %s", what)
		}
	})
}
