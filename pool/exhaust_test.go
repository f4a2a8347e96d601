package pool

import (
	"testing"
	"time"
)

// TestExhaust takes a model of an account out of use, as far as cooldowns may last, and no other model.
func TestExhaust(t *testing.T) {
	calmly(t, "a model without quota", func(t *testing.T) {
		a := account(t, "a", 0, "m", "n")
		o := options()
		told := 0
		o.Changed = func(Change) { told++ }
		p := newPool(t, o, a)
		longest := o.Cooldown[RateLimitClass].Max
		p.Exhaust(a, "m", time.Now().Add(-time.Second), "past")
		p.Exhaust(a, "", time.Now().Add(time.Hour), "of no model")
		end(t, p, Want{Model: "m"}, Outcome{Kind: Succeeded})
		for _, length := range []time.Duration{time.Minute, 1000 * time.Hour, time.Second} {
			p.Exhaust(a, "m", time.Now().Add(length), "used up")
		}
		refused(t, p, Want{Model: "m"})
		end(t, p, Want{Model: "n"}, Outcome{Kind: Succeeded})
		if got := a.State.Snapshot().Cooldowns; len(got) != 1 || got[0].Failures != 1 || !got[0].Until.Equal(time.Now().Add(longest)) || got[0].Reason != "used up" || told != 1 {
			t.Errorf("told %d times of %+v", told, got)
		}
		time.Sleep(longest)
		end(t, p, Want{Model: "m"}, Outcome{Kind: Succeeded})
		if told != 2 {
			t.Errorf("told %d times", told)
		}
	})
}
