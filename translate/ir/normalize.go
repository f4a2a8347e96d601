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
	dropEmpty(r, t)
}

// needsRepair reports whether anything has to be changed, in one pass without
// allocation for the conversations of well-behaved clients.
func (r *Request) needsRepair() bool {
	var seen ids
	for i := range r.Turns {
		turn := &r.Turns[i]
		if len(turn.Parts) == 0 {
			return true
		}
		calls := 0
		var asked calling
		if i > 0 {
			asked.parts = r.Turns[i-1].Parts
		}
		for j := range turn.Parts {
			p := &turn.Parts[j]
			if emptyPart(p) || misplaced(turn, p) {
				return true
			}
			if p.Kind == PartToolCall {
				calls++
				if turn.Role != RoleAssistant || seen.repeats(p.Call.ID) {
					return true
				}
			}
			if p.Kind == PartToolResult && (turn.Role != RoleUser || !asked.answeredBy(p, j)) {
				return true
			}
		}
		if calls > 0 && (i+1 == len(r.Turns) || leadingResults(&r.Turns[i+1]) != calls) {
			return true
		}
	}
	return false
}

// ids are the ids of calls so far. Conversations hold few calls and the marks of
// most ids differ, so a walk beats a map until there are many.
type ids struct {
	n    int
	few  [manyIDs]string
	mark [manyIDs]uint64
	set  map[string]bool
}

const manyIDs = 64

// repeats reports whether an earlier call has the id.
func (s *ids) repeats(id string) bool {
	if s.n == manyIDs {
		return s.repeatsMany(id)
	}
	mark := markOf(id)
	for i, other := range s.mark[:s.n] {
		if other == mark && s.few[i] == id {
			return true
		}
	}
	s.few[s.n], s.mark[s.n] = id, mark
	s.n++
	return false
}

func (s *ids) repeatsMany(id string) bool {
	if s.set == nil {
		s.set = make(map[string]bool, 2*manyIDs)
		for _, other := range s.few {
			s.set[other] = true
		}
	}
	if s.set[id] {
		return true
	}
	s.set[id] = true
	return false
}

// calling walks the calls of a turn while the results of the next one are
// compared with them.
type calling struct {
	parts []Part
	next  int // where the walk goes on
	n     int // calls that were passed
}

// answeredBy reports whether p, the j-th part of its turn, is the result of the
// j-th call, and completes its name.
func (c *calling) answeredBy(p *Part, j int) bool {
	if c.n != j {
		return false
	}
	for c.next < len(c.parts) {
		q := &c.parts[c.next]
		c.next++
		if q.Kind != PartToolCall {
			continue
		}
		c.n++
		if p.Result.Name == "" {
			p.Result.Name = q.Call.Name
		}
		return q.Call.ID == p.Result.CallID
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

// misplaced reports whether a part stands in the turn of somebody who cannot
// say it.
func misplaced(turn *Turn, p *Part) bool {
	return turn.Role != RoleAssistant && (p.Kind == PartThinking || p.Kind == PartToolCall)
}

func emptyPart(p *Part) bool {
	return p.Kind == PartText && p.Text == "" && p.Sig == nil
}

// dropEmpty removes empty texts, thinking and calls outside of assistant turns,
// and turns that are left without parts. Turns that change get parts of their
// own.
func dropEmpty(r *Request, t *Target) {
	turns := make([]Turn, 0, len(r.Turns))
	for _, turn := range r.Turns {
		drop := func(p Part) bool { return emptyPart(&p) || misplaced(&turn, &p) }
		for i := range turn.Parts {
			if p := &turn.Parts[i]; misplaced(&turn, p) {
				t.Repair(CodeDrop, r.PathOf(p.At), "only the model says this")
			}
		}
		if slices.ContainsFunc(turn.Parts, drop) {
			turn.Parts = slices.DeleteFunc(slices.Clone(turn.Parts), drop)
		}
		if len(turn.Parts) > 0 {
			turns = append(turns, turn)
		}
	}
	r.Turns = turns
}
