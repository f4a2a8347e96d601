package pool

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestSpill(t *testing.T) {
	calmly(t, "after a short wait", func(t *testing.T) {
		p := trio(t, 1, nil)
		expect(t, p, talk("s"), "a miss")
		held := acquire(t, p, Want{Pin: "a"})
		begun, waits := time.Now(), 0
		want := talk("s")
		want.OnWait = func() { waits++ }
		expect(t, p, want, "b spill")
		if time.Since(begun) != 5*time.Second || waits != 1 {
			t.Errorf("waited %v, %d times", time.Since(begun), waits)
		}
		held.Release(Outcome{})
		expect(t, p, talk("s"), "a hit")
		idle(t, p)
	})
	calmly(t, "not when the account becomes free", func(t *testing.T) {
		p := trio(t, 1, nil)
		expect(t, p, talk("s"), "a miss")
		held := acquire(t, p, Want{Pin: "a"})
		result := queued(t.Context(), p, named(talk("s")))
		if n := held.Account.State.Snapshot().Waiting; n != 1 || p.Waiting() != 0 {
			t.Errorf("%d wait for the account, %d for any", n, p.Waiting())
		}
		held.Release(Outcome{})
		if lease := got(t, result); lease.Account.Name != "a" || lease.Sticky != StickyHit {
			t.Errorf("%s %v", lease.Account.Name, lease.Sticky)
		} else {
			lease.Release(Outcome{})
		}
		idle(t, p)
	})
	calmly(t, "at once if three wait", func(t *testing.T) {
		p := trio(t, 1, nil)
		for i := range 4 {
			p.sessions.Bind(p.sessionKey("alice", fmt.Sprint(i)), "", p.accounts[0].Identity, time.Hour)
		}
		acquire(t, p, Want{Pin: "a"})
		ctx, cancel := context.WithCancel(t.Context())
		var waiting []chan arrival
		for i := range 3 {
			waiting = append(waiting, queued(ctx, p, talk(fmt.Sprint(i))))
		}
		begun := time.Now()
		expect(t, p, named(talk("3")), "b spill")
		if time.Since(begun) != 0 {
			t.Errorf("waited %v", time.Since(begun))
		}
		cancel()
		for _, result := range waiting {
			if a := <-result; a.err == nil {
				t.Errorf("%s was leased", a.lease.Account.Name)
			}
		}
	})
	calmly(t, "at once if the session is weak", func(t *testing.T) {
		p := trio(t, 1, nil)
		weak := talk("s")
		weak.Session = Session{Key: "s", Continues: true}
		expect(t, p, weak, "a miss")
		acquire(t, p, Want{Pin: "a"})
		begun := time.Now()
		expect(t, p, weak, "b spill")
		if time.Since(begun) != 0 {
			t.Errorf("waited %v", time.Since(begun))
		}
	})
	for name, change := range map[string]func(*Options){
		"at once if none may wait":     func(o *Options) { o.StickyWaiting = 0 },
		"at once without time to wait": func(o *Options) { o.StickyWaitFor = 0 },
	} {
		calmly(t, name, func(t *testing.T) {
			p := trio(t, 1, change)
			expect(t, p, talk("s"), "a miss")
			acquire(t, p, Want{Pin: "a"})
			begun := time.Now()
			expect(t, p, talk("s"), "b spill")
			if time.Since(begun) != 0 {
				t.Errorf("waited %v", time.Since(begun))
			}
		})
	}
	calmly(t, "keeps the session alive", func(t *testing.T) {
		p := trio(t, 1, nil)
		expect(t, p, talk("s"), "a miss")
		held := acquire(t, p, Want{Pin: "a"})
		time.Sleep(50 * time.Minute)
		expect(t, p, talk("s"), "b spill")
		held.Release(Outcome{})
		time.Sleep(50 * time.Minute)
		expect(t, p, talk("s"), "a hit")
	})
}

// named gives the want the model that the helpers' accounts serve.
func named(w Want) Want {
	w.Model = "m"
	return w
}

func TestWaitForOwnAccountEnds(t *testing.T) {
	calmly(t, "when the account fails", func(t *testing.T) {
		p := trio(t, 1, nil)
		expect(t, p, talk("s"), "a miss")
		held := acquire(t, p, Want{Pin: "a"})
		result := queued(t.Context(), p, talk("s"))
		stillWaits(t, result)
		held.Release(Outcome{Kind: RateLimited, Scope: ScopeAccount})
		lease := got(t, result)
		if lease.Account.Name != "b" || lease.Sticky != StickyMoved {
			t.Errorf("%s %v", lease.Account.Name, lease.Sticky)
		}
		lease.Release(Outcome{})
		idle(t, p)
	})
	calmly(t, "and becomes a wait for any", func(t *testing.T) {
		p := trio(t, 1, nil)
		expect(t, p, talk("s"), "a miss")
		acquire(t, p, Want{Pin: "a"})
		waits := 0
		want := talk("s")
		want.OnWait = func() { waits++ }
		result := queued(t.Context(), p, want)
		b, c := acquire(t, p, Want{}), acquire(t, p, Want{})
		time.Sleep(6 * time.Second)
		stillWaits(t, result)
		if p.Waiting() != 1 || waits != 1 {
			t.Errorf("%d wait for any account; %d began to wait", p.Waiting(), waits)
		}
		c.Release(Outcome{})
		lease := got(t, result)
		if lease.Account.Name != "c" || lease.Sticky != StickySpill {
			t.Errorf("%s %v", lease.Account.Name, lease.Sticky)
		}
		lease.Release(Outcome{})
		b.Release(Outcome{})
	})
	calmly(t, "does not begin when all are full", func(t *testing.T) {
		p := trio(t, 1, nil)
		expect(t, p, talk("s"), "a miss")
		acquire(t, p, Want{Pin: "a"})
		b := acquire(t, p, Want{})
		acquire(t, p, Want{})
		result := queued(t.Context(), p, talk("s"))
		b.Release(Outcome{})
		lease := got(t, result)
		if lease.Account.Name != "b" || lease.Sticky != StickySpill {
			t.Errorf("%s %v", lease.Account.Name, lease.Sticky)
		}
		lease.Release(Outcome{})
	})
	calmly(t, "with the probe's answer", func(t *testing.T) {
		p := trio(t, 0, nil)
		expect(t, p, talk("s"), "a miss")
		end(t, p, Want{Pin: "a"}, Outcome{Kind: RateLimited, Scope: ScopeAccount, RetryAfter: 10 * time.Second})
		time.Sleep(10 * time.Second)
		probe := acquire(t, p, Want{Pin: "a"})
		result := queued(t.Context(), p, talk("s"))
		stillWaits(t, result)
		time.Sleep(2 * time.Second)
		probe.Answering()
		if lease := got(t, result); lease.Sticky != StickyHit {
			t.Errorf("%s %v", lease.Account.Name, lease.Sticky)
		} else {
			lease.Release(Outcome{})
		}
	})
}
