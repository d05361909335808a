-- +goose Up
-- Every POST to Stripe, written before it is sent.
CREATE TABLE stripe_requests (
  id              uuid PRIMARY KEY,
  purpose         text NOT NULL,                               -- account, account_link, login_link, checkout_session, session_expire, refund, capture, cancel, transfer, transfer_reversal, payout
  method          text NOT NULL DEFAULT 'POST',
  path            text NOT NULL,
  stripe_account  text NOT NULL DEFAULT '',
  idempotency_key text NOT NULL CONSTRAINT stripe_requests_key UNIQUE,
  params          text NOT NULL,                               -- the exact form body; never holds a secret
  about           text NOT NULL DEFAULT '',                    -- "booking:<id>", "refund:<id>", "user:<id>"
  livemode        boolean NOT NULL,
  state           text NOT NULL CHECK (state IN ('planned', 'unknown', 'succeeded', 'refused')),
  attempts        int NOT NULL DEFAULT 0,
  http_status     int,
  object_id       text NOT NULL DEFAULT '',
  stripe_request  text NOT NULL DEFAULT '',                    -- req_…
  error_code      text NOT NULL DEFAULT '',
  decline_code    text NOT NULL DEFAULT '',
  error_param     text NOT NULL DEFAULT '',
  error_message   text NOT NULL DEFAULT '',
  planned_at      timestamptz NOT NULL,
  first_sent_at   timestamptz,
  finished_at     timestamptz
);
CREATE INDEX stripe_requests_open_idx ON stripe_requests (planned_at) WHERE state IN ('planned', 'unknown');
CREATE INDEX stripe_requests_about_idx ON stripe_requests (about);
CREATE INDEX stripe_requests_object_idx ON stripe_requests (object_id) WHERE object_id <> '';

CREATE TABLE connected_accounts (
  id                uuid PRIMARY KEY,
  user_id           uuid NOT NULL REFERENCES users,
  livemode          boolean NOT NULL,
  stripe_account_id text CONSTRAINT connected_accounts_stripe_key UNIQUE, -- null until Stripe answered
  request_id        uuid NOT NULL REFERENCES stripe_requests,
  country           text NOT NULL,
  charges_enabled   boolean NOT NULL DEFAULT false,
  payouts_enabled   boolean NOT NULL DEFAULT false,
  details_submitted boolean NOT NULL DEFAULT false,
  transfers         text NOT NULL DEFAULT '',                  -- capability: active, inactive, pending, ''
  card_payments     text NOT NULL DEFAULT '',
  disabled_reason   text NOT NULL DEFAULT '',
  currently_due     text[] NOT NULL DEFAULT '{}',
  past_due          text[] NOT NULL DEFAULT '{}',
  eventually_due    text[] NOT NULL DEFAULT '{}',
  pending           text[] NOT NULL DEFAULT '{}',
  errors            jsonb NOT NULL DEFAULT '[]',               -- [{code, reason, requirement}]
  due_by            timestamptz,
  payout_interval   text NOT NULL DEFAULT '',
  deauthorized_at   timestamptz,
  lost_at           timestamptz,                               -- Stripe no longer knows it
  fetched_at        timestamptz,
  created_at        timestamptz NOT NULL,
  CONSTRAINT connected_accounts_user_key UNIQUE (user_id, livemode)
);
CREATE INDEX connected_accounts_fetched_idx ON connected_accounts (fetched_at);

-- Whom we may take money for: the one definition of "can be paid".
CREATE VIEW payable_owners AS
  SELECT user_id, livemode, stripe_account_id FROM connected_accounts
  WHERE stripe_account_id IS NOT NULL AND charges_enabled AND transfers = 'active'
    AND disabled_reason NOT LIKE 'rejected.%' AND deauthorized_at IS NULL AND lost_at IS NULL;

-- The inbox. Stored raw once; everything but the marks is never changed.
CREATE TABLE stripe_events (
  id              text PRIMARY KEY,                            -- evt_…; look_<uuid> for our own
  source          text NOT NULL CHECK (source IN ('account', 'connect', 'return', 'sweep', 'own', 'replay')),
  type            text NOT NULL,
  account         text NOT NULL DEFAULT '',
  api_version     text NOT NULL DEFAULT '',
  livemode        boolean NOT NULL,
  object_id       text NOT NULL DEFAULT '',
  payload         bytea NOT NULL,
  received_at     timestamptz NOT NULL,
  -- marks
  state           text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'applied', 'ignored', 'failed')),
  subject         text NOT NULL DEFAULT '',
  attempts        int NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL,
  effect          text NOT NULL DEFAULT '',
  last_error      text NOT NULL DEFAULT '',
  applied_at      timestamptz
);
CREATE INDEX stripe_events_waiting_idx ON stripe_events (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX stripe_events_subject_idx ON stripe_events (subject) WHERE state = 'waiting';
CREATE INDEX stripe_events_received_idx ON stripe_events (received_at DESC);
CREATE INDEX stripe_events_object_idx ON stripe_events (object_id);

-- +goose StatementBegin
-- Not every build of PostgreSQL has lz4; payloads are smaller and quicker with it.
DO $$
BEGIN
  ALTER TABLE stripe_events ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  NULL;
END $$;
-- +goose StatementEnd

CREATE SEQUENCE stripe_tickets;
CREATE TABLE stripe_subjects (
  subject      text PRIMARY KEY,
  leased_until timestamptz,
  lease        uuid,
  ticket       bigint NOT NULL DEFAULT 0                       -- of the newest look applied
);
