package ledger

// The accounts of the platform's own money that belong to no booking.
const (
	PlatformBank = "bank:platform" // our own bank account
	Reserve      = "reserve"       // what Stripe holds back of our balance
)
