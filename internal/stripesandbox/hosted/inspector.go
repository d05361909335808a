package hosted

import (
	"io"
	"time"
)

var (
	objectsTemplate    = parse("objects")
	objectTemplate     = parse("object")
	eventsTemplate     = parse("events")
	deliveriesTemplate = parse("deliveries")
	controlsTemplate   = parse("controls")
	requestTemplate    = parse("request")
)

// Frame is what every page of the inspector has around its content.
type Frame struct {
	Tabs   []Tab
	Now    time.Time // the sandbox's clock
	Ahead  string    // how far it is ahead of the wall clock; "" when it is not
	Notice string    // what the last button did
	Query  string    // what was searched for
	Next   string    // link to older rows; "" when there are none
}

// Tab leads to one kind of thing.
type Tab struct {
	Label, Href string
	Count       int
	Current     bool
}

// Action is a button that posts its fields.
type Action struct {
	Label, Href string
	Fields      []Hidden
	Danger      bool
}

// Hidden is a field the person does not see.
type Hidden struct{ Name, Value string }

// Cell is a cell of the objects table: a text or a badge, and perhaps a link.
type Cell struct {
	Text  string
	Href  string
	Badge Badge
	Money bool
	Mono  bool
}

// ObjectsPage lists the objects of one kind, newest first.
type ObjectsPage struct {
	Frame
	Kind    string
	Columns []Cell // Text, and Money to align
	Rows    []ObjectRow
}

// ObjectRow is one object.
type ObjectRow struct {
	Cells   []Cell
	Actions []Action
}

// ObjectPage is one object with all its JSON, as the API answers it.
type ObjectPage struct {
	Frame
	ID      string
	Kind    string
	JSON    []Cell // pieces; the linked ones are ids of other things
	Events  []EventRow
	Actions []Action
}

// RequestPage is one request to the API with its answer.
type RequestPage struct {
	Frame
	ID, Line string // "POST /v1/refunds"
	Status   Badge
	Facts    []Fact
	Params   []Fact
	Answer   string // "" while there is none
}

// Fact is a name and what it holds.
type Fact struct{ Name, Value string }

// EventsPage lists events, newest first.
type EventsPage struct {
	Frame
	Rows []EventRow
}

// EventRow is one event with its JSON.
type EventRow struct {
	ID, Type, Account string
	Object            Cell
	Created           time.Time
	Pending           int
	JSON              []Cell
}

// ControlsPage is where a person orders trouble.
type ControlsPage struct {
	Frame
	Knobs  []Control
	Fault  []Control
	Faults []FaultRow
	Spoilt []Cell // the last requests that went wrong
}

// Control is one labelled input: a choice if it has options.
type Control struct {
	ID, Name, Label, Value, Hint string
	Options                      []Option
	Suggested                    []string
}

// FaultRow is trouble that was ordered.
type FaultRow struct{ Route, Kinds, Share, Left, Done string }

// DeliveriesPage lists attempts to deliver events, newest first.
type DeliveriesPage struct {
	Frame
	Endpoints []EndpointRow
	Rows      []DeliveryRow
	Mode      string
	Modes     []Action
}

// EndpointRow is a registered webhook endpoint.
type EndpointRow struct {
	ID, URL string
	Connect bool
	Status  Badge
	Waiting int
}

// DeliveryRow is one attempt. Status is the receiver's answer; 0 is none.
type DeliveryRow struct {
	Event, Type, URL string
	At               time.Time
	Attempt          int
	Status           int
	Outcome          Badge
	Detail           string // error or body of the answer
	Resend           Action
}

// Objects writes the list of one kind.
func Objects(w io.Writer, p ObjectsPage) error { return objectsTemplate.write(w, p) }

// Object writes one object.
func Object(w io.Writer, p ObjectPage) error { return objectTemplate.write(w, p) }

// Request writes one request.
func Request(w io.Writer, p RequestPage) error { return requestTemplate.write(w, p) }

// Events writes the list of events.
func Events(w io.Writer, p EventsPage) error { return eventsTemplate.write(w, p) }

// Controls writes the page where trouble is ordered.
func Controls(w io.Writer, p ControlsPage) error { return controlsTemplate.write(w, p) }

// Deliveries writes the delivery log.
func Deliveries(w io.Writer, p DeliveriesPage) error { return deliveriesTemplate.write(w, p) }
