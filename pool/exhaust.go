package pool

import (
	"slices"
	"time"
)

// Exhaust keeps requests for a model, as the upstream calls it, from an account whose vendor says that nothing is left
// of its quota until a time, for at most the longest cooldown of a rate limit. Requests that run go on.
func (p *Pool) Exhaust(a *Account, model string, until time.Time, reason string) {
	now := time.Now()
	span := p.options.Cooldown[RateLimitClass]
	if longest := now.Add(span.Max); until.After(longest) {
		until = longest
	}
	if model == "" || !until.After(now) {
		return
	}
	s := a.State
	s.mu.Lock()
	c := change{before: s.cooling.Load()}
	list := slices.Clone(s.cooldowns())
	at := slices.IndexFunc(list, func(c cooldown) bool { return c.class == RateLimitClass && c.model == model })
	if at < 0 {
		list = append(list.bounded(), cooldown{class: RateLimitClass, model: model, failures: 1})
		at = len(list) - 1
	}
	if known := &list[at]; until.After(known.until) {
		known.until, known.forgotten, known.reason = until, until.Add(span.Max), reason
		known.stamp = p.room.stamp(now)
		s.setCooldowns(list)
	}
	c.after = s.cooling.Load()
	s.mu.Unlock()
	p.room.changed(s)
	p.report(a, c, now)
}
