package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// Append writes the records in one transaction.
func (s *Store) Append(ctx context.Context, records []usage.Record) error {
	if err := s.append(ctx, records); err != nil {
		return fmt.Errorf("writing usage to %s: %w", s.path, err)
	}
	return nil
}

// append goes around database/sql, which would take as long with the values as the database itself.
func (s *Store) append(ctx context.Context, records []usage.Record) error {
	held, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer held.Close()
	return held.Raw(func(raw any) error {
		c, ok := raw.(conn)
		if !ok {
			return fmt.Errorf("the driver's connection is a %T", raw)
		}
		if err := s.writer.prepare(ctx, c); err != nil {
			return err
		}
		if _, err := c.ExecContext(ctx, "BEGIN IMMEDIATE", nil); err != nil {
			return err
		}
		err := s.writer.write(ctx, records)
		if err == nil {
			_, err = c.ExecContext(ctx, "COMMIT", nil)
		}
		if err == nil {
			return nil
		}
		s.writer.labels = nil // they are gone as well
		_, undo := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK", nil)
		return errors.Join(err, ignoreEnded(undo))
	})
}

// ignoreEnded takes it for granted that there is nothing to roll back when SQLite has done so itself.
func ignoreEnded(err error) error {
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	return err
}

// conn is what the driver's connections can do.
type conn interface {
	driver.ExecerContext
	driver.ConnPrepareContext
}

// statement is what the driver's statements can do.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
}

const (
	insertLabel = `INSERT INTO label (day, attempt, gateway, key, account, provider, client_dialect, upstream_dialect, model_asked,
		model_served, status, stop, priced, estimated, client_ip, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	insertRecord = `INSERT INTO record (id, time, request, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost,
		first_byte, duration) VALUES `
	recordForm = `(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

	labelColumns  = 16
	recordColumns = 12

	together = 32 // records that one statement writes, which halves their time
)

// writer is what a connection writes with.
type writer struct {
	conn             conn
	label, one, many statement
	values           [together * recordColumns]driver.NamedValue

	labels map[label]*labelled
}

// prepare makes the statements, once for every connection.
func (w *writer) prepare(ctx context.Context, c conn) error {
	if w.conn == c {
		return nil
	}
	w.close()
	for _, p := range []struct {
		text string
		into *statement
	}{
		{insertLabel, &w.label}, {insertRecord + recordForm, &w.one},
		{insertRecord + recordForm + strings.Repeat(", "+recordForm, together-1), &w.many},
	} {
		made, err := c.PrepareContext(ctx, p.text)
		if err != nil {
			return err
		}
		*p.into = made.(statement)
	}
	for i := range w.values {
		w.values[i].Ordinal = i + 1
	}
	w.conn = c
	return nil
}

// close ends the statements, without which the driver would keep the file open.
func (w *writer) close() {
	for _, s := range []statement{w.label, w.one, w.many} {
		if s != nil {
			_ = s.Close() // its only error is that of its last use
		}
	}
	*w = writer{}
}

func (w *writer) write(ctx context.Context, records []usage.Record) error {
	for len(records) > 0 {
		n, s := 1, w.one
		if len(records) >= together {
			n, s = together, w.many
		}
		for i := range records[:n] {
			id, err := w.next(ctx, &records[i])
			if err != nil {
				return err
			}
			put(w.values[i*recordColumns:], id, &records[i])
		}
		if _, err := s.ExecContext(ctx, w.values[:n*recordColumns]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// put sets a record's values in the order of the statement's columns.
func put(values []driver.NamedValue, id int64, r *usage.Record) {
	for i, value := range [recordColumns]driver.Value{
		id, r.Time.UnixMilli(), r.RequestID, r.Input, r.CacheRead, r.CacheWrite5m, r.CacheWrite1h, r.Output, r.Reasoning, r.Cost,
		r.FirstByte.Microseconds(), r.Duration.Microseconds(),
	} {
		values[i].Value = value
	}
}

// label is what the records of a day have in common.
type label struct {
	day                            int64
	attempt, status                int
	gateway, key                   string
	account, provider              string
	clientDialect, upstreamDialect string
	modelAsked, modelServed        string
	stop                           string
	priced, estimated              bool
	clientIP, userAgent            string
}

// labelled are the records of this process with one label.
type labelled struct {
	id      int64
	records int64
}

const (
	maxLabels = 4096 // that are remembered; after them it begins anew
	perLabel  = 1 << 32
)

// next returns the id of the next record, whose label is written if it is not known.
func (w *writer) next(ctx context.Context, r *usage.Record) (int64, error) {
	l := label{
		dayOf(r.Time), r.Attempt, r.Status, r.Gateway, r.Key, r.Account, r.Provider, r.ClientDialect, r.UpstreamDialect, r.ModelAsked,
		r.ModelServed, r.Stop, r.Priced, r.Estimated, r.ClientIP, r.UserAgent,
	}
	known := w.labels[l]
	if known == nil || known.records+1 == perLabel {
		id, err := w.add(ctx, &l)
		if err != nil {
			return 0, err
		}
		if w.labels == nil || len(w.labels) >= maxLabels {
			w.labels = make(map[label]*labelled)
		}
		known = &labelled{id: id}
		w.labels[l] = known
	}
	known.records++
	return known.id*perLabel + known.records, nil
}

// add writes a label and returns its id.
func (w *writer) add(ctx context.Context, l *label) (int64, error) {
	var values [labelColumns]driver.NamedValue
	for i, value := range [labelColumns]driver.Value{
		l.day, int64(l.attempt), l.gateway, l.key, l.account, l.provider, l.clientDialect, l.upstreamDialect, l.modelAsked,
		l.modelServed, int64(l.status), l.stop, l.priced, l.estimated, l.clientIP, l.userAgent,
	} {
		values[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	result, err := w.label.ExecContext(ctx, values[:])
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

const millisOfDay = 24 * 60 * 60 * 1000

// dayOf counts days since 1970-01-01, in UTC.
func dayOf(t time.Time) int64 { return t.UnixMilli() / millisOfDay }
