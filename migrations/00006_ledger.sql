-- +goose Up
CREATE TABLE ledger_transactions (
  id         uuid PRIMARY KEY,
  reference  text NOT NULL CONSTRAINT ledger_transactions_reference_key UNIQUE, -- "charge:ch_…", "refund:re_…", "refund_failure:re_…"
  kind       text NOT NULL,
  booking_id uuid REFERENCES bookings,
  object_id  text NOT NULL DEFAULT '',                          -- Stripe's id
  memo       text NOT NULL DEFAULT '',
  at         timestamptz NOT NULL                               -- when it happened at Stripe
);
CREATE INDEX ledger_transactions_booking_idx ON ledger_transactions (booking_id);

-- A posting moves a positive amount from one account to another: balanced by construction.
CREATE TABLE ledger_postings (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id uuid NOT NULL REFERENCES ledger_transactions,
  source         text NOT NULL,
  destination    text NOT NULL CHECK (destination <> source),
  amount         bigint NOT NULL CHECK (amount > 0),
  currency       text NOT NULL
);
CREATE INDEX ledger_postings_transaction_idx ON ledger_postings (transaction_id);
CREATE INDEX ledger_postings_source_idx ON ledger_postings (source, currency);
CREATE INDEX ledger_postings_destination_idx ON ledger_postings (destination, currency);
CREATE TRIGGER ledger_transactions_append_only BEFORE UPDATE OR DELETE ON ledger_transactions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_postings_append_only BEFORE UPDATE OR DELETE ON ledger_postings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
