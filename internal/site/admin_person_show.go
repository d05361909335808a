package site

import (
	"context"
	"net/http"

	"hearth/internal/audit"
	"hearth/internal/booking"
	"hearth/internal/connect"
	"hearth/internal/listing"
	"hearth/internal/money"
	"hearth/internal/user"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// adminPersonShowPage is one person: what they have, and what an admin can do.
type adminPersonShowPage struct {
	page
	Person  user.User
	Facts   []view.Line
	Homes   []listing.Listing
	Stays   []booking.Row // the latest, as a tenant or an owner
	Account *view.Badge   // nil: they let nothing
	Stripe  stripeObject
	Acts    []act
	Log     []auditLine
}

const latest = 8

func (s *Server) getAdminPersonShow(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	u, err := user.ByID(ctx, s.DB, user.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := adminPersonShowPage{page: s.base(r, u.Name), Person: u, Facts: s.personFacts(u)}
	p.Nav = "admin:people"
	if u.ID != me(r).ID {
		p.Acts = personActs(me(r).ID, u, s)
	}
	if p.Homes, err = listing.ByOwner(ctx, s.DB, u.ID); err != nil {
		return err
	}
	if p.Stays, err = booking.Find(ctx, s.DB, booking.Search{Query: u.Email, Size: latest}, s.Config.Currency()); err != nil {
		return err
	}
	account, err := s.Hosting.Account(ctx, u.ID)
	if err != nil {
		return err
	}
	p.stripe(s, account)
	if p.Log, err = s.logOf(ctx, audit.Filter{Target: "user:" + string(u.ID), Limit: latest}); err != nil {
		return err
	}
	return s.render(w, "admin_person_show", p)
}

func (s *Server) personFacts(u user.User) []view.Line {
	proved, phone := "Not yet", u.Phone
	if u.Verified() {
		proved = view.Moment(*u.EmailVerifiedAt)
	}
	if phone == "" {
		phone = "–"
	}
	facts := []view.Line{{Label: "E-mail", Value: u.Email}, {Label: "Address proved", Value: proved}, {Label: "Phone", Value: phone},
		{Label: "Joined", Value: view.DayYear(u.CreatedAt)}}
	if u.IsOwner() {
		facts = append(facts, view.Line{Label: "Fee", Value: feeWords(u.FeeBPS, s.Config.Fee())})
	}
	if u.Suspended() {
		facts = append(facts, view.Line{Label: "Suspended", Value: view.Moment(*u.SuspendedAt)})
	}
	return facts
}

// feeWords is a fee of one's own, or the one that applies without.
func feeWords(own *int64, usual money.BasisPoints) string {
	if own == nil {
		return usual.Percent() + ", as usual"
	}
	return money.BasisPoints(*own).Percent() + ", their own"
}

func (p *adminPersonShowPage) stripe(s *Server, a connect.Account) {
	if a.StripeAccountID == "" && !p.Person.IsOwner() {
		return
	}
	badge := accountBadge(a)
	p.Account = &badge
	if a.StripeAccountID != "" {
		p.Stripe = stripeObject{"Connected account", a.StripeAccountID, s.atStripe("connect/accounts", a.StripeAccountID)}
	}
}

func (s *Server) onPerson(r *http.Request) ([]act, actOn, error) {
	u, err := user.ByID(r.Context(), s.DB, user.ID(r.PathValue("id")))
	on := actOn{Target: "user:" + string(u.ID), Name: u.Name, Path: "/admin/people/" + string(u.ID), Nav: "admin:people", Up: view.Link{Text: "People", Href: "/admin/people"}}
	return personActs(me(r).ID, u, s), on, err
}

func (s *Server) getAdminPersonAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onPerson(r)
	if err != nil {
		return err
	}
	return s.askAct(w, r, acts, on)
}

func (s *Server) postAdminPersonAct(w http.ResponseWriter, r *http.Request) error {
	acts, on, err := s.onPerson(r)
	if err != nil {
		return err
	}
	return s.doAct(w, r, acts, on)
}

// personActs is what can be done to a person as they stand.
func personActs(by user.ID, u user.User, s *Server) (acts []act) {
	if !u.Suspended() {
		acts = append(acts, roleAct(by, u, user.Admin), roleAct(by, u, user.Owner))
	}
	if u.IsOwner() {
		acts = append(acts, act{Key: "fee", Offer: "Change the fee", Title: "The fee of " + u.Name, Button: "Change the fee", Done: "The fee is changed.",
			Text:   "What we keep of each new booking of their homes. Bookings that are made keep theirs, and a home with a fee of its own keeps that.",
			HasFee: true, Fee: bps(u.FeeBPS), Usual: s.Config.Fee().Percent(),
			do: func(ctx context.Context, tx pgx.Tx, form actForm) (any, error) {
				fee, err := form.fee()
				if err != nil {
					return nil, err
				}
				return feeChange{u.FeeBPS, fee}, user.SetFee(ctx, tx, u.ID, fee)
			}})
	}
	if u.Suspended() {
		return append(acts, act{Key: "reinstate", Offer: "Let them in again", Title: "Let " + u.Name + " in again", Button: "Let them in",
			Text: "They can log in again. Their published homes are on sale again at once.", Done: u.Name + " can log in again.",
			do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
				return nil, user.Reinstate(ctx, tx, u.ID)
			}})
	}
	return append(acts, act{Key: "suspend", Offer: "Suspend", Title: "Suspend " + u.Name, Button: "Suspend " + u.Name, Danger: true, Done: u.Name + " is suspended.",
		Text: "They are logged out everywhere and cannot log in. Their homes go off sale. Stays that are booked stay booked: cancel or refund them one by one if you must.",
		do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
			return nil, user.SuspendBy(ctx, tx, by, u.ID, s.Now())
		}})
}

// roleAct gives a role, or takes it from who has it.
func roleAct(by user.ID, u user.User, role string) act {
	has, word, may := u.IsOwner(), "an owner", "They can offer homes and see the owner’s pages."
	if role == user.Admin {
		has, word, may = u.IsAdmin(), "an admin", "They see every booking, person and amount, can give money back, and can make admins. They have to log in again."
	}
	if !has {
		return act{Key: "make-" + role, Offer: "Make " + word, Title: "Make " + u.Name + " " + word, Text: may, Button: "Make " + word, Danger: role == user.Admin, Done: u.Name + " is " + word + " now.",
			do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
				return nil, user.Grant(ctx, tx, u.ID, role)
			}}
	}
	return act{Key: "no-" + role, Offer: "No longer " + word, Title: u.Name + " is no longer " + word, Text: "They lose what the role lets them see and do, and are logged out everywhere.",
		Button: "Take the role away", Danger: true, Done: u.Name + " is no longer " + word + ".",
		do: func(ctx context.Context, tx pgx.Tx, _ actForm) (any, error) {
			return nil, user.Revoke(ctx, tx, by, u.ID, role)
		}}
}
