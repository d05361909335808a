package stripesandbox

import (
	"maps"
	"slices"
	"strings"
)

// Kept is how many answers and deliveries are remembered.
func (s *Server) Kept() (answers, deliveries int) {
	s.look(func() { answers, deliveries = len(s.answers.byID), len(s.deliveries.byID) })
	return answers, deliveries
}

// Importable are the collections whose objects have ids of their own.
func (s *Server) Importable() (names []string) {
	for _, k := range s.keepers() {
		if len(k.heads()) > 0 && k.name() != "deleted" {
			names = append(names, k.name())
		}
	}
	return names
}

// Routes are the routes of the API, "POST /v1/refunds".
func Routes() []string { return slices.Sorted(maps.Keys(operations())) }

// Controls are the routes below /_sandbox.
func Controls() []string { return slices.Sorted(maps.Keys((&Server{}).controls())) }

// Cards are the test cards: number, pm_card_ name, what it does.
func Cards() (rows [][]string) {
	for _, c := range testCards {
		alias := ""
		if c.alias != "" {
			alias = "pm_card_" + c.alias
		}
		rows = append(rows, []string{c.number, alias, c.words()})
	}
	return rows
}

func (c testCard) words() string {
	refusal := strings.TrimSuffix(c.code+" / "+c.decline, " / ")
	switch {
	case c.blocked:
		return "blocked as too risky: " + refusal
	case c.challenge && c.code != "":
		return "3D Secure, then declined: " + refusal
	case c.challenge && c.setUp:
		return "3D Secure; off-session it pays"
	case c.challenge && c.onSetup:
		return "3D Secure; off-session it pays once it was set up, and before it is declined: authentication_required"
	case c.challenge:
		return "3D Secure; off-session it is declined: authentication_required"
	case c.code != "":
		return "declined: " + refusal
	case c.inquiry:
		return "pays, then an inquiry: " + c.dispute
	case c.dispute != "":
		return "pays, then a dispute: " + c.dispute
	case c.fraudWarning:
		return "pays, then an early fraud warning"
	case c.refundsPending:
		return "pays; a refund is pending for a day"
	case c.refundsFail:
		return "pays; a refund fails a day later"
	case c.elevated:
		return "pays, and a review is opened"
	case c.instant:
		return "pays, available at once"
	}
	return "pays"
}

// Debits are the accounts that Checkout debits: number, pm_ name, method, what it does.
func Debits() (rows [][]string) {
	for _, d := range testDebits {
		alias, words := "", "pays"
		if d.alias != "" {
			alias = "pm_usBankAccount_" + d.alias
		}
		switch {
		case d.failure != "":
			words = "fails: " + d.failure
		case d.disputed:
			words = "pays, then a dispute: debit_not_authorized"
		}
		rows = append(rows, []string{d.number, alias, d.kind, words})
	}
	return rows
}

// Banks are the accounts that payouts go to: number, what it does.
func Banks() (rows [][]string) {
	for _, number := range testBanks {
		words := "takes payouts"
		if code := bankFailures[number]; code != "" {
			words = "payouts fail: " + code
		} else if number == "000888888883" {
			words = "takes payouts, no instant ones"
		}
		rows = append(rows, []string{number, words})
	}
	return rows
}

// Proportion is what goes back of total when amount of base is refunded.
func Proportion(total, gone, amount, base int64, completes bool) int64 {
	truths, _ := assumed(nil)
	return (&Server{assumed: truths}).proportion(total, gone, amount, base, completes)
}
