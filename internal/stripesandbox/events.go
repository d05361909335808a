package stripesandbox

import (
	"reflect"
	"slices"
)

// emit records an event on the account that holds obj, with a snapshot of it,
// and addresses it to every endpoint that listens.
func (s *Server) emit(kind string, obj record) {
	s.emitAs(kind, obj.head().Scope, s.show(obj), nil)
}

// emitOn records an event that belongs to another account than its object.
func (s *Server) emitOn(account, kind string, obj record) {
	s.emitAs(kind, account, s.show(obj), nil)
}

// emitChange records an *.updated event with what was there before; it is
// silent when nothing that shows was changed.
func (s *Server) emitChange(kind, account string, before map[string]any, obj record) {
	after := s.show(obj)
	if prev := previous(before, after); len(prev) > 0 {
		s.emitAs(kind, account, after, prev)
	}
}

func (s *Server) emitAs(kind, account string, object, prev map[string]any) {
	if a, ok := s.accounts.get(account); ok && a.Disconnected && kind != "account.application.deauthorized" {
		return // what happens there is no longer the platform's business
	}
	e := &Event{
		header:     header{ID: newID("evt_"), Object: "event", Created: s.now, Scope: account},
		Account:    account,
		APIVersion: APIVersion,
		Type:       kind,
		Data:       EventData{Object: compact(object)},
		Request:    s.cause,
	}
	if prev != nil {
		e.Data.Previous = compact(prev)
	}
	s.events.add(e)
	s.address(e)
}

// address makes a delivery for each endpoint that listens.
func (s *Server) address(e *Event) {
	for _, id := range s.endpoints.order {
		ep, ok := s.endpoints.get(id)
		if !ok || ep.Status != "enabled" || ep.Connect != (e.Account != "") {
			continue
		}
		if !slices.Contains(ep.Types, "*") && !slices.Contains(ep.Types, e.Type) {
			continue
		}
		for range s.copies(ep, e.Type) {
			s.deliver(e, ep)
		}
		e.Waiting = append(e.Waiting, ep.ID)
		e.Pending++
	}
}

// previous is what changed: hashes key by key, everything else whole.
func previous(before, after map[string]any) map[string]any {
	out := map[string]any{}
	for k, was := range before {
		is := after[k]
		if reflect.DeepEqual(was, is) {
			continue
		}
		wasMap, ok1 := was.(map[string]any)
		isMap, ok2 := is.(map[string]any)
		if ok1 && ok2 {
			out[k] = previous(wasMap, isMap)
			continue
		}
		out[k] = was
	}
	for k := range after {
		if _, ok := before[k]; !ok {
			out[k] = nil
		}
	}
	return out
}
