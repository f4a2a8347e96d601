package pool

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

func manyAccounts(b testing.TB, count int, models ...string) []*Account {
	if models == nil {
		models = []string{"gemini-*", "gemma-*"}
	}
	var accounts []*Account
	for i := range count {
		accounts = append(accounts, account(b, fmt.Sprint("a-", i), 8, models...))
	}
	return accounts
}

// BenchmarkAcquire measures one choice and its release, with the callbacks that a gateway gives.
func BenchmarkAcquire(b *testing.B) {
	for _, count := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			p := newPool(b, options(), manyAccounts(b, count)...)
			want := Want{
				Model:   "gemini-2.5-pro",
				Allowed: func(a *Account) bool { return a.Provider == "test" },
				Rank:    func(a *Account) int { return a.Priority },
			}
			b.ReportAllocs()
			for b.Loop() {
				lease, err := p.Acquire(b.Context(), want)
				if err != nil {
					b.Fatal(err)
				}
				lease.Release(Outcome{Kind: Succeeded})
			}
		})
	}
}

// BenchmarkAcquireInCircle measures the same with accounts that were found beforehand, as a gateway does.
func BenchmarkAcquireInCircle(b *testing.B) {
	for _, count := range []int{2, 10, 1000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			p := newPool(b, options(), manyAccounts(b, count)...)
			want := Want{Model: "gemini-2.5-pro"}
			want.Circle = p.Circle(want.Model, nil, nil)
			b.ReportAllocs()
			for b.Loop() {
				lease, err := p.Acquire(b.Context(), want)
				if err != nil {
					b.Fatal(err)
				}
				lease.Release(Outcome{Kind: Succeeded})
			}
		})
	}
}

// policies are all of this package, by name.
func policies() map[string]Policy {
	return map[string]Policy{
		"least_load": LeastLoad{}, "thompson": Thompson{}, "round_robin": RoundRobin{}, "random": Random{}, "first": First{},
	}
}

// BenchmarkChoice measures one choice of each policy among accounts that have a record.
func BenchmarkChoice(b *testing.B) {
	for _, count := range []int{10, 10_000} {
		for _, name := range slices.Sorted(maps.Keys(policies())) {
			b.Run(fmt.Sprintf("%s/%d", name, count), func(b *testing.B) {
				o := options()
				o.Policy = policies()[name]
				p := newPool(b, o, manyAccounts(b, count)...)
				for i, a := range p.accounts {
					for j := range i % 30 {
						a.State.record.add(j%7 != 0)
					}
				}
				want := Want{Model: "gemini-2.5-pro"}
				want.Circle = p.Circle(want.Model, nil, nil)
				b.ReportAllocs()
				for b.Loop() {
					lease, _ := p.try(&want)
					lease.Release(Outcome{})
				}
			})
		}
	}
}

// BenchmarkAcquireInPanic measures a choice while an outage has every account in cooldown.
func BenchmarkAcquireInPanic(b *testing.B) {
	p := newPool(b, options(), manyAccounts(b, 10_000)...)
	want := Want{Model: "gemini-2.5-pro"}
	for _, a := range p.accounts {
		want.Pin = a.Name
		end(b, p, want, Outcome{Kind: Overloaded, Scope: ScopeAccount})
	}
	want.Pin = ""
	b.ReportAllocs()
	for b.Loop() {
		lease, err := p.Acquire(b.Context(), want)
		if err != nil {
			b.Fatal(err)
		}
		lease.Release(Outcome{})
	}
}

func BenchmarkAcquireParallel(b *testing.B) {
	p := newPool(b, options(), manyAccounts(b, 10)...)
	want := Want{Model: "gemini-2.5-pro"}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			lease, err := p.Acquire(b.Context(), want)
			if err != nil {
				b.Fatal(err)
			}
			lease.Release(Outcome{Kind: Succeeded})
		}
	})
}
