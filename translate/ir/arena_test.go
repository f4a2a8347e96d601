package ir

import (
	"reflect"
	"strconv"
	"testing"
)

// TestArenaLists adds to two lists in turn, and checks that neither is written
// over by the other.
func TestArenaLists(t *testing.T) {
	a := NewArena(0)
	for round := range 3 {
		var one, two []Part
		want := [2][]string{}
		for i := range 50 {
			text := strconv.Itoa(100*round + i)
			if i%7 < 4 {
				one, want[0] = a.AddPart(one, &Part{Text: Text(text)}), append(want[0], text)
			} else {
				two, want[1] = a.AddPart(two, &Part{Text: Text(text)}), append(want[1], text)
			}
		}
		for i, list := range [][]Part{one, two} {
			var got []string
			for _, p := range list {
				got = append(got, string(p.Text))
			}
			if !reflect.DeepEqual(got, want[i]) {
				t.Errorf("round %d: the list is %v, want %v", round, got, want[i])
			}
		}
		a.Reset()
	}
}

// TestArenaBranches adds different elements to the same list.
func TestArenaBranches(t *testing.T) {
	a := NewArena(0)
	stem := a.AddString(a.AddString(nil, "a"), "b")
	left, right := a.AddString(stem, "left"), a.AddString(stem, "right")
	foreign := a.AddString([]string{"x"}, "y")
	for _, c := range [][2][]string{{stem, {"a", "b"}}, {left, {"a", "b", "left"}}, {right, {"a", "b", "right"}}, {foreign, {"x", "y"}}} {
		if !reflect.DeepEqual(c[0], c[1]) {
			t.Errorf("the list is %v, want %v", c[0], c[1])
		}
	}
}

// use takes something of everything that an arena has.
func use(a *Arena, n int) {
	raw := []byte("1")
	for range n {
		r := a.Request()
		r.Turns = a.AddTurn(r.Turns, &Turn{Parts: a.Keep([]Part{{Text: "a"}, {Text: "b"}})})
		r.Tools = a.AddTool(r.Tools, &Tool{Name: "t"})
		r.System = a.AddPart(r.System, &Part{Text: "s"})
		r.Ext = a.AddField(r.Ext, "f", raw)
		*a.Call() = ToolCall{ID: "c"}
		*a.Result() = ToolResult{CallID: "c"}
		*a.Think() = Thinking{ItemID: "i"}
		a.AddString(nil, a.String([]byte("word")))
		for i := range a.Scratch {
			a.Scratch[i] = append(a.Scratch[i], Part{Text: "scratch"})
		}
	}
}

func TestArenaIsUsedAgain(t *testing.T) {
	a := NewArena(0)
	use(a, 100)
	a.Reset()
	if n := testing.AllocsPerRun(10, func() { use(a, 40); a.Reset() }); n > 1 { // one is the test's own
		t.Errorf("an arena that has been used allocates %v times", n)
	}
	call, result, think, req := a.Call(), a.Result(), a.Think(), a.Request()
	if call.ID != "" || result.CallID != "" || think.ItemID != "" || req.Turns != nil || req.Tools != nil {
		t.Error("what is handed out again still holds what was in it")
	}
	for _, list := range a.Scratch {
		for _, p := range list[:cap(list)] {
			if p.Text != "" {
				t.Fatal("a list to gather parts in still holds some")
			}
		}
	}
}

func TestArenaForgetsLargeBlocks(t *testing.T) {
	a := NewArena(0)
	for range maxKept/100 + 1 {
		a.Call()
	}
	a.Reset()
	if a.calls.block != nil {
		t.Errorf("a block of %d calls is kept", cap(a.calls.block))
	}
}

// TestArenaScrub checks that everything that an arena has handed out is written
// over, and nothing is left of that after Reset.
func TestArenaScrub(t *testing.T) {
	a := NewArena(1 << 20)
	req := a.Request()
	req.Dialect, req.Model = Chat, "m"
	turns := a.AddTurn(nil, &Turn{Role: RoleUser, Parts: a.Keep([]Part{{Kind: PartText, Text: "kept"}})})
	parts := a.AddPart(nil, &Part{Kind: PartText, Text: "text"})
	kept := turns[0].Parts
	tools := a.AddTool(nil, &Tool{Kind: ToolFunction, Name: "tool"})
	fields := a.AddField(nil, "field", []byte("1"))
	words := a.AddString(nil, "word")
	call, result, think := a.Call(), a.Result(), a.Think()
	call.ID, result.CallID, think.ItemID = "call", "result", "item"
	text := a.String([]byte("text"))
	a.Scrub(func(b []byte) {
		for i := range b {
			b[i] = '!'
		}
	})
	for what, is := range map[string]string{
		"request": req.Model, "turn": string(turns[0].Role), "part": string(parts[0].Text), "kept part": string(kept[0].Text),
		"tool": tools[0].Name, "field": fields[0].Name, "word": words[0], "call": call.ID, "result": result.CallID, "thinking": think.ItemID, "text": text,
	} {
		if is == "" || is[0] != '!' {
			t.Errorf("the %s still says %q", what, is)
		}
	}
	a.Reset()
	if *a.Think() != (Thinking{}) || a.AddTurn(nil, &Turn{})[0].Role != "" || a.Call().ID != "" {
		t.Error("Reset leaves what Scrub has written")
	}
}
