package ir

import "strconv"

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

// repairResults returns the turns with every result moved behind its call. The
// client's turns and parts are not changed: another attempt with another
// account starts from them again.
func repairResults(r *Request, t *Target) []Turn {
	results := collectResults(r)
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

// collectResults lists the results of every call id in order.
func collectResults(r *Request) map[string][]found {
	results := map[string][]found{}
	for i := range r.Turns {
		for j := range r.Turns[i].Parts {
			if p := &r.Turns[i].Parts[j]; p.Kind == PartToolResult {
				results[p.Result.CallID] = append(results[p.Result.CallID], found{turn: i, part: j})
			}
		}
	}
	return results
}

// answerCalls returns the assistant turn at i with unique call ids, and the
// results of its calls in call order.
func answerCalls(r *Request, t *Target, i int, results map[string][]found, seen map[string]int) (Turn, []Part) {
	turn := r.Turns[i]
	var answers []Part
	copied := false
	for j := range turn.Parts {
		if turn.Parts[j].Kind != PartToolCall {
			continue
		}
		call := turn.Parts[j].Call
		result := takeResult(r, t, i, results[call.ID], call.ID)
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

// takeResult returns the result for a call at turn i: the last one before the
// id is used by another call.
func takeResult(r *Request, t *Target, i int, list []found, id string) Part {
	until := nextCall(r, i, id)
	best := -1
	for k := range list {
		f := &list[k]
		if f.used || f.turn <= i || f.turn > until && best >= 0 {
			continue
		}
		if best >= 0 {
			t.Repair(CodeRepeated, r.PathOf(r.Turns[f.turn].Parts[f.part].At), "")
		}
		f.used = true
		best = k
		if sameTurnTwice(r, i, id) {
			break
		}
	}
	if best < 0 {
		return Part{}
	}
	return r.Turns[list[best].turn].Parts[list[best].part]
}

// nextCall returns the turn in which the id is used by a call again.
func nextCall(r *Request, i int, id string) int {
	for k := i + 1; k < len(r.Turns); k++ {
		for j := range r.Turns[k].Parts {
			if p := &r.Turns[k].Parts[j]; p.Kind == PartToolCall && p.Call.ID == id {
				return k
			}
		}
	}
	return len(r.Turns)
}

// sameTurnTwice reports whether several calls of turn i share the id, so that
// each takes one result in order.
func sameTurnTwice(r *Request, i int, id string) bool {
	n := 0
	for j := range r.Turns[i].Parts {
		if p := &r.Turns[i].Parts[j]; p.Kind == PartToolCall && p.Call.ID == id {
			n++
		}
	}
	return n > 1
}

// leftovers appends the parts of the user turn at i that are no answers; a
// result that no call took becomes text.
func leftovers(r *Request, t *Target, i int, parts []Part, results map[string][]found) []Part {
	for j := range r.Turns[i].Parts {
		p := r.Turns[i].Parts[j]
		if p.Kind != PartToolResult {
			parts = append(parts, p)
			continue
		}
		if taken(results[p.Result.CallID], i, j) {
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

func taken(list []found, turn, part int) bool {
	for _, f := range list {
		if f.turn == turn && f.part == part {
			return f.used
		}
	}
	return false
}
