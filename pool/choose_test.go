package pool

import (
	"slices"
	"testing"
	"time"
)

func only(names ...string) func(*Account) bool {
	return func(a *Account) bool { return slices.Contains(names, a.Name) }
}

func TestChoosesByPriority(t *testing.T) {
	first, second := account(t, "first", 1), account(t, "second", 1)
	second.Priority = 1
	third := account(t, "third", 0)
	third.Priority = 2
	p := newPool(t, options(), second, first, third)
	a := acquire(t, p, Want{})
	b := acquire(t, p, Want{})
	if a.Account != first || b.Account != second {
		t.Fatalf("got %s, then %s", a.Account.Name, b.Account.Name)
	}
	a.Release(Outcome{Kind: Failed, Scope: ScopeAccount})
	b.Release(Outcome{})
	if got := end(t, p, Want{}, Outcome{}); got != "second" {
		t.Errorf("%s answered while the better account is down", got)
	}
}

func TestChoosesByLoad(t *testing.T) {
	small, large, heavy := account(t, "small", 20), account(t, "large", 40), account(t, "heavy", 40)
	heavy.Weight = 2
	p := newPool(t, options(), small, large, heavy)
	counts := map[*Account]int{}
	for range 28 {
		counts[acquire(t, p, Want{}).Account]++
	}
	// Sizes of 20, of 40, and of 40 that counts twice share like 1 to 2 to 4.
	if counts[small] != 4 || counts[large] != 8 || counts[heavy] != 16 {
		t.Errorf("small %d, large %d, heavy %d", counts[small], counts[large], counts[heavy])
	}
}

func TestLoadCountsWhoWaits(t *testing.T) {
	a, b := account(t, "a", 4), account(t, "b", 4)
	p := newPool(t, options(), a, b)
	a.State.waiting.Add(1)
	defer a.State.waiting.Add(-1)
	for range 2 {
		if got := end(t, p, Want{}, Outcome{}); got != "b" {
			t.Errorf("got %s, for which somebody waits", got)
		}
	}
}

func TestUnlimitedCountsAsHundred(t *testing.T) {
	limited, unlimited := account(t, "limited", 50), account(t, "unlimited", 0)
	p := newPool(t, options(), limited, unlimited)
	counts := map[*Account]int{}
	for range 30 {
		counts[acquire(t, p, Want{}).Account]++
	}
	if counts[limited] != 10 || counts[unlimited] != 20 {
		t.Errorf("limited %d, unlimited %d", counts[limited], counts[unlimited])
	}
}

func TestBreaksTies(t *testing.T) {
	a, b, c := account(t, "a", 0), account(t, "b", 0), account(t, "c", 0)
	p := newPool(t, options(), a, b, c)
	var order string
	for range 6 {
		order += end(t, p, Want{}, Outcome{Kind: Succeeded})
	}
	if order != "abcabc" {
		t.Errorf("the account used longest ago must go first; got %s", order)
	}
	ranked := Want{Rank: func(a *Account) int {
		if a.Name == "b" {
			return 0
		}
		return 1
	}}
	order = end(t, p, ranked, Outcome{}) + end(t, p, ranked, Outcome{})
	if order != "bb" {
		t.Errorf("the lower rank must go first at equal load; got %s", order)
	}
	busy := acquire(t, p, ranked)
	if next := end(t, p, ranked, Outcome{}); next == "b" {
		t.Error("rank must not outweigh load")
	}
	busy.Release(Outcome{})
}

func TestBareStarServesOnlyTheUnnamed(t *testing.T) {
	named, wild, exact := account(t, "named", 1, "gpt-*"), account(t, "wild", 0, "*"), account(t, "exact", 0, "solo")
	off := account(t, "off", 0, "dormant")
	off.Disabled = true
	p := newPool(t, options(), wild, named, exact, off)
	tests := []struct {
		name string
		want Want
		got  string
	}{
		{"nobody names it", Want{Model: "llama"}, "wild"},
		{"a pattern names it", Want{Model: "gpt-5"}, "named"},
		{"a name names it", Want{Model: "solo"}, "exact"},
		{"only a disabled account names it", Want{Model: "dormant"}, "wild"},
		{"the one that names it is not allowed", Want{Model: "gpt-5", Allowed: only("wild")}, "wild"},
		{"pinned", Want{Model: "gpt-5", Pin: "wild"}, "wild"},
	}
	for _, test := range tests {
		if got := end(t, p, test.want, Outcome{}); got != test.got {
			t.Errorf("%s: got %s, want %s", test.name, got, test.got)
		}
	}
	nobody := refused(t, p, Want{Model: "gpt-5", Exclude: only("named")})
	if nobody.Members != 1 || nobody.Excluded != 1 {
		t.Errorf("an excluded account must still be the one that names the model: %+v", nobody)
	}
}

func TestRenames(t *testing.T) {
	p := newPool(t, options(), account(t, "a", 0, "fast=gpt-5-mini"))
	lease := acquire(t, p, Want{Model: "fast"})
	defer lease.Release(Outcome{})
	if lease.Upstream != "gpt-5-mini" {
		t.Errorf("upstream model %q", lease.Upstream)
	}
}

func TestNobody(t *testing.T) {
	off := account(t, "off", 0, "m", "dormant")
	off.Disabled = true
	p := newPool(t, options(), account(t, "a", 0), account(t, "b", 0), off)
	tests := []struct {
		name string
		want Want
		err  NobodyError
	}{
		{"unknown model", Want{Model: "x"}, NobodyError{Model: "x"}},
		{"disabled", Want{Model: "dormant"}, NobodyError{Model: "dormant", Disabled: 1}},
		{"not allowed", Want{Allowed: only()}, NobodyError{Model: "m"}},
		{"excluded", Want{Exclude: only("a", "b")}, NobodyError{Model: "m", Members: 2, Excluded: 2}},
		{"pinned to an account that is gone", Want{Pin: "c"}, NobodyError{Model: "m"}},
		{"pinned and excluded", Want{Pin: "a", Exclude: only("a")}, NobodyError{Model: "m", Members: 1, Excluded: 1}},
	}
	for _, test := range tests {
		if got := refused(t, p, test.want); *got != test.err {
			t.Errorf("%s: %+v", test.name, *got)
		} else if got.Error() == "" {
			t.Errorf("%s: the error says nothing", test.name)
		}
	}
}

func TestNobodyRateLimited(t *testing.T) {
	p := newPool(t, options(), account(t, "a", 0), account(t, "b", 0))
	limited := Outcome{Kind: RateLimited, Scope: ScopeModel, RetryAfter: time.Minute}
	end(t, p, Want{Pin: "a"}, limited)
	limited.RetryAfter = 20 * time.Second
	end(t, p, Want{Pin: "b"}, limited)
	nobody := refused(t, p, Want{Exclude: only("a")})
	if !nobody.RateLimited || nobody.RetryAfter > 20*time.Second || nobody.RetryAfter < 15*time.Second {
		t.Errorf("%+v: all are rate limited, the first for 20s", *nobody)
	}
	p = newPool(t, options(), account(t, "c", 0), account(t, "d", 0))
	end(t, p, Want{Pin: "c"}, limited)
	end(t, p, Want{Pin: "d"}, Outcome{Kind: Unauthorized, Scope: ScopeAccount})
	if nobody = refused(t, p, Want{}); nobody.RateLimited || nobody.RetryAfter > 20*time.Second {
		t.Errorf("%+v: one is not rate limited", *nobody)
	}
}

func TestReleaseCountsOnce(t *testing.T) {
	p := newPool(t, options(), account(t, "a", 2))
	first, second := acquire(t, p, Want{}), acquire(t, p, Want{})
	first.Release(Outcome{Kind: Succeeded, FirstByte: time.Second})
	first.Release(Outcome{Kind: Failed, Scope: ScopeAccount})
	s := p.accounts[0].State.Snapshot()
	if s.InUse != 1 || s.Succeeded != 1 || s.Failed != 0 || s.FirstByte != time.Second {
		t.Errorf("after two releases of one lease: %+v", s)
	}
	second.Release(Outcome{})
	idle(t, p)
}
