-- +goose Up
-- The hourly audit: what it found.
CREATE TABLE audit_runs (
  id          uuid PRIMARY KEY,
  started_at  timestamptz NOT NULL,
  finished_at timestamptz,
  broken      int NOT NULL DEFAULT 0,                           -- how many invariants
  results     jsonb NOT NULL DEFAULT '[]',                      -- [{name, rows, findings: [{row, wrong}]}]
  error       text NOT NULL DEFAULT ''                          -- why it could not run
);
CREATE INDEX audit_runs_started_idx ON audit_runs (started_at DESC);

-- What is written once, each row in words that do not change: its columns are
-- named, times are seconds, so that a later column or another time zone makes
-- no other digest.
CREATE VIEW written_once AS
  SELECT 'ledger' AS kind, t.id::text AS row_id,
    jsonb_build_array(t.reference, t.kind, t.booking_id, t.object_id, t.memo, extract(epoch FROM t.at),
      (SELECT jsonb_agg(jsonb_build_array(p.id, p.source, p.destination, p.amount, p.currency) ORDER BY p.id)
       FROM ledger_postings p WHERE p.transaction_id = t.id))::text AS content
  FROM ledger_transactions t
  UNION ALL
  SELECT 'history', h.id::text,
    jsonb_build_array(h.listing_id, h.booking_id, h.from_status, h.to_status, h.actor, h.actor_id, h.reason, extract(epoch FROM h.at))::text
  FROM booking_history h
  UNION ALL
  SELECT 'admin', a.id::text,
    jsonb_build_array(a.actor_id, a.act, a.target, a.reason, a.detail, a.ip, extract(epoch FROM a.at))::text
  FROM audit_log a;

-- Each row is sealed once, within the hour: its digest is kept, and every seal
-- has one over its rows' and the seal before. Rows are named, not counted up
-- to: ids do not come in the order of commits.
CREATE TABLE seals (
  number bigint PRIMARY KEY,
  digest bytea NOT NULL,
  at     timestamptz NOT NULL
);
CREATE TABLE sealed_rows (
  kind   text NOT NULL,
  row_id text NOT NULL,
  seal   bigint NOT NULL REFERENCES seals,
  digest bytea NOT NULL,
  PRIMARY KEY (kind, row_id)
);
CREATE INDEX sealed_rows_seal_idx ON sealed_rows (seal);
CREATE TRIGGER seals_append_only BEFORE UPDATE OR DELETE ON seals
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sealed_rows_append_only BEFORE UPDATE OR DELETE ON sealed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
