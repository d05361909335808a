package stripesandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hearth/internal/stripesandbox/hosted"
)

// inspectorPage is how many rows the inspector shows at once.
const inspectorPage = 50

// inspected is one kind of object as the inspector lists it.
type inspected struct {
	key, label string
	columns    []hosted.Cell
	count      int
	rows       func(after string) (rows []hosted.ObjectRow, next string)
}

// listed makes the rows of one page of a collection, newest first.
func listed[T record](c *collection[T], row func(T) hosted.ObjectRow) func(string) ([]hosted.ObjectRow, string) {
	return func(after string) (rows []hosted.ObjectRow, next string) {
		for t := range older(c, after) {
			if len(rows) == inspectorPage {
				return rows, next
			}
			rows = append(rows, row(t))
			next = t.head().ID
		}
		return rows, ""
	}
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

// inspectedKinds are the tabs of objects. The lock is held.
func (s *Server) inspectedKinds() []inspected {
	return []inspected{
		{"accounts", "Accounts", heads("Account", "Type", "Owner", "Status", "Created"), len(s.accounts.byID), listed(s.accounts, accountRow)},
		{"sessions", "Sessions", heads("Session", "Status", "Payment", "Intent", "Created", "$Total"), len(s.sessions.byID), listed(s.sessions, sessionRow)},
		{"intents", "Payment intents", heads("Intent", "Status", "Latest charge", "Created", "$Amount"), len(s.intents.byID), listed(s.intents, intentRow)},
		{"charges", "Charges", heads("Charge", "On", "Status", "Created", "$Amount", "$Refunded"), len(s.charges.byID), listed(s.charges, chargeRow)},
		{"refunds", "Refunds", heads("Refund", "Charge", "Status", "Created", "$Amount"), len(s.refunds.byID), listed(s.refunds, refundRow)},
		{"transfers", "Transfers", heads("Transfer", "To", "Created", "$Amount", "$Reversed"), len(s.transfers.byID), listed(s.transfers, transferRow)},
		{"disputes", "Disputes", heads("Dispute", "Charge", "Reason", "Status", "Created", "$Amount"), len(s.disputes.byID), listed(s.disputes, disputeRow)},
		{"subscriptions", "Subscriptions", heads("Subscription", "Customer", "Status", "Invoice", "Until"), len(s.subscriptions.byID), listed(s.subscriptions, subscriptionRow)},
		{"invoices", "Invoices", heads("Invoice", "Customer", "Status", "Intent", "Created", "$Due"), len(s.invoices.byID), listed(s.invoices, invoiceRow)},
		{"payouts", "Payouts", heads("Payout", "On", "Status", "Arrives", "$Amount"), len(s.payouts.byID), listed(s.payouts, payoutRow)},
		{"persons", "Persons", heads("Person", "Of", "Name", "Role", "Created"), len(s.persons.byID), listed(s.persons, personRow)},
		{"banks", "External accounts", heads("Account", "Of", "Number", "Status", "Currency"), len(s.banks.byID), listed(s.banks, bankRow)},
		{"files", "Files", heads("File", "On", "Name", "Purpose", "Created"), len(s.files.byID), listed(s.files, fileRow)},
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
	for _, k := range s.inspectedKinds() {
		tab(k.key, k.label, "/inspector/"+k.key, k.count)
	}
	return f
}

func (s *Server) inspectKind(w http.ResponseWriter, r *http.Request) {
	var p hosted.ObjectsPage
	found := false
	s.look(func() {
		for _, k := range s.inspectedKinds() {
			if k.key == r.PathValue("kind") {
				rows, next := k.rows(r.URL.Query().Get("after"))
				p = hosted.ObjectsPage{Frame: s.frame(r, k.key, olderLink("/inspector/"+k.key, next)), Kind: k.label, Columns: k.columns, Rows: rows}
				found = true
			}
		}
	})
	if !found {
		s.nothingHere(w)
		return
	}
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Objects(w, p) })
}

func (s *Server) inspectObject(w http.ResponseWriter, r *http.Request) {
	var p hosted.ObjectPage
	found := false
	s.look(func() {
		var rec record
		if rec, found = s.find(r.PathValue("id")); found {
			p = hosted.ObjectPage{Frame: s.frame(r, "", ""), ID: rec.head().ID, Kind: rec.head().Object, JSON: indented(s.show(rec)), Links: s.related(rec), Actions: actions(rec)}
		}
	})
	if !found {
		s.nothingHere(w)
		return
	}
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Object(w, p) })
}

// related links every id that the object shows at its top level.
func (s *Server) related(rec record) (links []hosted.Cell) {
	if scope := rec.head().Scope; scope != "" {
		links = append(links, objectLink(scope))
	}
	shown := s.show(rec)
	for _, key := range []string{"payment_intent", "latest_charge", "charge", "transfer", "application_fee", "balance_transaction", "destination", "destination_payment", "source_transaction", "source_transfer", "dispute", "transfer_reversal"} {
		id, ok := shown[key].(string)
		if !ok {
			continue
		}
		if _, ok := s.find(id); ok {
			links = append(links, objectLink(id))
		}
	}
	return links
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
	s.reply(w, http.StatusOK, func(w io.Writer) error { return hosted.Events(w, p) })
}

func (s *Server) eventRow(e *Event) hosted.EventRow {
	row := hosted.EventRow{ID: e.ID, Type: e.Type, Account: e.Account, Created: instant(e.Created), Pending: int(e.Pending), JSON: indented(s.show(e))}
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
