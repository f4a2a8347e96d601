package pool

// Memory returns what the owner of the account remembers of it over all generations of the configuration: what begin
// made when it was first asked for. The pool never looks at it.
func (s *State) Memory(begin func() any) any {
	if m := s.memory.Load(); m != nil {
		return *m
	}
	m := begin()
	s.memory.CompareAndSwap(nil, &m)
	return *s.memory.Load()
}
