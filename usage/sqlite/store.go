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
	db     *sql.DB // has one connection, and whoever holds that may use the writer
	path   string
	writer writer
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
	return open(ctx, path, migrate, "_pragma=auto_vacuum(incremental)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
}

// OpenForReading opens a database that is there, also while a gateway writes to it, and changes nothing.
func OpenForReading(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no usage database at %s; name another with --db, or let the gateway serve a request first", path)
	} else if err != nil {
		return nil, fmt.Errorf("opening the usage database: %w", err)
	}
	return open(ctx, path, current, "_pragma=query_only(true)")
}

// open opens the database and looks at its schema.
func open(ctx context.Context, path string, look func(context.Context, *sql.DB, string) error, options string) (*Store, error) {
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
	s := &Store{db: db, path: path}
	if err := look(ctx, db, path); err != nil {
		_ = db.Close()
		return nil, err
	}
	return s, nil
}

// Prune deletes what is older than before and gives its space back to the file system.
func (s *Store) Prune(ctx context.Context, before time.Time) (int64, error) {
	result, err := s.db.ExecContext(ctx, "DELETE FROM record WHERE id IN (SELECT id FROM usage WHERE day <= ? AND time < ?)",
		dayOf(before), before.UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("deleting old usage from %s: %w", s.path, err)
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return n, err
	}
	if _, err := s.db.ExecContext(ctx, "DELETE FROM label WHERE day < ?", dayOf(before)); err != nil {
		return n, fmt.Errorf("deleting old usage from %s: %w", s.path, err)
	}
	if _, err := s.db.ExecContext(ctx, "PRAGMA incremental_vacuum"); err != nil {
		return n, fmt.Errorf("shrinking %s: %w", s.path, err)
	}
	return n, nil
}

// Close closes the file.
func (s *Store) Close() error {
	if held, err := s.db.Conn(context.Background()); err == nil {
		s.writer.close()
		_ = held.Close() // gives it back to db
	}
	return s.db.Close()
}

// Interface guard
var _ usage.Store = (*Store)(nil)
