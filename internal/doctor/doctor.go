// Package doctor looks over an installation and says, for each thing that it
// looks at, what it saw and how to mend it: settings, the key and what it may
// do, both webhook endpoints, the clocks, the platform's account, the database
// and its roles, mail, disk, and whether the jobs run. "hearth doctor" prints
// it. It only reads, at Stripe as in the database; what can only be proved by
// writing or receiving (the right to refund, a signing secret) it says so of,
// and looks at the evidence there is.
package doctor

import (
	"context"
	"fmt"
	"time"

	"hearth/internal/config"
	"hearth/internal/stripeapi"

	"github.com/jackc/pgx/v5/pgxpool"
)

// State is how a thing is.
type State string

// The states. Only bad ones keep Hearth from working.
const (
	OK   State = "ok"
	Warn State = "warn"
	Bad  State = "bad"
)

// Finding is one thing that was looked at.
type Finding struct {
	Check string `json:"check"` // as one word, for machines
	State State  `json:"state"`
	Seen  string `json:"seen"`
	Mend  string `json:"mend,omitempty"` // what to do, when it is not well
}

// Doctor has what it looks with. DB and Stripe may be nil: then why not is in
// their errors.
type Doctor struct {
	Config    config.Config
	DB        *pgxpool.Pool
	DBError   error
	Stripe    *stripeapi.Client
	StripeErr error
	Types     []string // the event types that both endpoints need
	Now       func() time.Time
}

// each bounds how long one part may take.
const each = 20 * time.Second

// Examine looks at everything. It always comes to an end, and says what it
// could not look at.
func (d *Doctor) Examine(ctx context.Context) (all []Finding) {
	for _, part := range []func(context.Context, *[]Finding){
		d.settings, d.account, d.rights, d.endpoints, d.deliveries, d.database, d.roles, d.jobs, d.mail, d.disk,
	} {
		ctx, cancel := context.WithTimeout(ctx, each)
		part(ctx, &all)
		cancel()
	}
	return all
}

// Worst is the worst state of some findings.
func Worst(all []Finding) State {
	worst := OK
	for _, f := range all {
		if f.State == Bad || (f.State == Warn && worst == OK) {
			worst = f.State
		}
	}
	return worst
}

// say adds a finding: well, or as bad as told with its mend.
func say(all *[]Finding, check string, well bool, otherwise State, mend, seen string, args ...any) {
	f := Finding{Check: check, State: OK, Seen: fmt.Sprintf(seen, args...)}
	if !well {
		f.State, f.Mend = otherwise, mend
	}
	*all = append(*all, f)
}

// serious is bad where real money moves, and a warning before.
func (d *Doctor) serious() State {
	if d.Config.Live() {
		return Bad
	}
	return Warn
}
