-- +goose Up
-- What Hearth itself decides about a connected account, beside what Stripe says:
-- a hold that somebody lifts again, and the end of using it. An owner whose
-- account is no longer used may make another.
ALTER TABLE connected_accounts
  ADD COLUMN paused_at     timestamptz,
  ADD COLUMN paused_reason text NOT NULL DEFAULT '',
  ADD COLUMN retired_at    timestamptz;
ALTER TABLE connected_accounts DROP CONSTRAINT connected_accounts_user_key;
CREATE UNIQUE INDEX connected_accounts_user_key ON connected_accounts (user_id, livemode) WHERE retired_at IS NULL;

CREATE OR REPLACE VIEW payable_owners AS
  SELECT user_id, livemode, stripe_account_id FROM connected_accounts
  WHERE stripe_account_id IS NOT NULL AND charges_enabled AND transfers = 'active'
    AND disabled_reason NOT LIKE 'rejected.%' AND deauthorized_at IS NULL AND lost_at IS NULL
    AND paused_at IS NULL AND retired_at IS NULL;

-- Money between our own Stripe balance and our own bank: payouts and top-ups.
CREATE TABLE platform_moves (
  id              uuid PRIMARY KEY,
  kind            text NOT NULL CHECK (kind IN ('payout', 'topup')),
  livemode        boolean NOT NULL,
  form            text CONSTRAINT platform_moves_form_key UNIQUE,      -- the form that asked for it; null when Stripe made it by itself
  stripe_id       text CONSTRAINT platform_moves_stripe_key UNIQUE,    -- po_… or tu_…; null until Stripe answered
  request_id      uuid REFERENCES stripe_requests,
  amount          bigint NOT NULL,
  currency        text NOT NULL,
  status          text NOT NULL CHECK (status IN ('planned', 'refused', 'pending', 'in_transit', 'paid', 'succeeded', 'failed', 'canceled', 'reversed')),
  arrival_date    date,
  failure_code    text NOT NULL DEFAULT '',
  failure_message text NOT NULL DEFAULT '',
  fetched_at      timestamptz,
  created_at      timestamptz NOT NULL
);
CREATE INDEX platform_moves_created_idx ON platform_moves (created_at DESC);
