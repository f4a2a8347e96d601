package pool

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// governed returns a pool with the policy and accounts a, b, c … of these weights.
func governed(t testing.TB, policy Policy, weights ...int) *Pool {
	t.Helper()
	var accounts []*Account
	for i, weight := range weights {
		a := account(t, string(rune('a'+i)), 0)
		a.Weight = weight
		accounts = append(accounts, a)
	}
	o := options()
	o.Policy = policy
	return newPool(t, o, accounts...)
}

// sequence returns which accounts so many requests in a row get.
func sequence(t testing.TB, p *Pool, n int, want Want) string {
	t.Helper()
	var order strings.Builder
	for range n {
		order.WriteString(end(t, p, want, Outcome{}))
	}
	return order.String()
}

func TestPoliciesAreModules(t *testing.T) {
	for name, policy := range policies() {
		info, err := caddy.GetModule(Namespace + "." + name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := fmt.Sprintf("*%T", policy); fmt.Sprintf("%T", info.New()) != got {
			t.Errorf("%s makes a %T", name, info.New())
		}
	}
}

func TestFirst(t *testing.T) {
	p := governed(t, First{}, 1, 9, 1)
	if got := sequence(t, p, 4, Want{}); got != "aaaa" {
		t.Errorf("got %s", got)
	}
	if got := sequence(t, p, 2, Want{Exclude: only("a")}); got != "bb" {
		t.Errorf("without the first: %s", got)
	}
}

func TestRoundRobinIsSmooth(t *testing.T) {
	for want, weights := range map[string][]int{"aabacaaaabacaa": {5, 1, 1}, "abcabc": {1, 1, 1}, "abaaba": {2, 1}} {
		t.Run(want, func(t *testing.T) {
			if got := sequence(t, governed(t, RoundRobin{}, weights...), len(want), Want{}); got != want {
				t.Errorf("weights %v: got %s", weights, got)
			}
		})
	}
}

func TestRoundRobinGivesNoBacklog(t *testing.T) {
	p := governed(t, RoundRobin{}, 1, 1, 1)
	sequence(t, p, 100, Want{Exclude: only("c")})
	got := sequence(t, p, 9, Want{})
	for _, name := range []string{"a", "b", "c"} {
		if n := strings.Count(got, name); n != 3 {
			t.Errorf("after c was away: %s", got)
		}
	}
}

func TestRoundRobinCountsBestPriorityOnly(t *testing.T) {
	p := governed(t, RoundRobin{}, 1, 1, 1, 1)
	p.Close()
	p.accounts[0].Priority, p.accounts[2].Priority = 1, 1
	p = newPool(t, p.options, p.accounts...)
	if got := sequence(t, p, 6, Want{}); got != "bdbdbd" {
		t.Errorf("got %s", got)
	}
	if got := sequence(t, p, 6, Want{Exclude: only("b", "d")}); got != "acacac" {
		t.Errorf("the others did not begin anew: %s", got)
	}
}

func TestRandomFollowsWeights(t *testing.T) {
	got := sequence(t, governed(t, Random{}, 1, 3, 6), 5000, Want{})
	for name, want := range map[string]float64{"a": 500, "b": 1500, "c": 3000} {
		if n := float64(strings.Count(got, name)); math.Abs(n-want) > 4*math.Sqrt(want) {
			t.Errorf("%s was chosen %v times of 5000, want about %v", name, n, want)
		}
	}
}

func TestThompsonLearns(t *testing.T) {
	p := governed(t, Thompson{}, 1, 1, 1)
	chances := map[string]float64{"a": 0.5, "b": 0.98, "c": 0.8}
	random := rand.New(rand.NewPCG(3, 4))
	counts := map[string]int{}
	for range 3000 {
		lease := acquire(t, p, Want{})
		name := lease.Account.Name
		counts[name]++
		// Without a cooldown, so that the policy is all that keeps requests away. The clock of the cooldowns stands
		// still for this test.
		lease.Account.State.record.add(random.Float64() < chances[name])
		lease.Release(Outcome{})
	}
	if counts["b"] < 2500 || counts["a"] == 0 || counts["c"] == 0 {
		t.Errorf("chosen %v times", counts)
	}
}

func TestRecord(t *testing.T) {
	a := account(t, "a", 0)
	p := newPool(t, options(), a, account(t, "b", 0))
	record := func(s, f float64) {
		t.Helper()
		if gotS, gotF := a.State.record.get(); math.Abs(gotS-s) > 1e-4 || math.Abs(gotF-f) > 1e-4 {
			t.Errorf("record %v to %v, want %v to %v", gotS, gotF, s, f)
		}
	}
	record(1, 1)
	pin := Want{Pin: "a"}
	end(t, p, pin, Outcome{Kind: Succeeded})
	record(2, 1)
	end(t, p, pin, Outcome{Kind: Succeeded})
	record(2*0.995+1, 1)
	for _, o := range []Outcome{{}, {Kind: ClientFault}, {Kind: Failed}} {
		end(t, p, pin, o)
	}
	record(2.99, 1) // none of these says anything about the account
	fresh := account(t, "a", 0)
	newPool(t, options(), fresh)
	p.Close()
	end(t, p, pin, Outcome{Kind: Failed, Scope: ScopeModel})
	record(2.99*0.995, 2)
	if fresh.State != a.State {
		t.Error("the record did not survive a reload")
	}
}

// TestBeta compares draws with the mean and the variance of the distribution.
func TestBeta(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, test := range []struct{ a, b float64 }{{1, 1}, {1, 5}, {20, 1}, {150, 40}, {1.5, 1.2}} {
		const n = 40_000
		var sum, squares float64
		for range n {
			x := beta(r, test.a, test.b)
			if x < 0 || x > 1 || x != x {
				t.Fatalf("beta(%v, %v) drew %v", test.a, test.b, x)
			}
			sum += x
			squares += x * x
		}
		s := test.a + test.b
		mean, variance := test.a/s, test.a*test.b/(s*s*(s+1))
		gotMean := sum / n
		gotVariance := squares/n - gotMean*gotMean
		if math.Abs(gotMean-mean) > 5*math.Sqrt(variance/n) || math.Abs(gotVariance/variance-1) > 0.05 {
			t.Errorf("beta(%v, %v): mean %v, want %v; variance %v, want %v", test.a, test.b, gotMean, mean, gotVariance, variance)
		}
	}
}

// TestSampleIsFair checks that every candidate of many has the same chance, and that all of a few are in.
func TestSampleIsFair(t *testing.T) {
	random := newLottery()
	random.reset(&chance{Rand: rand.New(rand.NewPCG(7, 8))})
	seats := make([]seat, 1000)
	counts := make(map[*seat]int)
	s := new(sample)
	const rounds = 2000
	for range rounds {
		s.seen = 0
		for i := range seats {
			s.add(option{seat: &seats[i]}, random)
		}
		chosen := map[*seat]bool{}
		for _, o := range s.options() {
			chosen[o.seat] = true
			counts[o.seat]++
		}
		if len(chosen) != sampleSize {
			t.Fatalf("%d different ones in a sample of %d", len(chosen), sampleSize)
		}
	}
	want := float64(rounds) * sampleSize / float64(len(seats))
	for i := range seats {
		if n := float64(counts[&seats[i]]); math.Abs(n-want) > 5*math.Sqrt(want) {
			t.Errorf("seat %d was drawn %v times, want about %v", i, n, want)
		}
	}
	s.seen = 0
	for i := range sampleAbove {
		s.add(option{seat: &seats[i]}, random)
	}
	if got := s.options(); len(got) != sampleAbove || got[200].seat != &seats[200] {
		t.Errorf("of %d candidates %d are in", sampleAbove, len(got))
	}
}

// TestChoiceIsRepeatable has two pools with the same source of chance choose alike.
func TestChoiceIsRepeatable(t *testing.T) {
	for name, policy := range policies() {
		run := func(i int) string {
			var accounts []*Account
			for j := range 300 {
				a := account(t, fmt.Sprint(j, " "), 0)
				a.Identity += fmt.Sprint(i)
				accounts = append(accounts, a)
			}
			o := options()
			o.Policy = policy
			return sequence(t, newPool(t, o, accounts...), 50, Want{})
		}
		if one, other := run(1), run(2); one != other {
			t.Errorf("%s:\n%s\n%s", name, one, other)
		}
	}
}

func TestChoiceDoesNotAllocate(t *testing.T) {
	for name, policy := range policies() {
		p := governed(t, policy, 1, 2, 3)
		want := Want{Model: "m"}
		s := p.survey(&want, policy, true)
		if n := testing.AllocsPerRun(200, s.choose); n > 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

func TestLookChangesNothing(t *testing.T) {
	for name, policy := range policies() {
		looking, plain := governed(t, policy, 2, 1, 1), governed(t, policy, 2, 1, 1)
		plain.Close()
		for _, a := range plain.accounts {
			a.Identity += "/plain"
		}
		plain = newPool(t, options(), plain.accounts...)
		plain.policy = policy
		var one, other string
		for range 12 {
			looking.look(&Want{Model: "m"}, policy)
			one += sequence(t, looking, 1, Want{})
			other += sequence(t, plain, 1, Want{})
		}
		if one != other {
			t.Errorf("%s: looking at the choice changed it from %s to %s", name, other, one)
		}
	}
}

type odd struct{ First }

func (odd) Score(c *Candidate, _ *Choice) float64 {
	return []float64{math.NaN(), 2, 1, math.NaN()}[c.Index]
}

func TestScoreThatIsNoNumberGoesLast(t *testing.T) {
	if got := sequence(t, governed(t, odd{}, 1, 1, 1, 1), 2, Want{}); got != "cc" {
		t.Errorf("got %s", got)
	}
}
