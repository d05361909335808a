package invariant

import (
	"context"
	"fmt"
	"strings"

	"hearth/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// guarded are the tables that are written once.
var guarded = []string{"ledger_transactions", "ledger_postings", "booking_history", "audit_log", "seals", "sealed_rows"}

func writtenOnce() []Invariant {
	tables := "('" + strings.Join(guarded, "'), ('") + "')"
	return []Invariant{
		{"append_only", "Books, history, the admins' log and the seals refuse to be changed: by trigger, and by the app's rights.", `
			SELECT 'table:' || g.name, 'has no trigger that refuses UPDATE and DELETE'
			FROM (VALUES ` + tables + `) g (name)
			WHERE NOT EXISTS (SELECT FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
				WHERE t.tgrelid = to_regclass('public.' || g.name) AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL
				  AND t.tgtype & 26 = 26 -- before, delete, update
				  AND f.proname = 'refuse_change' AND position('RAISE EXCEPTION' IN f.prosrc) > 0 AND position('RETURN' IN f.prosrc) = 0)
			UNION ALL
			SELECT 'table:' || g.name, 'may be changed by the app: ' || p.privilege
			FROM (VALUES ` + tables + `) g (name), (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('TRIGGER')) p (privilege), pg_roles r
			WHERE r.rolname = 'hearth_app' AND has_table_privilege(r.oid, 'public.bookings', 'INSERT') AND has_table_privilege(r.oid, 'public.' || g.name, p.privilege)
			UNION ALL
			SELECT 'table:' || p.name, 'may be emptied by the app'
			FROM (VALUES ('stripe_events'), ('stripe_requests'), ('bookings'), ('payments'), ('refunds')) p (name), pg_roles r
			WHERE r.rolname = 'hearth_app' AND has_table_privilege(r.oid, 'public.bookings', 'INSERT') AND has_table_privilege(r.oid, 'public.' || p.name, 'DELETE')`},
		{"seals", "What was sealed is as it was, and the seals follow one another.", `
			SELECT r.kind || ':' || r.row_id, CASE WHEN w.row_id IS NULL THEN 'is gone' ELSE 'was changed' END || ' since seal ' || r.seal
			FROM sealed_rows r LEFT JOIN written_once w ON w.kind = r.kind AND w.row_id = r.row_id
			WHERE w.content IS NULL OR sha256(convert_to(w.content, 'UTF8')) <> r.digest
			UNION ALL
			SELECT 'seal:' || number, 'does not follow from its rows and the seal before'
			FROM (SELECT s.number, s.digest, lag(s.digest) OVER (ORDER BY s.number) AS before, row_number() OVER (ORDER BY s.number) AS place FROM seals s) s
			WHERE place <> number OR digest IS DISTINCT FROM ` + chain("before", "(SELECT "+together+" FROM sealed_rows r WHERE r.seal = s.number)") + `
			UNION ALL
			SELECT 'seal:' || count(*), 'is the last, and the last that was told is ' || max(r.seal)
			FROM seals s FULL JOIN sealed_rows r ON r.seal = s.number HAVING max(r.seal) > max(s.number)`},
	}
}

// together is the digests of some rows of sealed_rows, in an order that is the
// same everywhere.
const together = `string_agg(r.digest, ''::bytea ORDER BY r.kind COLLATE "C", r.row_id COLLATE "C")`

func chain(before, rows string) string {
	return `sha256(coalesce(` + before + `, ''::bytea) || ` + rows + `)`
}

// perSeal bounds what one seal reads.
const perSeal = 5000

// Seal seals every row that is written once and is not sealed yet, and returns
// the newest seal in hexadecimals: kept outside the database, in a log or on
// paper, it proves everything before it. Rows whose transaction has not
// committed yet are in the next one.
func (s *Service) Seal(ctx context.Context) (digest string, err error) {
	for sealed := perSeal; sealed == perSeal; {
		err := postgres.InTx(ctx, s.DB, func(tx pgx.Tx) (err error) {
			sealed, digest, err = s.seal(ctx, tx)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("seal what is written once: %w", err)
		}
	}
	return digest, nil
}

// sealing is the lock of whoever seals.
const sealing = 7_310_017

func (s *Service) seal(ctx context.Context, tx pgx.Tx) (sealed int, digest string, err error) {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, sealing); err != nil {
		return 0, "", err
	}
	err = tx.QueryRow(ctx, `
		WITH fresh AS MATERIALIZED (
			SELECT w.kind, w.row_id, sha256(convert_to(w.content, 'UTF8')) AS digest FROM written_once w
			WHERE NOT EXISTS (SELECT FROM sealed_rows r WHERE r.kind = w.kind AND r.row_id = w.row_id) LIMIT $2),
		last AS (SELECT coalesce(max(number), 0) AS number, (SELECT digest FROM seals ORDER BY number DESC LIMIT 1) AS digest FROM seals),
		made AS (
			INSERT INTO seals (number, digest, at)
			SELECT last.number + 1, `+chain("last.digest", "(SELECT "+together+" FROM fresh r)")+`, $1 FROM last WHERE EXISTS (SELECT FROM fresh)
			RETURNING number, digest),
		named AS (
			INSERT INTO sealed_rows (kind, row_id, seal, digest) SELECT f.kind, f.row_id, made.number, f.digest FROM fresh f, made RETURNING 1)
		SELECT (SELECT count(*) FROM named), encode(coalesce((SELECT digest FROM made), last.digest, ''::bytea), 'hex') FROM last`,
		s.Now(), perSeal).Scan(&sealed, &digest)
	return sealed, digest, err
}
