package credentials

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

const (
	// holdTime is how long a refresh may hold its lock: two questions to the authorisation server, and the store.
	holdTime = 75 * time.Second

	// lockLife is how old a lock must be to belong to nobody.
	lockLife = 90 * time.Second

	// lockWatch is how often those who wait for a lock look at its age.
	lockWatch = 5 * time.Second
)

// freeAbandoned removes the lock that is waited for when nobody can hold it any more, until the returned function is
// called. Caddy's file storage takes a lock for dead that has not been touched for 10 seconds. But who held a lock of the
// same name within the last 5 seconds touches whatever is in its place, and so keeps the lock of a killed process alive
// for ever (keepLockfileFresh in certmagic's filestorage.go). Other storages know whose a lock is.
func freeAbandoned(locker certmagic.Locker, name string) (stop func()) {
	files, ok := locker.(*certmagic.FileStorage)
	if !ok {
		return func() {}
	}
	ctx, stop := context.WithCancel(context.Background())
	file := filepath.Join(files.Path, "locks", certmagic.StorageKeys.Safe(name)+".lock")
	guard.Go("looking for an abandoned lock", func() {
		ticker := time.NewTicker(lockWatch)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if isAbandoned(file) {
					_ = os.Remove(file) // who waits finds it gone or not
				}
			}
		}
	})
	return stop
}

// isAbandoned says whether a lock was made so long ago that its holder must be dead.
func isAbandoned(file string) bool {
	raw, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	var lock struct {
		Created time.Time `json:"created"`
	}
	return json.Unmarshal(raw, &lock) == nil && !lock.Created.IsZero() && time.Since(lock.Created) > lockLife
}
