-- +goose Up
-- Homes that are booked on request: the tenant's card is only held until the
-- owner has answered. A booking keeps the mode that it was made under.
ALTER TABLE listings ADD COLUMN booking_mode text NOT NULL DEFAULT 'instant' CHECK (booking_mode IN ('instant', 'request'));
ALTER TABLE bookings
  ADD COLUMN mode   text NOT NULL DEFAULT 'instant' CHECK (mode IN ('instant', 'request')),
  -- what was answered to a request, before Stripe has said what came of it
  ADD COLUMN answer text NOT NULL DEFAULT '' CHECK (answer IN ('', 'accepted', 'declined', 'withdrawn', 'lapsed'));
ALTER TABLE payments
  ADD COLUMN authorized_at  timestamptz,                        -- when the card was held
  ADD COLUMN capture_before timestamptz;                        -- when Stripe lets it go
