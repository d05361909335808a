package checkout_test

import (
	"slices"
	"strings"

	"hearth/internal/booking"

	"pgregory.net/rapid"
)

// move is one step of a history.
type move struct {
	booking int
	act     string
	amount  int64
	nth     int  // of the refunds, the oldest first
	knows   bool // done by somebody who has seen how things stand
	heard   bool // what comes once and cannot be asked for: whether it comes
}

// history knows what may happen next.
type history struct {
	bookings [3]model
	debits   bool // the currency has delayed payments
	paidOut  bool // time has jumped, and what was due was paid out
	jumps    int
	days     int  // that passed, short of a jump
	gone     bool // the owner has disconnected their account
}

// model knows what may happen next to a booking.
type model struct {
	state    string         // "", held, processing, unwanted, on request, requested, paid, asked, disputed, over
	end      booking.Status // what it comes to if nothing else happens
	left     int64          // with the platform and the owner, of what the tenant paid
	refunds  []int64
	dead     []bool
	disputed bool // once is all that Stripe allows
	waited   int  // jumps since the bank asked
}

const (
	price = 108000
	part  = 80000 // of the price
)

type picker func(acts ...string) string

func (h *history) next(rt *rapid.T) (m move) {
	pick := func(acts ...string) string { return rapid.SampledFrom(acts).Draw(rt, "act") }
	if i := rapid.SampledFrom(h.living()).Draw(rt, "booking"); i < len(h.bookings) {
		m = h.bookings[i].next(rt, pick, h)
		m.booking = i
		return m
	}
	m = move{act: pick(h.acts()...)}
	switch m.act {
	case "payout":
		h.jump()
	case "a day":
		h.day()
	case "deauthorise":
		h.leave()
		m.heard = rapid.Bool().Draw(rt, "heard")
	}
	return m
}

// living are the bookings to which something may happen, twice each, and the
// number after the last, for what happens to all.
func (h *history) living() []int {
	all := []int{len(h.bookings)}
	for i, m := range h.bookings {
		if m.state != "over" && (m.state != "" || !h.gone) {
			all = append(all, i, i)
		}
	}
	return all
}

// acts are what may happen to all bookings at once, or to their owner.
func (h *history) acts() []string {
	all := []string{"nothing"}
	if h.jumps < 3 {
		all = append(all, "payout", "payout")
	}
	if h.days < 1 && !slices.ContainsFunc(h.bookings[:], func(m model) bool { return m.state == "processing" || m.state == "unwanted" }) {
		all = append(all, "a day")
	}
	if h.paidOut && !h.gone {
		all = append(all, "fail a payout", "fail a payout", "mend the bank", "deauthorise")
	}
	return all
}

// jump lets eight days pass: nothing is held any longer, what was on its way has
// come, and a bank that nobody answered to in ten days has decided.
func (h *history) jump() {
	h.jumps++
	h.paidOut = true
	for i := range h.bookings {
		switch m := &h.bookings[i]; m.state {
		case "held", "on request":
			m.state = "over"
		case "requested":
			m.state, m.end = "over", booking.Lapsed
		case "processing":
			m.succeed()
		case "unwanted":
			m.state, m.end = "over", booking.Cancelled
		case "asked", "disputed":
			if m.waited++; m.waited == 2 && m.state == "asked" {
				m.state = "paid"
			} else if m.waited == 2 {
				m.state = "over"
			}
		}
	}
}

// day lets a day pass, and an hour: nobody has paid, or answered, in time.
func (h *history) day() {
	h.days++
	for i := range h.bookings {
		switch m := &h.bookings[i]; m.state {
		case "held", "on request":
			m.state = "over"
		case "requested":
			m.state, m.end = "over", booking.Lapsed
		}
	}
}

// leave is the owner who disconnects their account: its open payment pages are
// closed, and the cards that are held are let go.
func (h *history) leave() {
	h.gone = true
	for i := range h.bookings {
		switch m := &h.bookings[i]; m.state {
		case "held", "on request":
			m.state = "over"
		case "requested":
			m.state, m.end = "over", booking.Lapsed
		}
	}
}

func (m *model) succeed() { m.state, m.end, m.left = "paid", booking.Confirmed, price }

func (m *model) next(rt *rapid.T, pick picker, h *history) move {
	switch m.state {
	case "":
		act := pick("book", "book", "ask to book")
		m.state, m.end = map[string]string{"book": "held", "ask to book": "on request"}[act], booking.Expired
		return move{act: act}
	case "on request":
		return m.fromOnRequest(pick("decline", "pay", "pay", "pay", "pay late", "pay late and taken", "release"))
	case "requested":
		return m.fromRequested(pick("accept", "accept", "accept", "turn down", "withdraw", "capture at stripe", "capture a part at stripe", "cancel at stripe"))
	case "held":
		return m.fromHeld(pick, h.debits)
	case "processing":
		return m.fromProcessing(pick("debit succeeds", "debit fails", "cancel early"))
	case "unwanted":
		m.state = "over"
		act := pick("debit succeeds", "debit fails")
		m.end = map[string]booking.Status{"debit succeeds": booking.Cancelled, "debit fails": booking.Failed}[act]
		return move{act: act}
	case "asked":
		act := pick("escalate", "lose")
		m.state = map[string]string{"escalate": "disputed", "lose": "paid"}[act]
		return move{act: act}
	case "disputed":
		act := pick("win", "lose")
		m.state = map[string]string{"win": "paid", "lose": "over"}[act]
		return move{act: act}
	case "paid":
		return m.fromPaid(rt, pick)
	}
	return move{act: "nothing"}
}

func (m *model) fromHeld(pick picker, debits bool) move {
	acts := []string{"decline", "pay", "pay", "pay", "pay late", "pay late and taken", "release"}
	if debits {
		acts = append(acts, "pay by debit", "pay by debit")
	}
	act := pick(acts...)
	switch act {
	case "pay", "pay late":
		m.succeed()
	case "pay late and taken":
		m.state = "over"
	case "pay by debit":
		m.state, m.end = "processing", booking.Processing
	case "release":
		m.state, m.end = "over", booking.Cancelled
	}
	return move{act: act}
}

// fromOnRequest is what happens on the payment page of a home that is booked on
// request: to pay is to have the card held.
func (m *model) fromOnRequest(act string) move {
	switch act {
	case "pay", "pay late":
		m.state, m.end = "requested", booking.Requested
	case "pay late and taken":
		m.state = "over"
	case "release":
		m.state, m.end = "over", booking.Cancelled
	}
	return move{act: act}
}

// fromRequested is what becomes of a request. What happens at Stripe's
// Dashboard happens whether Hearth knows of the request or not.
func (m *model) fromRequested(act string) move {
	switch act {
	case "accept", "capture at stripe":
		m.succeed()
	case "capture a part at stripe":
		m.succeed()
		m.left = part
	case "turn down":
		m.state, m.end = "over", booking.Declined
	case "withdraw":
		m.state, m.end = "over", booking.Cancelled
	case "cancel at stripe":
		m.state, m.end = "over", booking.Lapsed
	}
	return move{act: act, knows: !strings.HasSuffix(act, "at stripe")}
}

func (m *model) fromProcessing(act string) move {
	switch act {
	case "debit succeeds":
		m.succeed()
	case "debit fails":
		m.state, m.end = "over", booking.Failed
	case "cancel early":
		m.state = "unwanted"
	}
	return move{act: act, knows: act == "cancel early"}
}

func (m *model) fromPaid(rt *rapid.T, pick picker) move {
	var acts []string
	if m.left > 0 {
		acts = append(acts, "refund", "refund", "cancel")
		if !m.disputed {
			acts = append(acts, "dispute", "ask")
		}
	}
	alive := slices.Index(m.dead, false)
	if alive >= 0 {
		acts = append(acts, "fail a refund")
	}
	if len(acts) == 0 {
		return move{act: "nothing"}
	}
	out := move{act: pick(acts...), knows: true}
	switch out.act {
	case "refund":
		out.amount = rapid.Int64Range(1, m.left).Draw(rt, "amount")
		m.refund(out.amount)
	case "cancel":
		out.amount = m.left
		m.refund(m.left)
		m.state, m.end = "over", booking.Cancelled
	case "dispute", "ask":
		m.state = map[string]string{"dispute": "disputed", "ask": "asked"}[out.act]
		m.disputed, out.knows = true, false
	case "fail a refund":
		out.nth, out.knows = alive, false
		m.dead[alive] = true
		m.left += m.refunds[alive]
	}
	return out
}

func (m *model) refund(amount int64) {
	m.left -= amount
	m.refunds, m.dead = append(m.refunds, amount), append(m.dead, false)
}
