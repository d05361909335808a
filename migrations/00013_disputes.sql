-- +goose Up
ALTER TABLE disputes ADD COLUMN past_due boolean NOT NULL DEFAULT false; -- the last evidence came too late

-- What a dispute takes back from the homeowner, once per dispute, and what is
-- given back after a win.
CREATE TABLE dispute_recoveries (
  dispute_id        text PRIMARY KEY REFERENCES disputes,
  payment_id        uuid NOT NULL REFERENCES payments,
  booking_id        uuid NOT NULL,
  currency          text NOT NULL,
  amount            bigint NOT NULL CHECK (amount > 0),           -- of the transfer, our fee included
  state             text NOT NULL CHECK (state IN ('planned', 'reversed', 'debt', 'withdrawn', 'returning', 'returned', 'lifted')),
  attempt           int NOT NULL DEFAULT 1,
  transfer_id       text NOT NULL DEFAULT '',                      -- tr_… to reverse; empty when nothing of it is left
  request_id        uuid REFERENCES stripe_requests,               -- of the last attempt
  reversal_id       text NOT NULL DEFAULT '',                      -- trr_…
  reversed_amount   bigint NOT NULL DEFAULT 0,                     -- what Stripe took back
  fee_returned      bigint NOT NULL DEFAULT 0,                     -- what we gave back of our fee with it
  owner_debt        bigint NOT NULL DEFAULT 0,                     -- what the owner owes us instead
  failure_reason    text NOT NULL DEFAULT '',
  return_attempt    int NOT NULL DEFAULT 0,
  return_request_id uuid REFERENCES stripe_requests,
  return_id         text NOT NULL DEFAULT '',                      -- tr_… after a win
  actor             text NOT NULL CHECK (actor IN ('admin', 'system')),
  actor_id          uuid REFERENCES users,
  reason            text NOT NULL,
  created_at        timestamptz NOT NULL,
  finished_at       timestamptz
);
CREATE INDEX dispute_recoveries_payment_idx ON dispute_recoveries (payment_id);
CREATE INDEX dispute_recoveries_request_idx ON dispute_recoveries (request_id);
CREATE INDEX dispute_recoveries_return_idx ON dispute_recoveries (return_request_id);

-- Every time evidence went to Stripe: staged, or submitted to the bank.
CREATE TABLE dispute_answers (
  id             uuid PRIMARY KEY,
  dispute_id     text NOT NULL REFERENCES disputes,
  number         int NOT NULL,                                     -- 1, 2, …: what the form says it saw
  submit         boolean NOT NULL,
  fields         jsonb NOT NULL,                                   -- Stripe's names of texts → text
  state          text NOT NULL CHECK (state IN ('uploading', 'sending', 'done', 'refused')),
  attempt        int NOT NULL DEFAULT 1,
  request_id     uuid REFERENCES stripe_requests,
  submissions    int NOT NULL,                                     -- how many Stripe counted before
  failure_reason text NOT NULL DEFAULT '',
  actor_id       uuid NOT NULL REFERENCES users,
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz,
  CONSTRAINT dispute_answers_number_key UNIQUE (dispute_id, number)
);
CREATE UNIQUE INDEX dispute_answers_one_live ON dispute_answers (dispute_id) WHERE state IN ('uploading', 'sending');
CREATE INDEX dispute_answers_request_idx ON dispute_answers (request_id);

-- The papers that go with an answer, byte for byte as they are uploaded.
CREATE TABLE dispute_files (
  id         uuid PRIMARY KEY,
  answer_id  uuid NOT NULL REFERENCES dispute_answers,
  field      text NOT NULL,                                        -- Stripe's name: receipt, service_documentation
  filename   text NOT NULL,
  content    bytea NOT NULL,
  attempt    int NOT NULL DEFAULT 1,
  request_id uuid REFERENCES stripe_requests,
  file_id    text NOT NULL DEFAULT '',                             -- file_…
  CONSTRAINT dispute_files_field_key UNIQUE (answer_id, field)
);
CREATE INDEX dispute_files_request_idx ON dispute_files (request_id);
CREATE INDEX stripe_requests_dispute_idx ON stripe_requests (path) WHERE purpose = 'dispute_close';
