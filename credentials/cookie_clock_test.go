package credentials

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestClockWasAhead exchanges the cookie of an account of which is stored, by a machine whose clock was a day ahead, that
// this was done tomorrow.
func TestClockWasAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
		_ = m.Store(t.Context(), cookieKey, fmt.Appendf(nil,
			`{"__Secure-1PSID":"sid","__Secure-1PSIDTS":"ts-0","updated_at":%q,"rotated_at":%q,"kept":[1.0]}`, tomorrow, tomorrow))
		w := newCookieWorld(t, m, &exchange{}, nil)
		w.Publish()
		time.Sleep(35 * time.Minute)
		synctest.Wait()
		if n := w.count(); n < 3 || w.stamp(t) != fmt.Sprintf("ts-%d", n) || w.soon || w.dead {
			t.Errorf("exchanged %d times, stored %s, %t %t; want three times", n, w.stamp(t), w.soon, w.dead)
		}
		w.Close()
	})
}
