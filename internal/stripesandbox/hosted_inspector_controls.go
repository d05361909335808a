package stripesandbox

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"hearth/internal/stripesandbox/hosted"
)

// inspectControls is the page where a person orders trouble.
func (s *Server) inspectControls(w http.ResponseWriter, r *http.Request) {
	var p hosted.ControlsPage
	s.look(func() {
		p = hosted.ControlsPage{Frame: s.frame(r, "controls", ""), Knobs: s.knobControls(), Fault: faultControls()}
	})
	p.Faults, p.Spoilt = s.faults.rows()
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Controls(w, p) })
}

// knobControls are the knobs as they stand. The lock is held.
func (s *Server) knobControls() []hosted.Control {
	k := s.config().Knobs
	endpoints := []hosted.Option{{Label: "all endpoints"}}
	for ep := range s.endpoints.newest() {
		endpoints = append(endpoints, hosted.Option{Value: ep.ID, Label: ep.URL})
	}
	return labelled("knob-", []hosted.Control{
		{Name: "mode", Label: "Mode", Value: k.Mode, Options: options(modeDeliver, modeHold, modeDrop)},
		{Name: "duplicate", Label: "Copies", Value: strconv.Itoa(max(1, k.Duplicate))},
		{Name: "shuffle", Label: "Order", Value: strconv.FormatBool(k.Shuffle), Options: []hosted.Option{{Value: "false", Label: "as they come"}, {Value: "true", Label: "shuffled"}}},
		{Name: "delay", Label: "Delay", Value: k.Delay, Hint: "3s, 2m"},
		{Name: "drop_share", Label: "Share that is lost", Value: strconv.FormatFloat(k.DropShare, 'f', -1, 64), Hint: "0 to 1"},
		{Name: "seed", Label: "Seed", Value: strconv.FormatInt(k.Seed, 10)},
		{Name: "endpoint", Label: "Only to", Value: k.Endpoint, Options: endpoints},
		{Name: "types", Label: "Only these types", Value: strings.Join(k.Types, ", "), Hint: "charge.*, payout.paid"},
	})
}

func faultControls() []hosted.Control {
	return labelled("fault-", []hosted.Control{
		{Name: "route", Label: "Route", Value: "POST /v1/*", Suggested: slices.Sorted(maps.Keys(operations()))},
		{Name: "kind", Label: "What goes wrong", Value: "500_after", Options: options(faultKinds...)},
		{Name: "count", Label: "How often", Hint: "once, or with a share without end"},
		{Name: "share", Label: "Share of requests", Hint: "0 to 1"},
		{Name: "seed", Label: "Seed", Value: "1"},
		{Name: "after", Label: "Let pass first", Value: "0"},
		{Name: "delay", Label: "Delay", Hint: "of timeouts and slow answers"},
	})
}

// labelled gives each control an id for its label to name.
func labelled(prefix string, controls []hosted.Control) []hosted.Control {
	for i := range controls {
		controls[i].ID = prefix + controls[i].Name
	}
	return controls
}

func options(values ...string) (all []hosted.Option) {
	for _, v := range values {
		all = append(all, hosted.Option{Value: v, Label: strings.ReplaceAll(v, "_", " ")})
	}
	return all
}

// rows are the faults ordered, and the last requests they spoilt, newest first.
func (l *faultList) rows() (rows []hosted.FaultRow, spoilt []hosted.Cell) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.items {
		row := hosted.FaultRow{Route: w.Route, Kinds: strings.Join(w.Kinds, ", "), Share: "all", Left: "∞"}
		if w.Share > 0 {
			row.Share = fmt.Sprintf("%g, seed %d", w.Share, w.Seed)
		}
		if w.Count > 0 {
			row.Left = strconv.Itoa(w.left)
		}
		done := []string{}
		for _, kind := range slices.Sorted(maps.Keys(w.Spoilt)) {
			done = append(done, fmt.Sprintf("%d %s", w.Spoilt[kind], kind))
		}
		row.Done = fmt.Sprintf("%s of %d", orElse(strings.Join(done, ", "), "none"), w.Seen)
		rows = append(rows, row)
	}
	for _, one := range slices.Backward(l.last) {
		spoilt = append(spoilt, hosted.Cell{Text: one.Route + " " + one.Kind, Href: "/inspector/requests/" + one.Request})
	}
	return rows, spoilt[:min(10, len(spoilt))]
}

// numbers reads a form's numbers; an empty field is nought.
type numbers struct {
	*http.Request
	err error
}

func (f *numbers) number(name string) float64 {
	v := strings.TrimSpace(f.PostFormValue(name))
	if v == "" {
		return 0
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil && f.err == nil {
		f.err = invalid("", name, "Say a number for %s, not %q.", name, v)
	}
	return n
}

func (s *Server) inspectorWebhooks(w http.ResponseWriter, r *http.Request) {
	f := &numbers{Request: r}
	k := Knobs{Mode: r.PostFormValue("mode"), Duplicate: int(f.number("duplicate")), Shuffle: r.PostFormValue("shuffle") == "true", Delay: r.PostFormValue("delay"),
		DropShare: f.number("drop_share"), Seed: int64(f.number("seed")), Endpoint: r.PostFormValue("endpoint"),
		Types: strings.FieldsFunc(r.PostFormValue("types"), func(c rune) bool { return c == ',' || c == ' ' })}
	err := f.err
	if err == nil {
		k, err = s.turn(k)
	}
	s.acted(w, r, err, "/inspector/deliveries", "Deliveries: %s.", k.Mode)
}

func (s *Server) inspectorFaults(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("clear") != "" {
		s.faults.clear()
		s.acted(w, r, nil, "/inspector/controls", "No more faults.")
		return
	}
	f := &numbers{Request: r}
	order := Fault{Route: r.PostFormValue("route"), Kind: r.PostFormValue("kind"), Count: int(f.number("count")), Share: f.number("share"),
		Seed: int64(f.number("seed")), After: int(f.number("after")), Delay: r.PostFormValue("delay")}
	err := f.err
	if err == nil {
		err = order.check()
	}
	if err == nil {
		s.faults.add(order)
	}
	s.acted(w, r, err, "/inspector/controls", "Ordered for %s.", order.Route)
}

func (s *Server) inspectorReset(w http.ResponseWriter, r *http.Request) {
	_, err := s.controlReset(r, nil)
	s.acted(w, r, err, "/", "Everything is forgotten.")
}

// inspectSearch leads to what has the id, or lists what says the word.
func (s *Server) inspectSearch(w http.ResponseWriter, r *http.Request) {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if _, ok := s.requests.get(q); ok {
		http.Redirect(w, r, "/inspector/requests/"+q, http.StatusSeeOther)
		return
	}
	p := hosted.ObjectsPage{Kind: "What says " + strconv.Quote(q), Columns: heads("Id", "Kind", "On", "Created")}
	found := false
	s.look(func() {
		if _, found = s.named(q); found {
			return
		}
		p.Frame = s.frame(r, "", "")
		p.Query = q
		p.Rows = s.saying(q)
	})
	if found {
		http.Redirect(w, r, "/inspector/objects/"+q, http.StatusSeeOther)
		return
	}
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Objects(w, p) })
}

// saying are the newest objects whose JSON has a word in it, but for events. The lock is held.
func (s *Server) saying(word string) (rows []hosted.ObjectRow) {
	if word == "" {
		return nil
	}
	for _, k := range s.shelves() {
		for r := range k.recent() {
			if len(rows) == inspectorPage {
				return rows
			}
			if strings.Contains(strings.ToLower(indented(s.show(r))), strings.ToLower(word)) {
				rows = append(rows, row(r, textCell(inspect(k.name()).label), scopeCell(r.head().Scope), momentCell(r.head().Created)))
			}
		}
	}
	return rows
}
