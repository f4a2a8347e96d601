package stored

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func item(id string) ir.Item { return ir.Item{ID: id, Raw: []byte(`{"id":"` + id + `"}`)} }

func response(id, parent string, items ...string) Response {
	r := Response{ID: id, Parent: parent, Body: []byte(`"` + id + `"`)}
	for _, it := range items {
		r.Items = append(r.Items, item(it))
	}
	r.Output = min(1, len(items))
	return r
}

// history joins the ids of what a response goes on with, "-" if there is none.
func history(m *Memory, owner, id string) string {
	items, ok := m.History(owner, id)
	if !ok {
		return "-"
	}
	var ids []string
	for _, it := range items {
		ids = append(ids, it.ID)
	}
	return strings.Join(ids, " ")
}

func newTest(t *testing.T, change func(*Limits)) *Memory {
	limits := DefaultLimits()
	if change != nil {
		change(&limits)
	}
	m := NewMemory(limits)
	t.Cleanup(m.Close)
	return m
}

func TestChain(t *testing.T) {
	m := newTest(t, nil)
	m.Put("a", response("r1", "", "q1", "a1"), nil)
	m.Put("a", response("r2", "r1", "q2", "a2"), []ir.Item{item("q1"), item("a1")})
	m.Put("a", response("fork", "r1", "q3", "a3"), nil)
	m.Put("a", response("orphan", "gone", "q4", "a4"), []ir.Item{item("q0")})
	for id, want := range map[string]string{
		"r1": "q1 a1", "r2": "q1 a1 q2 a2", "fork": "q1 a1 q3 a3", "orphan": "q0 q4 a4", "r9": "-",
	} {
		if got := history(m, "a", id); got != want {
			t.Errorf("%s goes on with %q, want %q", id, got, want)
		}
	}
	if !m.Delete("a", "r1") || m.Delete("a", "r1") {
		t.Error("r1 is not deleted once")
	}
	if _, ok := m.Get("a", "r1"); ok {
		t.Error("r1 is still there")
	}
	if got := history(m, "a", "r2"); got != "q1 a1 q2 a2" {
		t.Errorf("the child of a deleted response goes on with %q", got)
	}
	if _, ok := m.Item("a", "q1"); !ok {
		t.Error("an item is gone that is still in use")
	}
	for _, id := range []string{"r2", "fork", "orphan"} {
		m.Delete("a", id)
	}
	if _, ok := m.Item("a", "q1"); ok || m.kept.Bytes() != 0 || len(m.items) != 0 || m.kept.Len() != 0 {
		t.Errorf("something is left: %d bytes, %v", m.kept.Bytes(), m.items)
	}
}

func TestOwners(t *testing.T) {
	m := newTest(t, nil)
	m.Put("a", response("r", "", "q", "x"), nil)
	m.Put("b", response("s", "r", "p"), nil)
	if _, ok := m.Get("b", "r"); ok || m.Delete("b", "r") || m.Replace("b", response("r", ""), nil) {
		t.Error("b reaches what a has")
	}
	if _, ok := m.Item("b", "q"); ok {
		t.Error("b reaches an item of a")
	}
	if got := history(m, "b", "s"); got != "p" {
		t.Errorf("b goes on with %q", got)
	}
}

func TestItem(t *testing.T) {
	m := newTest(t, nil)
	call := ir.Item{ID: "fc_1", CallID: "call_1", Raw: []byte("{}")}
	m.Put("a", Response{ID: "r", Items: []ir.Item{item("x"), call}}, nil)
	for _, id := range []string{"fc_1", "call_1"} {
		if got, ok := m.Item("a", id); !ok || got.ID != "fc_1" {
			t.Errorf("%s is %v", id, got)
		}
	}
	if _, ok := m.Item("a", ""); ok {
		t.Error("there is an item without an id")
	}
}

func TestConversation(t *testing.T) {
	m := newTest(t, nil)
	m.Put("a", Response{ID: "conv", Conversation: true, Items: []ir.Item{item("q0")}}, nil)
	m.Put("a", response("r1", "conv", "q1", "a1"), nil)
	pending := response("r2", "conv", "q2")
	pending.Pending = true
	m.Put("a", pending, nil)
	if got := history(m, "a", "conv"); got != "q0 q1 a1" {
		t.Errorf("while one is pending: %q", got)
	}
	if !m.Replace("a", response("r2", "conv", "q2", "a2"), nil) {
		t.Error("the pending one is not replaced")
	}
	if got := history(m, "a", "conv"); got != "q0 q1 a1 q2 a2" {
		t.Errorf("in the end: %q", got)
	}
	if got, _ := m.Get("a", "conv"); !got.Conversation {
		t.Error("it is no conversation any more")
	}
}

func TestReplace(t *testing.T) {
	m := newTest(t, nil)
	m.Put("a", response("r", "", "q"), nil)
	before := m.kept.Bytes()
	if !m.Replace("a", Response{ID: "r", Body: []byte(`"longer"`)}, nil) {
		t.Fatal("it is not there")
	}
	if got, _ := m.Get("a", "r"); string(got.Body) != `"longer"` || history(m, "a", "r") != "q" || m.kept.Bytes() != before+int64(len("longer")-len("r")) {
		t.Errorf("got %s with %q, %d bytes after %d", got.Body, history(m, "a", "r"), m.kept.Bytes(), before)
	}
	m.Delete("a", "r")
	if m.Replace("a", response("r", "", "q"), nil) {
		t.Error("what was deleted comes back")
	}
}

func TestBounds(t *testing.T) {
	m := newTest(t, func(l *Limits) { l.Responses, l.Bytes, l.Accounts = 10, 20_000, 5 })
	for i := range 100 {
		r := response(fmt.Sprint("r", i), fmt.Sprint("r", i-1), fmt.Sprint("q", i), fmt.Sprint("a", i))
		m.Put("a", r, nil)
		m.Put("a", Response{ID: fmt.Sprint("p", i), Account: "x"}, nil)
		if m.kept.Bytes() > 20_000 || m.kept.Len() > 10 || m.pinned.Len() > 5 || len(m.entries) > 15 {
			t.Fatalf("at %d: %d bytes in %d, %d pinned", i, m.kept.Bytes(), m.kept.Len(), m.pinned.Len())
		}
	}
	if _, ok := m.Get("a", "r99"); !ok {
		t.Error("the newest is gone")
	}
	huge := response("huge", "", "q")
	huge.Body = make([]byte, 30_000)
	m.Put("a", huge, nil)
	if _, ok := m.Get("a", "huge"); ok || m.kept.Bytes() > 20_000 {
		t.Errorf("what is too large is kept: %d bytes", m.kept.Bytes())
	}
	if _, ok := m.Get("a", "p99"); !ok {
		t.Error("an account is forgotten for a response's sake")
	}
}

// TestUse keeps what is used.
func TestUse(t *testing.T) {
	m := newTest(t, func(l *Limits) { l.Responses = 2 })
	m.Put("a", response("r1", "", "q1"), nil)
	m.Put("a", response("r2", "", "q2"), nil)
	m.Get("a", "r1")
	m.Put("a", response("r3", "", "q3"), nil)
	if history(m, "a", "r1") != "q1" || history(m, "a", "r2") != "-" {
		t.Error("the one that was used went first")
	}
}

func TestTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(DefaultLimits())
		defer m.Close()
		m.Put("a", response("r", "", "q"), nil)
		m.Put("a", Response{ID: "p", Account: "x"}, nil)
		time.Sleep(59 * time.Minute)
		m.Put("a", response("s", "", "q2"), nil)
		if _, ok := m.Get("a", "r"); !ok { // a use, from which the hour counts anew
			t.Error("it is gone before its time")
		}
		time.Sleep(59 * time.Minute)
		if history(m, "a", "r") != "q" {
			t.Error("its use was not counted")
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if m.kept.Len() != 0 || m.kept.Bytes() != 0 {
			t.Errorf("nobody asked, but %d are left with %d bytes", m.kept.Len(), m.kept.Bytes())
		}
		if r, ok := m.Get("a", "p"); !ok || r.Account != "x" {
			t.Error("the account is forgotten")
		}
		time.Sleep(30 * 24 * time.Hour)
		synctest.Wait()
		if m.pinned.Len() != 0 {
			t.Error("the account is remembered for ever")
		}
	})
}

func TestCopies(t *testing.T) {
	m := newTest(t, nil)
	// What a decoder reads lies in the body that it reads.
	body := []byte(`a r parent model item call raw`)
	lies := func(from, to int) string { return unsafe.String(&body[from], to-from) }
	r := Response{
		ID: lies(2, 3), Parent: lies(4, 10), Model: lies(11, 16), Body: []byte("body"),
		Items: []ir.Item{{ID: lies(17, 21), CallID: lies(22, 26), Raw: body[27:]}},
	}
	m.Put(lies(0, 1), r, nil)
	clear(body)
	got, ok := m.Get("a", "r")
	items, _ := m.History("a", "r")
	it, found := m.Item("a", "call")
	if !ok || got.ID != "r" || got.Parent != "parent" || got.Model != "model" || string(got.Body) != "body" {
		t.Errorf("got %+v", got)
	}
	if !found || len(items) != 1 || it.ID != "item" || it.CallID != "call" || string(it.Raw) != "raw" {
		t.Errorf("got %+v of %+v", it, items)
	}
}

func TestRace(t *testing.T) {
	m := newTest(t, nil)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			parent := ""
			for j := range 200 {
				id := fmt.Sprint(i, "-", j)
				past, _ := m.History("a", parent)
				m.Put("a", response(id, parent, "q"+id, "a"+id), past)
				if items, ok := m.History("a", id); ok && len(items) != 2*(j%10+1) {
					t.Errorf("%s has %d items", id, len(items))
				}
				m.Item("a", "q"+id)
				if parent = id; j%10 == 9 {
					m.Delete("a", id)
					parent = ""
				}
			}
		})
	}
	wg.Wait()
}

func TestRuns(t *testing.T) {
	var r Runs
	ctx, cancel := context.WithCancel(t.Context())
	if !r.Begin("a", "1", cancel, nil) {
		t.Fatal("it may not begin")
	}
	if r.Cancel("b", "1") || ctx.Err() != nil {
		t.Error("another one cancels it")
	}
	if !r.Cancel("a", "1") || ctx.Err() == nil || r.Cancel("a", "1") || r.End("a", "1") {
		t.Error("it is not cancelled once")
	}
	_, cancel2 := context.WithCancel(t.Context())
	defer cancel2()
	r.Begin("a", "2", cancel2, nil)
	if !r.End("a", "2") || r.End("a", "2") || r.Cancel("a", "2") {
		t.Error("it does not end once")
	}
	for i := range maxRuns {
		if r.Begin("a", fmt.Sprint("x", i), cancel2, nil) != (i < maxOwn) {
			t.Fatalf("number %d of one owner", i)
		}
	}
	for i := range maxRuns {
		if r.Begin(fmt.Sprint("b", i), "x", cancel2, nil) != (i < maxRuns-maxOwn) {
			t.Fatalf("number %d of others", i)
		}
	}
	r.Cancel("b0", "x")
	r.End("a", "x0")
	if len(r.counts) != maxRuns-maxOwn || !r.Begin("a", "y", cancel2, nil) || !r.Begin("b0", "y", cancel2, nil) || r.Begin("b0", "z", cancel2, nil) {
		t.Error("the places of those that have ended are not free, or too many")
	}
	r.Close()
	if r.Begin("a", "z", cancel2, nil) {
		t.Error("one begins after the end")
	}
}

// TestShared keeps what is stored while one of two configurations is open.
func TestShared(t *testing.T) {
	first, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	first.Store.Put("a", response("r", "", "q"), nil)
	second, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	first.Close()
	if _, ok := second.Store.Get("a", "r"); !ok {
		t.Error("it did not survive")
	}
	second.Close()
	third, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	if _, ok := third.Store.Get("a", "r"); ok {
		t.Error("it survives everybody")
	}
}
