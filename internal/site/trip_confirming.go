package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"hearth/internal/booking"
	"hearth/internal/payment"
)

// tripConfirmingPage is where Stripe leads back to after a payment. That the
// browser came is no proof of anything: the page shows what our worker has
// heard from Stripe, and listens until there is more.
type tripConfirmingPage struct {
	page
	stay
	Standing standing
}

func (s *Server) getTripConfirming(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	st, _, err := s.stay(r.Context(), b)
	if err != nil {
		return err
	}
	p := tripConfirmingPage{stay: st, Standing: standingOf(b, st.Money)}
	if p.Standing.Waiting || b.Status == booking.Processing {
		if err := s.nudge(r.Context(), st.Money.Payment); err != nil {
			return err
		}
	}
	p.page = s.base(r, p.Standing.Title)
	p.Nav = "trips"
	return s.render(w, "trip_confirming", p)
}

const (
	streamPoll  = 500 * time.Millisecond // how soon a change shows
	streamBeat  = 15 * time.Second       // a sign of life, so that no proxy hangs up
	streamLife  = 2 * time.Minute        // then the browser asks anew
	streamGrace = 10 * time.Second       // a write that takes longer is given up
)

// getTripEvents says "done" when there is news for the confirming page. It
// reads our own rows, and asks the inbox for a look like the page itself.
func (s *Server) getTripEvents(w http.ResponseWriter, r *http.Request) error {
	b, err := s.trip(r)
	if err != nil {
		return err
	}
	p, err := payment.ByBooking(r.Context(), s.DB, string(b.ID))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), streamLife)
	defer cancel()
	out := stream{w, http.NewResponseController(w)}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // for proxies that would collect it
	if err := out.send("retry: 2000\n\n"); err != nil {
		return err
	}
	if err := s.listen(ctx, out, b.ID, p); err != nil && ctx.Err() == nil {
		s.Logger.Warn("a stream of events broke", "booking", b.Code, "error", err, "request", requestIDOf(r))
	}
	return nil
}

// listen polls the booking until it is settled or the time is up.
func (s *Server) listen(ctx context.Context, out stream, id booking.ID, p payment.Payment) error {
	poll, beat := time.NewTicker(streamPoll), time.NewTicker(streamBeat)
	defer poll.Stop()
	defer beat.Stop()
	for {
		b, err := booking.ByID(ctx, s.DB, id)
		if err != nil {
			return err
		}
		if b.Status != booking.Held {
			return out.send(fmt.Sprintf("event: done\ndata: %s\n\n", b.Status))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			if err := errors.Join(out.send(": still waiting\n\n"), s.nudge(ctx, p)); err != nil {
				return err
			}
		case <-poll.C:
		}
	}
}

// stream writes events, each with a deadline of its own: the server's is for
// whole answers.
type stream struct {
	w       io.Writer
	control *http.ResponseController
}

func (s stream) send(text string) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(streamGrace)); err != nil {
		return fmt.Errorf("set a write deadline: %w", err)
	}
	if _, err := io.WriteString(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}
