-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- +goose StatementBegin
-- What is written once stays: history, ledger and audit refuse UPDATE and
-- DELETE from everybody, whatever their privileges.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
-- +goose StatementEnd

CREATE TABLE users (
  id                uuid PRIMARY KEY,
  email             text NOT NULL,
  name              text NOT NULL CHECK (name <> ''),
  phone             text NOT NULL DEFAULT '',
  password_hash     text NOT NULL,
  roles             text[] NOT NULL DEFAULT '{tenant}'
                    CHECK (roles <@ ARRAY['tenant', 'owner', 'admin']),
  fee_bps           int CHECK (fee_bps BETWEEN 0 AND 10000),  -- this owner's fee, else the platform's
  session_version   int NOT NULL DEFAULT 1,                   -- a new password or role ends the sessions before it
  email_verified_at timestamptz,
  suspended_at      timestamptz,
  created_at        timestamptz NOT NULL
);
CREATE UNIQUE INDEX users_email_key ON users (lower(email));

CREATE TABLE user_tokens (
  hash       bytea PRIMARY KEY,                                -- SHA-256 of what was mailed
  user_id    uuid NOT NULL REFERENCES users,
  purpose    text NOT NULL CHECK (purpose IN ('verify', 'reset')),
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  created_at timestamptz NOT NULL
);
CREATE INDEX user_tokens_user_idx ON user_tokens (user_id, purpose);

CREATE TABLE sessions (
  token  text PRIMARY KEY,
  data   bytea NOT NULL,
  expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry_idx ON sessions (expiry);

-- Every act of an admin, with its reason.
CREATE TABLE audit_log (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  actor_id uuid NOT NULL REFERENCES users,
  act      text NOT NULL,
  target   text NOT NULL,                                      -- "booking:HX3K9Q", "user:<id>"
  reason   text NOT NULL,
  detail   jsonb NOT NULL DEFAULT '{}',
  ip       text NOT NULL DEFAULT '',
  at       timestamptz NOT NULL
);
CREATE INDEX audit_log_target_idx ON audit_log (target, id);
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
