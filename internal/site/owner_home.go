package site

import (
	"net/http"

	"hearth/internal/connect"
	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/postgres"
	"hearth/internal/view"

	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5"
)

// ownerHomeFrame is what the pages of one home's settings share.
type ownerHomeFrame struct {
	page
	Home     listing.Listing
	Sections []view.Tab
	Errors   map[string]string
}

var homeSections = []struct{ key, name string }{
	{"", "Overview"}, {"basics", "Basics"}, {"location", "Location"}, {"rooms", "Rooms"}, {"photos", "Photos"},
	{"price", "Price"}, {"rules", "Rules"}, {"availability", "Availability"},
}

// ownHome is the home of the address, if it belongs to who asks; other
// people's homes are not found.
func (s *Server) ownHome(r *http.Request) (listing.Listing, error) {
	home, err := listing.ByID(r.Context(), s.DB, listing.ID(chi.URLParam(r, "id")))
	if err == nil && home.OwnerID != me(r).ID {
		return listing.Listing{}, fault.New(fault.NotFound, "We could not find that home.")
	}
	return home, err
}

func (s *Server) ownerHomeFrame(r *http.Request, home listing.Listing, section string) ownerHomeFrame {
	f := ownerHomeFrame{page: s.base(r, home.Title), Home: home}
	f.Nav = "owner:listings"
	for _, known := range homeSections {
		f.Sections = append(f.Sections, view.Tab{Name: known.name, Href: sectionHref(home, known.key), N: -1, Current: known.key == section})
	}
	return f
}

func sectionHref(home listing.Listing, section string) string {
	if section == "" {
		return "/owner/homes/" + string(home.ID)
	}
	return "/owner/homes/" + string(home.ID) + "/" + section
}

// ownerHomePage is the overview: what is there, what lacks, and publishing.
type ownerHomePage struct {
	ownerHomeFrame
	Steps                     []view.Step
	Done, Lacks               int
	PublishTitle, PublishText string
}

func (s *Server) ownerHomePage(r *http.Request, home listing.Listing) (ownerHomePage, error) {
	p := ownerHomePage{ownerHomeFrame: s.ownerHomeFrame(r, home, "")}
	photos, err := listing.Photos(r.Context(), s.DB, home.ID)
	if err != nil {
		return p, err
	}
	lacks := listing.Lacks(home, photos)
	p.Lacks = len(lacks)
	for _, section := range homeSections[1:] {
		if section.key != "availability" {
			p.Steps = append(p.Steps, sectionStep(home, section.key, section.name, lacks))
		}
	}
	account, err := connect.ByUser(r.Context(), s.DB, home.OwnerID, s.Config.Live())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return p, err
	}
	p.Steps = append(p.Steps, payoutStep(err == nil && account.CanBePaid()))
	for _, step := range p.Steps {
		if step.Done {
			p.Done++
		}
	}
	p.PublishTitle, p.PublishText = publishWords(home.Status, p.Steps[len(p.Steps)-1].Done)
	return p, nil
}

func sectionStep(home listing.Listing, key, name string, lacks []listing.Lack) view.Step {
	step := view.Step{Title: name, Href: sectionHref(home, key), Action: "Edit", Done: true}
	for _, lack := range lacks {
		if lack.Section != key {
			continue
		}
		if step.Done, step.Action = false, "Add"; step.Text != "" {
			step.Text += " · "
		}
		step.Text += lack.Words
	}
	return step
}

func payoutStep(done bool) view.Step {
	step := view.Step{Title: "Payouts", Href: "/owner/payouts", Action: "See", Done: done}
	if !done {
		step.Action, step.Text = "Set up", "Stripe needs to know whom to pay. Until then your home cannot be found or booked."
	}
	return step
}

func publishWords(status listing.Status, payable bool) (title, text string) {
	switch {
	case status == listing.Suspended:
		return "Suspended", "An administrator has taken this home off. Contact support to have it reviewed."
	case status == listing.Published && !payable:
		return "Published, not on sale yet", "Tenants find and book it as soon as Stripe can pay you."
	case status == listing.Published:
		return "On sale", "Tenants can find and book it. Pausing takes it off; stays that are booked go ahead."
	}
	return "Publish", "Tenants see the home once it is published. You can change everything later, and pause it at any time."
}

func (s *Server) getOwnerHome(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	p, err := s.ownerHomePage(r, home)
	if err != nil {
		return err
	}
	return s.render(w, "owner_home", p)
}

func (s *Server) postOwnerHomePublish(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	err = s.Hosting.Publish(r.Context(), me(r).ID, home.ID)
	if wrong := formErrors(err); wrong != nil {
		p, failed := s.ownerHomePage(r, home)
		if failed != nil {
			return failed
		}
		p.Errors = wrong
		return s.again(w, err, "owner_home", p)
	}
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Your home is published.")
	return seeOther(w, r, sectionHref(home, ""))
}

func (s *Server) postOwnerHomePause(w http.ResponseWriter, r *http.Request) error {
	home, err := s.ownHome(r)
	if err != nil {
		return err
	}
	err = postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error { return listing.Pause(r.Context(), tx, home.ID, s.Now()) })
	if err != nil {
		return err
	}
	s.flash(r, "ok", "Your home is paused. Stays that are booked go ahead.")
	return seeOther(w, r, sectionHref(home, ""))
}
