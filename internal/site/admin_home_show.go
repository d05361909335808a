package site

import (
	"context"
	"net/http"

	"hearth/internal/audit"
	"hearth/internal/booking"
	"hearth/internal/listing"
	"hearth/internal/user"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// adminHomeShowPage is one home: its facts, and what an admin can do.
type adminHomeShowPage struct {
	page
	Home   listing.Listing
	Owner  user.User
	OnSale bool
	Facts  []view.Line
	Stays  []booking.Row
	Acts   []act
	Log    []auditLine
}

func (s *Server) getAdminHomeShow(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	l, err := listing.ByID(ctx, s.DB, listing.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := adminHomeShowPage{page: s.base(r, l.Title), Home: l}
	p.Nav = "admin:homes"
	if p.Owner, err = user.ByID(ctx, s.DB, l.OwnerID); err != nil {
		return err
	}
	if p.OnSale, err = listing.Sellable(ctx, s.DB, l.ID, s.Config.Live()); err != nil {
		return err
	}
	if p.Stays, err = booking.Find(ctx, s.DB, booking.Search{Query: l.Title, Owner: l.OwnerID, Size: latest}, s.Config.Currency()); err != nil {
		return err
	}
	if p.Log, err = s.logOf(ctx, audit.Filter{Target: "home:" + string(l.ID), Limit: latest}); err != nil {
		return err
	}
	p.Acts = s.homeActs(l, p.Owner)
	p.Facts = s.homeFacts(l, p.Owner)
	return s.render(w, "admin_home_show", p)
}

func (s *Server) homeFacts(l listing.Listing, owner user.User) []view.Line {
	fee := "of this home"
	if l.FeeBPS == nil {
		fee = "as usual for this owner"
	}
	facts := []view.Line{{Label: "Address", Value: l.Address()}, {Label: "Kind", Value: l.Kind.Name()}, {Label: "A night", Value: l.Nightly().Format()},
		{Label: "Cleaning", Value: l.Cleaning().Format()}, {Label: "Cancellation", Value: l.CancellationPolicy.Name()},
		{Label: "Fee", Value: booking.EffectiveFee(l.FeeBPS, owner.FeeBPS, s.Config.Fee()).Percent(), Note: fee}, {Label: "Added", Value: view.DayYear(l.CreatedAt)}}
	return facts
}

func (s *Server) onHome(r *http.Request) ([]act, actOn, error) {
	l, err := listing.ByID(r.Context(), s.DB, listing.ID(r.PathValue("id")))
	if err != nil {
		return nil, actOn{}, err
	}
	owner, err := user.ByID(r.Context(), s.DB, l.OwnerID)
	on := actOn{Target: "home:" + string(l.ID), Name: l.Title, Path: "/admin/homes/" + string(l.ID), Nav: "admin:homes", Up: view.Link{Text: "Homes", Href: "/admin/homes"}}
	return s.homeActs(l, owner), on, err
}

func (s *Server) getAdminHomeAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onHome(r)
	if err != nil {
		return err
	}
	return s.askAct(w, r, acts, on)
}

func (s *Server) postAdminHomeAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onHome(r)
	if err != nil {
		return err
	}
	return s.doAct(w, r, acts, on)
}

// homeActs is what can be done to a home as it stands.
func (s *Server) homeActs(l listing.Listing, owner user.User) []act {
	fee := act{Key: "fee", Offer: "Change the fee", Title: "The fee of " + l.Title, Button: "Change the fee", Done: "The fee is changed.",
		Text:   "What we keep of each new booking of this home. Bookings that are made keep theirs.",
		HasFee: true, Fee: bps(l.FeeBPS), Usual: booking.EffectiveFee(nil, owner.FeeBPS, s.Config.Fee()).Percent(),
		do: func(ctx context.Context, tx pgx.Tx, form actForm) (any, error) {
			fee, err := form.fee()
			if err != nil {
				return nil, err
			}
			return feeChange{l.FeeBPS, fee}, listing.SetFee(ctx, tx, l.ID, fee)
		}}
	if l.Status == listing.Suspended {
		return []act{fee, {Key: "restore", Offer: "End the suspension", Title: "End the suspension of " + l.Title, Button: "End the suspension",
			Text: "The home is paused; its owner can publish it again.", Done: "The suspension is over. The owner can publish the home again.",
			do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
				return nil, listing.Restore(ctx, tx, l.ID, s.Now())
			}}}
	}
	return []act{fee, {Key: "suspend", Offer: "Suspend", Title: "Suspend " + l.Title, Button: "Suspend the home", Danger: true, Done: "The home is suspended.",
		Text: "Nobody finds or books it, and its owner cannot publish it. Stays that are booked stay booked.",
		do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
			return map[string]any{"was": l.Status}, listing.Suspend(ctx, tx, l.ID, s.Now())
		}}}
}
