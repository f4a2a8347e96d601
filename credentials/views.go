package credentials

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// views are the configurations that use one account, of which several may run at a time: during a reload, and while the
// requests of an old one end. The newest decides. Work in the background goes on as long as there is one.
//
// It is part of an account's state, whose lock the caller holds, but for watch, which runs without it.
type views[V comparable] struct {
	published []V // the newest last
	stop      context.CancelFunc
	wake      chan struct{}
}

func newViews[V comparable]() views[V] { return views[V]{wake: make(chan struct{}, 1)} }

// newest returns the view that decides; ok is false if none is published.
func (v *views[V]) newest() (view V, ok bool) {
	if len(v.published) == 0 {
		return view, false
	}
	return v.published[len(v.published)-1], true
}

// publish adds a view, once, and starts the background with the first.
func (v *views[V]) publish(view V, account, what string, background func(context.Context)) {
	if slices.Contains(v.published, view) {
		return
	}
	v.published = append(v.published, view)
	if v.stop == nil {
		ctx, stop := context.WithCancel(context.Background())
		v.stop = stop
		guard.Keep(ctx, what, background, zap.String("account", account))
	}
	v.nudge()
}

// withdraw removes a view, and ends the background with the last.
func (v *views[V]) withdraw(view V) {
	v.published = slices.DeleteFunc(v.published, func(other V) bool { return other == view })
	if len(v.published) == 0 {
		v.end()
	}
}

// end stops the background.
func (v *views[V]) end() {
	if v.stop != nil {
		v.stop()
		v.stop = nil
	}
}

// nudge has the background ask again how long there is nothing to do.
func (v *views[V]) nudge() {
	select {
	case v.wake <- struct{}{}:
	default:
	}
}

// watch is the background: it calls tick whenever the time that wait returns has gone by. Both take the lock themselves.
func (v *views[V]) watch(ctx context.Context, wait func() time.Duration, tick func(context.Context)) {
	for {
		timer := time.NewTimer(wait())
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-v.wake:
			timer.Stop()
		case <-timer.C:
			tick(ctx)
		}
	}
}
