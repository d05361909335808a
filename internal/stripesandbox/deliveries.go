package stripesandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	perEndpoint = 8 // deliveries on their way to one endpoint at once
	maxAttempts = 8
	firstRetry  = time.Second
	lastRetry   = time.Minute
)

// wires carries deliveries out. Everything in it is guarded by the Server's
// mutex; the HTTP calls themselves run outside of it.
type wires struct {
	s        *Server
	queues   map[string]*queue // by endpoint
	flushing int               // callers that wait for everything to be through
	changed  chan struct{}     // closed and renewed whenever a delivery ends
	open     map[string]stage  // deliveries that are still to be made
	made     map[string]int    // deliveries since the knobs were set, by type
}

// stage is where an open delivery is.
type stage int

const (
	sleeping stage = iota // until its time comes
	queued
	flying
)

type queue struct {
	ready    []string
	inFlight int
}

func (w *wires) init(s *Server) {
	w.s, w.changed = s, make(chan struct{})
	w.empty()
}

func (w *wires) empty() {
	w.queues, w.open, w.made = map[string]*queue{}, map[string]stage{}, map[string]int{}
}

// deliver puts an event on its way to an endpoint, once the transaction commits.
func (s *Server) deliver(e *Event, ep *Endpoint) {
	d := &Delivery{header: header{ID: newID("dlv_"), Created: s.now}, Event: e.ID, Type: e.Type, Endpoint: ep.ID, URL: ep.URL, Status: "pending"}
	if s.lost(ep, e.Type) {
		d.Status = "dropped"
	}
	s.deliveries.add(d)
	s.pruneLater(pruneDeliveries, keepDeliveries)
	s.outbox = append(s.outbox, d)
}

// send queues what a committed transaction made.
func (w *wires) send(out []*Delivery) {
	for _, d := range out {
		if d.Status != "pending" {
			continue
		}
		if wait := w.s.late(d); wait > 0 {
			w.later(wait, d.ID, d.Endpoint)
		} else {
			w.queue(d.ID, d.Endpoint)
		}
	}
	w.kick()
}

// resume takes up what an earlier process left pending.
func (w *wires) resume() {
	for _, id := range w.s.deliveries.order {
		if d, ok := w.s.deliveries.get(id); ok && d.Status == "pending" {
			w.queue(id, d.Endpoint)
		}
	}
	w.kick()
}

func (w *wires) queue(id, endpoint string) {
	q := w.queues[endpoint]
	if q == nil {
		q = &queue{}
		w.queues[endpoint] = q
	}
	w.open[id] = queued
	q.ready = append(q.ready, id)
}

// kick starts as many deliveries as may run.
func (w *wires) kick() {
	for _, q := range w.queues {
		for q.inFlight < perEndpoint && w.s.ctx.Err() == nil {
			i := w.next(q)
			if i < 0 {
				break
			}
			id := q.ready[i]
			q.ready = slices.Delete(q.ready, i, i+1)
			q.inFlight++
			w.open[id] = flying
			w.s.wg.Go(func() { w.attempt(id, q) })
		}
	}
}

// attempt makes one delivery over HTTP and books how it went.
func (w *wires) attempt(id string, q *queue) {
	s := w.s
	s.mu.Lock()
	req := w.request(id)
	s.mu.Unlock()
	var code int
	var body, problem string
	if req != nil {
		code, body, problem = post(s.client, req)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q.inFlight--
	if s.ctx.Err() == nil {
		w.book(id, code, body, problem, req != nil)
	}
	close(w.changed)
	w.changed = make(chan struct{})
	w.kick()
}

// request builds the signed request; the signature's time is the wall clock's,
// because that is what receivers compare it with. Nil when the endpoint is gone.
func (w *wires) request(id string) *http.Request {
	d, ok := w.s.deliveries.get(id)
	if !ok {
		return nil
	}
	ep, ok := w.s.endpoints.get(d.Endpoint)
	e, found := w.s.events.get(d.Event)
	if !ok || !found || ep.Status != "enabled" {
		return nil
	}
	body := w.s.payload(e)
	req, err := http.NewRequestWithContext(w.s.ctx, http.MethodPost, ep.URL, bytes.NewReader(body))
	if err != nil {
		return nil
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Stripe-Signature", sign(time.Now(), body, ep.Secrets))
	return req
}

// sign is Stripe-Signature: one v1 per active secret.
func sign(t time.Time, body []byte, secrets []string) string {
	parts := []string{fmt.Sprintf("t=%d", t.Unix())}
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%d.%s", t.Unix(), body)
		parts = append(parts, "v1="+hex.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(parts, ",")
}

func deliveryClient() *http.Client {
	return &http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: perEndpoint, IdleConnTimeout: 30 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // 3xx is failure
	}
}

func post(client *http.Client, req *http.Request) (code int, body, problem string) {
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err.Error()
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(io.LimitReader(res.Body, 2048))
	return res.StatusCode, string(data), ""
}

// book writes down an attempt: delivered, to be tried again, or given up.
func (w *wires) book(id string, code int, body, problem string, sent bool) {
	err := w.s.transact(func() error {
		d, ok := w.s.deliveries.get(id)
		if !ok {
			delete(w.open, id)
			return nil
		}
		d.Attempts++
		d.Code, d.Body, d.Error, d.LastAt = code, body, problem, time.Now().Unix()
		switch {
		case code >= 200 && code < 300:
			d.Status = "delivered"
			if e, ok := w.s.events.get(d.Event); ok {
				e.Waiting = slices.DeleteFunc(e.Waiting, func(id string) bool { return id == d.Endpoint })
				e.Pending = int64(len(e.Waiting))
				w.s.events.save(e)
			}
		case !sent, d.Attempts >= maxAttempts:
			d.Status = "failed"
		}
		w.s.deliveries.save(d)
		if d.Status != "pending" {
			delete(w.open, id)
			return nil
		}
		w.retry(d)
		return nil
	})
	if err != nil {
		w.s.log.Error("sandbox delivery", "error", err)
	}
}

// retry queues a failed delivery again after a while that doubles; at once
// while somebody waits for everything to be through.
func (w *wires) retry(d *Delivery) {
	if w.flushing > 0 {
		w.queue(d.ID, d.Endpoint)
		return
	}
	w.later(min(lastRetry, firstRetry<<(d.Attempts-1)), d.ID, d.Endpoint)
}

// later queues a delivery after a while, unless a flush was faster.
func (w *wires) later(wait time.Duration, id, endpoint string) {
	w.open[id] = sleeping
	time.AfterFunc(wait, func() {
		w.s.mu.Lock()
		defer w.s.mu.Unlock()
		if at, open := w.open[id]; open && at == sleeping && w.s.ctx.Err() == nil {
			w.queue(id, endpoint)
			w.kick()
		}
	})
}

// Flush delivers everything that waits, held ones too, and retries without
// pause; it returns once all is delivered or given up.
func (s *Server) Flush(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.wires
	w.flushing++
	defer func() { w.flushing-- }()
	if err := s.catchUp(); err != nil {
		return err
	}
	for id, at := range w.open {
		if at == sleeping {
			w.queue(id, s.deliveries.byID[id].Endpoint)
		}
	}
	w.kick()
	for len(w.open) > 0 {
		if err := w.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

// wait lets go of the lock until a delivery ends.
func (w *wires) wait(ctx context.Context) error {
	changed := w.changed
	w.s.mu.Unlock()
	defer w.s.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-w.s.ctx.Done():
		return w.s.ctx.Err()
	}
}

// AwaitEvent waits until an event of the type about the object was tried at
// each of its endpoints, as hosted Checkout does before it redirects.
func (s *Server) AwaitEvent(ctx context.Context, kind, object string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.untried(kind, object) {
		if err := s.wires.wait(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) untried(kind, object string) bool {
	for id, at := range s.wires.open {
		d, ok := s.deliveries.get(id)
		if !ok || d.Type != kind || d.Attempts > 0 || at == sleeping || s.held(id) {
			continue
		}
		if e, ok := s.events.get(d.Event); ok && strings.Contains(string(e.Data.Object), `"`+object+`"`) {
			return true
		}
	}
	return false
}

// Resend makes a new delivery of an event to an endpoint; earlier ones go on.
func (s *Server) Resend(event, endpoint string) error {
	return s.do(func() error {
		_, err := s.resend(event, endpoint)
		return err
	})
}
