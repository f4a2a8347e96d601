package usage

import (
	"context"
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// shared holds the Recorder of every store by the store's identity, for the whole process. The generations of a
// configuration hold it, so that a reload loses no record.
var shared = caddy.NewUsagePool()

// flushAtExit writes what is queued when the process ends in an orderly way.
var flushAtExit = sync.OnceFunc(func() {
	caddy.OnExit(func(ctx context.Context) {
		for _, r := range Recorders() {
			_ = r.end(ctx) // it has logged why
		}
	})
})

// Attach returns the Recorder of a driver's store; every Attach needs a Detach. The store is not opened before there is
// something to write or to read.
func Attach(d Driver) (*Recorder, error) {
	flushAtExit()
	value, _, err := shared.LoadOrNew(d.Identity(), func() (caddy.Destructor, error) { return NewRecorder(d.Open), nil })
	if err != nil {
		return nil, fmt.Errorf("attaching the usage store: %w", err)
	}
	r := value.(*Recorder)
	r.writing.Lock()
	defer r.writing.Unlock()
	r.gone = false
	return r, nil
}

// Detach ends what Attach began. Requests that still run may book on.
func Detach(d Driver) {
	_, _ = shared.Delete(d.Identity()) // its only error is Destruct's, which has logged it
}

// Recorders returns all that a generation holds, for who wants to query them.
func Recorders() []*Recorder {
	var list []*Recorder
	shared.Range(func(_, value any) bool {
		list = append(list, value.(*Recorder))
		return true
	})
	return list
}

// Destruct writes what is queued and closes the store. What is booked later opens it again.
func (r *Recorder) Destruct() error {
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	return r.end(ctx)
}

func (r *Recorder) end(ctx context.Context) error {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.gone = true
	err := r.flush(ctx)
	r.close()
	return err
}
