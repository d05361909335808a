-- +goose Up
-- The numbers beside every admin page, and the money of a month, must not read
-- whole tables.
CREATE INDEX stripe_events_failed_idx ON stripe_events (received_at) WHERE state = 'failed';
CREATE INDEX ledger_transactions_at_idx ON ledger_transactions (at);
