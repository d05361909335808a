-- +goose Up
-- One mail once: the key says which.
CREATE TABLE notifications (
  id         uuid PRIMARY KEY,
  key        text NOT NULL CONSTRAINT notifications_key UNIQUE, -- "booked:tenant:<booking>"
  template   text NOT NULL,
  recipient  text NOT NULL,
  user_id    uuid REFERENCES users,
  booking_id uuid REFERENCES bookings,
  data       jsonb NOT NULL,
  subject    text NOT NULL DEFAULT '',
  state      text NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'failed')),
  attempts   int NOT NULL DEFAULT 0,
  last_error text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  sent_at    timestamptz
);
CREATE INDEX notifications_booking_idx ON notifications (booking_id);

CREATE TABLE reconcile_runs (
  id          uuid PRIMARY KEY,
  started_at  timestamptz NOT NULL,
  finished_at timestamptz,
  looked_up   int NOT NULL DEFAULT 0,
  resumed     int NOT NULL DEFAULT 0,
  error       text NOT NULL DEFAULT ''
);
