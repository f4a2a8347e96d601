package usage

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

const (
	flushDelay   = time.Second      // that a record waits at most, and so what a killed process loses
	flushRetry   = 5 * time.Second  // after a store that failed
	flushTimeout = 10 * time.Second // that a batch may take
	flushAt      = 1024             // records that do not wait for the delay
	maxQueue     = 16384            // records that wait for a store that is slow or broken
	pruneEvery   = time.Hour
	complainEach = time.Minute // about a store that stays broken
)

// writing is the name of the work in the log and in the metrics.
const writing = "writing usage"

// Recorder takes records and writes them in batches. Book never waits: what does not fit into the queue is dropped and
// counted. There is one Recorder for a store in the process, see Attach. It is safe for concurrent use.
type Recorder struct {
	open      func(context.Context) (Store, error)
	retention atomic.Int64 // nanoseconds; 0 is for ever

	mu      sync.Mutex
	queue   []Record
	spare   []Record // the queue's memory, while the other is being filled
	armed   bool     // a flush is on its way
	dropped uint64

	writing    sync.Mutex // guards what follows, and that batches are written one after the other
	store      Store
	gone       bool // no generation holds the Recorder: the store is closed after every batch
	pruned     time.Time
	complained time.Time
}

// NewRecorder returns a recorder for a store that is opened when it is first needed.
func NewRecorder(open func(context.Context) (Store, error)) *Recorder {
	return &Recorder{open: open}
}

// Book takes a record. It reports false if it was dropped, because the store has not taken any for long.
func (r *Recorder) Book(record Record) bool {
	r.mu.Lock()
	if len(r.queue) >= maxQueue {
		r.dropped++
		r.mu.Unlock()
		return false
	}
	r.queue = append(r.queue, record)
	arm, full := !r.armed, len(r.queue) == flushAt
	r.armed = true
	r.mu.Unlock()
	if full {
		guard.Go(writing, r.flushOrRetry)
	} else if arm {
		time.AfterFunc(flushDelay, r.flushOrRetry)
	}
	return true
}

// Dropped returns how many records have been dropped since the process began.
func (r *Recorder) Dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// Waiting returns how many records wait to be written.
func (r *Recorder) Waiting() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue)
}

// Retain sets how long records are kept; 0 is for ever.
func (r *Recorder) Retain(d time.Duration) { r.retention.Store(int64(d)) }

// flushOrRetry writes what is queued, and sees to it that it is tried again if that fails.
func (r *Recorder) flushOrRetry() {
	defer guard.Catch(writing)
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	if r.Flush(ctx) == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.armed {
		r.armed = true
		time.AfterFunc(flushRetry, r.flushOrRetry)
	}
}

// Flush writes all records that have been booked so far.
func (r *Recorder) Flush(ctx context.Context) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	return r.flush(ctx)
}

func (r *Recorder) flush(ctx context.Context) error {
	r.mu.Lock()
	batch := r.queue
	r.queue, r.spare, r.armed = r.spare[:0], nil, false
	r.mu.Unlock()
	err := guard.Try(writing, func() error { return r.write(ctx, batch) })
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.complain(err, len(batch))
		r.putBack(batch)
		return err
	}
	clear(batch) // it holds strings of requests
	r.spare = batch[:0]
	return nil
}

// write brings a batch into the store, which it opens and, when nobody holds the Recorder, closes.
func (r *Recorder) write(ctx context.Context, batch []Record) error {
	if len(batch) == 0 {
		return nil
	}
	if err := r.ready(ctx); err != nil {
		return err
	}
	if err := r.store.Append(ctx, batch); err != nil {
		return err
	}
	r.prune(ctx)
	if r.gone {
		r.close()
	}
	return nil
}

func (r *Recorder) ready(ctx context.Context) error {
	if r.store != nil {
		return nil
	}
	store, err := r.open(ctx)
	if err != nil {
		return err
	}
	r.store = store
	return nil
}

// close closes the store. What was written is safe whether that succeeds or not.
func (r *Recorder) close() {
	if r.store == nil {
		return
	}
	if err := r.store.Close(); err != nil {
		logger().Warn("closing the usage store", zap.Error(err))
	}
	r.store = nil
}

// putBack queues a batch that could not be written before what has come since. The caller holds mu.
func (r *Recorder) putBack(batch []Record) {
	all := append(batch, r.queue...)
	if over := len(all) - maxQueue; over > 0 {
		r.dropped += uint64(over)
		all = all[:maxQueue]
	}
	r.spare, r.queue = nil, all
}

// complain logs that the store is broken, now and then.
func (r *Recorder) complain(err error, waiting int) {
	if now := time.Now(); now.Sub(r.complained) >= complainEach {
		r.complained = now
		logger().Error("writing usage", zap.Error(err), zap.Int("waiting", waiting), zap.Uint64("dropped", r.dropped))
	}
}

// prune deletes what is too old, now and then. That it fails is no reason to lose a batch that is written.
func (r *Recorder) prune(ctx context.Context) {
	keep := time.Duration(r.retention.Load())
	now := time.Now()
	if keep <= 0 || now.Sub(r.pruned) < pruneEvery {
		return
	}
	r.pruned = now
	if _, err := r.store.Prune(ctx, now.Add(-keep)); err != nil {
		logger().Warn("deleting old usage", zap.Error(err))
	}
}

// Query sums up, with all that has been booked so far.
func (r *Recorder) Query(ctx context.Context, q Query) (rows []Row, err error) {
	err = r.read(ctx, func(s Store) error {
		rows, err = s.Query(ctx, q)
		return err
	})
	return rows, err
}

// History returns what a key has used, with all that has been booked so far; see Store.
func (r *Recorder) History(ctx context.Context, key string, since, until time.Time, step time.Duration) (pieces []Piece, err error) {
	err = r.read(ctx, func(s Store) error {
		pieces, err = s.History(ctx, key, since, until, step)
		return err
	})
	return pieces, err
}

func (r *Recorder) read(ctx context.Context, f func(Store) error) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.flush(ctx); err != nil {
		return err
	}
	if err := r.ready(ctx); err != nil {
		return err
	}
	if err := f(r.store); err != nil {
		return err
	}
	if r.gone {
		r.close()
	}
	return nil
}

// logger is the process's, since a Recorder outlives the configuration that made it.
func logger() *zap.Logger { return caddy.Log().Named("ai_gateway.usage") }
