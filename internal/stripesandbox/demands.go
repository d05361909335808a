package stripesandbox

import (
	"slices"
	"strconv"
	"strings"
)

// demandTime is how long a later demand may wait; after that payouts stop.
func (s *Server) demandTime() int64 {
	days, _ := strconv.ParseInt(s.assumes(assumeDemandDays), 10, 64)
	return days * day
}

const ownershipFiles = "documents.bank_account_ownership_verification.files"

// demand asks a verified account for something more. With no time left it
// blocks at once.
func (s *Server) demand(a *Account, requirement, blocks string, within int64) {
	fresh := Demand{Requirement: requirement, By: s.now + within, Blocks: blocks, Had: s.fact(a, requirement)}
	for i, d := range a.Demands {
		if d.Requirement == requirement && !d.Future {
			if fresh.By < d.By {
				a.Demands[i] = fresh
			}
			return
		}
	}
	a.Demands = append(a.Demands, fresh)
}

// demandLater turns what is missing or not believed of a verified account into
// demands, and drops those whose reason has gone.
func (s *Server) demandLater(a *Account, missing []string) {
	if a.Check == "failed" {
		for _, f := range a.Failures {
			missing = append(missing, f.Requirement)
		}
	}
	for _, name := range missing {
		s.demand(a, name, "payouts", s.demandTime())
	}
	if a.Check != "pending" {
		a.Demands = slices.DeleteFunc(a.Demands, func(d Demand) bool {
			return !d.Future && d.Had == "" && !slices.Contains(missing, d.Requirement) && s.met(a, d)
		})
	}
}

// deriveDemands lays the later demands over what else is due: each by its
// deadline, and once that has passed payouts or charges stop.
func (s *Server) deriveDemands(a *Account) {
	r, next := &a.Requirements, int64(0)
	for i, d := range a.Demands {
		if d.By > s.now && (next == 0 || d.By < next) {
			next = d.By
		}
		switch {
		case d.Future && d.By > s.now && s.met(a, d):
			continue
		case d.Future && d.By > s.now:
			a.Future.CurrentlyDue, a.Future.EventuallyDue = append(a.Future.CurrentlyDue, d.Requirement), append(a.Future.EventuallyDue, d.Requirement)
			a.Future.CurrentDeadline = number(d.By)
			continue
		case d.Future:
			d.Future, d.By, d.Had = false, d.By+s.demandTime(), s.fact(a, d.Requirement)
			a.Demands[i] = d
			if next == 0 || d.By < next {
				next = d.By
			}
		}
		given := s.met(a, d) && a.Check == "pending"
		if given || a.Rejected != "" {
			if d.By > s.now {
				r.CurrentDeadline = earlier(r.CurrentDeadline, d.By)
			}
			continue
		}
		if !slices.Contains(r.CurrentlyDue, d.Requirement) {
			r.CurrentlyDue = append(r.CurrentlyDue, d.Requirement)
		}
		if d.By > s.now {
			r.CurrentDeadline = earlier(r.CurrentDeadline, d.By)
			continue
		}
		r.PastDue = append(r.PastDue, d.Requirement)
		r.DisabledReason = "requirements.past_due"
		s.block(a, d.Blocks)
	}
	r.EventuallyDue = append(append([]string{}, r.CurrentlyDue...), a.Future.CurrentlyDue...)
	if next > 0 && a.Rejected == "" {
		s.at(next, timerDemand, a.ID)
	}
}

func earlier(deadline number, by int64) number {
	if deadline == 0 || number(by) < deadline {
		return number(by)
	}
	return deadline
}

// block is what a demand stops.
func (s *Server) block(a *Account, what string) {
	if what != "charges" {
		a.PayoutsEnabled = false
		return
	}
	a.ChargesEnabled = false
	for name := range a.Requested {
		if strings.HasSuffix(name, "_payments") {
			a.Capabilities[name] = "inactive"
		}
	}
}

// demandExpired is a deadline that passed, or a future demand that came up.
func (s *Server) demandExpired(id string) error {
	if a, ok := s.accounts.get(id); ok && len(a.Demands) > 0 {
		s.change(a, func() {})
	}
	return nil
}

// Trigger cards, charged on an account itself or on its behalf.
const (
	nextDueCard      = "4000000000004202"
	chargeBlockCard  = "4000000000004210"
	payoutsBlockCard = "4000000000004236"
)

// trigger is what a trigger card does to the account it was charged for.
func (s *Server) trigger(account, card string) {
	a, ok := s.accounts.get(account)
	if !ok || a.Rejected != "" {
		return
	}
	switch card {
	case nextDueCard:
		s.change(a, func() { s.demand(a, s.identity(a), "payouts", s.demandTime()) })
	case chargeBlockCard:
		s.change(a, func() { s.demand(a, s.identity(a), "charges", 0) })
	case payoutsBlockCard:
		s.change(a, func() { s.demand(a, s.identity(a), "payouts", 0) })
	}
}
