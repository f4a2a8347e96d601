package pool

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestSessionEscapesFromSlowAccount(t *testing.T) {
	// answers records n answers of the account with this time to the first content.
	answers := func(t *testing.T, p *Pool, name string, n int, firstByte time.Duration) {
		for range n {
			end(t, p, Want{Pin: name}, Outcome{Kind: Succeeded, FirstByte: firstByte})
		}
	}
	tests := []struct {
		name    string
		a, b, c time.Duration
		samples int
		want    string
	}{
		{"much slower", 10 * time.Second, time.Second, 2 * time.Second, 5, "b moved"},
		{"slower", 5 * time.Second, 2 * time.Second, 2 * time.Second, 5, "a hit"},
		{"slower than one, as slow as the other", 10 * time.Second, time.Second, 10 * time.Second, 5, "a hit"},
		{"fast enough", 1900 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond, 5, "a hit"},
		{"too few answers", 10 * time.Second, time.Second, time.Second, 4, "a hit"},
		{"no peers", 10 * time.Second, 0, 0, 5, "a hit"},
	}
	for _, test := range tests {
		calmly(t, test.name, func(t *testing.T) {
			p := trio(t, 0, nil)
			expect(t, p, talk("s"), "a miss")
			for name, firstByte := range map[string]time.Duration{"a": test.a, "b": test.b, "c": test.c} {
				answers(t, p, name, test.samples, firstByte)
			}
			p.accounts[1].State.used.Store(1) // the one that goes first among equals
			expect(t, p, talk("s"), test.want)
		})
	}
	calmly(t, "but not to a slow one", func(t *testing.T) {
		p := newPool(t, options(), account(t, "a", 0), account(t, "b", 0), account(t, "c", 0), account(t, "d", 0), account(t, "e", 0))
		expect(t, p, talk("s"), "a miss")
		for _, name := range []string{"c", "d", "e"} {
			answers(t, p, name, 5, time.Second)
		}
		answers(t, p, "a", 5, 30*time.Second)
		answers(t, p, "b", 5, 20*time.Second)
		p.accounts[1].State.used.Store(1)
		expect(t, p, talk("s"), "c moved", "c hit")
	})
	calmly(t, "not for what was long ago", func(t *testing.T) {
		p := trio(t, 0, nil)
		expect(t, p, talk("s"), "a miss")
		answers(t, p, "a", 5, 10*time.Second)
		answers(t, p, "b", 5, time.Second)
		time.Sleep(5 * time.Minute)
		expect(t, p, talk("s"), "a hit")
	})
	calmly(t, "not when that is off", func(t *testing.T) {
		p := trio(t, 0, func(o *Options) { o.Slow.Factor = 0 })
		expect(t, p, talk("s"), "a miss")
		answers(t, p, "a", 5, 10*time.Second)
		answers(t, p, "b", 5, time.Second)
		expect(t, p, talk("s"), "a hit")
	})
	synctest.Test(t, func(t *testing.T) {
		p := trio(t, 1, nil)
		expect(t, p, talk("s"), "a miss")
		answers(t, p, "a", 5, 10*time.Second)
		answers(t, p, "b", 5, time.Second)
		answers(t, p, "c", 5, time.Second)
		acquire(t, p, Want{Pin: "b"})
		acquire(t, p, Want{Pin: "c"})
		expect(t, p, talk("s"), "a hit") // nobody faster is free
	})
}
