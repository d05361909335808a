package invariant

// deadline is something that ends by itself, and by when: what is older than
// that has been forgotten by a job, the sweep or Stripe.
type deadline struct {
	name, why, within string // within is an interval of PostgreSQL
	row, wrong        string
	from              string // what is open, and since when: FROM … with the column since
}

// The deadlines are a few times what the slowest regular way takes, so that
// nothing is late which is only waiting its turn; docs/operations.md has them.
var late = []deadline{
	{"late_hold", "A hold ends at its time.", "30 minutes", `'booking:' || code`, `'is held and should have ended'`,
		`(SELECT code, hold_until AS since FROM bookings WHERE status IN ('held', 'requested')) x`},
	{"late_payment", "A delayed payment arrives or fails.", "30 days", `'booking:' || code`, `'is still processing'`,
		`(SELECT b.code, p.created_at AS since FROM bookings b JOIN payments p ON p.booking_id = b.id AND p.status = 'processing' WHERE b.status = 'processing') x`},
	{"late_session", "A session ends at its time.", "2 hours", `'payment:' || payment_id`, `'session ' || coalesce(session_id, '(unknown)') || ' is still ' || status`,
		`(SELECT payment_id, session_id, status, expires_at AS since FROM checkout_attempts WHERE status IN ('planned', 'open')) x`},
	{"late_stay", "A stay is completed after check-out.", "3 hours", `'booking:' || code`, `'is confirmed and its check-out is past'`,
		`(SELECT code, (upper(nights) + CASE WHEN check_out_by ~ '^\d\d:\d\d$' THEN check_out_by::time ELSE '12:00' END) AT TIME ZONE time_zone AS since
			FROM bookings WHERE status = 'confirmed') x`},
	{"late_refund", "A refund reaches Stripe.", "24 hours", `'refund:' || id`, `'was asked for and Stripe has none'`,
		`(SELECT id, created_at AS since FROM refunds WHERE status = 'requested') x`},
	{"late_pending", "A pending refund succeeds or fails.", "30 days", `'refund:' || id`, `'is still ' || status`,
		`(SELECT id, status, created_at AS since FROM refunds WHERE status IN ('pending', 'requires_action')) x`},
	{"late_request", "A request to Stripe has an outcome.", "26 hours", `'request:' || id`, `'to ' || purpose || ' is still ' || state`,
		`(SELECT id, purpose, state, planned_at AS since FROM stripe_requests WHERE state IN ('planned', 'unknown')
			AND purpose NOT IN ('account_link', 'login_link')) x`}, // a link that nobody received is not looked for
	{"late_dispute", "A dispute has an end, or an answer, by its date.", "2 days", `'dispute:' || id`, `'waits for an answer, and its time is over'`,
		`(SELECT id, due_by AS since FROM disputes WHERE status IN ('needs_response', 'warning_needs_response') AND due_by IS NOT NULL) x`},
	{"late_payout", "A payout arrives, fails or is refused.", "14 days", `'payout:' || id`, `'is still ' || status`,
		`(SELECT id, status, created_at AS since FROM payouts WHERE status IN ('planned', 'pending', 'in_transit')) x`},
	{"late_event", "An event of Stripe's is looked at when its turn comes.", "1 hour", `'event:' || id`, `'waits for its attempt ' || attempts + 1`,
		`(SELECT id, attempts, next_attempt_at AS since FROM stripe_events WHERE state = 'waiting') x`},
	{"late_mail", "A mail is sent, or given up.", "24 hours", `'mail:' || key`, `'is still ' || state`,
		`(SELECT key, state, created_at AS since FROM notifications WHERE state IN ('queued', 'sending')) x`},
}

func deadlines() (all []Invariant) {
	for _, d := range late {
		all = append(all, Invariant{d.name, d.why + " (" + d.within + ")",
			`SELECT ` + d.row + `, ` + d.wrong + ` || ' since ' || since FROM ` + d.from + ` WHERE since < (SELECT now FROM clock) - interval '` + d.within + `'`})
	}
	return all
}
