-- +goose Up
-- Every process that works holds an advisory lock of this class, under a number
-- of its own, on a connection of its own. However it ends, the server lets the
-- lock go at once: what the process was at is free for the others.
-- +goose StatementBegin
CREATE FUNCTION process_alive(number int) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 1751478642 AND objid = number::oid AND objsubid = 2
    AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
$$;
-- +goose StatementEnd

ALTER TABLE stripe_subjects ADD COLUMN leased_by int;          -- the process, while it is one that says so
