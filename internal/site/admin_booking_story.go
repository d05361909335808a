package site

import (
	"context"
	"slices"
	"strings"

	"hearth/internal/booking"
	"hearth/internal/notify"
	"hearth/internal/stripeapi"
	"hearth/internal/view"
	"hearth/internal/webhook"
)

// adminStory is everything that happened to a booking in one order, newest
// first: its steps, Stripe's events, mails, refunds, tries to pay, and our own
// requests.
func (s *Server) adminStory(ctx context.Context, st stay, requests []stripeapi.Request) ([]view.Happening, error) {
	steps, err := booking.History(ctx, s.DB, st.Booking.ID)
	if err != nil {
		return nil, err
	}
	mails, err := notify.OfBooking(ctx, s.DB, string(st.Booking.ID))
	if err != nil {
		return nil, err
	}
	var all []view.Happening
	for _, step := range steps {
		all = append(all, adminStep(step))
	}
	for _, m := range mails {
		all = append(all, adminMail(m))
	}
	for _, request := range requests {
		all = append(all, adminRequest(request))
	}
	for _, c := range st.Money.Charges {
		h := chargeWords(c)
		h.Code = c.ID
		all = append(all, h)
	}
	for _, r := range st.Money.Refunds {
		h := refundWords(r)
		h.Text = r.Reason + " (" + r.Actor + ")"
		if r.FailureReason != "" {
			h.Text += ": " + r.FailureReason
		}
		all = append(all, h)
	}
	events, err := s.eventsOf(ctx, st.Money)
	if err != nil {
		return nil, err
	}
	all = append(all, events...)
	slices.SortStableFunc(all, func(a, b view.Happening) int { return b.At.Compare(a.At) })
	return all, nil
}

func adminStep(step booking.Step) view.Happening {
	from := string(step.FromStatus)
	if from == "" {
		from = "new"
	}
	who := step.Actor
	if step.ActorName != "" {
		who = step.ActorName + " (" + step.Actor + ")"
	}
	badge, _ := view.StatusBadge("booking", step.ToStatus) // the kind exists
	return view.Happening{Icon: badge.Icon, Tone: badge.Tone, Title: from + " → " + string(step.ToStatus), Text: step.Reason + " · " + who, At: step.At}
}

func adminMail(m notify.Line) view.Happening {
	h := view.Happening{Icon: "mail", Title: "Mail: " + view.Spoken(m.Template), Text: m.Recipient + ", " + m.State, At: m.CreatedAt}
	if m.State == "failed" {
		h.Tone, h.Text = "bad", h.Text+": "+m.LastError
	}
	return h
}

func adminRequest(r stripeapi.Request) view.Happening {
	h := view.Happening{Icon: "send", Title: "Asked Stripe: " + view.Spoken(r.Purpose), Text: string(r.State), Code: r.ObjectID, Href: "/admin/requests/" + string(r.ID), At: r.PlannedAt}
	if r.Message != "" {
		h.Tone, h.Text = "warn", string(r.State)+": "+r.Message
	}
	return h
}

const eventsShown = 200

// eventsOf are Stripe's events about the payment and its disputes.
func (s *Server) eventsOf(ctx context.Context, m stayMoney) ([]view.Happening, error) {
	subjects := []string{"payment:" + string(m.Payment.ID)}
	for _, d := range m.Disputes {
		subjects = append(subjects, "dispute:"+d.ID)
	}
	var all []view.Happening
	for _, subject := range subjects {
		events, err := webhook.List(ctx, s.DB, webhook.Filter{About: subject, Limit: eventsShown})
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			title := e.Type
			if strings.HasPrefix(e.ID, "look_") {
				title = "Looked at Stripe: " + sources[e.Source]
			}
			all = append(all, view.Happening{Icon: "webhook", Title: title, Text: e.Effect, Code: e.ID, Href: "/admin/events/" + e.ID, At: e.ReceivedAt})
		}
	}
	return all, nil
}
