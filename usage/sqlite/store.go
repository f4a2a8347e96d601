// Package sqlite keeps usage in one SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver, without cgo

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// Store is a database in one file, with its write-ahead log beside it while it is open.
type Store struct {
	db   *sql.DB
	path string
}

// Open opens the database and makes it, readable by its owner alone, when it is not there yet.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of the usage database: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the usage database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("opening the usage database: %w", err)
	}
	// WAL with synchronous NORMAL: a transaction survives the process as soon as it is committed, and a power failure up
	// to the last checkpoint (https://www.sqlite.org/pragma.html#pragma_synchronous).
	return open(ctx, path, "_pragma=auto_vacuum(incremental)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
}

// OpenForReading opens a database that is there, also while a gateway writes to it, and changes nothing.
func OpenForReading(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no usage database at %s; name another with --db, or let the gateway serve a request first", path)
	} else if err != nil {
		return nil, fmt.Errorf("opening the usage database: %w", err)
	}
	return open(ctx, path, "_pragma=query_only(true)")
}

func open(ctx context.Context, path, options string) (*Store, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the usage database: %w", err)
	}
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: "_pragma=busy_timeout(5000)&" + options}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fmt.Errorf("opening the usage database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // the recorder writes and reads one thing after the other
	s := &Store{db, path}
	if err := migrate(ctx, db, path); err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

const insert = `INSERT INTO usage (
	time, request, attempt, gateway, key, account, provider, client_dialect, upstream_dialect, model_asked, model_served,
	status, stop, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost, priced, estimated,
	first_byte, duration, client_ip, user_agent
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// Append writes the records in one transaction.
func (s *Store) Append(ctx context.Context, records []usage.Record) error {
	if err := s.append(ctx, records); err != nil {
		return fmt.Errorf("writing usage to %s: %w", s.path, err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, records []usage.Record) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	statement, err := tx.PrepareContext(ctx, insert)
	if err != nil {
		return err
	}
	defer statement.Close()
	for i := range records {
		if _, err := statement.ExecContext(ctx, values(&records[i])...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// values returns a record's values in the order of the statement's columns.
func values(r *usage.Record) []any {
	return []any{
		r.Time.UnixMilli(), r.RequestID, r.Attempt, r.Gateway, r.Key, r.Account, r.Provider, r.ClientDialect,
		r.UpstreamDialect, r.ModelAsked, r.ModelServed, r.Status, r.Stop, r.Input, r.CacheRead, r.CacheWrite5m,
		r.CacheWrite1h, r.Output, r.Reasoning, r.Cost, r.Priced, r.Estimated, r.FirstByte.Microseconds(),
		r.Duration.Microseconds(), r.ClientIP, r.UserAgent,
	}
}

// Prune deletes what is older than before and gives its space back to the file system.
func (s *Store) Prune(ctx context.Context, before time.Time) (int64, error) {
	result, err := s.db.ExecContext(ctx, "DELETE FROM usage WHERE time < ?", before.UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("deleting old usage from %s: %w", s.path, err)
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return n, err
	}
	if _, err := s.db.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
		return n, fmt.Errorf("shrinking %s: %w", s.path, err)
	}
	return n, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// Interface guard
var _ usage.Store = (*Store)(nil)
