package hosting_test

import (
	"testing"

	"hearth/internal/fault"
	"hearth/internal/listing"
	"hearth/internal/testkit/factory"
)

// Publishing and being paid are two things: a home is on sale when both are
// there, and goes off by itself when one is not.
func TestAHomeIsOnSaleWhileItsOwnerCanBePaid(t *testing.T) {
	t.Parallel()
	w := start(t)
	u, a := w.onboarded("active")
	home := factory.Home(t, w.db, u.ID, nil)
	onSale := func() bool {
		t.Helper()
		yes, err := listing.Sellable(t.Context(), w.db, home.ID, false)
		if err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if !onSale() {
		t.Fatal("published, paid, and not on sale")
	}
	for _, c := range []struct {
		outcome string
		want    bool
	}{{"restricted", false}, {"active", true}, {"due", true}, {"pending", false}, {"active", true}, {"rejected", false}} {
		if w.onboard(a, c.outcome); onSale() != c.want {
			t.Errorf("%s: on sale is %v", c.outcome, !c.want)
		}
	}
	if n := w.count(`SELECT count(*) FROM listings WHERE status = 'published'`); n != 1 {
		t.Error("the listing itself was changed")
	}
}

func TestWhoMayPublish(t *testing.T) {
	t.Parallel()
	w := start(t)
	owner, other := w.person("owner"), w.person("owner")
	home := factory.Home(t, w.db, owner.ID, map[string]any{"status": "draft"})
	if err := w.Publish(t.Context(), other.ID, home.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else's home: %v", err)
	}
	if err := w.Publish(t.Context(), owner.ID, home.ID); !fault.Is(err, fault.Invalid) {
		t.Errorf("without photos: %v", err)
	}
	for i := range 5 {
		w.exec(`INSERT INTO listing_photos (id, listing_id, position, width, height, created_at) VALUES (gen_random_uuid(), $1, $2, 1200, 800, now())`, home.ID, i)
	}
	w.exec(`UPDATE users SET email_verified_at = NULL WHERE id = $1`, owner.ID)
	if err := w.Publish(t.Context(), owner.ID, home.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("an address that was not proved: %v", err)
	}
	w.exec(`UPDATE users SET email_verified_at = now() WHERE id = $1`, owner.ID)
	if err := w.Publish(t.Context(), owner.ID, home.ID); err != nil {
		t.Errorf("complete and proved: %v", err)
	}
}
