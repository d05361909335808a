// Package migrations holds the schema as goose migrations, embedded: forward
// only, and safe while the previous version of Hearth still runs.
package migrations

import "embed"

// FS holds the migrations in order.
//
//go:embed *.sql
var FS embed.FS
