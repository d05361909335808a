package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"hearth/internal/app"
	"hearth/internal/config"
	"hearth/internal/doctor"
	"hearth/internal/postgres"
	"hearth/internal/stripeapi"
)

// examine looks the installation over and says what it saw, with a mend for
// what is not well. Only what is bad ends with 1.
func examine(ctx context.Context, c config.Config, args []string, out io.Writer) error {
	asJSON, err := jsonOnly(args)
	if err != nil {
		return err
	}
	d := &doctor.Doctor{Config: c, Types: slices.Sorted(maps.Keys(app.Types())), Now: time.Now}
	if d.DB, d.DBError = postgres.Open(ctx, c.DatabaseURL); d.DBError == nil {
		defer d.DB.Close()
	}
	d.Stripe, d.StripeErr = stripeapi.New(stripeapi.Config{Key: c.StripeKey, APIBase: c.StripeAPIBase, DB: d.DB})
	found := d.Examine(ctx)
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(found)
	} else {
		err = prescribe(out, found)
	}
	if err == nil && doctor.Worst(found) == doctor.Bad {
		return wrong
	}
	return err
}

func prescribe(out io.Writer, found []doctor.Finding) (err error) {
	for _, f := range found {
		if _, err = fmt.Fprintf(out, "%-4s  %-17s %s\n", f.State, f.Check, f.Seen); err == nil && f.Mend != "" {
			_, err = fmt.Fprintf(out, "      %-17s → %s\n", "", f.Mend)
		}
	}
	return err
}
