package access

import (
	"strings"
	"testing"
	"time"
)

func find(t *testing.T, key Key) *Key {
	t.Helper()
	key.Name, key.Secret = "alice", "sk-alice"
	k, err := New([]Key{key}, false)
	if err != nil {
		t.Fatal(err)
	}
	found, ok := k.Find("sk-alice")
	if !ok {
		t.Fatal("key not found")
	}
	return found
}

func TestMayUse(t *testing.T) {
	free := find(t, Key{})
	if !free.MayUse("anything") || !free.MayUseAccount("anything") {
		t.Error("a key without patterns must be free to use everything")
	}
	bound := find(t, Key{Models: []string{"gpt-*", "claude-opus"}, Accounts: []string{"team-*"}})
	for model, want := range map[string]bool{"gpt-5": true, "claude-opus": true, "claude-opus-2": false, "GPT-5": false, "": false} {
		if got := bound.MayUse(model); got != want {
			t.Errorf("MayUse(%q) = %v", model, got)
		}
	}
	for account, want := range map[string]bool{"team-1": true, "private": false, "gpt-5": false} {
		if got := bound.MayUseAccount(account); got != want {
			t.Errorf("MayUseAccount(%q) = %v", account, got)
		}
	}
	unprepared := Key{Models: []string{"*"}, Accounts: []string{"*"}}
	if unprepared.MayUse("gpt-5") || unprepared.MayUseAccount("team-1") {
		t.Error("a key whose patterns were never compiled must not open anything")
	}
}

func TestExpiry(t *testing.T) {
	end, err := ParseExpiry("2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	key := find(t, Key{Expires: end})
	midnight := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	if key.Expired(midnight.Add(-time.Nanosecond)) {
		t.Error("expired before its last day was over")
	}
	if !key.Expired(midnight) {
		t.Error("not expired when its last day was over")
	}
	if !key.Expired(midnight.In(time.FixedZone("west", -8*3600))) {
		t.Error("the end of the day depends on the zone of the clock")
	}
	if find(t, Key{}).Expired(midnight) {
		t.Error("a key without a date expired")
	}
	if leap, err := ParseExpiry("2028-02-29"); err != nil || !leap.Equal(time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("leap day ends at %v, %v", leap, err)
	}
	for _, bad := range []string{"", "31.12.2026", "2026-12-32", "2026-12-31T00:00:00Z", "2027-02-29", "never"} {
		if _, err := ParseExpiry(bad); err == nil || !strings.Contains(err.Error(), "2026-12-31") {
			t.Errorf("ParseExpiry(%q): error %v does not show how to write a date", bad, err)
		}
	}
}
