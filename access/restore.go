package access

import (
	"fmt"
	"time"
)

// Used is what a key has used at some time before the process began.
type Used struct {
	At     time.Time
	Tokens int64 // input and output
	Nanos  int64 // nanodollars
}

// History tells what the key called name has used from since until before until, in pieces that are not longer than
// step.
type History func(name string, since, until time.Time, step time.Duration) ([]Used, error)

// Restore gives the keys back what they have used in the time that their limits speak of and that this process has not
// seen. It asks once for a key, however many generations have it. Without an error for every key it can be called again.
func (k *Keys) Restore(history History) error {
	for i := range k.keys {
		if err := k.keys[i].restore(history); err != nil {
			return fmt.Errorf("restoring what key %s has used: %w", k.keys[i].Name, err)
		}
	}
	return nil
}

func (k *Key) restore(history History) error {
	s, l := k.state, &k.Limits
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.restoreSpend(l, history); err != nil {
		return err
	}
	return s.restoreTokens(l, history)
}

// restoreSpend asks for the whole month, so that a budget's period can be changed without another look.
func (s *State) restoreSpend(l *Limits, history History) error {
	if l.Budget.Nanos == 0 || s.knowsSpend {
		return nil
	}
	used, err := history(s.name, Month.start(s.born), s.born, 24*time.Hour)
	if err != nil {
		return err
	}
	period, before := l.Budget.Per.start(s.born), int64(0)
	for _, u := range used {
		s.spend.add(u.At, u.Nanos)
		if !u.At.Before(period) {
			before += u.Nanos
		}
	}
	if before >= l.Budget.Nanos {
		s.told = told{l.Budget, period} // by the process before this one
	}
	s.knowsSpend = true
	return nil
}

func (s *State) restoreTokens(l *Limits, history History) error {
	if l.Tokens.N == 0 || s.knowsTokens {
		return nil
	}
	now := time.Now()
	until := s.born
	if s.window.per == 0 {
		until = now // without a limit of tokens none were counted
	}
	used, err := history(s.name, now.Add(-l.Tokens.Per), until, max(l.Tokens.Per/windowSlots, time.Millisecond))
	if err != nil {
		return err
	}
	s.window.slide(l.Tokens.Per, now)
	for _, u := range used {
		s.window.put(u.At, u.Tokens)
	}
	s.knowsTokens = true
	return nil
}
