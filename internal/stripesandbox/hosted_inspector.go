package stripesandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// inspectorPage is how many rows the inspector shows at once.
const inspectorPage = 50

// inspected is how the inspector lists one kind of object.
type inspected struct {
	label   string
	columns []hosted.Cell
	row     func(record) hosted.ObjectRow
}

// as makes a row function of one for a single type.
func as[T record](row func(T) hosted.ObjectRow) func(record) hosted.ObjectRow {
	return func(r record) hosted.ObjectRow { return row(r.(T)) }
}

// inspectedKinds are the kinds that are listed in words of their own; every other
// collection is listed by what its objects have in common.
var inspectedKinds = map[string]inspected{
	"accounts":      {"Accounts", heads("Account", "Type", "Owner", "Status", "Created"), as(accountRow)},
	"sessions":      {"Checkout sessions", heads("Session", "Status", "Payment", "Intent", "Created", "$Total"), as(sessionRow)},
	"intents":       {"Payment intents", heads("Intent", "Status", "Latest charge", "Created", "$Amount"), as(intentRow)},
	"charges":       {"Charges", heads("Charge", "On", "Status", "Created", "$Amount", "$Refunded"), as(chargeRow)},
	"refunds":       {"Refunds", heads("Refund", "Charge", "Status", "Created", "$Amount"), as(refundRow)},
	"transfers":     {"Transfers", heads("Transfer", "To", "Created", "$Amount", "$Reversed"), as(transferRow)},
	"disputes":      {"Disputes", heads("Dispute", "Charge", "Reason", "Status", "Created", "$Amount"), as(disputeRow)},
	"payouts":       {"Payouts", heads("Payout", "On", "Status", "Arrives", "$Amount"), as(payoutRow)},
	"subscriptions": {"Subscriptions", heads("Subscription", "Customer", "Status", "Invoice", "Until"), as(subscriptionRow)},
	"invoices":      {"Invoices", heads("Invoice", "Customer", "Status", "Intent", "Created", "$Due"), as(invoiceRow)},
	"persons":       {"Persons", heads("Person", "Of", "Name", "Role", "Created"), as(personRow)},
	"banks":         {"External accounts", heads("Account", "Of", "Number", "Status", "Currency"), as(bankRow)},
	"files":         {"Files", heads("File", "On", "Name", "Purpose", "Created"), as(fileRow)},
}

// kindLabels are the names of collections that are not called like their objects.
var kindLabels = map[string]string{
	"methods": "Payment methods", "warnings": "Fraud warnings", "reversals": "Transfer reversals", "fees": "Application fees",
	"txns": "Balance transactions", "endpoints": "Webhook endpoints",
}

// inspect is how a collection is listed.
func inspect(name string) inspected {
	if k, ok := inspectedKinds[name]; ok {
		return k
	}
	label := orElse(kindLabels[name], strings.ToUpper(name[:1])+strings.ReplaceAll(name[1:], "_", " "))
	return inspected{label, heads("Id", "On", "Status", "Created", "$Amount"), anyRow}
}

// shelves are the collections whose objects have ids of their own, but for events,
// which have a page of their own.
func (s *Server) shelves() (found []loader) {
	for _, k := range s.keepers() {
		if len(k.heads()) > 0 && k.name() != "events" && k.name() != "deleted" {
			found = append(found, k)
		}
	}
	return found
}

// named finds an object by any id, of our form or not.
func (s *Server) named(id string) (record, bool) {
	for _, k := range s.keepers() {
		if r, ok := k.record(id); ok && len(k.heads()) > 0 {
			return r, true
		}
	}
	return nil, false
}

// pageOf is one page of rows, from what is older than the object named after.
func pageOf(all iter.Seq[record], after string, row func(record) hosted.ObjectRow) (rows []hosted.ObjectRow, next string) {
	begun := after == ""
	for r := range all {
		id := r.head().ID
		switch {
		case !begun:
			begun = id == after
		case len(rows) == inspectorPage:
			return rows, next
		default:
			rows, next = append(rows, row(r)), id
		}
	}
	return rows, ""
}

// older walks what is older than the object named after, newest first.
func older[T record](c *collection[T], after string) func(yield func(T) bool) {
	return func(yield func(T) bool) {
		from, paged := c.get(after)
		for t := range c.newest() {
			if paged && t.head().Seq >= from.head().Seq {
				continue
			}
			if !yield(t) {
				return
			}
		}
	}
}

// heads are column heads; a $ says that the column holds money.
func heads(labels ...string) (cells []hosted.Cell) {
	for _, l := range labels {
		if l[0] == '$' {
			cells = append(cells, hosted.Cell{Text: l[1:], Money: true})
		} else {
			cells = append(cells, hosted.Cell{Text: l})
		}
	}
	return cells
}

// frame is what surrounds every page of the inspector. The lock is held.
func (s *Server) frame(r *http.Request, current, next string) hosted.Frame {
	f := hosted.Frame{Now: instant(s.now), Notice: r.URL.Query().Get("notice"), Next: next}
	if offset := time.Duration(s.config().Offset); offset > 0 {
		f.Ahead = strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(offset.Round(time.Second).String())
	}
	tab := func(key, label, href string, count int) {
		f.Tabs = append(f.Tabs, hosted.Tab{Label: label, Href: href, Count: count, Current: key == current})
	}
	tab("events", "Events", "/", len(s.events.byID))
	tab("requests", "Requests", "/inspector/requests", s.requests.count())
	tab("deliveries", "Deliveries", "/inspector/deliveries", len(s.deliveries.byID))
	tab("controls", "Controls", "/inspector/controls", s.faults.count())
	for _, k := range s.shelves() {
		if k.count() > 0 || k.name() == current {
			tab(k.name(), inspect(k.name()).label, "/inspector/"+k.name(), k.count())
		}
	}
	return f
}

func (s *Server) inspectKind(w http.ResponseWriter, r *http.Request) {
	var p hosted.ObjectsPage
	found := false
	s.look(func() {
		for _, k := range s.shelves() {
			if k.name() == r.PathValue("kind") {
				kind := inspect(k.name())
				rows, next := pageOf(k.recent(), r.URL.Query().Get("after"), kind.row)
				p = hosted.ObjectsPage{Frame: s.frame(r, k.name(), olderLink("/inspector/"+k.name(), next)), Kind: kind.label, Columns: kind.columns, Rows: rows}
				found = true
			}
		}
	})
	if !found {
		s.nothingHere(w)
		return
	}
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Objects(w, p) })
}

func (s *Server) inspectObject(w http.ResponseWriter, r *http.Request) {
	var p hosted.ObjectPage
	found := false
	s.look(func() {
		var rec record
		if rec, found = s.named(r.PathValue("id")); found {
			p = hosted.ObjectPage{Frame: s.frame(r, "", ""), ID: rec.head().ID, Kind: rec.head().Object, JSON: s.linked(rec.head().ID, indented(s.show(rec))),
				Events: s.eventsAbout(rec.head().ID), Actions: actions(rec)}
		}
	})
	if !found {
		s.nothingHere(w)
		return
	}
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Object(w, p) })
}

var quotedWord = regexp.MustCompile(`"[A-Za-z0-9_]+"`)

// linked is JSON in which every id of something else leads to it. The lock is held.
func (s *Server) linked(own, text string) (pieces []hosted.Cell) {
	from := 0
	for _, at := range quotedWord.FindAllStringIndex(text, -1) {
		id := text[at[0]+1 : at[1]-1]
		if _, ok := s.find(id); !ok || id == own {
			continue
		}
		pieces = append(pieces, hosted.Cell{Text: text[from : at[0]+1]}, objectLink(id))
		from = at[1] - 1
	}
	return append(pieces, hosted.Cell{Text: text[from:]})
}

// eventsAbout are the last events whose object has an id. The lock is held.
func (s *Server) eventsAbout(id string) (rows []hosted.EventRow) {
	about := []byte(`"id":"` + id + `"`)
	for e := range s.events.newest() {
		if len(rows) == 20 {
			break
		}
		if bytes.Contains(e.Data.Object, about) {
			rows = append(rows, hosted.EventRow{ID: e.ID, Type: e.Type, Created: instant(e.Created)})
		}
	}
	return rows
}

func (s *Server) inspectEvents(w http.ResponseWriter, r *http.Request) {
	var p hosted.EventsPage
	s.look(func() {
		next := ""
		for e := range older(s.events, r.URL.Query().Get("after")) {
			if len(p.Rows) == inspectorPage {
				next = p.Rows[inspectorPage-1].ID
				break
			}
			p.Rows = append(p.Rows, s.eventRow(e))
		}
		p.Frame = s.frame(r, "events", olderLink("/", next))
	})
	s.replyUnder(hosted.InspectorPolicy(), w, http.StatusOK, func(w io.Writer) error { return hosted.Events(w, p) })
}

func (s *Server) eventRow(e *Event) hosted.EventRow {
	row := hosted.EventRow{ID: e.ID, Type: e.Type, Account: e.Account, Created: instant(e.Created), Pending: int(e.Pending), JSON: s.linked(e.ID, indented(s.show(e)))}
	var about struct{ ID string }
	if json.Unmarshal(e.Data.Object, &about) == nil && about.ID != "" {
		row.Object = hosted.Cell{Text: about.ID, Mono: true}
		if _, ok := s.find(about.ID); ok {
			row.Object = objectLink(about.ID)
		}
	}
	return row
}

func (s *Server) nothingHere(w http.ResponseWriter) {
	s.notice(w, http.StatusNotFound, hosted.NoticePage{Surface: "inspector", Title: "Nothing here", Text: "This sandbox keeps no such thing.", Link: "/", LinkLabel: "To the inspector"})
}

// back returns to the page a button was on, with a word about what it did.
func back(w http.ResponseWriter, r *http.Request, to, format string, args ...any) {
	u := url.URL{Path: to, RawQuery: url.Values{"notice": {fmt.Sprintf(format, args...)}}.Encode()}
	http.Redirect(w, r, u.String(), http.StatusSeeOther)
}

func olderLink(path, after string) string {
	if after == "" {
		return ""
	}
	return path + "?after=" + url.QueryEscape(after)
}

func objectLink(id string) hosted.Cell {
	if id == "" {
		return hosted.Cell{Text: "–"}
	}
	return hosted.Cell{Text: id, Href: "/inspector/objects/" + id, Mono: true}
}

func indented(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return strconv.Quote(err.Error())
	}
	return string(b)
}
