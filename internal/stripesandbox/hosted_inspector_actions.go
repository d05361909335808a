package stripesandbox

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

func (s *Server) inspectDeliveries(w http.ResponseWriter, r *http.Request) {
	var p hosted.DeliveriesPage
	s.look(func() {
		next := ""
		for d := range older(s.deliveries, r.URL.Query().Get("after")) {
			if len(p.Rows) == inspectorPage {
				break
			}
			p.Rows, next = append(p.Rows, deliveryRow(d)), d.ID
		}
		if len(p.Rows) < inspectorPage {
			next = ""
		}
		p.Frame = s.frame(r, "deliveries", olderLink("/inspector/deliveries", next))
		p.Mode = s.config().Mode
		p.Modes = modeActions(p.Mode)
		p.Endpoints = s.endpointRows()
	})
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Deliveries(w, p) })
}

// endpointRows are the endpoints, newest first. The lock is held.
func (s *Server) endpointRows() (rows []hosted.EndpointRow) {
	waiting := map[string]int{}
	for d := range s.deliveries.newest() {
		if d.Status == "pending" {
			waiting[d.Endpoint]++
		}
	}
	for ep := range s.endpoints.newest() {
		rows = append(rows, hosted.EndpointRow{ID: ep.ID, URL: ep.URL, Connect: ep.Connect, Status: status(ep.Status), Waiting: waiting[ep.ID]})
	}
	return rows
}

func modeActions(current string) (buttons []hosted.Action) {
	for _, m := range []struct{ mode, label string }{{modeDeliver, "Deliver"}, {modeHold, "Hold back"}, {modeDrop, "Drop"}} {
		if m.mode != current {
			buttons = append(buttons, hosted.Action{Label: m.label, Href: "/inspector/webhooks", Fields: []hosted.Hidden{{Name: "mode", Value: m.mode}}, Danger: m.mode == modeDrop})
		}
	}
	return buttons
}

func deliveryRow(d *Delivery) hosted.DeliveryRow {
	row := hosted.DeliveryRow{
		Event: d.Event, Type: d.Type, URL: d.URL, At: instant(d.Created), Attempt: d.Attempts, Status: d.Code, Detail: orElse(d.Error, d.Body), Outcome: status(d.Status),
		Resend: hosted.Action{Label: "Resend", Href: "/inspector/resend", Fields: []hosted.Hidden{{Name: "event", Value: d.Event}, {Name: "endpoint", Value: d.Endpoint}}},
	}
	if d.Code > 0 {
		row.Outcome = hosted.Badge{Label: strconv.Itoa(d.Code) + " " + http.StatusText(d.Code), Tone: tones[d.Status]}
	}
	if d.LastAt > 0 {
		row.At = instant(d.LastAt)
	}
	return row
}

// acted returns to a page of the inspector, or shows why the button did nothing.
func (s *Server) acted(w http.ResponseWriter, r *http.Request, err error, to, format string, args ...any) {
	if err != nil {
		s.trouble(w, "inspector", err)
		return
	}
	back(w, r, to, format, args...)
}

func (s *Server) inspectorClock(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.PostFormValue("advance"))
	if err != nil || d < 0 {
		err = invalid("", "advance", "Say how far to advance, as in 72h; the clock never goes back.")
	} else {
		err = s.advance(d)
	}
	s.acted(w, r, err, "/", "The clock went on by %s.", d)
}

func (s *Server) inspectorResend(w http.ResponseWriter, r *http.Request) {
	event := r.PostFormValue("event")
	err := s.Resend(event, r.PostFormValue("endpoint"))
	s.acted(w, r, err, "/inspector/deliveries", "%s is on its way again.", event)
}

func (s *Server) inspectorDispute(w http.ResponseWriter, r *http.Request) {
	id, outcome := r.PostFormValue("id"), r.PostFormValue("outcome")
	err := s.ResolveDispute(id, outcome == "won")
	s.acted(w, r, err, "/inspector/disputes", "%s was decided: %s.", id, outcome)
}

// inspectorIntent is the bank's answer to a debit, or the shop's to a voucher.
func (s *Server) inspectorIntent(w http.ResponseWriter, r *http.Request) {
	id, failure, said := r.PostFormValue("id"), "", "paid"
	if r.PostFormValue("outcome") == "fail" {
		failure, said = "insufficient_funds", "failed"
	}
	err := s.do(func() error { return s.endDebit(id, failure) })
	s.acted(w, r, err, "/inspector/objects/"+id, "%s: %s.", id, said)
}

func (s *Server) inspectorRefund(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("id")
	err := s.do(func() error { return s.failRefund(id, "lost_or_stolen_card") })
	s.acted(w, r, err, "/inspector/refunds", "%s failed.", id)
}
