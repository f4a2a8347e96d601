package credentials

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
)

// TestAbandonedLock waits for the lock of a process that was killed, while another one keeps touching it.
func TestAbandonedLock(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a few seconds until somebody looks at the lock")
	}
	storage := &certmagic.FileStorage{Path: t.TempDir()}
	file := filepath.Join(storage.Path, "locks", certmagic.StorageKeys.Safe("ai_gateway_oauth_x")+".lock")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(age time.Duration) {
		raw, err := json.Marshal(map[string]time.Time{"created": time.Now().Add(-age), "updated": time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(lockLife / 2)
	if isAbandoned(file) {
		t.Error("a lock that somebody may hold is taken for abandoned")
	}
	write(lockLife + time.Second)
	unlock, err := InStorage(storage, "x").Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if isAbandoned(file) {
		t.Error("the lock is still the old one")
	}
	unlock()
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("after unlocking: %v", err)
	}
	if isAbandoned(file) {
		t.Error("a lock that is not there is abandoned")
	}
}
