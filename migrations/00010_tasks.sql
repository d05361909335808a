-- +goose Up
-- What somebody must look at, once per cause: a failed refund, a card issuer's
-- warning, money that nobody can name.
CREATE TABLE tasks (
  id         uuid PRIMARY KEY,
  key        text NOT NULL CONSTRAINT tasks_key UNIQUE,         -- the cause: "refund_failed:<refund>"
  kind       text NOT NULL,                                     -- refund_failed, fraud_warning, …
  booking_id uuid REFERENCES bookings,
  account    text NOT NULL DEFAULT '',                          -- acct_… that it is about
  object_id  text NOT NULL DEFAULT '',                          -- Stripe's id
  title      text NOT NULL,
  detail     text NOT NULL DEFAULT '',
  href       text NOT NULL DEFAULT '',                          -- the page where it is done
  freezes    boolean NOT NULL DEFAULT false,                    -- while open, the booking's money is not paid out
  created_at timestamptz NOT NULL,
  due_at     timestamptz,
  closed_at  timestamptz,
  closed_by  uuid REFERENCES users,                             -- null: the cause went away by itself
  outcome    text NOT NULL DEFAULT '',
  CHECK (NOT freezes OR booking_id IS NOT NULL)
);
CREATE INDEX tasks_open_idx ON tasks (due_at, created_at) WHERE closed_at IS NULL;
CREATE INDEX tasks_booking_idx ON tasks (booking_id);
