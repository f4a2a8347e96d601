package stored

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// TestFlood wants one owner's responses to stay, however many, or however large ones, another stores.
func TestFlood(t *testing.T) {
	for name, size := range map[string]int{"many": 1, "large": 10_000} {
		t.Run(name, func(t *testing.T) {
			m := newTest(t, func(l *Limits) { l.Responses, l.Bytes, l.Accounts = 100, 200_000, 100 })
			parent := ""
			for i := range 10 {
				id := fmt.Sprint("a", i)
				m.Put("alice", response(id, parent, "q"+id, "a"+id), nil)
				m.Put("alice", Response{ID: "p" + id, Account: "x"}, nil)
				parent = id
			}
			before := history(m, "alice", parent)
			for i := range 1000 {
				r := response(fmt.Sprint("e", i), fmt.Sprint("e", i-1), "q", "a")
				r.Body = make([]byte, size)
				r.Items = append(r.Items, ir.Item{ID: fmt.Sprint("long", i), Raw: []byte(strings.Repeat("x", size))})
				m.Put("eve", r, nil)
				m.Put("eve", Response{ID: fmt.Sprint("pe", i), Account: "x"}, nil)
				m.Put(fmt.Sprint("anonymous\x00", i), Response{ID: "r", Account: "x"}, nil)
			}
			for i := range 10 {
				if _, ok := m.Get("alice", fmt.Sprint("a", i)); !ok {
					t.Errorf("response %d is gone", i)
				}
				if _, ok := m.Get("alice", fmt.Sprint("pa", i)); !ok {
					t.Errorf("the account of response %d is forgotten", i)
				}
			}
			if history(m, "alice", parent) != before {
				t.Errorf("the history is %q, want %q", history(m, "alice", parent), before)
			}
			if _, ok := m.Get("eve", "e999"); !ok {
				t.Error("the newest is gone")
			}
			if m.kept.Len() > 100 || m.kept.Bytes() > 200_000 || m.pinned.Len() > 100 {
				t.Errorf("%d are kept with %d bytes, and %d accounts", m.kept.Len(), m.kept.Bytes(), m.pinned.Len())
			}
		})
	}
}
