package stripesandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// control wraps an endpoint under /_sandbox: JSON in and out, loopback only.
func (s *Server) control(fn func(r *http.Request, in *controls) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil && !net.ParseIP(host).IsLoopback() {
			write(w, s.failure(nil, &apiError{Status: http.StatusForbidden, Type: "invalid_request_error", Message: "The controls answer loopback only."}))
			return
		}
		var in controls
		if r.Method == http.MethodPost && r.ContentLength != 0 {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<28)) // a whole world may come in
			if err == nil {
				err = json.Unmarshal(body, &in)
			}
			if err != nil {
				write(w, s.failure(nil, notKnown(err)))
				return
			}
			in.body = body
		}
		v, err := fn(r, &in)
		if err != nil {
			write(w, s.failure(nil, err))
			return
		}
		body, err := wire(v)
		if err != nil {
			write(w, s.failure(nil, err))
			return
		}
		write(w, answer{status: http.StatusOK, body: body})
	}
}

// controls is everything a control's body can say.
type controls struct {
	Payer
	Advance string `json:"advance"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason"`
	Inquiry bool   `json:"inquiry"`
	Amount  int64  `json:"amount"`

	body []byte
}

// decode reads the body of a control that takes more than controls say, and
// refuses a name it does not know.
func (in *controls) decode(v any) error {
	dec := json.NewDecoder(bytes.NewReader(in.body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return notKnown(err)
	}
	return nil
}

func notKnown(err error) error {
	return invalid("", "", "The body is not JSON that this control knows: %s", err)
}

// shown is a record as the API shows it, looked at under the lock.
func (s *Server) shown(find func() (record, bool)) (m map[string]any, err error) {
	err = s.do(func() error {
		r, ok := find()
		if !ok {
			return missing("object", "id", "")
		}
		m = s.show(r)
		return nil
	})
	return m, err
}

func (s *Server) controlClock(_ *http.Request, in *controls) (any, error) {
	if in.Advance != "" {
		d, err := time.ParseDuration(in.Advance)
		if err != nil || d < 0 {
			return nil, invalid("", "advance", "Say how far to advance, as in 72h or 45m; the clock never goes back.")
		}
		if err := s.advance(d); err != nil {
			return nil, err
		}
	}
	return s.clock(), nil
}

func (s *Server) clock() map[string]any {
	var now time.Time
	var offset time.Duration
	s.look(func() { now, offset = time.Unix(s.now, 0).UTC(), time.Duration(s.config().Offset) })
	return map[string]any{"now": now, "unix": now.Unix(), "offset": offset.String()}
}

// Advance moves the virtual clock forward and lives through what lies between.
func (s *Server) Advance(d time.Duration) error { return s.advance(d) }

func (s *Server) controlPay(r *http.Request, in *controls) (any, error) {
	cs, err := s.Pay(r.PathValue("id"), in.Payer)
	if err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.sessions.get(cs.ID) })
}

func (s *Server) controlChallenge(r *http.Request, in *controls) (any, error) {
	_, err := s.CompleteChallenge(r.PathValue("id"), in.Outcome != "fail")
	if err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.find(r.PathValue("id")) })
}

// controlDebit answers a debit, or a voucher, now: {"outcome": "succeed"}, or "fail" with a reason.
func (s *Server) controlDebit(r *http.Request, in *controls) (any, error) {
	id := r.PathValue("id")
	failure := ""
	if in.Outcome == "fail" {
		failure = orElse(in.Reason, "insufficient_funds")
	}
	if err := s.do(func() error { return s.endDebit(id, failure) }); err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.intents.get(id) })
}

func (s *Server) controlOnboard(r *http.Request, in *controls) (any, error) {
	if _, err := s.Onboard(r.PathValue("id"), in.Outcome); err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.accounts.get(r.PathValue("id")) })
}

func (s *Server) controlDeauthorize(r *http.Request, _ *controls) (any, error) {
	return map[string]any{"account": r.PathValue("id")}, s.Deauthorize(r.PathValue("id"))
}

func (s *Server) controlDispute(r *http.Request, in *controls) (any, error) {
	var d *Dispute
	err := s.do(func() error {
		ch, ok := s.charges.get(r.PathValue("id"))
		if !ok {
			return missing("charge", "id", r.PathValue("id"))
		}
		if err := s.dispute(ch, orElse(in.Reason, "fraudulent"), in.Inquiry, in.Amount); err != nil {
			return err
		}
		d, _ = s.disputes.get(string(ch.Dispute))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.disputes.get(d.ID) })
}

// ResolveDispute is the bank's decision; an inquiry just closes.
func (s *Server) ResolveDispute(id string, won bool) error {
	return s.do(func() error { return s.resolveDispute(id, won) })
}

func (s *Server) controlResolve(r *http.Request, in *controls) (any, error) {
	id := r.PathValue("id")
	err := s.do(func() error {
		switch in.Outcome {
		case "won", "lost":
			return s.resolveDispute(id, in.Outcome == "won")
		case "escalated":
			return s.escalateNow(id)
		}
		return invalid("", "outcome", "Invalid outcome: must be one of won, lost, escalated")
	})
	if err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.disputes.get(r.PathValue("id")) })
}

func (s *Server) controlFailRefund(r *http.Request, in *controls) (any, error) {
	err := s.do(func() error { return s.failRefund(r.PathValue("id"), orElse(in.Reason, "lost_or_stolen_card")) })
	if err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.refunds.get(r.PathValue("id")) })
}

// controlRefundTo is a payer who says where a refund goes.
func (s *Server) controlRefundTo(r *http.Request, _ *controls) (any, error) {
	if err := s.do(func() error { return s.refundTo(r.PathValue("id")) }); err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.refunds.get(r.PathValue("id")) })
}

func (s *Server) controlFailPayout(r *http.Request, in *controls) (any, error) {
	err := s.do(func() error { return s.failPayout(r.PathValue("id"), orElse(in.Reason, "account_closed")) })
	if err != nil {
		return nil, err
	}
	return s.shown(func() (record, bool) { return s.payouts.get(r.PathValue("id")) })
}

func (s *Server) controlFlush(r *http.Request, _ *controls) (any, error) {
	if err := s.Flush(r.Context()); err != nil {
		return nil, err
	}
	return map[string]any{"flushed": true}, nil
}

// controlLedger shows every balance, the outside too: each currency sums to zero.
func (s *Server) controlLedger(*http.Request, *controls) (any, error) {
	rows, sums := []any{}, map[string]int64{}
	s.look(func() {
		for b := range s.balances.newest() {
			rows = append(rows, map[string]any{"account": orElse(b.Scope, strings.Split(b.ID, "|")[0]), "currency": b.Currency, "available": b.Available, "pending": b.Pending})
			sums[b.Currency] += b.Available + b.Pending
		}
	})
	return map[string]any{"balances": rows, "sums": sums}, nil
}

// controlReset forgets everything but the endpoints and the settings' clock.
func (s *Server) controlReset(*http.Request, *controls) (any, error) {
	s.faults.clear()
	s.mu.Lock()
	defer s.mu.Unlock()
	var endpoints []*Endpoint
	for _, id := range s.endpoints.order {
		if ep, ok := s.endpoints.get(id); ok {
			endpoints = append(endpoints, ep)
		}
	}
	if err := s.empty(); err != nil {
		return nil, err
	}
	return map[string]any{"reset": true}, s.transact(func() error {
		s.settings.add(newSettings())
		for _, ep := range endpoints {
			s.endpoints.add(ep)
		}
		return nil
	})
}

// empty forgets everything. The lock is held.
func (s *Server) empty() error {
	if err := s.st.disk.wipe(); err != nil {
		return fmt.Errorf("wipe the sandbox: %w", err)
	}
	for _, k := range s.keepers() {
		k.wipe()
	}
	clear(s.st.dirty)
	s.wires.empty()
	s.now = 0
	s.rebuildTimers()
	return nil
}
