package usage

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// memory is a store that can fail.
type memory struct {
	mu      sync.Mutex
	records []Record
	batches int
	opened  int
	open    bool
	broken  error
	pruned  []time.Time
	block   chan struct{} // if set, Append waits for it
}

func (m *memory) Identity() string         { return fmt.Sprintf("memory:%p", m) }
func (m *memory) Retention() time.Duration { return 0 }

func (m *memory) Open(context.Context) (Store, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return nil, m.broken
	}
	m.opened++
	m.open = true
	return m, nil
}

func (m *memory) Append(_ context.Context, records []Record) error {
	if m.block != nil {
		<-m.block
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.records = append(m.records, records...)
	m.batches++
	return nil
}

func (m *memory) Query(context.Context, Query) ([]Row, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return []Row{{Requests: int64(len(m.records))}}, nil
}

func (m *memory) History(context.Context, string, time.Time, time.Time, time.Duration) ([]Piece, error) {
	return nil, nil
}

func (m *memory) Prune(_ context.Context, before time.Time) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pruned = append(m.pruned, before)
	return 0, nil
}

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.open = false
	return nil
}

func (m *memory) breaks(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// kept wants exactly n records to be there, in the order in which they were booked.
func (m *memory) kept(t *testing.T, n int) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.records) != n {
		t.Fatalf("%d records are kept, want %d", len(m.records), n)
	}
	for i, r := range m.records {
		if r.Attempt != i {
			t.Fatalf("record %d is at %d", r.Attempt, i)
		}
	}
}

func TestRecorderWritesWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		r := NewRecorder(m.Open)
		for i := range 10 {
			r.Book(Record{Attempt: i})
		}
		synctest.Wait()
		m.kept(t, 0)
		time.Sleep(flushDelay)
		synctest.Wait()
		m.kept(t, 10)
		for i := range flushAt {
			r.Book(Record{Attempt: 10 + i})
		}
		synctest.Wait() // a full batch does not wait
		m.kept(t, 10+flushAt)
		if m.opened != 1 || m.batches != 2 {
			t.Errorf("opened %d times for %d batches", m.opened, m.batches)
		}
		rows, err := r.Query(t.Context(), Query{})
		if err != nil || rows[0].Requests != 10+flushAt {
			t.Errorf("%v, %v", rows, err)
		}
		r.Book(Record{Attempt: 10 + flushAt})
		if rows, err = r.Query(t.Context(), Query{}); err != nil || rows[0].Requests != 11+flushAt {
			t.Errorf("a query does not see what was booked last: %v, %v", rows, err)
		}
		time.Sleep(time.Minute) // the timer that was armed finds nothing
	})
}

// TestRecorderNeverWaits: a store that hangs costs the requests nothing; what does not fit is dropped and counted.
func TestRecorderNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{block: make(chan struct{})}
		r := NewRecorder(m.Open)
		for i := range 100 {
			r.Book(Record{Attempt: i})
		}
		time.Sleep(flushDelay)
		synctest.Wait() // it hangs in Append
		begin := time.Now()
		for i := range maxQueue + 7 {
			if fits := i < maxQueue; r.Book(Record{Attempt: 100 + i}) != fits {
				t.Fatalf("record %d", i)
			}
		}
		if waited := time.Since(begin); waited != 0 || r.Dropped() != 7 {
			t.Errorf("waited %v, dropped %d", waited, r.Dropped())
		}
		close(m.block)
		time.Sleep(time.Minute)
		synctest.Wait()
		m.kept(t, 100+maxQueue)
	})
}

func TestRecorderTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{broken: errors.New("disk full")}
		r := NewRecorder(m.Open)
		r.Book(Record{Attempt: 0})
		time.Sleep(10 * time.Second)
		r.Book(Record{Attempt: 1})
		time.Sleep(10 * time.Second)
		if err := r.Flush(t.Context()); err == nil {
			t.Error("no error")
		}
		m.kept(t, 0)
		m.breaks(nil)
		time.Sleep(flushRetry)
		synctest.Wait()
		m.kept(t, 2)
		if r.Dropped() != 0 {
			t.Errorf("%d dropped", r.Dropped())
		}
		m.breaks(errors.New("disk full"))
		for i := range maxQueue + 10 {
			r.Book(Record{Attempt: 2 + i})
		}
		time.Sleep(time.Minute)
		m.breaks(nil)
		time.Sleep(flushRetry)
		synctest.Wait()
		m.kept(t, 2+maxQueue)
		if r.Dropped() != 10 {
			t.Errorf("%d dropped", r.Dropped())
		}
	})
}

func TestRecorderPrunes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		r := NewRecorder(m.Open)
		r.Retain(24 * time.Hour)
		for i := range 7200 {
			r.Book(Record{Attempt: i})
			time.Sleep(time.Second)
		}
		r.Retain(0)
		time.Sleep(2 * time.Hour)
		r.Book(Record{Attempt: 7200})
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(m.pruned) != 2 || m.pruned[1].Sub(m.pruned[0]) < time.Hour {
			t.Errorf("pruned %v", m.pruned)
		}
	})
}

// TestLife: generations share a recorder; the last one that goes writes and closes it; a request that outlives it books
// all the same.
func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		one, err := Attach(m)
		if err != nil {
			t.Fatal(err)
		}
		two, err := Attach(m)
		if err != nil || one != two {
			t.Fatalf("two recorders of one store: %v", err)
		}
		one.Book(Record{Attempt: 0})
		Detach(m)
		m.kept(t, 0)
		two.Book(Record{Attempt: 1})
		Detach(m)
		m.kept(t, 2)
		if m.open {
			t.Error("it is left open")
		}
		two.Book(Record{Attempt: 2})
		time.Sleep(flushDelay)
		synctest.Wait()
		m.kept(t, 3)
		if m.open {
			t.Error("it is left open after the late record")
		}
		three, err := Attach(m)
		if err != nil {
			t.Fatal(err)
		}
		three.Book(Record{Attempt: 3})
		time.Sleep(flushDelay)
		synctest.Wait()
		m.kept(t, 4)
		if !m.open {
			t.Error("it was closed although a generation holds it")
		}
		if len(Recorders()) != 1 {
			t.Errorf("%d recorders", len(Recorders()))
		}
		Detach(m)
		time.Sleep(time.Minute)
	})
}

func TestRecorderConcurrently(t *testing.T) {
	m := new(memory)
	r := NewRecorder(m.Open)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 2000 {
				r.Book(Record{})
			}
		})
		wg.Go(func() {
			for range 50 {
				if err := r.Flush(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := r.Flush(context.Background()); err != nil || len(m.records) != 16_000 || r.Dropped() != 0 {
		t.Errorf("%d records, %d dropped, %v", len(m.records), r.Dropped(), err)
	}
}

// discard is a store that keeps nothing.
type discard struct{ memory }

func (*discard) Append(context.Context, []Record) error { return nil }

func BenchmarkBook(b *testing.B) {
	r := NewRecorder(func(context.Context) (Store, error) { return new(discard), nil })
	record := Record{
		Time: time.Now(), RequestID: "req_0123456789", Gateway: "default", Key: "alice", Account: "openai", Provider: "openai",
		ModelAsked: "gpt-5", ModelServed: "gpt-5", Status: 200, Tokens: Tokens{1000, 2000, 400, 100, 500, 200}, UserAgent: "codex_cli_rs/0.50",
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Book(record)
	}
}

// TestStoreThatPanics wants nothing to be lost, and the store to be tried again.
func TestStoreThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := new(memory)
		var well atomic.Bool
		r := NewRecorder(func(ctx context.Context) (Store, error) {
			if !well.Load() {
				panic("no store")
			}
			return m.Open(ctx)
		})
		r.Book(Record{})
		time.Sleep(flushDelay)
		synctest.Wait()
		if _, err := r.Query(t.Context(), Query{}); err == nil || r.Waiting() != 1 {
			t.Errorf("while it panics: %v, and %d wait", err, r.Waiting())
		}
		well.Store(true)
		time.Sleep(flushRetry)
		synctest.Wait()
		m.kept(t, 1)
	})
}
