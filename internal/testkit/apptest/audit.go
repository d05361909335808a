package apptest

import (
	"context"

	"hearth/internal/invariant"
)

// Audit fails the test when something is seen that may never be. What the
// workers would have done by now is done first: events that were to be asked
// again, and stays that are over. Mails wait where no worker sends them, so
// that they may be late.
func (w *World) Audit() {
	w.T.Helper()
	ctx := context.WithoutCancel(w.T.Context()) // a test's cleanup may ask
	if err := w.Inbox.Drain(ctx); err != nil {
		w.T.Fatal(err)
	}
	if _, err := w.Checkout.CompleteStays(ctx); err != nil {
		w.T.Fatal(err)
	}
	report, err := invariant.Run(ctx, w.DB, w.Now())
	if err != nil {
		w.T.Fatal(err)
	}
	for _, r := range report.Broken() {
		for _, f := range r.Findings {
			if r.Name != "late_mail" {
				w.T.Errorf("%s: %s %s (%s)", r.Name, f.Row, f.Wrong, r.Why)
			}
		}
	}
}
