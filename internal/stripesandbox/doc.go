// Package stripesandbox is a stateful stand-in for Stripe (API 2023-10-16) that
// is spoken to by HTTP only: the API under /v1, hosted pages, signed and retried
// webhooks, and controls under /_sandbox. No real money can move: it refuses
// live keys.
//
// Its story: one mutex guards one world of typed objects. A request is a
// transaction: it first lets the virtual clock catch up (timers fire in order,
// each at its own instant), then runs, and then either all objects it touched
// are written in one bbolt transaction or all are put back as they were. Events
// are objects too, so they exist exactly when their cause does; deliveries
// leave in the background only after the commit.
//
// Money moves only by post, which writes a balance transaction and the balance
// together; what enters or leaves Stripe is booked against the outside
// (customers, banks, Stripe's own fees), so that all balances of a currency
// always sum to zero.
//
// Two clocks: objects carry the virtual clock, which can be advanced to reach
// settlement, expiry and lapsed holds; signatures carry the wall clock, because
// receivers compare it with theirs.
package stripesandbox
