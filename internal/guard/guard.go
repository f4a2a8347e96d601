// Package guard keeps a panic in work that is done beside the requests from ending the whole process. What serves a
// request needs no guard: the server has one of its own.
package guard

import (
	"context"
	"maps"
	"runtime/debug"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"
)

// Panic is the error of work that has panicked. It tells nothing of the panic's value, which may hold anything; that is
// in the log.
type Panic struct {
	Work string // what was being done, such as "refreshing a token"
}

func (p *Panic) Error() string {
	return p.Work + " broke off: this is a defect of the gateway, see its log"
}

// Go does the work in a goroutine of its own. The name says what is done, in the words of the log and of the metrics; it
// is one of a closed set.
func Go(name string, work func(), fields ...zap.Field) {
	go func() {
		defer Catch(name, fields...)
		work()
	}()
}

// pause is how long Keep waits after a panic.
const pause = time.Minute

// Keep does the work in a goroutine of its own. When it panics it begins anew after a minute, until it returns or the
// context ends.
func Keep(ctx context.Context, name string, work func(context.Context), fields ...zap.Field) {
	go func() {
		defer Catch(name, fields...)
		for Try(name, func() error { work(ctx); return nil }, fields...) != nil {
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return
			}
		}
	}()
}

// Try does the work at once and returns its error, which is a [Panic] if it panicked. It is for those who owe somebody a
// result.
func Try(name string, work func() error, fields ...zap.Field) (err error) {
	defer func() {
		if value := recover(); value != nil {
			report(caddy.Log().Named("ai_gateway"), name, value, fields)
			err = &Panic{name}
		}
	}()
	return work()
}

// Catch ends a panic, which it logs and counts. It must be deferred itself, before everything else, so that what the
// work has locked is free again.
func Catch(name string, fields ...zap.Field) {
	if value := recover(); value != nil {
		report(caddy.Log().Named("ai_gateway"), name, value, fields)
	}
}

// report logs a panic and counts it.
func report(logger *zap.Logger, name string, value any, fields []zap.Field) {
	caught.mu.Lock()
	if caught.by == nil {
		caught.by = map[string]uint64{}
	}
	caught.by[name]++
	caught.mu.Unlock()
	logger.Error("a panic was caught", append([]zap.Field{
		zap.String("work", name), zap.Any("panic", value), zap.ByteString("stack", debug.Stack()),
	}, fields...)...)
}

// caught counts the panics of the process by what was being done. It is the process's own: a panic is nobody's state,
// and most work that it can happen in outlives configurations.
var caught struct {
	mu sync.Mutex
	by map[string]uint64
}

// Caught returns how many panics have been caught since the process began, by the name of the work.
func Caught() map[string]uint64 {
	caught.mu.Lock()
	defer caught.mu.Unlock()
	return maps.Clone(caught.by)
}
