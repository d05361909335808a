-- +goose Up
-- Who pays for a refund that the transfer did not bring back: the owner later
-- (owner_debt), our fee (fee_waived), or we (absorbed). And the number by which
-- the tenant's bank knows it.
ALTER TABLE refunds
  ADD COLUMN fee_waived       bigint NOT NULL DEFAULT 0,       -- what we gave up of our fee beside Stripe
  ADD COLUMN absorbed         bigint NOT NULL DEFAULT 0,       -- what we paid for a refund made outside Hearth
  ADD COLUMN reference        text NOT NULL DEFAULT '',        -- a card's ARN
  ADD COLUMN reference_status text NOT NULL DEFAULT '';        -- pending, available, unavailable; '' before Stripe says
UPDATE refunds SET fee_waived = amount - owner_debt WHERE owner_debt > 0;
ALTER TABLE refunds DROP CONSTRAINT refunds_cause_check;
ALTER TABLE refunds ADD CONSTRAINT refunds_cause_check
  CHECK (cause IN ('policy', 'owner', 'admin', 'dispute', 'unavailable', 'late', 'stripe')) NOT VALID;
ALTER TABLE refunds VALIDATE CONSTRAINT refunds_cause_check;
CREATE INDEX refunds_reference_idx ON refunds (finished_at) WHERE reference_status = 'pending';
