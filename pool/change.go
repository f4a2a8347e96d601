package pool

import "time"

// Change is an account that has gone into a cooldown, or has shown that the trouble of one is over.
type Change struct {
	Account *Account
	Down    bool
	Cooldown
}

// change is what an event did to the cooldowns of an account. The lists are immutable, so that they can be compared
// when no lock is held any more.
type change struct{ before, after *cooldowns }

// report tells the owner of the pool what has changed for the account. No lock may be held.
func (p *Pool) report(a *Account, c change, now time.Time) {
	if p.options.Changed == nil || c.before == c.after {
		return
	}
	var before, after cooldowns
	if c.before != nil {
		before = *c.before
	}
	if c.after != nil {
		after = *c.after
	}
	for i := range after {
		if old := before.find(&after[i]); old == nil || !now.Before(old.forgotten) {
			p.options.Changed(Change{Account: a, Down: true, Cooldown: after[i].shown(now)})
		}
	}
	for i := range before {
		if after.find(&before[i]) == nil && now.Before(before[i].forgotten) {
			p.options.Changed(Change{Account: a, Cooldown: before[i].shown(now)})
		}
	}
}

// find returns the cooldown of the same class and model, or nil.
func (list cooldowns) find(c *cooldown) *cooldown {
	for i := range list {
		if list[i].class == c.class && list[i].model == c.model {
			return &list[i]
		}
	}
	return nil
}
