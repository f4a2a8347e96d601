package ir

// Signed is what proves to a vendor that its model made a call or a thought,
// as it is kept for clients that do not send it back.
type Signed struct {
	Call     *Sig      // the call's own signature; nil for none
	Thoughts []Thought // the signed thinking that led there, in order
}

// Thought is a signed PartThinking and where it stood.
type Thought struct {
	Part   Part
	Behind bool // text of the same answer stood before it
}

// Size is about how many bytes it takes.
func (s *Signed) Size() int {
	n := 64
	if s.Call != nil {
		n += s.Call.size()
	}
	for i := range s.Thoughts {
		p := &s.Thoughts[i].Part
		n += 256 + len(p.Text)
		if p.Think.Sig != nil {
			n += p.Think.Sig.size()
		}
	}
	return n
}

func (s *Sig) size() int { return 96 + len(s.Value) + len(s.Model) + len(s.Scope) }
