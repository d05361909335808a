package view

import (
	"fmt"
	"strings"
)

// Badge is a status: an icon and a word, in a tone ("ok", "warn", "bad",
// "info", or "" for neutral) that only repeats what they say.
type Badge struct{ Tone, Icon, Text string }

var badges = map[string]map[string]Badge{
	"booking": {
		"held":       {"warn", "clock", "Awaiting payment"},
		"processing": {"info", "loader", "Payment processing"},
		"requested":  {"warn", "hourglass", "Awaiting owner"},
		"confirmed":  {"ok", "check", "Confirmed"},
		"completed":  {"", "flag", "Completed"},
		"expired":    {"", "timer", "Expired"},
		"failed":     {"bad", "circle-alert", "Payment failed"},
		"declined":   {"", "ban", "Declined"},
		"lapsed":     {"", "timer", "Lapsed"},
		"cancelled":  {"", "x", "Cancelled"},
		"refunded":   {"info", "undo-2", "Refunded"},
		"disputed":   {"bad", "scale", "Disputed"},
	},
	"payment": {
		"open":       {"warn", "clock", "Open"},
		"authorized": {"info", "lock", "Authorized"},
		"processing": {"info", "loader", "Processing"},
		"paid":       {"ok", "check", "Paid"},
		"failed":     {"bad", "circle-alert", "Failed"},
		"canceled":   {"", "x", "Cancelled"},
		"refunded":   {"info", "undo-2", "Refunded"},
		"disputed":   {"bad", "scale", "Disputed"},
	},
	"refund": {
		"requested":       {"warn", "clock", "Requested"},
		"pending":         {"info", "loader", "Pending"},
		"requires_action": {"warn", "triangle-alert", "Needs action"},
		"succeeded":       {"ok", "undo-2", "Refunded"},
		"failed":          {"bad", "circle-alert", "Failed"},
		"canceled":        {"", "x", "Cancelled"},
	},
	"dispute": {
		"warning_needs_response": {"warn", "triangle-alert", "Inquiry: respond"},
		"warning_under_review":   {"info", "search", "Inquiry under review"},
		"warning_closed":         {"", "flag", "Inquiry closed"},
		"needs_response":         {"bad", "scale", "Respond"},
		"under_review":           {"info", "search", "Under review"},
		"charge_refunded":        {"info", "undo-2", "Refunded"},
		"won":                    {"ok", "check", "Won"},
		"lost":                   {"bad", "x", "Lost"},
	},
	"account": {
		"none":            {"", "circle-dot", "Not started"},
		"incomplete":      {"warn", "clock", "Incomplete"},
		"pending":         {"info", "loader", "Under review"},
		"enabled":         {"ok", "check", "Enabled"},
		"restricted_soon": {"warn", "triangle-alert", "Restricted soon"},
		"restricted":      {"bad", "circle-alert", "Restricted"},
		"payouts_paused":  {"warn", "circle-pause", "Payouts paused"},
		"paused":          {"warn", "circle-pause", "On hold"},
		"rejected":        {"bad", "ban", "Rejected"},
		"deauthorized":    {"bad", "plug", "Disconnected"},
	},
	"payout": {
		"scheduled":  {"info", "calendar-clock", "Scheduled"},
		"pending":    {"info", "clock", "Pending"},
		"in_transit": {"info", "landmark", "On its way"},
		"paid":       {"ok", "check", "Paid"},
		"failed":     {"bad", "circle-alert", "Failed"},
		"canceled":   {"", "x", "Cancelled"},
		"reversed":   {"", "undo-2", "Reversed"},
	},
	"request": {
		"planned":   {"warn", "clock", "Not sent yet"},
		"unknown":   {"warn", "circle-help", "Outcome unknown"},
		"succeeded": {"ok", "check", "Done"},
		"refused":   {"bad", "ban", "Refused"},
	},
	"listing": {
		"draft":     {"", "pencil", "Draft"},
		"published": {"ok", "check", "Published"},
		"paused":    {"warn", "circle-pause", "Paused"},
		"suspended": {"bad", "ban", "Suspended"},
	},
	"event": {
		"waiting": {"info", "clock", "Waiting"},
		"applied": {"ok", "check", "Applied"},
		"ignored": {"", "minus", "Ignored"},
		"failed":  {"bad", "circle-alert", "Given up"},
	},
}

// StatusBadge is the badge of a status of a kind of thing ("booking",
// "payment", "refund", "dispute", "account", "payout", "listing", "event").
// A kind that does not exist is an error; a status we have no words for is
// shown as it is, since Stripe may bring new ones any day.
func StatusBadge(kind string, status any) (Badge, error) {
	words, ok := badges[kind]
	if !ok {
		return Badge{}, fmt.Errorf("no badges for %q", kind)
	}
	name := fmt.Sprint(status)
	if badge, ok := words[name]; ok {
		return badge, nil
	}
	text := Spoken(name)
	if text != "" {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return Badge{"", "circle-dot", text}, nil
}

// Statuses are the statuses that have words of their own, by kind.
func Statuses() map[string][]string {
	all := map[string][]string{}
	for kind, words := range badges {
		all[kind] = sortedKeys(words)
	}
	return all
}
