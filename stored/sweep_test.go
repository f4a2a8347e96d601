package stored

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestSweepOfTwoKinds wants what the gateway keeps to go after its hour although something was put before it of which
// an account has the content, and which stays for thirty days.
func TestSweepOfTwoKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTest(t, nil)
		m.Put("a", Response{ID: "resp_account", Account: "openai"}, nil)
		time.Sleep(time.Second)
		m.Put("a", response("resp_1", "", "item_1"), nil)
		time.Sleep(m.limits.TTL + time.Minute)
		synctest.Wait()
		m.mu.Lock()
		kept, pinned, bytes := m.kept.Len(), m.pinned.Len(), m.kept.Bytes()
		m.mu.Unlock()
		if kept != 0 || bytes != 0 || pinned != 1 {
			t.Errorf("after %v there are %d responses of %d bytes, and %d of accounts; want that of the account alone", m.limits.TTL, kept, bytes, pinned)
		}
		time.Sleep(m.limits.AccountTTL)
		synctest.Wait()
		m.mu.Lock()
		pinned, armed := m.pinned.Len(), m.timer != nil
		m.mu.Unlock()
		if pinned != 0 || armed {
			t.Errorf("%d of accounts are left, and a timer %t", pinned, armed)
		}
		m.Close()
	})
}
