-- +goose Up
-- What an owner has paid of a debt that was then lifted, as after a dispute that
-- was won, goes back by a transfer to the stay that it was netted from.
CREATE TABLE debt_returns (
  id             uuid PRIMARY KEY,
  collection_id  uuid NOT NULL REFERENCES debt_collections,
  payment_id     uuid NOT NULL REFERENCES payments,
  booking_id     uuid NOT NULL REFERENCES bookings,
  stripe_account text NOT NULL,
  amount         bigint NOT NULL CHECK (amount > 0),
  currency       text NOT NULL,
  status         text NOT NULL CHECK (status IN ('planned', 'made', 'refused')), -- made: seen at Stripe and posted
  request_id     uuid NOT NULL REFERENCES stripe_requests,
  transfer_id    text CONSTRAINT debt_returns_transfer_key UNIQUE,               -- tr_…
  failure        text NOT NULL DEFAULT '',
  created_at     timestamptz NOT NULL,
  finished_at    timestamptz
);
CREATE UNIQUE INDEX debt_returns_one_open ON debt_returns (collection_id) WHERE status = 'planned';
CREATE INDEX debt_returns_collection_idx ON debt_returns (collection_id);
CREATE INDEX debt_returns_payment_idx ON debt_returns (payment_id);
