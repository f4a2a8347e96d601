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

	// What the records of a day have in common is written once, and records lie beside others with the same label, so that
	// writing one takes a third of the time and needs no index.
	`CREATE TABLE label (
		id               INTEGER PRIMARY KEY,
		day              INTEGER NOT NULL, -- since 1970-01-01, in UTC
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
		priced           INTEGER NOT NULL,
		estimated        INTEGER NOT NULL,
		client_ip        TEXT NOT NULL,
		user_agent       TEXT NOT NULL
	);
	CREATE INDEX label_key ON label (key, day);
	CREATE TABLE record (
		id             INTEGER PRIMARY KEY, -- the label's, times 2^32, plus a number
		time           INTEGER NOT NULL,    -- milliseconds since 1970, when the attempt ended
		request        TEXT NOT NULL,
		input          INTEGER NOT NULL,
		cache_read     INTEGER NOT NULL,
		cache_write_5m INTEGER NOT NULL,
		cache_write_1h INTEGER NOT NULL,
		output         INTEGER NOT NULL,
		reasoning      INTEGER NOT NULL, -- part of output
		cost           INTEGER NOT NULL, -- nanodollars
		first_byte     INTEGER NOT NULL, -- microseconds
		duration       INTEGER NOT NULL  -- microseconds
	);
	INSERT INTO label (day, attempt, gateway, key, account, provider, client_dialect, upstream_dialect, model_asked,
			model_served, status, stop, priced, estimated, client_ip, user_agent)
		SELECT DISTINCT time / 86400000, attempt, gateway, key, account, provider, client_dialect, upstream_dialect,
			model_asked, model_served, status, stop, priced, estimated, client_ip, user_agent FROM usage;
	INSERT INTO record
		SELECT label.id * 4294967296 + row_number() OVER (PARTITION BY label.id ORDER BY u.id), u.time, u.request, u.input,
			u.cache_read, u.cache_write_5m, u.cache_write_1h, u.output, u.reasoning, u.cost, u.first_byte, u.duration
		FROM usage u JOIN label USING (attempt, gateway, key, account, provider, client_dialect, upstream_dialect, model_asked,
			model_served, status, stop, priced, estimated, client_ip, user_agent)
		WHERE label.day = u.time / 86400000;
	DROP TABLE usage;
	CREATE VIEW usage AS
		SELECT record.id, label.day, record.time, record.request, label.attempt, label.gateway, label.key, label.account,
			label.provider, label.client_dialect, label.upstream_dialect, label.model_asked, label.model_served,
			label.status, label.stop, record.input, record.cache_read, record.cache_write_5m, record.cache_write_1h,
			record.output, record.reasoning, record.cost, label.priced, label.estimated, record.first_byte,
			record.duration, label.client_ip, label.user_agent
		FROM label CROSS JOIN record
			ON record.id BETWEEN label.id * 4294967296 AND label.id * 4294967296 + 4294967295;`,
}

// migrate brings the schema up to date.
func migrate(ctx context.Context, db *sql.DB, path string) error {
	version, err := versionOf(ctx, db, path)
	if err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		// It is not given up halfway: the next attempt would take as long.
		if err := step(context.WithoutCancel(ctx), db, version); err != nil {
			return fmt.Errorf("bringing the usage database %s to schema %d: %w", path, version+1, err)
		}
	}
	return nil
}

// current wants the schema to be up to date already.
func current(ctx context.Context, db *sql.DB, path string) error {
	version, err := versionOf(ctx, db, path)
	if err == nil && version < len(migrations) {
		return fmt.Errorf("the usage database %s is of an older version (schema %d of %d); start the gateway once, which brings it up to date",
			path, version, len(migrations))
	}
	return err
}

// versionOf returns the version of the schema, 0 of an empty database. A database of something else, or of a newer
// version, is left alone.
func versionOf(ctx context.Context, db *sql.DB, path string) (version int, err error) {
	var id, tables int
	for _, q := range []struct {
		query  string
		result *int
	}{{"PRAGMA application_id", &id}, {"PRAGMA user_version", &version}, {"SELECT count(*) FROM sqlite_schema", &tables}} {
		if err := db.QueryRowContext(ctx, q.query).Scan(q.result); err != nil {
			return 0, fmt.Errorf("reading the usage database %s: %w", path, err)
		}
	}
	switch {
	case id != applicationID && tables > 0:
		return 0, fmt.Errorf("%s is a database of something else; give usage sqlite another path", path)
	case version > len(migrations):
		return 0, fmt.Errorf("the usage database %s was made by a newer version (schema %d, this one knows %d); use that version, "+
			"or move the file away", path, version, len(migrations))
	}
	return version, nil
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
