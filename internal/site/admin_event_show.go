package site

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"

	"hearth/internal/audit"
	"hearth/internal/postgres"
	"hearth/internal/view"
	"hearth/internal/webhook"

	"github.com/jackc/pgx/v5"
)

// adminEventShowPage is one event: what was sent, and what it changed.
type adminEventShowPage struct {
	page
	Event   webhook.Entry
	Facts   []view.Line
	Payload string
	Others  []webhook.Entry // about the same subject
	Form    replayForm
	Errors  map[string]string
}

type replayForm struct {
	Reason string `form:"reason"`
}

func (s *Server) getAdminEventShow(w http.ResponseWriter, r *http.Request) error {
	p, err := s.adminEventShowPage(r)
	if err != nil {
		return err
	}
	return s.render(w, "admin_event_show", p)
}

func (s *Server) adminEventShowPage(r *http.Request) (p adminEventShowPage, err error) {
	e, err := webhook.ByID(r.Context(), s.DB, r.PathValue("id"))
	if err != nil {
		return p, err
	}
	p = adminEventShowPage{page: s.base(r, e.Type), Event: e, Facts: eventFacts(e), Payload: readable(e.Payload)}
	p.Nav = "admin:events"
	if e.Subject != "" {
		p.Others, err = webhook.List(r.Context(), s.DB, webhook.Filter{About: e.Subject, Limit: 20})
	}
	return p, err
}

func eventFacts(e webhook.Entry) []view.Line {
	version := e.APIVersion
	if e.OddVersion() {
		version += ", not the one that we ask for: applied all the same, since we fetch the object afresh"
	}
	var facts []view.Line
	for _, line := range []view.Line{
		{Label: "Id", Value: e.ID}, {Label: "Came by", Value: sources[e.Source]}, {Label: "Object", Value: e.ObjectID},
		{Label: "Account", Value: e.Account}, {Label: "About", Value: e.Subject}, {Label: "API version", Value: version},
		{Label: "Received", Value: view.MomentZone(e.ReceivedAt)},
	} {
		if line.Value != "" {
			facts = append(facts, line)
		}
	}
	return facts
}

var sources = map[string]string{
	"account": "Stripe, about our account", "connect": "Stripe, about a connected account", "return": "a browser that came back",
	"sweep": "our sweep", "own": "a request of ours", "replay": "an admin's replay",
}

// A payment intent's client secret would let whoever reads it pay or look.
var clientSecret = regexp.MustCompile(`("client_secret": ")[^"]*"`)

// readable indents a payload and takes its secrets out.
func readable(payload []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, payload, "", "  "); err != nil {
		return "This is no JSON."
	}
	return clientSecret.ReplaceAllString(out.String(), `$1…"`)
}

func (s *Server) postAdminEventReplay(w http.ResponseWriter, r *http.Request) error {
	var form replayForm
	if err := decode(r, &form); err != nil {
		return err
	}
	err := s.replay(r, form.Reason)
	if wrong := formErrors(err); wrong != nil {
		p, err2 := s.adminEventShowPage(r)
		if err2 != nil {
			return err2
		}
		p.Form, p.Errors = form, wrong
		return s.again(w, err, "admin_event_show", p)
	}
	if err != nil {
		return err
	}
	s.Inbox.Wake()
	s.flash(r, "ok", "The event is being worked off again.")
	return seeOther(w, r, "/admin/events/"+r.PathValue("id"))
}

// replay keeps the act and its reason in the same transaction.
func (s *Server) replay(r *http.Request, reason string) error {
	id := r.PathValue("id")
	return postgres.InTx(r.Context(), s.DB, func(tx pgx.Tx) error {
		if err := s.Inbox.Replay(r.Context(), tx, id); err != nil {
			return err
		}
		return audit.Record(r.Context(), tx, audit.Entry{
			ActorID: me(r).ID, Act: "replay", Target: "event:" + id, Reason: reason, IP: clientIP(r)}, s.Now())
	})
}
