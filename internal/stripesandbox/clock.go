package stripesandbox

import (
	"container/heap"
	"time"
)

// virtual is the sandbox's instant: the wall clock plus what was advanced.
func (s *Server) virtual() time.Time { return time.Now().Add(time.Duration(s.config().Offset)) }

// catchUp lets every due timer fire, in order, each at its own instant and in
// its own transaction, and then sets now. The lock is held.
func (s *Server) catchUp() error {
	target := s.virtual().Unix()
	for len(s.due) > 0 && s.due[0].at <= target {
		next := heap.Pop(&s.due).(dueTimer)
		t, ok := s.timers.get(next.id)
		if !ok || t.At != next.at {
			continue // stopped or moved since
		}
		s.now = max(s.now, t.At)
		if err := s.transact(func() error {
			s.timers.remove(t.ID)
			return s.fire(t)
		}); err != nil {
			// A timer that cannot fire must not stop the clock.
			s.log.Error("sandbox timer", "kind", t.Kind, "ref", t.Ref, "error", err)
			s.timers.remove(t.ID)
			if err := s.st.commit(); err != nil {
				return err
			}
			s.rebuildTimers()
		}
	}
	s.now = max(target, s.now)
	return nil
}

// advance moves the virtual clock forward and lives through what lies between.
func (s *Server) advance(d time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.transact(func() error {
		c := s.config()
		c.Offset += int64(d)
		s.settings.save(c)
		return nil
	}); err != nil {
		return err
	}
	return s.catchUp()
}

// at sets or moves a timer.
func (s *Server) at(when int64, kind, ref string) {
	s.atOn("", when, kind, ref)
}

// atOn sets or moves a timer that goes by a test clock, if there is one.
func (s *Server) atOn(clock text, when int64, kind, ref string) {
	t := s.timers.add(&Timer{header: header{ID: kind + ":" + ref}, At: when, Kind: kind, Ref: ref, Clock: string(clock)})
	if clock == "" {
		heap.Push(&s.due, t.due())
	}
}

func (s *Server) stop(kind, ref string) { s.timers.remove(kind + ":" + ref) }

func (s *Server) waiting(kind, ref string) bool {
	_, ok := s.timers.get(kind + ":" + ref)
	return ok
}

func (s *Server) rebuildTimers() {
	s.due = s.due[:0]
	for _, t := range s.timers.byID {
		if t.Clock == "" {
			s.due = append(s.due, t.due())
		}
	}
	heap.Init(&s.due)
}

// fire does what a timer was set for.
func (s *Server) fire(t *Timer) error {
	switch t.Kind {
	case timerMature:
		s.mature(t.Ref)
	case timerSessionEnd:
		return s.sessionTimedOut(t.Ref)
	case timerHoldEnd:
		return s.holdLapsed(t.Ref)
	case timerDebit:
		return s.settleDebit(t.Ref)
	case timerVoucher:
		return s.voucherEnds(t.Ref)
	case timerTrouble:
		return s.cardTrouble(t.Ref)
	case timerDisputeDue:
		return s.resolveDispute(t.Ref, false)
	case timerDisputeWon:
		return s.resolveDispute(t.Ref, true)
	case timerRefund:
		return s.refundMatured(t.Ref)
	case timerReference:
		return s.refundTraced(t.Ref)
	case timerFundRefund:
		return s.fundRefund(t.Ref)
	case timerPayout:
		return s.payoutStep(t.Ref)
	case timerAutoPayout:
		return s.autoPayout(t.Ref)
	case timerCollect:
		return s.collect(t.Ref)
	case timerTopup:
		return s.topupDue(t.Ref)
	case timerCheck:
		return s.identityChecked(t.Ref)
	case timerDemand:
		return s.demandExpired(t.Ref)
	case timerOwned:
		return s.ownershipSettled(t.Ref)
	case timerPrune:
		s.prune(t.Ref)
	case timerSecret:
		s.secretEnds(t.Ref)
	case timerClock:
		return s.stepClock(t.Ref)
	default:
		return s.fireBilling(t)
	}
	return nil
}

const (
	timerMature     = "mature"
	timerSessionEnd = "session-end"
	timerHoldEnd    = "hold-end"
	timerDebit      = "debit"
	timerVoucher    = "voucher"
	timerTrouble    = "trouble"
	timerDisputeDue = "dispute-due"
	timerDisputeWon = "dispute-won"
	timerRefund     = "refund"
	timerFundRefund = "fund-refund"
	timerReference  = "refund-reference"
	timerPayout     = "payout"
	timerAutoPayout = "auto-payout"
	timerCollect    = "collect"
	timerTopup      = "topup"
	timerCheck      = "identity-check"
	timerDemand     = "demand"
	timerPrune      = "prune"
	timerSecret     = "secret"
	timerClock      = "test-clock"
)

type dueTimer struct {
	at, seq int64
	id      string
}

// due places a timer among those of its instant: money becomes available first,
// so that a payout of the same midnight carries it.
func (t *Timer) due() dueTimer {
	if t.Kind == timerMature {
		return dueTimer{t.At, 0, t.ID}
	}
	return dueTimer{t.At, t.Seq, t.ID}
}

type timerHeap []dueTimer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].seq < h[j].seq
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)   { *h = append(*h, x.(dueTimer)) }
func (h *timerHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// midnight is the start of t's day, UTC.
func midnight(t int64) int64 { return t - t%86400 }

// businessDays is 00:00 UTC of the n-th business day after t.
func businessDays(t int64, n int) int64 {
	day := time.Unix(midnight(t), 0).UTC()
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			n--
		}
	}
	return day.Unix()
}

const (
	minute = int64(60)
	hour   = 60 * minute
	day    = 24 * hour
)
