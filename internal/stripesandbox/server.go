package stripesandbox

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// APIVersion is the one version the sandbox speaks.
const APIVersion = "2023-10-16"

// Options say where a sandbox keeps its world and whom it tells.
type Options struct {
	// DataFile is a bbolt file; "" keeps everything in memory.
	DataFile string
	// BaseURL is the public base of hosted pages and links. It may be set later
	// with SetBaseURL; until then, the Host of each request serves.
	BaseURL string
	// WebhookURL hears our account's events, ConnectWebhookURL those of
	// connected accounts. They are registered at Open, once.
	WebhookURL, ConnectWebhookURL string
	// Secrets for those two endpoints; "" makes random ones.
	WebhookSecret, ConnectWebhookSecret string
	// Name is whom people deal with on the pages and in the ledger's texts: the
	// platform; "" is "Sandbox business".
	Name string
	// ClientID is the platform's ca_… for OAuth; "" makes one, and keeps it.
	ClientID string
	// MockVersion is said in Stripe-Mock-Version, for test suites that were
	// written for stripe-mock and want to see one; "" says nothing.
	MockVersion string
	// RedirectURIs are where OAuth may send people back to, the first where none is
	// named; nil lets them go to any http or https URL.
	RedirectURIs []string
	// Faults is trouble from the start.
	Faults []Fault
	// PlatformPayouts is when the platform itself is paid out: "daily", "weekly",
	// "monthly"; "" leaves it as it was, at first manual.
	PlatformPayouts string
	// Pricing is what Stripe would keep; the zero value is 2.9 % + 30, disputes 1500.
	Pricing Pricing
	// Assume changes what is taken for true where there is no evidence: see Assumptions.
	Assume map[string]string
	Logger *slog.Logger
}

// Server is one sandbox. It is an http.Handler; Close ends its background work.
type Server struct {
	log     *slog.Logger
	name    string
	mock    string // Options.MockVersion
	pricing Pricing
	assumed map[string]string
	// redirects are Options.RedirectURIs.
	redirects []string
	mux       *http.ServeMux

	mu      sync.Mutex // guards everything down to the blank line
	st      *store
	now     int64 // virtual seconds of the running transaction
	cause   EventRequest
	baseURL string
	due     timerHeap
	outbox  []*Delivery // made by the running transaction

	*world
	wires wires

	flight   inFlight
	faults   faultList
	requests requestLog

	ctx    context.Context
	quit   context.CancelFunc
	wg     sync.WaitGroup
	client *http.Client
}

// Open loads the world from its file, or starts a new one.
func Open(o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	truths, err := assumed(o.Assume)
	if err != nil {
		return nil, err
	}
	d, err := openDisk(o.DataFile)
	if err != nil {
		return nil, err
	}
	st := &store{disk: d, dirty: map[dirtyKey]keeper{}}
	s := &Server{log: o.Logger, mock: o.MockVersion, redirects: o.RedirectURIs, name: orElse(o.Name, "Sandbox business"), pricing: o.Pricing.orDefault(), assumed: truths, st: st, world: newWorld(st), client: deliveryClient()}
	s.baseURL = strings.TrimRight(o.BaseURL, "/")
	s.wires.init(s)
	s.flight.keys = map[string]bool{}
	s.ctx, s.quit = context.WithCancel(context.Background())
	s.mux = s.routes()
	if err := s.start(o); err != nil {
		d.Close()
		return nil, err
	}
	return s, nil
}

func (s *Server) start(o Options) error {
	if err := s.load(); err != nil {
		return fmt.Errorf("load the sandbox: %w", err)
	}
	if !slices.Contains([]string{"", "manual", "daily", "weekly", "monthly"}, o.PlatformPayouts) {
		return fmt.Errorf("the platform cannot be paid out %q: say manual, daily, weekly or monthly", o.PlatformPayouts)
	}
	for _, f := range o.Faults {
		if err := f.check(); err != nil {
			return err
		}
		s.faults.add(f)
	}
	err := s.do(func() error {
		s.register(o.WebhookURL, o.WebhookSecret, false)
		s.register(o.ConnectWebhookURL, o.ConnectWebhookSecret, true)
		c := s.config()
		c.ClientID = orElse(o.ClientID, c.ClientID)
		c.PlatformSchedule.Interval = orElse(o.PlatformPayouts, c.PlatformSchedule.Interval)
		s.settings.save(c)
		s.scheduleAutoPayout("")
		return nil
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.wires.resume()
	s.mu.Unlock()
	s.wg.Go(s.tick)
	return nil
}

// load reads every collection back and rebuilds what is derived from them.
func (s *Server) load() error {
	for _, k := range s.keepers() {
		if err := s.st.disk.each(k.name(), k.restore); err != nil {
			return err
		}
		k.sort()
	}
	if _, ok := s.settings.get(settingsID); !ok {
		s.settings.add(newSettings())
		if err := s.st.commit(); err != nil {
			return err
		}
	}
	s.rebuildTimers()
	return nil
}

// Close stops deliveries and the clock, and closes the file.
func (s *Server) Close() error {
	s.mu.Lock() // nobody starts a delivery between this and the wait
	s.quit()
	s.mu.Unlock()
	s.wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.disk.Close()
}

// SetBaseURL says where hosted pages are, once a listener is known.
func (s *Server) SetBaseURL(u string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL = strings.TrimRight(u, "/")
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.mock != "" {
		w.Header().Set("Stripe-Mock-Version", s.mock)
	}
	s.mux.ServeHTTP(w, r)
}

// do runs fn as one transaction on the world: all of it, or nothing. An error
// that says keep stands with what was written.
func (s *Server) do(fn func() error) error { return s.doAs(EventRequest{}, fn) }

func (s *Server) doAs(cause EventRequest, fn func() error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.catchUp(); err != nil {
		return err
	}
	s.cause = cause
	defer func() { s.cause = EventRequest{} }()
	return s.transact(fn)
}

// transact commits or rolls back what fn does. The lock is held.
func (s *Server) transact(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("sandbox panicked", "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
			s.undo()
		}
	}()
	err = fn()
	if err != nil && !asAPIError(err).keep {
		s.undo()
		return err
	}
	if cerr := s.st.commit(); cerr != nil {
		s.undo()
		return cerr
	}
	s.wires.send(s.outbox)
	s.outbox = nil
	return err
}

func (s *Server) undo() {
	s.outbox = nil
	if err := s.st.rollback(); err != nil {
		s.log.Error("sandbox rollback", "error", err)
	}
	s.rebuildTimers()
}

// look reads the world; fn must not change it.
func (s *Server) look(fn func()) {
	_ = s.do(func() error { fn(); return nil })
}

// tick lets the clock act while nobody calls.
func (s *Server) tick() {
	t := time.NewTicker(500 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-t.C:
			s.mu.Lock()
			if err := s.catchUp(); err != nil {
				s.log.Error("sandbox clock", "error", err)
			}
			s.mu.Unlock()
		}
	}
}
