package listing

import "slices"

// BookingMode is how a home is booked: at once, or when its owner agrees.
type BookingMode string

// The modes.
const (
	Instant   BookingMode = "instant" // paid and confirmed at once
	OnRequest BookingMode = "request" // the card is held until the owner has answered
)

// BookingModes in the order in which they are offered.
var BookingModes = []BookingMode{Instant, OnRequest}

// Known reports whether there is such a mode.
func (m BookingMode) Known() bool { return slices.Contains(BookingModes, m) }

// Name is the mode in words.
func (m BookingMode) Name() string {
	return map[BookingMode]string{Instant: "Booked at once", OnRequest: "Booked on request"}[m]
}

// ForOwner is what the mode means for an owner.
func (m BookingMode) ForOwner() string {
	if m == OnRequest {
		return "You have a day to accept or decline. The tenant’s card is held meanwhile, and charged when you accept."
	}
	return "Tenants pay and have the stay confirmed without waiting for you."
}

// Sentence is what the mode means for a tenant's money. It is agreed to with
// the cancellation policy; of a home that is booked at once there is nothing
// to say.
func (m BookingMode) Sentence() string {
	if m != OnRequest {
		return ""
	}
	return "Booked on request: the card is held for the total until the owner has answered, a day at most; it is charged when they accept, and let go when they do not."
}
