-- +goose Up
-- Until when a sweep has read Stripe's list of events.
ALTER TABLE reconcile_runs ADD COLUMN events_until timestamptz;
