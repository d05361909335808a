package stripesandbox_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"hearth/internal/stripesandbox"
)

// Answers live a day and finished deliveries thirty, on disk too; what is held
// back stays for as long as it is held.
func TestOldAnswersAndDeliveriesAreForgotten(t *testing.T) {
	var o stripesandbox.Options
	b := start(t, func(opt *stripesandbox.Options) { opt.DataFile = filepath.Join(t.TempDir(), "w.db"); o = *opt })
	keeps := func(when string, answers, deliveries int) {
		t.Helper()
		if a, d := b.Kept(); a != answers || d != deliveries {
			t.Errorf("%s: %d answers and %d deliveries are kept, want %d and %d", when, a, d, answers, deliveries)
		}
	}
	customer := func(key string) { t.Helper(); b.post("/v1/customers", "#"+key) }
	for n := range 3 {
		customer(fmt.Sprint("early", n))
	}
	b.flush()
	b.advance("20h")
	customer("late")
	b.flush()
	keeps("at first", 4, 4)
	b.advance("6h")
	keeps("a day later", 1, 4)
	customer("early0") // the key is free again
	b.advance("26h")
	keeps("two days later", 0, 5)

	b.flush()
	b.steer("/webhooks", m{"mode": "hold"})
	customer("held")
	b.advance("719h")
	keeps("within thirty days of the last", 0, 1)
	b.advance("720h")
	keeps("long after", 0, 1)

	must(t, b.Close())
	b = &bench{t: t, hook: b.hook, conn: b.conn}
	b.open(o)
	keeps("opened again", 0, 1)
	b.steer("/webhooks", m{"mode": "deliver"})
	b.flush()
	b.advance("721h")
	keeps("delivered at last", 0, 0)
	if n := len(b.hook.deliveries()); n != 6 {
		t.Errorf("%d deliveries came, want 6", n)
	}
}
