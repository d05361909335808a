package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"hearth/migrations"
)

// Schema is the newest migration that the database has, and the newest that
// this binary brings.
func Schema(ctx context.Context, q Querier) (have, want int64, err error) {
	if err := q.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have); err != nil {
		return 0, 0, fmt.Errorf("read the schema's version: %w", err)
	}
	files, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		return have, 0, err
	}
	for _, file := range files {
		number, _, _ := strings.Cut(file, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return have, want, fmt.Errorf("the migration %s has no number: %w", file, err)
		}
		want = max(want, version)
	}
	return have, want, nil
}
