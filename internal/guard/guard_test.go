package guard

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		Go("going", func() { panic("x") })
		synctest.Wait()
		if Caught()["going"] != 1 {
			t.Errorf("it is counted %d times", Caught()["going"])
		}
	})
}

// TestCatch wants what the work has locked to be free afterwards.
func TestCatch(t *testing.T) {
	var mu sync.Mutex
	func() {
		defer Catch("catching")
		mu.Lock()
		defer mu.Unlock()
		panic("x")
	}()
	if !mu.TryLock() {
		t.Error("the lock is still held")
	}
	if Caught()["catching"] != 1 {
		t.Errorf("it is counted %d times", Caught()["catching"])
	}
}

func TestTry(t *testing.T) {
	known := errors.New("known")
	if err := Try("trying", func() error { return known }); err != known {
		t.Errorf("got %v", err)
	}
	err := Try("trying", func() error { panic("a secret") })
	var p *Panic
	if !errors.As(err, &p) || p.Work != "trying" || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v", err)
	}
	if Caught()["trying"] != 1 {
		t.Errorf("it is counted %d times", Caught()["trying"])
	}
}

// TestKeep wants work that goes on for ever to go on after a panic, not at once, and to end with its context.
func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var times atomic.Int32
		Keep(ctx, "keeping", func(ctx context.Context) {
			if n := times.Add(1); n < 3 {
				panic(n)
			}
			<-ctx.Done()
		})
		synctest.Wait()
		if times.Load() != 1 {
			t.Fatalf("it has begun %d times at once", times.Load())
		}
		time.Sleep(2*pause + time.Second)
		synctest.Wait()
		if times.Load() != 3 {
			t.Errorf("it has begun %d times, want 3", times.Load())
		}
		cancel() // the bubble ends only when no goroutine is left
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		Keep(ctx, "keeping", func(context.Context) { panic("always") })
		synctest.Wait()
		cancel()
	})
}

func TestReport(t *testing.T) {
	core, logs := observer.New(zapcore.ErrorLevel)
	report(zap.New(core), "reporting", "value", []zap.Field{zap.String("account", "a1")})
	entry := logs.All()[0]
	said := entry.ContextMap()
	if said["work"] != "reporting" || said["panic"] != "value" || said["account"] != "a1" || !strings.Contains(string(said["stack"].(string)), "TestReport") {
		t.Errorf("got %v", said)
	}
}
