package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// applicationID tells our files from other SQLite databases: "aigw".
const applicationID = 0x61696777

// migrations make the schema of one version out of that of the version before. They are never changed, only added to.
var migrations = []string{
	`CREATE TABLE usage (
		id               INTEGER PRIMARY KEY,
		time             INTEGER NOT NULL, -- milliseconds since 1970, when the attempt ended
		request          TEXT NOT NULL,
		attempt          INTEGER NOT NULL,
		gateway          TEXT NOT NULL,
		key              TEXT NOT NULL,
		account          TEXT NOT NULL,
		provider         TEXT NOT NULL,
		client_dialect   TEXT NOT NULL,
		upstream_dialect TEXT NOT NULL,
		model_asked      TEXT NOT NULL,
		model_served     TEXT NOT NULL,
		status           INTEGER NOT NULL,
		stop             TEXT NOT NULL,
		input            INTEGER NOT NULL,
		cache_read       INTEGER NOT NULL,
		cache_write_5m   INTEGER NOT NULL,
		cache_write_1h   INTEGER NOT NULL,
		output           INTEGER NOT NULL,
		reasoning        INTEGER NOT NULL, -- part of output
		cost             INTEGER NOT NULL, -- nanodollars
		priced           INTEGER NOT NULL,
		estimated        INTEGER NOT NULL,
		first_byte       INTEGER NOT NULL, -- microseconds
		duration         INTEGER NOT NULL, -- microseconds
		client_ip        TEXT NOT NULL,
		user_agent       TEXT NOT NULL
	);
	CREATE INDEX usage_time ON usage (time);
	CREATE INDEX usage_key ON usage (key, time);`,
}

// migrate brings the schema up to date. A database of something else, or of a newer version, is left alone.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	var id, version, tables int
	for _, q := range []struct {
		query  string
		result *int
	}{{"PRAGMA application_id", &id}, {"PRAGMA user_version", &version}, {"SELECT count(*) FROM sqlite_schema", &tables}} {
		if err := db.QueryRowContext(ctx, q.query).Scan(q.result); err != nil {
			return fmt.Errorf("reading the usage database %s: %w", path, err)
		}
	}
	switch {
	case id != applicationID && tables > 0:
		return fmt.Errorf("%s is a database of something else; give usage sqlite another path", path)
	case version > len(migrations):
		return fmt.Errorf("the usage database %s was made by a newer version (schema %d, this one knows %d); use that version, "+
			"or move the file away", path, version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		if err := step(ctx, db, version); err != nil {
			return fmt.Errorf("bringing the usage database %s to schema %d: %w", path, version+1, err)
		}
	}
	return nil
}

// step does one migration, all of it or nothing.
func step(ctx context.Context, db *sql.DB, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	for _, statement := range []string{
		migrations[version],
		fmt.Sprintf("PRAGMA application_id = %d", applicationID),
		fmt.Sprintf("PRAGMA user_version = %d", version+1),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
