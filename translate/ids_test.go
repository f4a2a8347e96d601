package translate

import (
	"strings"
	"testing"
)

func TestNewIDs(t *testing.T) {
	seen := map[string]bool{}
	for range 3 {
		next := newIDs()
		for range 300 { // more than one byte counts to
			id := next("msg_")
			if !strings.HasPrefix(id, "msg_") || len(id) != len(NewID("msg_")) || seen[id] {
				t.Fatalf("id %s, seen before: %v", id, seen[id])
			}
			seen[id] = true
		}
	}
}
