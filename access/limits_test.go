package access

import (
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestParseRate(t *testing.T) {
	tests := []struct {
		in   string
		want Rate
		text string
	}{
		{"60/1m", Rate{60, time.Minute}, "60/1m"},
		{"1/1s", Rate{1, time.Second}, "1/1s"},
		{"2000000/1d", Rate{2_000_000, 24 * time.Hour}, "2000000/24h"},
		{"5/1h30m", Rate{5, 90 * time.Minute}, "5/1h30m"},
	}
	for _, test := range tests {
		got, err := ParseRate(test.in)
		if err != nil || got != test.want || got.String() != test.text {
			t.Errorf("ParseRate(%q) = %v (%s), %v", test.in, got, got, err)
		}
	}
	for _, bad := range []string{"", "60", "/1m", "60/", "0/1m", "-1/1m", "1.5/1m", "60/m", "60/0s", "60/1ms", "60/1m/2", "60/9999d", "9223372036854775807/1m"} {
		if _, err := ParseRate(bad); err == nil || !strings.Contains(err.Error(), "60/1m") {
			t.Errorf("ParseRate(%q): error %v does not show how to write a rate", bad, err)
		}
	}
}

func TestParseBudget(t *testing.T) {
	tests := map[string]Budget{
		"5/day": {5 * NanosPerDollar, Day}, "100.50/month": {100_500_000_000, Month}, "0.000000001/day": {1, Day},
	}
	for b, want := range map[Budget]string{
		{5 * NanosPerDollar, Day}: "5.00 USD per day", {2_500_000_000, Month}: "2.50 USD per month", {50_000, Day}: "0.00005 USD per day",
	} {
		if b.String() != want {
			t.Errorf("%d nanodollars are %s", b.Nanos, b)
		}
	}
	for in, want := range tests {
		if got, err := ParseBudget(in); err != nil || got != want {
			t.Errorf("ParseBudget(%q) = %v, %v", in, got, err)
		}
	}
	for _, bad := range []string{"", "5", "5/", "/day", "0/day", "-5/day", "NaN/day", "Inf/month", "5/year", "5/Day", "5 /day"} {
		if _, err := ParseBudget(bad); err == nil || !strings.Contains(err.Error(), "5/day") {
			t.Errorf("ParseBudget(%q): error %v does not show how to write a budget", bad, err)
		}
	}
}

// TestRate takes from a bucket as a client does that comes back when it is told to.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := limited(t, Limits{Rate: Rate{3, 30 * time.Second}})
		begin := time.Now()
		for range 3 {
			admit(t, key, "")
		}
		for i := range 4 {
			wait := admit(t, key, Requests)
			if wait != 10*time.Second {
				t.Fatalf("told to wait %v", wait)
			}
			time.Sleep(wait)
			admit(t, key, "")
			if passed := time.Since(begin); passed != time.Duration(i+1)*10*time.Second {
				t.Errorf("request %d ran after %v", i+4, passed)
			}
		}
		time.Sleep(time.Hour)
		requests, _ := key.Standing(time.Now())
		if requests.Limit != 3 || requests.Remaining != 3 || requests.Reset != 0 {
			t.Errorf("after an hour of rest: %+v", requests)
		}
	})
}

func TestRefund(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := limited(t, Limits{Rate: Rate{1, time.Minute}})
		pass, err := key.Enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer pass.Leave()
		if err := pass.Admit(time.Now()); err != nil {
			t.Fatal(err)
		}
		pass.Refund(time.Now())
		pass.Refund(time.Now())
		admit(t, key, "")
		admit(t, key, Requests)
	})
}

// TestRefusedCostsNothing: what tokens or budget refuse must not eat the rate.
func TestRefusedCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := limited(t, Limits{Rate: Rate{2, time.Hour}, Tokens: Rate{100, time.Minute}})
		key.Book(time.Now(), 100, 0)
		for range 10 {
			admit(t, key, Tokens)
		}
		time.Sleep(time.Minute)
		admit(t, key, "")
		admit(t, key, "")
		admit(t, key, Requests)
	})
}

func TestTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := limited(t, Limits{Tokens: Rate{1000, time.Minute}})
		admit(t, key, "")
		key.Book(time.Now(), 600, 0)
		time.Sleep(30 * time.Second)
		admit(t, key, "")
		key.Book(time.Now(), 700, 0)
		wait := admit(t, key, Tokens)
		if wait < 29*time.Second || wait > 30*time.Second {
			t.Errorf("the first booking falls out after %v", wait)
		}
		time.Sleep(wait)
		admit(t, key, "")
		if _, tokens := key.Standing(time.Now()); tokens.Remaining != 300 {
			t.Errorf("%+v", tokens)
		}
		time.Sleep(time.Minute)
		if _, tokens := key.Standing(time.Now()); tokens.Remaining != 1000 || tokens.Reset != 0 {
			t.Errorf("%+v", tokens)
		}
	})
}

// TestWindow compares with a list of all bookings: never may less be counted than was booked within the time, but for
// the part that is just falling out.
func TestWindow(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, per := range []time.Duration{time.Second, time.Minute, time.Hour, 7 * 24 * time.Hour} {
		var w window
		type booking struct {
			at time.Time
			n  int64
		}
		var all []booking
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 2000 {
			now = now.Add(time.Duration(random.Int64N(int64(per) / 10)))
			n := random.Int64N(1000)
			w.add(per, now, n)
			all = append(all, booking{now, n})
			var least, most int64
			for _, b := range all {
				if now.Sub(b.at) <= per-per/windowSlots {
					least += b.n
				}
				if now.Sub(b.at) <= per {
					most += b.n
				}
			}
			if w.total < least || w.total > most {
				t.Fatalf("per %v: counted %d, booked from %d to %d", per, w.total, least, most)
			}
			if wait := w.below(w.total/2+1, now); wait > per {
				t.Fatalf("per %v: waiting %v", per, wait)
			}
		}
		before := w.total
		w.slide(per*2, now)
		if w.total != before {
			t.Errorf("a longer window lost what was counted: %d of %d", w.total, before)
		}
		w.slide(per*2, now.Add(per*3))
		if w.total != 0 {
			t.Errorf("%d were never forgotten", w.total)
		}
	}
}

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it begins at midnight, 2000-01-01 UTC
		daily := limited(t, Limits{Budget: Budget{5 * NanosPerDollar, Day}})
		monthly := limited(t, Limits{Budget: Budget{5 * NanosPerDollar, Month}})
		time.Sleep(23 * time.Hour)
		for _, key := range []*Key{daily, monthly} {
			key.Book(time.Now(), 0, 5*NanosPerDollar-1)
			admit(t, key, "")
			key.Book(time.Now(), 0, 1)
			if key.Afford(time.Now()) == nil {
				t.Error("affordable")
			}
		}
		if wait := admit(t, daily, Money); wait != time.Hour {
			t.Errorf("the day ends in %v", wait)
		}
		if wait := admit(t, monthly, Money); wait != 30*24*time.Hour+time.Hour {
			t.Errorf("the month ends in %v", wait)
		}
		time.Sleep(time.Hour)
		admit(t, daily, "")
		admit(t, monthly, Money)
		time.Sleep(30 * 24 * time.Hour)
		admit(t, monthly, "")
	})
}

// limited returns a key of its own name with limits, closed at the end of the test.
func limited(t testing.TB, l Limits) *Key {
	t.Helper()
	names++
	name := "key-" + strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-")) + "-" + string(rune('a'+names%26))
	k, err := New([]Key{{Name: name, Secret: "sk-" + name, Limits: l}}, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return &k.keys[0]
}

var names int

// admit sends a request through the key's limits and wants it to be refused for kind, or let in if kind is empty. It
// returns how long the client is told to wait.
func admit(t testing.TB, key *Key, kind Kind) time.Duration {
	t.Helper()
	pass, err := key.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer pass.Leave()
	err = pass.Admit(time.Now())
	refused, _ := err.(*LimitError)
	switch {
	case kind == "" && err != nil:
		t.Fatalf("refused: %v", err)
	case kind == "":
		return 0
	case refused == nil || refused.Kind != kind:
		t.Fatalf("error %v is none of %s", err, kind)
	case refused.RetryAfter <= 0:
		t.Fatalf("the client is told to wait %v", refused.RetryAfter)
	}
	return refused.RetryAfter
}
