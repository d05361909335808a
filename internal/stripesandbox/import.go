package stripesandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// An import is a whole world as export gave it, or objects as the API shows
// them, with ids of the sender's choice.
type worldImport struct {
	World   map[string][]json.RawMessage `json:"world"`
	Objects []json.RawMessage            `json:"objects"`
	// Account holds the objects; "" is the platform.
	Account string `json:"account"`
	// Balance is money to begin with, by currency, from outside.
	Balance map[string]int64 `json:"balance"`
}

// controlExport is everything there is, the sandbox's own memory too.
func (s *Server) controlExport(*http.Request, *controls) (any, error) {
	world := map[string][]json.RawMessage{}
	err := s.do(func() error {
		for _, k := range s.keepers() {
			rows, err := k.dump()
			if err != nil {
				return err
			}
			world[k.name()] = rows
		}
		return nil
	})
	return map[string]any{"world": world}, err
}

func (s *Server) controlImport(_ *http.Request, in *controls) (any, error) {
	var order worldImport
	if err := in.decode(&order); err != nil {
		return nil, err
	}
	if order.World != nil {
		return map[string]any{"restored": len(order.World)}, s.replaceWorld(order.World)
	}
	ids := []string{}
	err := s.do(func() error {
		if _, ok := s.accounts.get(order.Account); order.Account != "" && !ok {
			return missing("account", "account", order.Account)
		}
		for i, raw := range order.Objects {
			id, err := s.adopt(raw, order.Account)
			if err != nil {
				return invalid("", fmt.Sprintf("objects[%d]", i), "objects[%d]: %s", i, err)
			}
			ids = append(ids, id)
		}
		for _, k := range s.keepers() {
			k.sort()
		}
		for _, currency := range slices.Sorted(maps.Keys(order.Balance)) {
			s.endow(order.Account, currency, order.Balance[currency])
		}
		return nil
	})
	return map[string]any{"imported": ids}, err
}

// endow gives an account money from outside.
func (s *Server) endow(scope, currency string, amount int64) {
	s.outside(banksOutside, currency, -amount)
	s.post(scope, entry{kind: "adjustment", category: "other_adjustment", amount: amount, currency: currency, description: "Imported balance"})
}

// replaceWorld puts an exported world in this one's place.
func (s *Server) replaceWorld(saved map[string][]json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]loader{}
	for _, k := range s.keepers() {
		known[k.name()] = k
	}
	for name, rows := range saved {
		k, ok := known[name]
		if !ok {
			return invalid("", "world."+name, "The sandbox keeps no %s.", name)
		}
		for i, raw := range rows {
			if err := k.try(raw); err != nil {
				return invalid("", "world."+name, "world.%s[%d]: %s", name, i, err)
			}
		}
	}
	if len(saved["settings"]) != 1 {
		return invalid("", "world.settings", "This is no exported world: it has no settings.")
	}
	if err := s.empty(); err != nil {
		return err
	}
	err := s.transact(func() error {
		for name, rows := range saved {
			for _, raw := range rows {
				if err := known[name].put(raw); err != nil {
					return err
				}
			}
			known[name].sort()
		}
		return nil
	})
	s.rebuildTimers()
	s.wires.resume()
	return err
}

// adopt stores one object under its own id, as if it had been made here.
func (s *Server) adopt(raw json.RawMessage, account string) (id string, err error) {
	var h header
	if err := json.Unmarshal(raw, &h); err != nil {
		return "", err
	}
	if h.ID == "" || h.Object == "" {
		return "", errors.New("an object needs an id and an object")
	}
	k := s.shelfOf(h.Object)
	if k == nil {
		return "", fmt.Errorf("the sandbox keeps no %s (%s)", h.Object, h.ID)
	}
	var m map[string]any
	numbers := json.NewDecoder(bytes.NewReader(raw))
	numbers.UseNumber() // whole ones stay whole
	if err := numbers.Decode(&m); err != nil {
		return "", err
	}
	if _, ok := m["_scope"]; !ok && account != "" {
		m["_scope"] = account
	}
	if h.Created == 0 {
		m["created"] = s.now
	}
	s.st.seq++
	m["_seq"] = s.st.seq // the newest of its kind
	if err := take(k, m); err != nil {
		return "", fmt.Errorf("%s: %w", h.ID, err)
	}
	if r, ok := k.record(h.ID); ok {
		return h.ID, s.settle(r, m)
	}
	return h.ID, nil
}

// take stores a shown object: what it shows of others in full becomes their ids.
func take(k loader, m map[string]any) error {
	for {
		raw, err := json.Marshal(m)
		if err != nil {
			return err
		}
		wrong, ok := errors.AsType[*json.UnmarshalTypeError](k.put(raw))
		if !ok {
			return nil
		}
		if !shorten(m, strings.Split(wrong.Field, ".")) {
			return fmt.Errorf("cannot keep %s: %s", wrong.Field, wrong.Value)
		}
	}
}

// shorten puts an id in the place of the object at a path.
func shorten(m map[string]any, path []string) bool {
	sub, ok := m[path[0]].(map[string]any)
	if !ok {
		return false
	}
	if len(path) > 1 {
		return shorten(sub, path[1:])
	}
	id, ok := sub["id"].(string)
	if ok {
		m[path[0]] = id
	}
	return ok
}

// collectionNames are those that are not called like their objects.
var collectionNames = map[string]string{
	"bank_account": "banks", "card": "banks", "payment_method": "methods", "checkout.session": "sessions", "payment_intent": "intents", "radar.early_fraud_warning": "warnings",
	"transfer_reversal": "reversals", "application_fee": "fees", "balance_transaction": "txns", "webhook_endpoint": "endpoints",
}

// shelfOf is the collection for an object, which is named after it.
func (s *Server) shelfOf(object string) loader {
	want := []string{object + "s", strings.TrimSuffix(object, "y") + "ies"}
	if name, ok := collectionNames[object]; ok {
		want = []string{name}
	} else if _, short, ok := strings.Cut(object, "."); ok {
		want = nil // every family of products has its accounts, cards and sessions
		if strings.HasPrefix(object, "test_helpers.") {
			want = []string{short + "s"}
		}
	}
	for _, k := range s.keepers() {
		if len(k.heads()) > 0 && slices.Contains(want, k.name()) {
			return k
		}
	}
	return nil
}
