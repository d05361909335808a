package site_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"hearth/internal/audit"
	"hearth/internal/inbound"
	"hearth/internal/postgres"
	"hearth/internal/site"
	"hearth/internal/user"
	"hearth/internal/webhook"

	"github.com/jackc/pgx/v5"
	stripehook "github.com/stripe/stripe-go/v76/webhook"
)

// withInbox gives the house an inbox that sees one payment per object.
func withInbox(s *site.Server) {
	s.Inbox = &webhook.Inbox{
		DB: s.DB, Now: s.Now,
		Types: map[string]webhook.Resolve{"charge.succeeded": func(_ context.Context, _ postgres.Querier, ev inbound.Event) (inbound.Subject, error) {
			return inbound.Subject{Kind: inbound.Payment, ID: ev.ObjectID}, nil
		}},
		Handlers: map[string]inbound.Handler{inbound.Payment: func(context.Context, inbound.Subject, []inbound.Event) (inbound.Change, error) {
			return func(context.Context, pgx.Tx) (string, error) { return "confirmed the stay", nil }, nil
		}},
	}
}

func (h *house) deliver(t *testing.T, id, kind, object string) {
	t.Helper()
	body := fmt.Sprintf(`{"id":%q,"object":"event","type":%q,"api_version":"2023-10-16","livemode":false,"data":{"object":{"id":%q,"client_secret":"pi_1_secret_xyz"}}}`, id, kind, object)
	now := h.now()
	r := httptest.NewRequest(http.MethodPost, "/webhooks/stripe", strings.NewReader(body))
	r.Header.Set("Stripe-Signature", "t="+strconv.FormatInt(now.Unix(), 10)+",v1="+hex.EncodeToString(stripehook.ComputeSignature(now, []byte(body), "whsec_1")))
	w := httptest.NewRecorder()
	h.server.Inbox.Receive(inbound.SourceAccount, []string{"whsec_1"}).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%s was answered %d", id, w.Code)
	}
	h.pass(time.Second)
}

func (h *house) drain(t *testing.T) {
	t.Helper()
	if err := h.server.Inbox.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAdminEvents(t *testing.T) {
	h := start(t, withInbox)
	b := h.as(t, h.person(t, "Grace", user.Admin))
	b.Get("/admin/events").WantStatus(200).Want(".empty", "No event fits")
	for i := range 52 {
		h.deliver(t, fmt.Sprintf("evt_%02d", i), "charge.succeeded", fmt.Sprintf("pay_%d", i))
	}
	h.drain(t)
	h.deliver(t, "evt_x", "balance.available", "x")
	h.deliver(t, "evt_new", "charge.succeeded", "pay_7")

	first := b.Get("/admin/events").WantStatus(200).Want("h1", "Webhook events").Want("tbody tr:first-child .badge", "Waiting").Want(".tabs", "Waiting 1")
	if n := first.Find("tbody tr").Length(); n != 50 {
		t.Errorf("%d rows on a page", n)
	}
	older, _ := first.Find("a[rel=next]").Attr("href")
	second := b.Get(older).WantStatus(200).Want(".panel-foot a", "Newest").WantNone("a[rel=next]")
	if n := second.Find("tbody tr").Length(); n != 4 {
		t.Errorf("%d rows on the second page", n)
	}
	b.Get("/admin/events?state=ignored").Want("tbody tr td:nth-child(4)", "not our concern").Want(".tabs [aria-current]", "Ignored")
	if n := b.Get("/admin/events?q=payment:pay_7").Find("tbody tr").Length(); n != 1 {
		t.Errorf("%d events about pay_7 before the drain", n)
	}
	b.Get("/admin/events?type=balance.available").Want(".chip", "balance.available").WantNone("a.key[href='/admin/events/evt_new']")
	b.Get("/admin/events?account=acct_1&state=applied").Want(".empty")
}

func TestAdminEventShowAndReplay(t *testing.T) {
	h := start(t, withInbox)
	grace := h.person(t, "Grace", user.Admin)
	b := h.as(t, grace)
	h.deliver(t, "evt_1", "charge.succeeded", "pay_1")
	h.deliver(t, "evt_x", "balance.available", "x")
	h.drain(t)

	shown := b.Get("/admin/events/evt_1").WantStatus(200).Want("h1", "charge.succeeded").Want(".badge", "Applied").
		Want("main", "confirmed the stay").Want(".kv", "payment:pay_1").Want("pre", `"client_secret": "…"`)
	if strings.Contains(shown.Text("body"), "secret_xyz") {
		t.Error("the client secret is shown")
	}
	b.Get("/admin/events/evt_none").WantStatus(404)

	shown.Submit("#replay", "reason", " ").WantStatus(422).Want("#f-reason-error")
	shown.Submit("#replay", "reason", "the owner says it is missing").WantRedirect("/admin/events/evt_1").Follow().Want("[role=status]", "worked off again")
	h.drain(t)
	all, err := webhook.List(t.Context(), h.server.DB, webhook.Filter{About: "payment:pay_1", Limit: 10})
	if err != nil || len(all) != 2 || all[0].Source != inbound.SourceReplay || all[0].State != webhook.Applied {
		t.Errorf("after the replay: %+v %v", all, err)
	}
	log, err := audit.Search(t.Context(), h.server.DB, audit.Filter{Target: "event:evt_1"})
	if err != nil || len(log) != 1 || log[0].Act != "replay" || log[0].ActorID != grace.ID || log[0].Reason != "the owner says it is missing" {
		t.Errorf("audit: %+v %v", log, err)
	}
	b.Get("/admin/events/evt_x").Submit("#replay", "reason", "why not").WantStatus(409).Want("main", "Nothing in Hearth listens")
}
