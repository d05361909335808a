package stripesandbox

import (
	"fmt"
	"strconv"

	"hearth/internal/stripesandbox/hosted"
)

// tones gives each status word of the API its colour.
var tones = map[string]string{
	"succeeded": "ok", "paid": "ok", "complete": "ok", "active": "ok", "won": "ok", "delivered": "ok", "enabled": "ok",
	"trialing": "info", "draft": "info", "past_due": "warn", "incomplete": "warn", "paused": "warn", "uncollectible": "bad", "incomplete_expired": "bad",
	"open": "info", "processing": "info", "in_transit": "info", "under_review": "info", "warning_under_review": "info", "requires_capture": "info",
	"pending": "warn", "unpaid": "warn", "requires_action": "warn", "requires_payment_method": "warn", "requires_confirmation": "warn",
	"needs_response": "warn", "warning_needs_response": "warn", "restricted": "warn", "partly refunded": "warn",
	"failed": "bad", "lost": "bad", "rejected": "bad", "disputed": "bad", "disconnected": "bad",
}

func status(word string) hosted.Badge { return hosted.Badge{Label: word, Tone: tones[word]} }

func statusCell(word string) hosted.Cell { return hosted.Cell{Badge: status(word)} }

func sumCell(minor int64, currency string) hosted.Cell {
	return hosted.Cell{Text: money(minor, currency).String(), Money: true}
}

func textCell(s string) hosted.Cell { return hosted.Cell{Text: orElse(s, "–")} }

func momentCell(unix int64) hosted.Cell {
	return hosted.Cell{Text: instant(unix).Format("2 Jan 2006, 15:04")}
}

func scopeCell(scope string) hosted.Cell {
	if scope == "" {
		return hosted.Cell{Text: "platform"}
	}
	return objectLink(scope)
}

func row(rec record, cells ...hosted.Cell) hosted.ObjectRow {
	return hosted.ObjectRow{Cells: append([]hosted.Cell{objectLink(rec.head().ID)}, cells...), Actions: actions(rec)}
}

// standing says in one word where a connected account is.
func standing(a *Account) string {
	switch {
	case a.Disconnected:
		return "disconnected"
	case a.Rejected != "":
		return "rejected"
	case a.ChargesEnabled && a.PayoutsEnabled:
		return "active"
	case a.Submitted && len(a.Requirements.PendingVerification) > 0:
		return "pending"
	}
	return "restricted"
}

func accountRow(a *Account) hosted.ObjectRow {
	return row(a, textCell(a.Type), textCell(string(a.Email)), statusCell(standing(a)), momentCell(a.Created))
}

func personRow(p *Person) hosted.ObjectRow {
	return row(p, objectLink(p.Account), textCell(p.name()), textCell(roles(p)), momentCell(p.Created))
}

func bankRow(b *BankAccount) hosted.ObjectRow {
	return row(b, scopeCell(b.Account), textCell("•••• "+b.Last4), statusCell(b.Status), textCell(b.Currency))
}

func fileRow(f *File) hosted.ObjectRow {
	return row(f, scopeCell(f.Scope), textCell(string(f.Filename)), textCell(f.Purpose), momentCell(f.Created))
}

func sessionRow(c *Session) hosted.ObjectRow {
	return row(c, statusCell(c.Status), statusCell(c.PaymentStatus), objectLink(string(c.Intent)), momentCell(c.Created), sumCell(c.AmountTotal, c.Currency))
}

func intentRow(i *Intent) hosted.ObjectRow {
	return row(i, statusCell(i.Status), objectLink(string(i.LatestCharge)), momentCell(i.Created), sumCell(i.Amount, i.Currency))
}

func chargeRow(c *Charge) hosted.ObjectRow {
	word := c.Status
	if c.Disputed {
		word = "disputed"
	} else if c.IsRefunded {
		word = "refunded"
	} else if c.Refunded > 0 {
		word = "partly refunded"
	}
	return row(c, scopeCell(c.Scope), statusCell(word), momentCell(c.Created), sumCell(c.Amount, c.Currency), sumCell(c.Refunded, c.Currency))
}

func subscriptionRow(sub *Subscription) hosted.ObjectRow {
	return row(sub, objectLink(sub.Customer), statusCell(sub.Status), objectLink(string(sub.LatestInvoice)), momentCell(sub.PeriodEnd))
}

func invoiceRow(inv *Invoice) hosted.ObjectRow {
	return row(inv, objectLink(inv.Customer), statusCell(inv.Status), objectLink(string(inv.Intent)), momentCell(inv.Created), sumCell(inv.AmountDue, inv.Currency))
}

func refundRow(r *Refund) hosted.ObjectRow {
	return row(r, objectLink(r.Charge), statusCell(r.Status), momentCell(r.Created), sumCell(r.Amount, r.Currency))
}

func transferRow(t *Transfer) hosted.ObjectRow {
	return row(t, objectLink(t.Destination), momentCell(t.Created), sumCell(t.Amount, t.Currency), sumCell(t.AmountReversed, t.Currency))
}

func disputeRow(d *Dispute) hosted.ObjectRow {
	return row(d, objectLink(d.Charge), textCell(d.Reason), statusCell(d.Status), momentCell(d.Created), sumCell(d.Amount, d.Currency))
}

func payoutRow(p *Payout) hosted.ObjectRow {
	return row(p, scopeCell(p.Scope), statusCell(p.Status), momentCell(p.ArrivalDate), sumCell(p.Amount, p.Currency))
}

// anyRow shows of an object what most have.
func anyRow(r record) hosted.ObjectRow {
	m := plain(r)
	word, _ := m["status"].(string)
	sum := hosted.Cell{Text: "–", Money: true}
	if currency, ok := m["currency"].(string); ok {
		for _, name := range []string{"amount", "net", "total", "unit_amount"} {
			if n, err := strconv.ParseInt(fmt.Sprint(m[name]), 10, 64); err == nil {
				sum = sumCell(n, currency)
				break
			}
		}
	}
	state := hosted.Cell{Text: "–"}
	if word != "" {
		state = statusCell(word)
	}
	return row(r, scopeCell(r.head().Scope), state, momentCell(r.head().Created), sum)
}

// actions are what a developer may do to an object beyond the API.
func actions(rec record) []hosted.Action {
	id := hosted.Hidden{Name: "id", Value: rec.head().ID}
	switch o := rec.(type) {
	case *Dispute:
		if o.Status == "won" || o.Status == "lost" || o.Status == "warning_closed" {
			return nil
		}
		return []hosted.Action{
			{Label: "Win", Href: "/inspector/disputes", Fields: []hosted.Hidden{id, {Name: "outcome", Value: "won"}}},
			{Label: "Lose", Href: "/inspector/disputes", Fields: []hosted.Hidden{id, {Name: "outcome", Value: "lost"}}, Danger: true},
		}
	case *Intent:
		if o.Status == "processing" || o.waitsForVoucher() {
			return []hosted.Action{
				{Label: "Let it be paid", Href: "/inspector/intents", Fields: []hosted.Hidden{id, {Name: "outcome", Value: "succeed"}}},
				{Label: "Let it fail", Href: "/inspector/intents", Fields: []hosted.Hidden{id, {Name: "outcome", Value: "fail"}}, Danger: true},
			}
		}
	case *Refund:
		if o.Scope == "" && (o.Status == "succeeded" || o.Status == "pending") {
			return []hosted.Action{{Label: "Let fail", Href: "/inspector/refunds", Fields: []hosted.Hidden{id}, Danger: true}}
		}
	}
	return nil
}
