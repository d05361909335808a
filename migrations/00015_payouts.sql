-- +goose Up
-- When Stripe pays an account out: payout_interval and these, as Stripe last
-- showed it or last accepted it from us.
ALTER TABLE connected_accounts
  ADD COLUMN payout_anchor     text NOT NULL DEFAULT '',        -- monday, …; 1 to 31
  ADD COLUMN payout_delay_days int,
  ADD COLUMN schedule_shown_at timestamptz,                     -- by a look at the account
  ADD COLUMN schedule_set_at   timestamptz;                     -- accepted from us

-- Every change of a schedule that was asked of Stripe.
CREATE TABLE payout_schedules (
  id             uuid PRIMARY KEY,
  stripe_account text NOT NULL,
  user_id        uuid NOT NULL REFERENCES users,
  interval       text NOT NULL CHECK (interval IN ('manual', 'daily', 'weekly', 'monthly')),
  anchor         text NOT NULL DEFAULT '',
  delay          text NOT NULL DEFAULT '',                      -- days, or minimum; '' leaves it
  actor          text NOT NULL CHECK (actor IN ('owner', 'admin')),
  actor_id       uuid REFERENCES users,
  status         text NOT NULL CHECK (status IN ('planned', 'set', 'refused')),
  failure        text NOT NULL DEFAULT '',                      -- Stripe's words
  request_id     uuid NOT NULL REFERENCES stripe_requests,
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz
);
CREATE UNIQUE INDEX payout_schedules_one_open ON payout_schedules (stripe_account) WHERE status = 'planned';
CREATE INDEX payout_schedules_account_idx ON payout_schedules (stripe_account, created_at DESC);

ALTER TABLE payouts
  ADD COLUMN automatic      boolean NOT NULL DEFAULT false,     -- Stripe made it, by the account's schedule
  ADD COLUMN bank_name      text NOT NULL DEFAULT '',
  ADD COLUMN bank_last4     text NOT NULL DEFAULT '',
  ADD COLUMN reconciliation text NOT NULL DEFAULT '',           -- of an automatic one: in_progress, completed
  ADD COLUMN unnamed        bigint NOT NULL DEFAULT 0;          -- of an automatic one: what belongs to no stay that we know

-- A stay's money may be carried in parts: what came to it later goes with a
-- later payout, and what was taken back of a stay that was paid out already is
-- netted by a later payout as a negative part. No part is carried twice.
ALTER TABLE payout_releases
  ADD COLUMN part int NOT NULL DEFAULT 1,
  DROP CONSTRAINT payout_releases_amount_check,
  ADD CONSTRAINT payout_releases_amount_check CHECK (amount <> 0);
DROP INDEX payout_releases_one_live;
CREATE UNIQUE INDEX payout_releases_one_live ON payout_releases (booking_id, part) WHERE returned_at IS NULL;

-- What an owner owed us and gave back out of a stay, by a reversal of its
-- transfer that belongs to no refund.
CREATE TABLE debt_collections (
  id             uuid PRIMARY KEY,
  payment_id     uuid NOT NULL REFERENCES payments,
  booking_id     uuid NOT NULL REFERENCES bookings,
  stripe_account text NOT NULL,
  transfer_id    text NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  currency       text NOT NULL,
  status         text NOT NULL CHECK (status IN ('planned', 'made', 'refused')), -- made: seen at Stripe and posted
  request_id     uuid NOT NULL REFERENCES stripe_requests,
  reversal_id    text CONSTRAINT debt_collections_reversal_key UNIQUE,           -- trr_…
  failure        text NOT NULL DEFAULT '',
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz
);
CREATE UNIQUE INDEX debt_collections_one_open ON debt_collections (booking_id) WHERE status = 'planned';
CREATE INDEX debt_collections_payment_idx ON debt_collections (payment_id);
CREATE INDEX debt_collections_account_idx ON debt_collections (stripe_account);
