-- +goose Up
-- How far Stripe's lists have been read, per account: '' is ours.
CREATE TABLE stripe_reads (
  account      text PRIMARY KEY,
  events_until timestamptz,                                     -- events before it are in the inbox
  rows_until   timestamptz,                                     -- balance transactions before it are in the mirror
  rows_cursor  text NOT NULL DEFAULT '',                        -- of a read under way: the last row that was kept
  rows_began   timestamptz,                                     -- of a read under way
  tried_at     timestamptz NOT NULL DEFAULT 'epoch',            -- the books were last asked for
  swept_at     timestamptz NOT NULL DEFAULT 'epoch',            -- the events were
  gone         boolean NOT NULL DEFAULT false,                  -- Stripe does not show us the account any more
  error        text NOT NULL DEFAULT ''
);

-- Stripe's balance transactions as they are, with the ledger's references that
-- each of them must have: legs[i] of its net belongs to refs[i].
CREATE TABLE balance_transactions (
  id                 text PRIMARY KEY,                          -- txn_…
  account            text NOT NULL,                             -- '' is ours
  type               text NOT NULL,
  reporting_category text NOT NULL,
  amount             bigint NOT NULL,
  fee                bigint NOT NULL,
  net                bigint NOT NULL CHECK (net = amount - fee),
  currency           text NOT NULL,
  source             text NOT NULL DEFAULT '',
  description        text NOT NULL DEFAULT '',
  about              jsonb NOT NULL DEFAULT '{}',               -- by which of our objects it is found
  refs               text[] NOT NULL CHECK (cardinality(refs) = cardinality(legs)),
  legs               bigint[] NOT NULL,
  available_on       timestamptz,
  created_at         timestamptz NOT NULL
);
CREATE INDEX balance_transactions_account_idx ON balance_transactions (account, currency);
CREATE INDEX balance_transactions_ref_idx ON balance_transactions ((refs[1]));

-- What the last comparison found, per account and currency.
CREATE TABLE book_balances (
  account    text NOT NULL,
  currency   text NOT NULL,
  ours       bigint NOT NULL,
  theirs     bigint NOT NULL,
  checked_at timestamptz NOT NULL,
  PRIMARY KEY (account, currency)
);

-- Remainders by name: what Stripe moved and the ledger did not, or the other way.
CREATE TABLE discrepancies (
  id          uuid PRIMARY KEY,
  account     text NOT NULL,
  currency    text NOT NULL,
  reference   text NOT NULL,                                    -- the ledger's, there or missing
  ours        bigint NOT NULL,
  theirs      bigint NOT NULL,
  what        text NOT NULL,                                    -- "charge ch_…", for people
  cause       text NOT NULL,                                    -- the likely one, in words
  object_id   text NOT NULL DEFAULT '',
  booking_id  uuid REFERENCES bookings,
  happened_at timestamptz NOT NULL,
  first_seen  timestamptz NOT NULL,
  last_seen   timestamptz NOT NULL,
  resolved_at timestamptz
);
CREATE UNIQUE INDEX discrepancies_one_open ON discrepancies (account, currency, reference) WHERE resolved_at IS NULL;
CREATE INDEX discrepancies_resolved_idx ON discrepancies (resolved_at DESC) WHERE resolved_at IS NOT NULL;

ALTER TABLE reconcile_runs ADD COLUMN kind text NOT NULL DEFAULT 'sweep' CHECK (kind IN ('sweep', 'books'));
ALTER TABLE reconcile_runs ADD COLUMN healed int NOT NULL DEFAULT 0;
ALTER TABLE reconcile_runs ADD COLUMN open int NOT NULL DEFAULT 0; -- remainders that are left
CREATE INDEX reconcile_runs_kind_idx ON reconcile_runs (kind, started_at DESC);

CREATE INDEX stripe_events_healed_idx ON stripe_events (applied_at DESC) WHERE source = 'sweep' AND state = 'applied';
