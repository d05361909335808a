package site

import (
	"net/http"
	"net/url"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/view"

	"github.com/jackc/pgx/v5"
)

// platform is where homes may be and what they are priced in.
func (s *Server) platform() listing.Platform {
	return listing.Platform{Country: s.Config.Region, Currency: s.Config.Currency()}
}

type ownerHomesPage struct {
	page
	Homes  []ownerHomeRow
	Notice string // why homes are not on sale, though published
	Empty  view.Empty
}

type ownerHomeRow struct {
	listing.Listing
	Cover  listing.PhotoID
	Lacks  int
	OnSale bool
}

func (s *Server) getOwnerHomes(w http.ResponseWriter, r *http.Request) error {
	p := ownerHomesPage{page: s.base(r, "Homes"), Empty: view.Empty{Icon: "house-plus",
		Text: "You have not listed a home yet.", Action: "List your home", Href: "/owner/homes/new"}}
	p.Nav = "owner:listings"
	homes, err := listing.ByOwner(r.Context(), s.DB, me(r).ID)
	if err != nil {
		return err
	}
	for _, home := range homes {
		row, err := s.ownerHomeRow(r, home)
		if err != nil {
			return err
		}
		p.Homes = append(p.Homes, row)
	}
	if p.Notice, err = s.offSale(r, len(homes)); err != nil {
		return err
	}
	return s.render(w, "owner_homes", p)
}

func (s *Server) ownerHomeRow(r *http.Request, home listing.Listing) (ownerHomeRow, error) {
	row := ownerHomeRow{Listing: home}
	photos, err := listing.Photos(r.Context(), s.DB, home.ID)
	if err != nil {
		return row, err
	}
	if len(photos) > 0 {
		row.Cover = photos[0].ID
	}
	row.Lacks = len(listing.Lacks(home, photos))
	row.OnSale, err = listing.Sellable(r.Context(), s.DB, home.ID, s.Config.Live())
	return row, err
}

// offSale says why an owner's homes cannot be booked although they are
// published; "" when they can, or when there are none.
func (s *Server) offSale(r *http.Request, homes int) (string, error) {
	if homes == 0 {
		return "", nil
	}
	account, err := connect.ByUser(r.Context(), s.DB, me(r).ID, s.Config.Live())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	if err == nil && account.CanBePaid() {
		return "", nil
	}
	return "Tenants find and book your homes as soon as Stripe can pay you.", nil
}

type ownerHomeNewPage struct {
	page
	Form         url.Values
	Errors       map[string]string
	Kinds, Zones []view.Option
}

func (s *Server) ownerHomeNewPage(r *http.Request, form url.Values) ownerHomeNewPage {
	p := ownerHomeNewPage{page: s.base(r, "A new home"), Form: form, Kinds: kindOptions(""), Zones: zoneOptions(form.Get("time_zone"))}
	p.Nav = "owner:listings"
	return p
}

func (s *Server) getOwnerHomeNew(w http.ResponseWriter, r *http.Request) error {
	zone := "UTC"
	if s.Config.Region == "US" {
		zone = "America/Los_Angeles"
	}
	return s.render(w, "owner_home_new", s.ownerHomeNewPage(r, url.Values{"time_zone": {zone}}))
}

func (s *Server) postOwnerHomeNew(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return unreadable(err)
	}
	n := listing.New{Title: r.PostForm.Get("title"), Kind: listing.Kind(r.PostForm.Get("kind")), City: r.PostForm.Get("city"),
		Region: r.PostForm.Get("region"), TimeZone: r.PostForm.Get("time_zone")}
	var home listing.Listing
	err := postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) (err error) {
		home, err = listing.Create(r.Context(), tx, me(r).ID, n, s.platform(), s.Now())
		return err
	})
	if wrong := formErrors(err); wrong != nil {
		p := s.ownerHomeNewPage(r, r.PostForm)
		p.Errors = wrong
		return s.again(w, err, "owner_home_new", p)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Your draft is here. Add what is still missing, in any order.")
	return seeOther(w, r, "/owner/homes/"+string(home.ID))
}

// zoneOptions are the zones that a select offers, and the one it has.
func zoneOptions(chosen string) []view.Option {
	zones := []string{"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
		"America/Anchorage", "Pacific/Honolulu", "America/Toronto", "America/Mexico_City", "America/Sao_Paulo", "Europe/London",
		"Europe/Lisbon", "Europe/Paris", "Europe/Berlin", "Europe/Athens", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata",
		"Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Perth", "Australia/Sydney", "Pacific/Auckland", "UTC"}
	var options []view.Option
	known := false
	for _, zone := range zones {
		known = known || zone == chosen
		options = append(options, view.Option{Value: zone, Label: zone})
	}
	if !known && chosen != "" {
		options = append(options, view.Option{Value: chosen, Label: chosen})
	}
	return options
}
