-- +goose Up
CREATE TABLE bookings (
  id                  uuid PRIMARY KEY,
  listing_id          uuid NOT NULL REFERENCES listings,
  code                text NOT NULL CONSTRAINT bookings_code_key UNIQUE,
  tenant_id           uuid NOT NULL REFERENCES users,
  owner_id            uuid NOT NULL REFERENCES users,
  form_token          text NOT NULL,
  status              text NOT NULL CHECK (status IN ('held', 'processing', 'requested', 'confirmed', 'completed',
                        'expired', 'failed', 'cancelled', 'declined', 'lapsed')),
  nights              daterange NOT NULL CHECK (NOT isempty(nights) AND lower_inc(nights) AND NOT upper_inc(nights)),
  guests              int NOT NULL CHECK (guests > 0),
  -- the quote, as the tenant saw it
  currency            text NOT NULL,
  nightly_price       bigint NOT NULL CHECK (nightly_price > 0),
  stay_amount         bigint NOT NULL CHECK (stay_amount > 0),       -- nights × price
  discount_amount     bigint NOT NULL DEFAULT 0 CHECK (discount_amount >= 0),
  cleaning_amount     bigint NOT NULL DEFAULT 0 CHECK (cleaning_amount >= 0),
  total_amount        bigint NOT NULL CHECK (total_amount = stay_amount - discount_amount + cleaning_amount AND total_amount > 0),
  fee_bps             int NOT NULL CHECK (fee_bps BETWEEN 0 AND 10000),
  fee_amount          bigint NOT NULL CHECK (fee_amount BETWEEN 0 AND total_amount),
  policy              text NOT NULL CHECK (policy IN ('flexible', 'moderate', 'strict')),
  policy_sentence     text NOT NULL,                            -- what the tenant agreed to
  consent_at          timestamptz NOT NULL,
  consent_ip          text NOT NULL,
  time_zone           text NOT NULL,
  check_in_from       text NOT NULL,
  check_out_by        text NOT NULL,
  hold_until          timestamptz NOT NULL,
  cancel_requested_at timestamptz,
  confirmed_at        timestamptz,
  ended_at            timestamptz,
  created_at          timestamptz NOT NULL,
  CONSTRAINT bookings_form_key UNIQUE (tenant_id, form_token),
  CONSTRAINT bookings_listing_key UNIQUE (listing_id, id),
  CHECK (tenant_id <> owner_id)
);
CREATE INDEX bookings_tenant_idx ON bookings (tenant_id, created_at DESC);
CREATE INDEX bookings_owner_idx ON bookings (owner_id, lower(nights));
CREATE INDEX bookings_status_idx ON bookings (status, hold_until);
CREATE INDEX bookings_created_idx ON bookings (created_at DESC, id);

CREATE TABLE booking_history (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  listing_id  uuid NOT NULL,
  booking_id  uuid NOT NULL,
  from_status text NOT NULL DEFAULT '',                         -- '' when the booking was made
  to_status   text NOT NULL,
  actor       text NOT NULL CHECK (actor IN ('tenant', 'owner', 'admin', 'stripe', 'system')),
  actor_id    uuid REFERENCES users,
  reason      text NOT NULL,
  at          timestamptz NOT NULL,
  FOREIGN KEY (listing_id, booking_id) REFERENCES bookings (listing_id, id)
);
CREATE INDEX booking_history_booking_idx ON booking_history (booking_id, id);
CREATE TRIGGER booking_history_append_only BEFORE UPDATE OR DELETE ON booking_history
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A row means taken: by a booking, or by the owner (booking_id null).
CREATE TABLE occupancies (
  id         uuid PRIMARY KEY,
  listing_id uuid NOT NULL REFERENCES listings,
  nights     daterange NOT NULL CHECK (NOT isempty(nights)),
  booking_id uuid CONSTRAINT occupancies_booking_key UNIQUE,
  FOREIGN KEY (listing_id, booking_id) REFERENCES bookings (listing_id, id),
  CONSTRAINT occupancies_no_overlap EXCLUDE USING gist (listing_id WITH =, nights WITH &&)
);
