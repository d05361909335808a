package site_test

import (
	"fmt"
	"testing"

	"hearth/internal/audit"
	"hearth/internal/postgres"
	"hearth/internal/user"

	"github.com/jackc/pgx/v5"
)

func TestTheLogIsSearchedAndTurned(t *testing.T) {
	h := start(t)
	grace := h.person(t, "Grace", user.Admin)
	admin := h.as(t, grace)
	admin.Get("/admin/audit").WantStatus(200).Want(".empty", "No act fits")
	err := postgres.InTx(t.Context(), h.server.DB, func(tx pgx.Tx) error {
		for i := range 60 {
			entry := audit.Entry{ActorID: grace.ID, Act: "refund", Target: fmt.Sprintf("booking:HX%02d", i), Reason: fmt.Sprintf("Reason <b>%02d</b>", i), IP: "192.0.2.1"}
			if i == 7 {
				entry.Act, entry.Target, entry.Detail = "remove-everything", "moon:1", map[string]any{"craters": 3}
			}
			if err := audit.Record(t.Context(), tx, entry, h.now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page := admin.Get("/admin/audit").Want("tbody a[href='/admin/bookings/HX59']").Want("tbody", "Reason <b>59</b>", "192.0.2.1").WantNone("tbody a[href$='HX09']")
	if n := page.Find("tbody tr").Length(); n != 50 {
		t.Errorf("%d lines", n)
	}
	older := admin.Get(page.Find("a[rel=next]").AttrOr("href", "")).Want("tbody", "HX09", "HX00").WantNone("a[rel=next]")
	older.Want(".panel-foot a[href='/admin/audit']", "Newest")
	admin.Get("/admin/audit?q=CRATERS").WantNone("tbody") // details are not searched
	admin.Get("/admin/audit?q=everything").Want("tbody", "remove everything", "craters 3", "moon 1").WantNone("tbody a[href*=moon]")
	admin.Get("/admin/audit?target=booking:HX05&before=x").Want("tbody", "HX05").Want(".chip", "booking:HX05")
}
