package pool

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// several returns a pool of accounts a-0, a-1 … without waiting.
func several(t *testing.T, count, percent int) *Pool {
	var accounts []*Account
	for i := range count {
		accounts = append(accounts, account(t, fmt.Sprint("a-", i), 0))
	}
	o := options()
	o.Panic, o.Waiting = percent, 0
	return newPool(t, o, accounts...)
}

// down puts the accounts into cooldown in this order, a moment apart.
func down(t *testing.T, p *Pool, kind Kind, accounts ...int) {
	for _, i := range accounts {
		end(t, p, Want{Pin: fmt.Sprint("a-", i)}, Outcome{Kind: kind, Scope: ScopeAccount})
		time.Sleep(time.Millisecond)
	}
}

// used returns which accounts a few dozen requests get.
func used(t *testing.T, p *Pool, want Want) string {
	t.Helper()
	want.Model = "m"
	seen := make(map[string]bool)
	for range 40 {
		lease, err := p.Acquire(t.Context(), want)
		if err != nil {
			break
		}
		seen[lease.Account.Name] = true
		lease.Release(Outcome{})
	}
	var names string
	for i := range p.accounts {
		if seen[fmt.Sprint("a-", i)] {
			names += fmt.Sprint(i)
		}
	}
	return names
}

func TestPanic(t *testing.T) {
	tests := []struct {
		name    string
		count   int
		percent int
		down    func(t *testing.T, p *Pool)
		want    string
	}{
		{"half may be down", 4, 50, func(t *testing.T, p *Pool) { down(t, p, Failed, 2, 0) }, "13"},
		{"the one that failed longest ago comes back", 4, 50, func(t *testing.T, p *Pool) { down(t, p, Failed, 2, 0, 3) }, "12"},
		{"overload too", 4, 50, func(t *testing.T, p *Pool) { down(t, p, Overloaded, 3, 2, 1, 0) }, "23"},
		{"the only account", 1, 100, func(t *testing.T, p *Pool) { down(t, p, Failed, 0) }, "0"},
		{"one of two may be down", 2, 50, func(t *testing.T, p *Pool) { down(t, p, Failed, 0) }, "1"},
		{"the last of two", 2, 50, func(t *testing.T, p *Pool) { down(t, p, Failed, 0, 1) }, "0"},
		{"none may be down", 3, 0, func(t *testing.T, p *Pool) { down(t, p, Failed, 0, 1, 2) }, "012"},
		{"all may be down", 3, 100, func(t *testing.T, p *Pool) { down(t, p, Failed, 0, 1, 2) }, ""},
		{"rate limits count and stay", 4, 50, func(t *testing.T, p *Pool) {
			down(t, p, RateLimited, 0, 1)
			down(t, p, Failed, 2)
		}, "23"},
		{"rate limits alone", 4, 50, func(t *testing.T, p *Pool) { down(t, p, RateLimited, 0, 1, 2, 3) }, ""},
		{"a bad credential of the only account", 1, 50, func(t *testing.T, p *Pool) { down(t, p, Unauthorized, 0) }, ""},
		{"a rate limit under an error", 1, 50, func(t *testing.T, p *Pool) {
			down(t, p, Failed, 0)
			down(t, p, RateLimited, 0)
		}, ""},
	}
	for _, test := range tests {
		calmly(t, test.name, func(t *testing.T) {
			p := several(t, test.count, test.percent)
			test.down(t, p)
			if got := used(t, p, Want{}); got != test.want {
				t.Errorf("used %q, want %q", got, test.want)
			}
			idle(t, p)
		})
	}
}

func TestPanicPassesOverTheExcluded(t *testing.T) {
	calmly(t, "another comes back instead", func(t *testing.T) {
		p := several(t, 4, 50)
		down(t, p, Failed, 2, 0, 3)
		if got := used(t, p, Want{Exclude: only("a-2")}); got != "01" {
			t.Errorf("used %q, want 0 in place of 2", got)
		}
	})
}

func TestPanicLeavesPrioritiesAlone(t *testing.T) {
	calmly(t, "a healthy account of worse priority", func(t *testing.T) {
		p := several(t, 4, 50)
		p.Close()
		p.accounts[3].Priority = 1
		p = newPool(t, p.options, p.accounts...)
		down(t, p, Failed, 0, 1, 2)
		if got := used(t, p, Want{}); got != "3" {
			t.Errorf("used %q although the backup is healthy", got)
		}
		if got := used(t, p, Want{Exclude: only("a-3")}); got != "0" {
			t.Errorf("used %q once the backup has been tried", got)
		}
	})
}

func TestPanicEndsWithSuccess(t *testing.T) {
	calmly(t, "the only account", func(t *testing.T) {
		p := several(t, 1, 50)
		down(t, p, Failed, 0)
		end(t, p, Want{}, Outcome{Kind: Succeeded})
		if s := p.accounts[0].State.Snapshot(); len(s.Cooldowns) != 0 {
			t.Errorf("the success in spite of the cooldown did not end it: %+v", s.Cooldowns)
		}
	})
	calmly(t, "full", func(t *testing.T) {
		a := account(t, "a-0", 1)
		o := options()
		o.Waiting = 0
		p := newPool(t, o, a)
		down(t, p, Failed, 0)
		lease := acquire(t, p, Want{})
		_, err := p.Acquire(t.Context(), Want{Model: "m"})
		if _, ok := errors.AsType[*FullError](err); !ok {
			t.Errorf("got %v; an account used in a panic is full like any other", err)
		}
		lease.Release(Outcome{})
	})
}
