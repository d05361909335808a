-- The three roles of a production database, each with no more than it needs:
--
--   hearth_migrate   owns the database and its tables; runs `hearth migrate`
--   hearth_app       runs `hearth serve`: rows, and no schema; what is written
--                    once (ledger, history, audit, events as received) it can
--                    neither change nor delete, whatever the code says
--   hearth_auditor   reads everything but passwords, sessions and mailed tokens
--
-- Run it as a superuser, or as a role that may create roles, in Hearth's
-- database: once before the first `hearth migrate` and once after every one.
-- It may be run again at any time. It sets no passwords: \password does.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['hearth_migrate', 'hearth_app', 'hearth_auditor'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', name);
    END IF;
  END LOOP;
  IF NOT pg_has_role('hearth_migrate', 'MEMBER') THEN -- who is no superuser must belong to the owner-to-be
    EXECUTE format('GRANT hearth_migrate TO %I', current_user);
  END IF;
  EXECUTE format('ALTER DATABASE %I OWNER TO hearth_migrate', current_database());
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); -- CONNECT and TEMPORARY
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO hearth_app, hearth_auditor', current_database());
END $$;

ALTER ROLE hearth_auditor SET default_transaction_read_only = on;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO hearth_app, hearth_auditor;
GRANT hearth_auditor TO hearth_app; -- the hourly audit lays the app's rights down

-- What a later migration adds works at once; this script, run after it, says
-- the rest.
ALTER DEFAULT PRIVILEGES FOR ROLE hearth_migrate IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO hearth_app;
ALTER DEFAULT PRIVILEGES FOR ROLE hearth_migrate IN SCHEMA public GRANT USAGE ON SEQUENCES TO hearth_app;

DO $$
BEGIN
  IF to_regclass('public.ledger_postings') IS NULL THEN
    RAISE NOTICE 'There are no tables yet: run hearth migrate as hearth_migrate, and then this script again.';
    RETURN;
  END IF;

  REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, hearth_app, hearth_auditor;
  GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO hearth_app;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO hearth_app;

  -- Only what passes is ever deleted: taken nights, photos, sessions, jobs.
  GRANT DELETE ON occupancies, listing_photos, sessions TO hearth_app;
  EXECUTE (
    SELECT format('GRANT DELETE ON %s TO hearth_app', string_agg(format('%I', tablename), ', '))
    FROM pg_tables WHERE schemaname = 'public' AND starts_with(tablename, 'river_') AND tablename <> 'river_migration');

  -- Written once.
  REVOKE UPDATE ON ledger_transactions, ledger_postings, booking_history, audit_log, seals, sealed_rows FROM hearth_app;
  -- An event stays as Stripe signed it; only its marks change.
  REVOKE UPDATE ON stripe_events FROM hearth_app;
  GRANT UPDATE (state, subject, attempts, next_attempt_at, effect, last_error, applied_at) ON stripe_events TO hearth_app;
  -- A row of Stripe's balance stays as Stripe wrote it; only what it belongs to becomes known later.
  REVOKE UPDATE ON balance_transactions FROM hearth_app;
  GRANT UPDATE (about, refs, legs) ON balance_transactions TO hearth_app;
  -- The schema's own record is the migrator's.
  REVOKE INSERT, UPDATE ON goose_db_version, river_migration FROM hearth_app;

  GRANT SELECT ON ALL TABLES IN SCHEMA public TO hearth_auditor;
  REVOKE SELECT ON users, user_tokens, sessions FROM hearth_auditor;
  EXECUTE (
    SELECT format('GRANT SELECT (%s) ON users TO hearth_auditor', string_agg(quote_ident(attname), ', '))
    FROM pg_attribute
    WHERE attrelid = 'public.users'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'password_hash');
END $$;
