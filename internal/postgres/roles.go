package postgres

import _ "embed"

// Roles is the script that gives a production database its three roles with
// the least privileges each: who migrates, the app, and an auditor. "hearth
// roles" prints it, for psql.
//
//go:embed roles.sql
var Roles string
