package invariant

// requests are the invariants of cards that are held until an owner answers.
func requests() []Invariant {
	return []Invariant{
		{"card_held", "A card is held exactly for a booking that is requested, longer than its owner may take to answer, as was agreed; and what was answered was asked of Stripe.", `
			SELECT 'booking:' || b.code, 'is requested, and no card is held for it'
			FROM bookings b WHERE b.status = 'requested' AND NOT EXISTS (SELECT FROM payments p WHERE p.booking_id = b.id AND p.status = 'authorized')
			UNION ALL
			SELECT 'booking:' || b.code, format('is %s, and a card is held for it that nobody lets go', b.status)
			FROM bookings b JOIN payments p ON p.booking_id = b.id AND p.status = 'authorized'
			WHERE b.status <> 'requested' AND NOT EXISTS (SELECT FROM stripe_requests r WHERE r.about = 'booking:' || b.id AND r.purpose = 'cancel')
			UNION ALL
			SELECT 'booking:' || b.code, format('may be answered until %s, and its card is held until %s', b.hold_until, p.capture_before)
			FROM bookings b JOIN payments p ON p.booking_id = b.id AND p.status = 'authorized'
			WHERE b.status = 'requested' AND b.hold_until >= p.capture_before
			UNION ALL
			SELECT 'booking:' || b.code, format('is %s, and Stripe was not asked for it', b.answer)
			FROM bookings b WHERE b.answer <> '' AND NOT EXISTS (SELECT FROM stripe_requests r
				WHERE r.about = 'booking:' || b.id AND r.purpose = CASE b.answer WHEN 'accepted' THEN 'capture' ELSE 'cancel' END)
			UNION ALL
			SELECT 'booking:' || b.code, format('is booked by %s; request %s asks for another', b.mode, r.id)
			FROM bookings b JOIN payments p ON p.booking_id = b.id JOIN checkout_attempts a ON a.payment_id = p.id JOIN stripe_requests r ON r.id = a.request_id
			WHERE (b.mode = 'request') <> (position('payment_intent_data%5Bcapture_method%5D=manual' IN r.params) > 0)
			UNION ALL
			SELECT 'booking:' || b.code, format('costs %s; request %s takes another amount', b.total_amount, r.id)
			FROM bookings b JOIN stripe_requests r ON r.about = 'booking:' || b.id AND r.purpose = 'capture'
			WHERE position('&amount_to_capture=' || b.total_amount || '&' IN '&' || r.params || '&') = 0`},
	}
}
