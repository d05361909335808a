-- +goose Up
CREATE TABLE listings (
  id                    uuid PRIMARY KEY,
  owner_id              uuid NOT NULL REFERENCES users,
  slug                  text NOT NULL CONSTRAINT listings_slug_key UNIQUE,
  status                text NOT NULL CHECK (status IN ('draft', 'published', 'paused', 'suspended')),
  title                 text NOT NULL,
  description           text NOT NULL DEFAULT '',
  kind                  text NOT NULL,
  address_line1         text NOT NULL DEFAULT '',
  address_line2         text NOT NULL DEFAULT '',
  city                  text NOT NULL DEFAULT '',
  region                text NOT NULL DEFAULT '',
  postal_code           text NOT NULL DEFAULT '',
  country               text NOT NULL,
  lat                   double precision CHECK (lat BETWEEN -90 AND 90),
  lon                   double precision CHECK (lon BETWEEN -180 AND 180),
  time_zone             text NOT NULL,
  guests                int NOT NULL DEFAULT 1 CHECK (guests BETWEEN 1 AND 50),
  bedrooms              int NOT NULL DEFAULT 0 CHECK (bedrooms BETWEEN 0 AND 50),
  beds                  int NOT NULL DEFAULT 1 CHECK (beds BETWEEN 1 AND 100),
  half_baths            int NOT NULL DEFAULT 2 CHECK (half_baths BETWEEN 0 AND 100), -- 3 is one and a half
  amenities             text[] NOT NULL DEFAULT '{}',
  house_rules           text NOT NULL DEFAULT '',
  check_in_from         text NOT NULL DEFAULT '15:00',
  check_out_by          text NOT NULL DEFAULT '11:00',
  check_in_instructions text NOT NULL DEFAULT '',
  currency              text NOT NULL,
  nightly_price         bigint NOT NULL DEFAULT 0 CHECK (nightly_price >= 0),
  cleaning_fee          bigint NOT NULL DEFAULT 0 CHECK (cleaning_fee >= 0),
  weekly_discount_bps   int NOT NULL DEFAULT 0 CHECK (weekly_discount_bps BETWEEN 0 AND 9000),
  monthly_discount_bps  int NOT NULL DEFAULT 0 CHECK (monthly_discount_bps BETWEEN 0 AND 9000),
  min_nights            int NOT NULL DEFAULT 1 CHECK (min_nights >= 1),
  max_nights            int NOT NULL DEFAULT 30 CHECK (max_nights BETWEEN 1 AND 365),
  cancellation_policy   text NOT NULL DEFAULT 'moderate' CHECK (cancellation_policy IN ('flexible', 'moderate', 'strict')),
  fee_bps               int CHECK (fee_bps BETWEEN 0 AND 10000),
  created_at            timestamptz NOT NULL,
  updated_at            timestamptz NOT NULL,
  CHECK (min_nights <= max_nights)
);
CREATE INDEX listings_owner_idx ON listings (owner_id);
CREATE INDEX listings_price_idx ON listings (nightly_price, id) WHERE status = 'published';
CREATE INDEX listings_place_idx ON listings USING gin ((lower(title || ' ' || city || ' ' || region || ' ' || country)) gin_trgm_ops);

CREATE TABLE listing_photos (
  id         uuid PRIMARY KEY,
  listing_id uuid NOT NULL REFERENCES listings ON DELETE CASCADE,
  position   int NOT NULL,                                     -- 0 is the cover
  alt        text NOT NULL DEFAULT '',
  width      int NOT NULL,
  height     int NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT listing_photos_position_key UNIQUE (listing_id, position) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE listing_photo_files (
  photo_id uuid NOT NULL REFERENCES listing_photos ON DELETE CASCADE,
  width    int NOT NULL,                                       -- 400, 640, 960, 1200, 1920
  jpeg     bytea NOT NULL,
  PRIMARY KEY (photo_id, width)
);
ALTER TABLE listing_photo_files ALTER COLUMN jpeg SET STORAGE EXTERNAL;
