package invariant

import (
	"fmt"
	"slices"
	"strings"

	"hearth/internal/booking"
)

// All are the invariants, in the order in which people read them.
func All() []Invariant {
	return slices.Concat(stays(), payments(), requests(), givenBack(), effects(), books(), writtenOnce(), deadlines())
}

func stays() []Invariant {
	return []Invariant{
		{"overlap", "No two stays have the same night of a home.", `
			SELECT 'booking:' || a.code, 'has nights of booking ' || b.code
			FROM bookings a JOIN bookings b ON b.listing_id = a.listing_id AND b.id > a.id AND b.nights && a.nights
			WHERE a.status IN ` + taking + ` AND b.status IN ` + taking + `
			UNION ALL
			SELECT 'occupancy:' || a.id, 'overlaps with ' || b.id
			FROM occupancies a JOIN occupancies b ON b.listing_id = a.listing_id AND b.id > a.id AND b.nights && a.nights`},
		{"nights_held", "A booking holds exactly its own nights while it is held, processing, requested or confirmed, and none otherwise.", `
			SELECT coalesce('booking:' || b.code, 'occupancy:' || o.id), CASE
				WHEN o.id IS NULL THEN 'is ' || b.status || ' and holds no nights'
				WHEN b.status IN ` + taking + ` THEN 'holds the nights ' || o.nights || ', not its own ' || b.nights
				ELSE 'is ' || b.status || ' and still holds nights' END
			FROM bookings b FULL JOIN occupancies o ON o.booking_id = b.id
			WHERE NOT (b.id IS NULL AND o.booking_id IS NULL)
			  AND ((coalesce(b.status, '') IN ` + taking + `) IS DISTINCT FROM (o.id IS NOT NULL) OR o.nights <> b.nights)`},
		{"quote_sum", "A booking's price is nights times price, less the discount, plus the cleaning; our fee is its share, rounded half up to what Stripe takes.", `
			SELECT 'booking:' || code, format('nights × price %s, total %s, fee %s of %s bps; stored are %s, %s and %s',
				(upper(nights) - lower(nights)) * nightly_price, stay_amount - discount_amount + cleaning_amount,
				round(total_amount::numeric / step * fee_bps / 10000) * step, fee_bps, stay_amount, total_amount, fee_amount)
			FROM bookings, LATERAL (SELECT CASE WHEN currency IN ('bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd') AND total_amount % 10 = 0 THEN 10
				WHEN currency IN ('huf', 'isk', 'twd') AND total_amount % 100 = 0 THEN 100 ELSE 1 END AS step) s
			WHERE stay_amount <> (upper(nights) - lower(nights)) * nightly_price
			   OR total_amount <> stay_amount - discount_amount + cleaning_amount
			   OR fee_amount <> round(total_amount::numeric / step * fee_bps / 10000) * step`},
		{"steps", "A booking has only taken steps that are in the state machine, one from where the last one led, and is where the last one led.", `
			WITH steps AS (SELECT h.booking_id, h.from_status, h.to_status, lag(h.to_status) OVER w AS before, lead(h.id) OVER w IS NULL AS last
				FROM booking_history h WINDOW w AS (PARTITION BY h.booking_id ORDER BY h.id))
			SELECT 'booking:' || b.code, CASE
				WHEN s.booking_id IS NULL THEN 'has no history'
				WHEN s.from_status <> coalesce(s.before, '') THEN format('left %s, when it was %s', s.from_status, coalesce(s.before, 'not there yet'))
				WHEN s.last AND s.to_status <> b.status THEN format('is %s, and its last step led to %s', b.status, s.to_status)
				ELSE format('went from %s to %s', s.from_status, s.to_status) END
			FROM bookings b LEFT JOIN steps s ON s.booking_id = b.id
			WHERE s.booking_id IS NULL OR s.from_status <> coalesce(s.before, '') OR (s.last AND s.to_status <> b.status)
			   OR (s.from_status, s.to_status) NOT IN (` + machine() + `)`},
	}
}

const taking = `('held', 'processing', 'requested', 'confirmed')`

// machine is the state machine in SQL. A step that stays where it is notes that
// somebody asked to cancel, or answered.
func machine() string {
	pairs := []string{"('', 'held')", "('held', 'held')", "('processing', 'processing')", "('requested', 'requested')"}
	for _, from := range booking.Statuses {
		for _, to := range booking.Statuses {
			if from.May(to) {
				pairs = append(pairs, fmt.Sprintf("('%s', '%s')", from, to))
			}
		}
	}
	return strings.Join(pairs, ", ")
}

func payments() []Invariant {
	return []Invariant{
		{"confirmed_paid", "A booking that was confirmed has exactly one payment and one charge that succeeded.", `
			SELECT 'booking:' || code, format('was confirmed with %s payments and %s charges that succeeded', payments, charges)
			FROM (SELECT b.code,
					(SELECT count(*) FROM payments p WHERE p.booking_id = b.id AND p.status = 'paid') AS payments,
					(SELECT count(*) FROM charges c WHERE c.booking_id = b.id AND c.status = 'succeeded' AND c.captured) AS charges
				FROM bookings b WHERE b.status IN ('confirmed', 'completed') OR b.confirmed_at IS NOT NULL) x
			WHERE payments <> 1 OR charges <> 1`},
		{"success_settled", "Money that was taken belongs to a stay that was confirmed, or goes back.", `
			SELECT 'booking:' || b.code, format('is %s, was never confirmed, and %s of %s %s is not on its way back', b.status, p.amount_received - back, p.amount_received, p.currency)
			FROM bookings b JOIN payments p ON p.booking_id = b.id AND p.status = 'paid',
			LATERAL (SELECT coalesce(sum(r.amount) FILTER (WHERE r.status NOT IN ('failed', 'canceled')), 0) AS back,
				count(*) FILTER (WHERE r.status IN ('failed', 'canceled')) AS told FROM refunds r WHERE r.payment_id = p.id) r
			WHERE b.confirmed_at IS NULL AND back < p.amount_received
			  AND told = 0 -- an admin was told that the tenant's bank does not take it
			  AND NOT EXISTS (SELECT FROM disputes d WHERE d.payment_id = p.id AND d.status NOT IN ('won', 'warning_closed'))`},
		{"as_agreed", "A payment is about its booking's total, fee and currency.", `
			SELECT 'booking:' || b.code, format('costs %s %s with a fee of %s; its payment is about %s %s with %s',
				b.total_amount, b.currency, b.fee_amount, p.amount, p.currency, p.fee_amount)
			FROM bookings b JOIN payments p ON p.booking_id = b.id
			WHERE p.amount <> b.total_amount OR p.fee_amount <> b.fee_amount OR p.currency <> b.currency`},
		{"as_asked", "What Stripe took, from whom and for whom, is what we asked for: amount, currency, fee and destination.", `
			SELECT 'payment:' || p.id, format('asks for %s %s; charge %s took %s %s', p.amount_received, p.currency, c.id, c.amount_captured, c.currency)
			FROM payments p JOIN charges c ON c.id = p.charge_id
			WHERE p.status = 'paid' AND (c.currency <> p.currency OR c.amount_captured <> p.amount_received OR c.amount <> p.amount OR c.booking_id <> p.booking_id)
			UNION ALL
			SELECT 'payment:' || p.id, format('has a fee of %s; charge %s gave us %s', p.fee_amount, c.id, c.application_fee)
			FROM payments p JOIN charges c ON c.id = p.charge_id
			WHERE p.status = 'paid' AND c.application_fee <> p.fee_amount
			UNION ALL
			SELECT 'payment:' || p.id, format('is for %s, %s %s; transfer %s went to %s, %s %s', p.destination, p.amount_received, p.currency, t.id, t.destination, t.amount, t.currency)
			FROM payments p JOIN charges c ON c.id = p.charge_id JOIN transfers t ON t.id = c.transfer_id
			WHERE t.destination <> p.destination OR t.amount <> p.amount_received OR t.currency <> p.currency
			UNION ALL
			SELECT 'payment:' || p.id, format('is for %s; request %s asks for another', p.destination, r.id)
			FROM payments p JOIN checkout_attempts a ON a.payment_id = p.id JOIN stripe_requests r ON r.id = a.request_id
			WHERE position('payment_intent_data%5Btransfer_data%5D%5Bdestination%5D=' || p.destination IN r.params) = 0`},
		{"two_live", "A booking has one live payment at most, and a payment one live session.", `
			SELECT 'booking:' || min(b.code), format('has %s payments that could still succeed, or have', count(*))
			FROM payments p JOIN bookings b ON b.id = p.booking_id
			WHERE p.status IN ('open', 'processing', 'authorized', 'paid') GROUP BY p.booking_id HAVING count(*) > 1
			UNION ALL
			SELECT 'payment:' || payment_id, format('has %s sessions that could be paid', count(*))
			FROM checkout_attempts WHERE status IN ('planned', 'open') GROUP BY payment_id HAVING count(*) > 1`},
		{"hold_session", "Nights are not given back while their session lives, and a hold outlives its session.", `
			SELECT 'booking:' || b.code, CASE WHEN b.status = 'held' THEN format('is held until %s; session %s lives until %s', b.hold_until, a.session_id, a.expires_at)
				ELSE format('is %s, and session %s is %s', b.status, coalesce(a.session_id, 'of attempt ' || a.number), a.status) END
			FROM bookings b JOIN payments p ON p.booking_id = b.id JOIN checkout_attempts a ON a.payment_id = p.id AND a.status IN ('planned', 'open')
			WHERE b.status IN ('expired', 'cancelled', 'failed', 'declined', 'lapsed') OR (b.status = 'held' AND a.expires_at >= b.hold_until)`},
	}
}

func givenBack() []Invariant {
	return []Invariant{
		{"refund_over", "No more is given back than was taken: to the tenant, by the owner, and of our fee.", `
			SELECT 'payment:' || p.id, format('received %s %s; its refunds are %s, and Stripe says %s', p.amount_received, p.currency, r.amount, p.amount_refunded)
			FROM payments p, LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE status NOT IN ('failed', 'canceled')), 0) AS amount,
				coalesce(sum(reversed_amount), 0) AS reversed, coalesce(sum(fee_refunded), 0) AS fee FROM refunds r WHERE r.payment_id = p.id) r
			WHERE r.amount > p.amount_received OR p.amount_refunded > p.amount_received
			UNION ALL
			SELECT 'payment:' || p.id, format('gave back %s of a fee of %s', sum(r.fee_refunded), p.fee_amount)
			FROM payments p JOIN refunds r ON r.payment_id = p.id GROUP BY p.id HAVING sum(r.fee_refunded) > p.fee_amount
			UNION ALL
			SELECT 'payment:' || payment_id, format('transfer %s moved %s, and %s of it was taken back', id, amount, amount_reversed)
			FROM transfers WHERE amount_reversed > amount`},
		{"reversal_cause", "A transfer is taken back for a refund, for a dispute, or for what its owner owed us.", `
			SELECT 'payment:' || t.payment_id, format('%s of transfer %s was taken back, and refunds and debts account for %s', t.amount_reversed, t.id, c.caused)
			FROM transfers t, LATERAL (SELECT ` + taken + ` AS caused) c
			WHERE t.amount_reversed > c.caused AND NOT EXISTS (SELECT FROM disputes d WHERE d.payment_id = t.payment_id)`},
		{"paid_out_once", "No part of a stay's money is on two payouts, the parts come to no more than the owner's, and a payout carries no more than it has.", `
			SELECT 'booking:' || min(b.code), format('has part %s on %s payouts that have not come back', r.part, count(*))
			FROM payout_releases r JOIN bookings b ON b.id = r.booking_id WHERE r.returned_at IS NULL GROUP BY r.booking_id, r.part HAVING count(*) > 1
			UNION ALL
			SELECT 'booking:' || min(b.code), format('of %s %s that were the owner''s %s are paid out', min(p.amount - p.fee_amount), min(p.currency), sum(r.amount))
			FROM payout_releases r JOIN bookings b ON b.id = r.booking_id JOIN payments p ON p.booking_id = b.id AND p.status = 'paid'
			WHERE r.returned_at IS NULL GROUP BY r.booking_id HAVING sum(r.amount) > min(p.amount - p.fee_amount)
			UNION ALL
			SELECT 'payout:' || o.id, format('has %s %s and carries %s', o.amount, o.currency, sum(r.amount))
			FROM payouts o JOIN payout_releases r ON r.payout_id = o.id WHERE NOT o.automatic GROUP BY o.id HAVING sum(r.amount) > o.amount
			UNION ALL
			SELECT 'payout:' || o.id, 'is ' || o.status || ' and has not given back what it carried'
			FROM payouts o JOIN payout_releases r ON r.payout_id = o.id AND r.returned_at IS NULL WHERE o.status IN ('refused', 'failed', 'canceled')`},
	}
}

// taken is what was taken back of a transfer t for refunds and for debts.
const taken = `((SELECT coalesce(sum(r.reversed_amount), 0) FROM refunds r WHERE r.payment_id = t.payment_id)
				+ (SELECT coalesce(sum(k.amount), 0) FROM debt_collections k WHERE k.transfer_id = t.id AND k.status = 'made'))`

func effects() []Invariant {
	return []Invariant{
		{"event_effect", "Every event of Stripe's that is dealt with says what it did, and none is given up.", `
			SELECT 'event:' || id, CASE WHEN state = 'failed' THEN 'was given up: ' || last_error ELSE 'is ' || state || ' without an effect' END
			FROM stripe_events WHERE state = 'failed' OR (state IN ('applied', 'ignored') AND effect = '')`},
		{"effect_twice", "Nothing has its effect twice: a movement in the books, an object at Stripe (and no step leads back to a confirmation).", `
			SELECT 'ledger:' || reference, format('is booked %s times', count(*)) FROM ledger_transactions GROUP BY reference HAVING count(*) > 1
			UNION ALL
			SELECT 'ledger:' || min(reference), format('%s %s is booked %s times', kind, object_id, count(*))
			FROM ledger_transactions WHERE kind IN ` + moved + ` AND object_id <> '' GROUP BY kind, object_id HAVING count(*) > 1
			UNION ALL
			SELECT 'object:' || object_id, format('was made by %s requests', count(*))
			FROM stripe_requests WHERE state = 'succeeded' AND object_id <> ''
			  AND purpose IN ('account', 'checkout_session', 'refund', 'payout', 'debt_collection', 'debt_return', 'dispute_recovery', 'dispute_return', 'evidence_file', 'own_payout', 'topup', 'capture', 'cancel')
			GROUP BY object_id HAVING count(*) > 1`},
		{"mail_twice", "A mail is written once per cause, and one that waits has exactly one job that sends it.", `
			SELECT 'mail:' || key, format('exists %s times', count(*)) FROM notifications GROUP BY key HAVING count(*) > 1
			UNION ALL
			SELECT 'mail:' || min(n.key), format('%s was written %s times for booking %s', n.template, count(*), min(b.code))
			FROM notifications n JOIN bookings b ON b.id = n.booking_id
			WHERE n.template IN ('booking_confirmed_tenant', 'booking_confirmed_owner', 'booking_cancelled_owner', 'booking_unavailable_tenant',
				'request_received_tenant', 'request_received_owner', 'request_ended_tenant', 'request_ended_owner')
			GROUP BY n.template, n.user_id, n.booking_id HAVING count(*) > 1
			UNION ALL
			SELECT 'mail:' || n.key, format('is %s and has %s jobs', n.state, count(j.id))
			FROM notifications n LEFT JOIN river_job j ON j.kind = 'send_notification' AND j.args ->> 'notification_id' = n.id::text
			  AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled')
			WHERE n.state IN ('queued', 'sending') GROUP BY n.id, n.key, n.state HAVING count(j.id) <> 1`},
	}
}

// moved are the kinds of which an object at Stripe has one each.
const moved = `('charge', 'transfer', 'reversal', 'fee', 'fee_refund', 'refund', 'refund_failure', 'payout', 'payout_return')`

func books() []Invariant {
	return []Invariant{
		{"whole_transactions", "A transaction of the books moves something, in one currency: the booking's, if it has one.", `
			SELECT 'ledger:' || t.reference, CASE WHEN count(p.id) = 0 THEN 'moves nothing'
				WHEN count(DISTINCT p.currency) > 1 THEN 'moves several currencies: ' || string_agg(DISTINCT p.currency, ', ')
				ELSE format('moves %s for a booking in %s', min(p.currency), b.currency) END
			FROM ledger_transactions t LEFT JOIN ledger_postings p ON p.transaction_id = t.id LEFT JOIN bookings b ON b.id = t.booking_id
			GROUP BY t.id, t.reference, b.currency
			HAVING count(p.id) = 0 OR count(DISTINCT p.currency) > 1 OR min(p.currency) <> b.currency`},
		{"booked", "What Stripe moved is in the books with its amount: charges, refunds, transfers with what was taken back, and payouts.", `
			WITH sums AS (SELECT t.reference, sum(p.amount) AS amount FROM ledger_transactions t JOIN ledger_postings p ON p.transaction_id = t.id
				WHERE t.kind IN ('charge', 'refund', 'transfer', 'payout') GROUP BY t.reference)
			SELECT 'payment:' || x.id, format('%s is %s in the books, %s at Stripe', x.reference, coalesce(s.amount::text, 'not'), x.amount)
			FROM (SELECT id, 'charge:' || charge_id AS reference, amount_received AS amount FROM payments WHERE status = 'paid'
				UNION ALL SELECT payment_id, 'refund:' || stripe_refund_id, amount FROM refunds WHERE status = 'succeeded'
				UNION ALL SELECT t.payment_id, 'transfer:' || t.id, t.amount FROM transfers t JOIN charges c ON c.transfer_id = t.id
				UNION ALL SELECT id, 'payout:' || stripe_id, amount FROM payouts WHERE stripe_id IS NOT NULL AND fetched_at IS NOT NULL) x
			LEFT JOIN sums s ON s.reference = x.reference
			WHERE s.amount IS DISTINCT FROM x.amount
			UNION ALL
			SELECT 'payment:' || t.payment_id, format('%s of transfer %s was taken back, %s in the books', t.amount_reversed, t.id, r.booked)
			FROM transfers t JOIN payments p ON p.id = t.payment_id JOIN charges c ON c.transfer_id = t.id,
			LATERAL (SELECT coalesce(sum(m.amount), 0) AS booked FROM ledger_transactions l JOIN ledger_postings m ON m.transaction_id = l.id
				WHERE l.booking_id = p.booking_id AND l.kind = 'reversal') r
			WHERE r.booked <> t.amount_reversed`},
		{"escrow_empty", "Once a payment has come to rest nothing of it is left in escrow.", `
			SELECT 'booking:' || b.code, format('has %s %s in escrow, and nothing of it is under way', e.amount, p.currency)
			FROM payments p JOIN bookings b ON b.id = p.booking_id,
			LATERAL (SELECT coalesce(sum(CASE WHEN m.destination = 'escrow' THEN m.amount ELSE -m.amount END), 0) AS amount
				FROM ledger_transactions t JOIN ledger_postings m ON m.transaction_id = t.id
				WHERE t.booking_id = b.id AND 'escrow' IN (m.source, m.destination)) e
			WHERE p.status = 'paid' AND e.amount <> 0
			  -- a refund that is on its way, or came back and whose money waits for the next
			  AND NOT EXISTS (SELECT FROM refunds r WHERE r.payment_id = p.id AND r.status <> 'succeeded')
			  -- a bank that holds the money, or whose decision is not settled with the owner
			  AND NOT EXISTS (SELECT FROM disputes d LEFT JOIN dispute_recoveries v ON v.dispute_id = d.id WHERE d.payment_id = p.id
				AND (d.status NOT IN ('won', 'lost', 'warning_closed') OR v.state IN ('planned', 'returning') OR (d.status = 'lost' AND v.dispute_id IS NULL)))
			  -- what somebody took from the owner, or gave them, at Stripe's Dashboard, and belongs to nothing of ours
			  AND NOT EXISTS (SELECT FROM transfers t JOIN charges c ON c.transfer_id = t.id WHERE t.payment_id = p.id AND t.amount_reversed <> ` + taken + `
				+ (SELECT coalesce(sum(v.reversed_amount), 0) FROM dispute_recoveries v WHERE v.payment_id = p.id))
			  AND NOT EXISTS (SELECT FROM transfers t WHERE t.payment_id = p.id AND NOT EXISTS (SELECT FROM charges c WHERE c.transfer_id = t.id)
				AND NOT EXISTS (SELECT FROM dispute_recoveries v WHERE v.return_id = t.id) AND NOT EXISTS (SELECT FROM debt_returns x WHERE x.transfer_id = t.id))`},
	}
}
