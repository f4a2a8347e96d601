package ir

import "slices"

// Normalize brings the conversation into the form that every target relies on;
// encoders call it first, and calling it again changes nothing:
//
//   - tool results are parts of user turns; the user turn after an assistant
//     turn with calls begins with their results, in call order
//   - every call that the client runs is answered: a missing result becomes an
//     error result, a result without its call becomes text, and of repeated
//     results for one call the last counts
//   - call ids are unique within the request, results know their tool's name
//   - there is no empty text, no thinking outside of assistant turns, and no
//     empty turn
//
// Repairs are noted at the target.
func Normalize(r *Request, t *Target) {
	if !r.needsRepair() {
		return
	}
	r.Turns = repairResults(r, t)
	dropEmpty(r)
}

// needsRepair reports whether anything has to be changed, in one pass without
// allocation for the conversations of well-behaved clients.
func (r *Request) needsRepair() bool {
	for i := range r.Turns {
		turn := &r.Turns[i]
		if len(turn.Parts) == 0 {
			return true
		}
		calls := 0
		for j := range turn.Parts {
			p := &turn.Parts[j]
			if emptyPart(p) || p.Kind == PartThinking && turn.Role != RoleAssistant {
				return true
			}
			if p.Kind == PartToolCall {
				calls++
				if turn.Role != RoleAssistant || r.repeatsID(i, j) {
					return true
				}
			}
			if p.Kind == PartToolResult && (i == 0 || turn.Role != RoleUser || !answers(&r.Turns[i-1], p, j)) {
				return true
			}
		}
		if calls > 0 && (i+1 == len(r.Turns) || leadingResults(&r.Turns[i+1]) != calls) {
			return true
		}
	}
	return false
}

// repeatsID reports whether the call at turn i, part j has the id of an
// earlier one. Conversations hold few calls and most ids differ early, so a
// walk beats a map.
func (r *Request) repeatsID(i, j int) bool {
	id := r.Turns[i].Parts[j].Call.ID
	for k := 0; k <= i; k++ {
		parts := r.Turns[k].Parts
		for l := range parts {
			if k == i && l == j {
				return false
			}
			if parts[l].Kind == PartToolCall && parts[l].Call.ID == id {
				return true
			}
		}
	}
	return false
}

// answers reports whether p, the j-th part of its turn, is the result of the
// j-th call of the turn before, and completes its name.
func answers(before *Turn, p *Part, j int) bool {
	n := 0
	for k := range before.Parts {
		q := &before.Parts[k]
		if q.Kind != PartToolCall {
			continue
		}
		if n == j {
			if p.Result.Name == "" {
				p.Result.Name = q.Call.Name
			}
			return q.Call.ID == p.Result.CallID
		}
		n++
	}
	return false
}

func leadingResults(t *Turn) int {
	if t.Role != RoleUser {
		return -1
	}
	n := 0
	for n < len(t.Parts) && t.Parts[n].Kind == PartToolResult {
		n++
	}
	return n
}

func emptyPart(p *Part) bool {
	return p.Kind == PartText && p.Text == "" && p.Sig == nil
}

// dropEmpty removes empty texts, thinking outside of assistant turns, and
// turns that are left without parts. Turns that change get parts of their own.
func dropEmpty(r *Request) {
	turns := make([]Turn, 0, len(r.Turns))
	for _, turn := range r.Turns {
		drop := func(p Part) bool { return emptyPart(&p) || p.Kind == PartThinking && turn.Role != RoleAssistant }
		if slices.ContainsFunc(turn.Parts, drop) {
			turn.Parts = slices.DeleteFunc(slices.Clone(turn.Parts), drop)
		}
		if len(turn.Parts) > 0 {
			turns = append(turns, turn)
		}
	}
	r.Turns = turns
}
