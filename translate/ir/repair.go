package ir

import (
	"cmp"
	"slices"
	"strconv"
)

// MissingResult is the text of the error result that stands in for one that
// the client did not send.
const MissingResult = "No result was provided for this tool call."

// Codes of the notes about repaired tool results.
const (
	CodeOrphan      = "tool_result.orphan"
	CodeSynthesized = "tool_result.synthesized"
	CodeRepeated    = "tool_result.repeated"
)

// found is a result and whether a call has taken it.
type found struct {
	turn, part int
	used       bool
}

// exchanges are all calls and results of a request by their ids.
type exchanges struct {
	results map[string][]found
	from    map[string]int   // index of the first result that may still be free
	calls   map[string][]int // the turns of the calls, in order
}

// repairResults returns the turns with every result moved behind its call. The
// client's turns and parts are not changed: another attempt with another
// account starts from them again.
func repairResults(r *Request, t *Target) []Turn {
	results := collect(r)
	seen := map[string]int{}
	out := make([]Turn, 0, len(r.Turns)+2)
	var pending []Part // results that open the next user turn
	var pendingAt int
	flush := func() {
		if len(pending) > 0 {
			out = append(out, Turn{Role: RoleUser, Parts: pending, At: pendingAt})
			pending = nil
		}
	}
	for i := range r.Turns {
		turn := r.Turns[i]
		if turn.Role != RoleUser {
			flush()
			if turn.Role == RoleAssistant {
				turn, pending = answerCalls(r, t, i, results, seen)
				pendingAt = turn.At
			}
			out = append(out, turn)
			continue
		}
		parts := make([]Part, 0, len(pending)+len(turn.Parts))
		parts = append(parts, pending...)
		pending = nil
		turn.Parts = leftovers(r, t, i, parts, results)
		out = append(out, turn)
	}
	flush()
	return out
}

func collect(r *Request) *exchanges {
	x := &exchanges{results: map[string][]found{}, from: map[string]int{}, calls: map[string][]int{}}
	for i := range r.Turns {
		for j := range r.Turns[i].Parts {
			switch p := &r.Turns[i].Parts[j]; p.Kind {
			case PartToolResult:
				x.results[p.Result.CallID] = append(x.results[p.Result.CallID], found{turn: i, part: j})
			case PartToolCall:
				x.calls[p.Call.ID] = append(x.calls[p.Call.ID], i)
			}
		}
	}
	return x
}

// answerCalls returns the assistant turn at i with unique call ids, and the
// results of its calls in call order.
func answerCalls(r *Request, t *Target, i int, x *exchanges, seen map[string]int) (Turn, []Part) {
	turn := r.Turns[i]
	var answers []Part
	copied := false
	for j := range turn.Parts {
		if turn.Parts[j].Kind != PartToolCall {
			continue
		}
		call := turn.Parts[j].Call
		result := x.take(r, t, i, call.ID)
		seen[call.ID]++
		id := call.ID
		if n := seen[call.ID]; n > 1 {
			id += "_" + strconv.Itoa(n)
			if !copied {
				turn.Parts, copied = append([]Part(nil), turn.Parts...), true
			}
			renamed := *call
			renamed.ID = id
			turn.Parts[j].Call = &renamed
		}
		if result.Result == nil {
			t.Repair(CodeSynthesized, r.PathOf(Loc{turn.At, -1}), "")
			result = Part{Kind: PartToolResult, At: Loc{turn.At, -1}, Result: &ToolResult{
				IsError: true, Type: call.Type, Parts: []Part{{Kind: PartText, Text: MissingResult}},
			}}
		}
		answer := *result.Result
		answer.CallID, answer.Name = id, call.Name
		result.Result = &answer
		answers = append(answers, result)
	}
	return turn, answers
}

// take returns the result for a call at turn i: the last one before the id is
// used by another call.
func (x *exchanges) take(r *Request, t *Target, i int, id string) Part {
	until, twice := x.next(i, id, len(r.Turns))
	list := x.results[id]
	best := -1
	for k := x.from[id]; k < len(list); k++ {
		f := &list[k]
		if best >= 0 && f.turn > until {
			break
		}
		x.from[id] = k + 1
		if f.turn <= i {
			continue // before its call
		}
		if best >= 0 { // the earlier one is what the target is not told
			t.Repair(CodeRepeated, r.PathOf(r.Turns[list[best].turn].Parts[list[best].part].At), "")
		}
		f.used = true
		best = k
		if twice {
			break
		}
	}
	if best < 0 {
		return Part{}
	}
	return r.Turns[list[best].turn].Parts[list[best].part]
}

// next returns the turn after i in which the id is used by a call again, and
// whether several calls of turn i share the id, so that each takes one result
// in order. Calls are asked for in their order.
func (x *exchanges) next(i int, id string, end int) (turn int, twice bool) {
	turns := x.calls[id]
	for len(turns) > 0 && turns[0] < i {
		turns = turns[1:]
	}
	x.calls[id] = turns
	twice = len(turns) > 1 && turns[1] == i
	if k, _ := slices.BinarySearch(turns, i+1); k < len(turns) {
		return turns[k], twice
	}
	return end, twice
}

// leftovers appends the parts of the user turn at i that are no answers; a
// result that no call took becomes text.
func leftovers(r *Request, t *Target, i int, parts []Part, x *exchanges) []Part {
	for j := range r.Turns[i].Parts {
		p := r.Turns[i].Parts[j]
		if p.Kind != PartToolResult {
			parts = append(parts, p)
			continue
		}
		if x.taken(p.Result.CallID, i, j) {
			continue
		}
		t.Repair(CodeOrphan, r.PathOf(Loc{r.Turns[i].At, -1}), "")
		text := Plain("[tool result " + p.Result.CallID + "]: ")
		for k := range p.Result.Parts {
			q := p.Result.Parts[k]
			if q.Kind == PartText {
				text += q.Text
			}
		}
		parts = append(parts, Part{Kind: PartText, Text: text, At: p.At})
		for k := range p.Result.Parts {
			if q := p.Result.Parts[k]; q.Kind != PartText {
				parts = append(parts, q)
			}
		}
	}
	return parts
}

// taken reports whether a call has taken the result at turn i, part j.
func (x *exchanges) taken(id string, i, j int) bool {
	list := x.results[id]
	k, ok := slices.BinarySearchFunc(list, found{turn: i, part: j}, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.part, b.part))
	})
	return ok && list[k].used
}
