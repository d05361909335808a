package checkout

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hearth/internal/booking"
	"hearth/internal/calendar"
	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/inbound"
	"hearth/internal/listing"
	"hearth/internal/payment"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// Request is what a tenant sends to book. Only choices are taken from it:
// the price is worked out here, and SeenTotal only proves that it is the one
// that the tenant saw.
type Request struct {
	ListingID listing.ID
	Stay      calendar.Stay
	Guests    int
	FormToken string
	SeenTotal int64
	SeenMode  listing.BookingMode // what the page said; "" is booked at once
	Consent   bool
	IP        string
}

// Quote is the price of a stay, with the fee that applies to the home.
func (s *Service) Quote(ctx context.Context, home listing.Listing, stay calendar.Stay, guests int) (booking.Quote, error) {
	owner, err := user.ByID(ctx, s.DB, home.OwnerID)
	if err != nil {
		return booking.Quote{}, err
	}
	return booking.Price(home, stay, guests, booking.EffectiveFee(home.FeeBPS, owner.FeeBPS, s.Fee), s.Now())
}

// Start holds the nights and returns the address of Stripe's payment page. The
// same form sent again, or the same nights asked for again, resumes the hold
// that is there. A booking that needs no payment any more comes back with "".
func (s *Service) Start(ctx context.Context, tenant user.ID, r Request) (booking.Booking, string, error) {
	if !r.Consent {
		return booking.Booking{}, "", fault.Field("consent", "Agree to the house rules and the cancellation policy to go on.")
	}
	if b, err := booking.ByForm(ctx, s.DB, tenant, r.FormToken); err == nil {
		return s.resume(ctx, b)
	}
	home, err := listing.ByID(ctx, s.DB, r.ListingID)
	if err != nil {
		return booking.Booking{}, "", err
	}
	if home.OwnerID == tenant {
		return booking.Booking{}, "", fault.New(fault.Denied, "You cannot book your own home.")
	}
	quote, err := s.Quote(ctx, home, r.Stay, r.Guests)
	if err != nil {
		return booking.Booking{}, "", err
	}
	if r.SeenTotal != quote.TotalAmount {
		return booking.Booking{}, "", fault.New(fault.Conflict, "The price is now %s. Look it over and book again.", quote.Total().Format())
	}
	if cmp.Or(r.SeenMode, listing.Instant) != home.BookingMode {
		return booking.Booking{}, "", fault.New(fault.Conflict, "The owner has just changed how this home is booked. Look it over and send it again.")
	}
	account, err := s.payableAccount(ctx, home)
	if err != nil {
		return booking.Booking{}, "", err
	}
	if b, ok, err := s.ownHold(ctx, tenant, r, quote, home.BookingMode); err != nil {
		return b, "", err
	} else if ok {
		return s.resume(ctx, b)
	}
	b, request, err := s.open(ctx, tenant, r, home, quote, account)
	if fault.Is(err, fault.Conflict) {
		if b, err := booking.ByForm(ctx, s.DB, tenant, r.FormToken); err == nil {
			return s.resume(ctx, b) // the other of two clicks was first
		}
	}
	if err != nil {
		return b, "", err
	}
	url, err := s.sendSession(ctx, request)
	return b, url, err
}

// Terms are what a tenant agrees to when they book a home, in the words that
// they see and that are kept.
func Terms(home listing.Listing) string {
	return strings.TrimSpace(home.CancellationPolicy.Sentence() + " " + home.BookingMode.Sentence())
}

func closed() error { return fault.New(fault.Conflict, "This home cannot be booked right now.") }

// payableAccount asks Stripe, now, whether the owner can be paid.
func (s *Service) payableAccount(ctx context.Context, home listing.Listing) (string, error) {
	if home.Status != listing.Published {
		return "", closed()
	}
	known, err := connect.ByUser(ctx, s.DB, home.OwnerID, s.Stripe.Livemode())
	if fault.Is(err, fault.NotFound) || (err == nil && !known.CanBePaid()) {
		return "", closed()
	}
	if err != nil {
		return "", err
	}
	theirs, err := s.Stripe.Account(ctx, known.StripeAccountID)
	gone := connect.Gone(err)
	if err != nil && !gone {
		return "", fmt.Errorf("ask for account %s: %w", known.StripeAccountID, err)
	}
	if gone || !known.With(theirs, s.Now()).CanBePaid() {
		subject := inbound.Subject{Kind: inbound.Account, ID: known.StripeAccountID}
		return "", errors.Join(closed(), s.Look(ctx, inbound.SourceOwn, subject))
	}
	return known.StripeAccountID, nil
}

// ownHold finds the tenant's own live hold on these very terms. Holds of
// theirs that are in the way are released first.
func (s *Service) ownHold(ctx context.Context, tenant user.ID, r Request, q booking.Quote, mode listing.BookingMode) (booking.Booking, bool, error) {
	holds, err := booking.HoldsOf(ctx, s.DB, tenant, r.ListingID, r.Stay)
	if err != nil {
		return booking.Booking{}, false, err
	}
	for _, b := range holds {
		if b.Stay() == r.Stay && b.Guests == r.Guests && b.TotalAmount == q.TotalAmount && b.Mode == mode {
			return b, true, nil
		}
		if err := s.Release(ctx, booking.Tenant(tenant), b.ID, "Chose other dates"); err != nil {
			return b, false, err
		}
	}
	return booking.Booking{}, false, nil
}

// open is transaction 1: nights, booking, payment, planned request.
func (s *Service) open(ctx context.Context, tenant user.ID, r Request, home listing.Listing, q booking.Quote, account string) (b booking.Booking, request stripeapi.RequestID, err error) {
	person, err := user.ByID(ctx, s.DB, tenant)
	if err != nil {
		return b, request, err
	}
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		now := s.Now()
		ends := now.Add(sessionLife)
		b, err = booking.Open(ctx, tx, booking.Opening{Quote: q, Listing: home, Tenant: tenant, FormToken: r.FormToken,
			Consent:   booking.Consent{Sentence: Terms(home), At: now, IP: r.IP},
			HoldUntil: ends.Add(holdMargin)}, now)
		if err != nil {
			return err
		}
		if a, err := connect.Keep(ctx, tx, account); err != nil || !a.CanBePaid() { // paused or lost since it was asked
			return cmp.Or[error](err, closed())
		}
		p, err := payment.Begin(ctx, tx, payment.Opening{ListingID: string(home.ID), BookingID: string(b.ID), Livemode: s.Stripe.Livemode(),
			Amount: b.Total(), Fee: b.Fee(), Destination: account}, now)
		if err != nil {
			return err
		}
		if request, err = s.planSession(ctx, tx, b, p, home, person, 1, ends); err != nil {
			return err
		}
		_, err = s.Jobs.InsertTx(ctx, tx, ExpireHoldArgs{BookingID: string(b.ID)}, &river.InsertOpts{ScheduledAt: b.HoldUntil})
		return err
	})
	return b, request, err
}

func (s *Service) planSession(ctx context.Context, tx pgx.Tx, b booking.Booking, p payment.Payment, home listing.Listing, tenant user.User, number int, ends time.Time) (stripeapi.RequestID, error) {
	params := stripeapi.SessionParams{
		BookingID: string(b.ID), PaymentID: string(p.ID), Currency: b.Currency, Lines: lines(b, home),
		Fee: p.FeeAmount, Destination: p.Destination,
		Hold: b.Mode == listing.OnRequest, Notice: b.Mode.Sentence(),
		SuccessURL:    s.BaseURL + "/trips/" + b.Code + "/confirming?session={CHECKOUT_SESSION_ID}",
		CancelURL:     s.BaseURL + "/trips/" + b.Code + "/held",
		CustomerEmail: tenant.Email, Description: "Stay " + b.Code + " at " + home.Title, ExpiresAt: ends,
	}
	request, err := s.plan(ctx, tx, stripeapi.Planned{Purpose: stripeapi.ForSession, Path: stripeapi.SessionsPath,
		Key: fmt.Sprintf("book:%s:cs:%d", b.ID, number), About: about(b.ID), Params: params.Values()})
	if err != nil {
		return request, err
	}
	return request, payment.AddAttempt(ctx, tx, p.ID, number, string(request), ends, s.Now())
}

// lines add up to the total: the nights less the discount as one line, as
// Checkout takes no negative ones.
func lines(b booking.Booking, home listing.Listing) []stripeapi.Line {
	nights := strconv.Itoa(b.Nights()) + " nights"
	if b.Nights() == 1 {
		nights = "1 night"
	}
	items := []stripeapi.Line{{Name: home.Title, Description: fmt.Sprintf("%s, %s to %s", nights, b.CheckIn.Format("Jan 2"), b.CheckOut.Format("Jan 2, 2006")),
		Amount: b.StayAmount - b.DiscountAmount}}
	if b.CleaningAmount > 0 {
		items = append(items, stripeapi.Line{Name: "Cleaning fee", Amount: b.CleaningAmount})
	}
	return items
}

func (s *Service) resume(ctx context.Context, b booking.Booking) (booking.Booking, string, error) {
	if b.Status != booking.Held {
		return b, "", nil
	}
	url, err := s.Continue(ctx, b)
	return b, url, err
}

// Continue returns the payment page of a held booking. A session that Stripe
// never made is tried anew, under a new key; one that ended is looked at, and
// the address is "".
func (s *Service) Continue(ctx context.Context, b booking.Booking) (string, error) {
	p, err := payment.ByBooking(ctx, s.DB, string(b.ID))
	if err != nil {
		return "", err
	}
	a, err := payment.LastAttempt(ctx, s.DB, p.ID)
	if err != nil {
		return "", err
	}
	switch {
	case a.Status == "open" && s.Now().Before(a.ExpiresAt):
		return a.URL, nil
	case a.Status == "planned":
		return s.sendSession(ctx, stripeapi.RequestID(a.RequestID))
	case a.Status == "refused":
		request, err := s.tryAgain(ctx, b.ID, a)
		if err != nil {
			return "", err
		}
		return s.sendSession(ctx, request)
	}
	return "", s.Look(ctx, inbound.SourceReturn, subjectOf(p))
}

// tryAgain plans the attempt after one that Stripe refused. Of two clicks the
// second finds the first's.
func (s *Service) tryAgain(ctx context.Context, id booking.ID, refused payment.Attempt) (request stripeapi.RequestID, err error) {
	err = postgres.InTx(ctx, s.DB, func(tx pgx.Tx) error {
		b, err := booking.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if b.Status != booking.Held {
			return fault.New(fault.Conflict, "This booking is no longer waiting for payment.")
		}
		p, err := payment.Lock(ctx, tx, refused.PaymentID)
		if err != nil {
			return err
		}
		last, err := payment.LastAttempt(ctx, tx, p.ID)
		if err != nil || last.Number > refused.Number {
			request = stripeapi.RequestID(last.RequestID)
			return err
		}
		home, err := listing.ByID(ctx, tx, b.ListingID)
		if err != nil {
			return err
		}
		tenant, err := user.ByID(ctx, tx, b.TenantID)
		if err != nil {
			return err
		}
		ends := s.Now().Add(sessionLife)
		if err := booking.Extend(ctx, tx, b, ends.Add(holdMargin)); err != nil {
			return err
		}
		request, err = s.planSession(ctx, tx, b, p, home, tenant, refused.Number+1, ends)
		return err
	})
	return request, err
}
