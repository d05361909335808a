-- +goose Up
-- One row per payment intent, or per intent to have one.
CREATE TABLE payments (
  id                  uuid PRIMARY KEY,
  listing_id          uuid NOT NULL,
  booking_id          uuid NOT NULL,
  livemode            boolean NOT NULL,
  status              text NOT NULL CHECK (status IN ('open', 'processing', 'authorized', 'paid', 'failed', 'canceled')),
  currency            text NOT NULL,
  amount              bigint NOT NULL CHECK (amount > 0),
  fee_amount          bigint NOT NULL CHECK (fee_amount BETWEEN 0 AND amount),
  destination         text NOT NULL,                            -- acct_… that is paid
  payment_intent_id   text CONSTRAINT payments_intent_key UNIQUE,
  charge_id           text NOT NULL DEFAULT '',                 -- the one that succeeded
  last_error          text NOT NULL DEFAULT '',                 -- why the last attempt was declined, for people
  amount_received     bigint NOT NULL DEFAULT 0,
  amount_refunded     bigint NOT NULL DEFAULT 0,
  disputed            boolean NOT NULL DEFAULT false,
  fetched_at          timestamptz,
  paid_at             timestamptz,
  created_at          timestamptz NOT NULL,
  FOREIGN KEY (listing_id, booking_id) REFERENCES bookings (listing_id, id),
  CHECK (status <> 'paid' OR (charge_id <> '' AND amount_received > 0))
);
CREATE UNIQUE INDEX payments_one_success ON payments (booking_id) WHERE status = 'paid';
CREATE UNIQUE INDEX payments_one_live ON payments (booking_id) WHERE status IN ('open', 'processing', 'authorized');
CREATE INDEX payments_booking_idx ON payments (booking_id);

-- One row per try to have a Checkout Session.
CREATE TABLE checkout_attempts (
  id         uuid PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments,
  number     int NOT NULL,
  request_id uuid NOT NULL REFERENCES stripe_requests,
  session_id text CONSTRAINT checkout_attempts_session_key UNIQUE,
  status     text NOT NULL CHECK (status IN ('planned', 'open', 'complete', 'expired', 'refused')),
  url        text NOT NULL DEFAULT '',                          -- while open
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT checkout_attempts_number_key UNIQUE (payment_id, number)
);
CREATE UNIQUE INDEX checkout_attempts_one_live ON checkout_attempts (payment_id) WHERE status IN ('planned', 'open');

CREATE TABLE charges (
  id                     text PRIMARY KEY,                      -- ch_…, py_…
  payment_id             uuid NOT NULL REFERENCES payments,
  booking_id             uuid NOT NULL,
  status                 text NOT NULL CHECK (status IN ('succeeded', 'pending', 'failed')),
  amount                 bigint NOT NULL,
  currency               text NOT NULL,
  captured               boolean NOT NULL,
  amount_captured        bigint NOT NULL,
  amount_refunded        bigint NOT NULL,
  disputed               boolean NOT NULL,
  failure_code           text NOT NULL DEFAULT '',
  decline_code           text NOT NULL DEFAULT '',
  failure_message        text NOT NULL DEFAULT '',
  method                 text NOT NULL DEFAULT '',              -- card, sepa_debit
  brand                  text NOT NULL DEFAULT '',
  last4                  text NOT NULL DEFAULT '',
  transfer_id            text NOT NULL DEFAULT '',
  application_fee_id     text NOT NULL DEFAULT '',
  application_fee        bigint NOT NULL DEFAULT 0,
  balance_transaction_id text NOT NULL DEFAULT '',
  stripe_fee             bigint NOT NULL DEFAULT 0,
  available_on           timestamptz,
  receipt_url            text NOT NULL DEFAULT '',
  created_at             timestamptz NOT NULL
);
CREATE UNIQUE INDEX charges_one_success ON charges (booking_id) WHERE status = 'succeeded' AND captured;
CREATE INDEX charges_payment_idx ON charges (payment_id);

CREATE TABLE transfers (
  id                  text PRIMARY KEY,                         -- tr_…
  payment_id          uuid NOT NULL REFERENCES payments,
  amount              bigint NOT NULL,
  amount_reversed     bigint NOT NULL,
  currency            text NOT NULL,
  destination         text NOT NULL,
  destination_payment text NOT NULL DEFAULT '',                 -- py_… on the owner's side
  created_at          timestamptz NOT NULL
);
CREATE INDEX transfers_payment_idx ON transfers (payment_id);
CREATE INDEX transfers_destination_payment_idx ON transfers (destination_payment);

-- The customer's leg (status) and the transfer's leg (reversed_amount, owner_debt) apart.
CREATE TABLE refunds (
  id                     uuid PRIMARY KEY,
  payment_id             uuid NOT NULL REFERENCES payments,
  booking_id             uuid NOT NULL,
  listing_id             uuid NOT NULL,
  amount                 bigint NOT NULL CHECK (amount > 0),
  currency               text NOT NULL,
  status                 text NOT NULL CHECK (status IN ('requested', 'pending', 'requires_action', 'succeeded', 'failed', 'canceled')),
  cause                  text NOT NULL CHECK (cause IN ('policy', 'owner', 'admin', 'unavailable', 'late', 'stripe')),
  reason                 text NOT NULL,
  actor                  text NOT NULL CHECK (actor IN ('tenant', 'owner', 'admin', 'stripe', 'system')),
  actor_id               uuid REFERENCES users,
  reverse_transfer       boolean NOT NULL,
  refund_application_fee boolean NOT NULL,
  attempt                int NOT NULL DEFAULT 1,
  request_id             uuid REFERENCES stripe_requests,       -- of the last attempt; null when found at Stripe
  stripe_refund_id       text CONSTRAINT refunds_stripe_key UNIQUE,
  reversed_amount        bigint NOT NULL DEFAULT 0,             -- what Stripe took back from the owner
  fee_refunded           bigint NOT NULL DEFAULT 0,             -- what we gave back of our fee
  owner_debt             bigint NOT NULL DEFAULT 0,             -- what the owner owes us instead
  failure_reason         text NOT NULL DEFAULT '',
  created_at             timestamptz NOT NULL,
  finished_at            timestamptz
);
CREATE INDEX refunds_payment_idx ON refunds (payment_id);
CREATE INDEX refunds_booking_idx ON refunds (booking_id);
CREATE INDEX refunds_open_idx ON refunds (created_at) WHERE status IN ('requested', 'pending', 'requires_action', 'failed');

CREATE TABLE disputes (
  id               text PRIMARY KEY,                            -- dp_…, du_…
  payment_id       uuid NOT NULL REFERENCES payments,
  booking_id       uuid NOT NULL,
  charge_id        text NOT NULL,
  status           text NOT NULL,
  reason           text NOT NULL,
  amount           bigint NOT NULL,
  currency         text NOT NULL,
  fee              bigint NOT NULL DEFAULT 0,
  withdrawn        bigint NOT NULL DEFAULT 0,                   -- taken from our balance, less what came back
  has_evidence     boolean NOT NULL DEFAULT false,
  submission_count int NOT NULL DEFAULT 0,
  due_by           timestamptz,
  created_at       timestamptz NOT NULL,
  fetched_at       timestamptz NOT NULL
);
CREATE INDEX disputes_payment_idx ON disputes (payment_id);
CREATE INDEX disputes_due_idx ON disputes (due_by);

CREATE TABLE fraud_warnings (
  id         text PRIMARY KEY,                                  -- issfr_…
  payment_id uuid NOT NULL REFERENCES payments,
  booking_id uuid NOT NULL,
  fraud_type text NOT NULL,
  actionable boolean NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE payouts (
  id              uuid PRIMARY KEY,
  user_id         uuid NOT NULL REFERENCES users,
  stripe_account  text NOT NULL,
  stripe_id       text CONSTRAINT payouts_stripe_key UNIQUE,    -- po_…; null until Stripe answered
  request_id      uuid REFERENCES stripe_requests,              -- null when Stripe made it by itself
  amount          bigint NOT NULL,
  currency        text NOT NULL,
  status          text NOT NULL CHECK (status IN ('planned', 'refused', 'pending', 'in_transit', 'paid', 'failed', 'canceled')),
  arrival_date    date,
  failure_code    text NOT NULL DEFAULT '',
  failure_message text NOT NULL DEFAULT '',
  fetched_at      timestamptz,
  created_at      timestamptz NOT NULL
);
CREATE INDEX payouts_user_idx ON payouts (user_id, created_at DESC);

-- Which stay's money a payout carries. A payout that was refused, failed or
-- canceled gives it back: the money is due again, by another payout.
CREATE TABLE payout_releases (
  payout_id   uuid NOT NULL REFERENCES payouts,
  booking_id  uuid NOT NULL REFERENCES bookings,
  amount      bigint NOT NULL CHECK (amount > 0),
  returned_at timestamptz,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (payout_id, booking_id)
);
CREATE UNIQUE INDEX payout_releases_one_live ON payout_releases (booking_id) WHERE returned_at IS NULL;
