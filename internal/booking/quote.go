package booking

import (
	"fmt"
	"time"

	"hearth/internal/calendar"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/money"
)

// Quote is a price that the server has worked out: what the tenant sees,
// agrees to and pays, and how it is split. It is stored with the booking.
type Quote struct {
	ListingID      listing.ID
	Stay           calendar.Stay
	Guests         int
	Currency       money.Currency
	NightlyPrice   int64
	StayAmount     int64
	DiscountAmount int64
	DiscountName   string // "Weekly discount (10 %)", "" without one
	CleaningAmount int64
	TotalAmount    int64
	FeeBPS         money.BasisPoints
	FeeAmount      int64
	Policy         listing.Policy
}

// Amount is minor units in the quote's currency.
func (q Quote) Amount(minor int64) money.Amount { return money.New(minor, q.Currency) }

// Total is what the tenant pays: every mandatory fee is in it.
func (q Quote) Total() money.Amount { return q.Amount(q.TotalAmount) }

// Nights is their number.
func (q Quote) Nights() int { return q.Stay.Nights() }

// Bookable dates reach this far.
const horizonDays = 540

// A request can be made until so long before check-in: time to pay, and to
// answer.
const answerLeast = 3 * time.Hour

// Price works out a quote, or says in which field it cannot: check_in,
// check_out or guests. It is pure: dates are judged by now in the home's zone.
func Price(l listing.Listing, stay calendar.Stay, guests int, fee money.BasisPoints, now time.Time) (Quote, error) {
	if err := stayFits(l, stay, guests, now); err != nil {
		return Quote{}, err
	}
	price := l.PriceOf(stay.Nights())
	q := Quote{ListingID: l.ID, Stay: stay, Guests: guests, Currency: l.Currency, NightlyPrice: l.NightlyPrice,
		StayAmount: price.Stay.Minor, DiscountAmount: price.Discount.Minor, DiscountName: price.DiscountName,
		CleaningAmount: price.Cleaning.Minor, TotalAmount: price.Total.Minor, FeeBPS: fee, Policy: l.CancellationPolicy}
	q.FeeAmount = q.Total().Share(fee).Minor
	return q, nil
}

func stayFits(l listing.Listing, stay calendar.Stay, guests int, now time.Time) error {
	today := calendar.Today(l.TimeZone, now)
	nights := stay.Nights()
	switch {
	case stay.CheckIn.IsZero():
		return fault.Field("check_in", "Choose the day you arrive.")
	case stay.CheckOut.IsZero() || nights < 1:
		return fault.Field("check_out", "Choose a day after you arrive.")
	case stay.CheckIn.Before(today):
		return fault.Field("check_in", "That day has passed.")
	case stay.CheckOut.After(today.AddDate(0, 0, horizonDays)):
		return fault.Field("check_out", "Stays can be booked up to 18 months ahead.")
	case l.BookingMode == listing.OnRequest && now.Add(answerLeast).After(listing.CheckInAt(stay.CheckIn, l.CheckInFrom, l.TimeZone)):
		return fault.Field("check_in", "This home is booked on request, and its owner needs time to answer. Choose a later day.")
	case nights < l.MinNights:
		return fault.Field("check_out", "This home is let for at least %s.", nightsText(l.MinNights))
	case nights > l.MaxNights:
		return fault.Field("check_out", "This home is let for at most %s.", nightsText(l.MaxNights))
	case guests < 1:
		return fault.Field("guests", "Say how many people will stay.")
	case guests > l.Guests:
		return fault.Field("guests", "This home sleeps %d.", l.Guests)
	case l.NightlyPrice <= 0:
		return fault.New(fault.Conflict, "This home has no price yet.")
	}
	return nil
}

func nightsText(n int) string {
	if n == 1 {
		return "1 night"
	}
	return fmt.Sprintf("%d nights", n)
}

// EffectiveFee is the home's own fee, else the owner's, else the platform's.
func EffectiveFee(home, owner *int64, platform money.BasisPoints) money.BasisPoints {
	if home != nil {
		return money.BasisPoints(*home)
	}
	if owner != nil {
		return money.BasisPoints(*owner)
	}
	return platform
}

// Refundable is what the policy gives back for a cancellation now.
type Refundable struct {
	Amount   money.Amount
	Kept     money.Amount
	Deadline time.Time // until when Amount holds, in the home's own zone; zero when nothing can change any more
	Started  bool      // the stay has begun
}

// RefundFor says what cancelling now returns to the tenant. It is pure, so the
// preview and the cancellation agree.
func RefundFor(b Booking, now time.Time) Refundable {
	start := b.CheckInAt()
	if !now.Before(start) {
		return Refundable{Amount: b.Amount(0), Kept: b.Total(), Started: true}
	}
	nights := b.Amount(b.StayAmount - b.DiscountAmount)
	for _, stage := range b.Policy.Stages() {
		deadline := listing.CheckInAt(b.CheckIn.AddDate(0, 0, -stage.DaysBefore), b.CheckInFrom, b.TimeZone)
		if !now.Before(deadline) {
			continue
		}
		kept := nights.Share(stage.Keep)
		if stage.KeepNights > 0 {
			kept = nights.Part(int64(min(stage.KeepNights, b.Nights())), int64(b.Nights()))
		}
		return Refundable{Amount: b.Total().Sub(kept), Kept: kept, Deadline: deadline}
	}
	return Refundable{Amount: b.Amount(0), Kept: b.Total()}
}
