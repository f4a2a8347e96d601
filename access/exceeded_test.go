package access

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestExceeded wants one notice for each period in which a budget is used up.
func TestExceeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard []Exceeded
		generation := func(dollars int64) *Keys {
			k, err := New([]Key{
				{Name: "spender", Secret: "a", Limits: Limits{Budget: Budget{dollars * NanosPerDollar, Day}}}, {Name: "free", Secret: "b"},
			}, false)
			if err != nil {
				t.Fatal(err)
			}
			k.OnExceeded(func(e Exceeded) { heard = append(heard, e) })
			k.Publish()
			return k
		}
		expect := func(what string, n int) {
			t.Helper()
			if len(heard) != n {
				t.Errorf("%s: told %d times, want %d: %+v", what, len(heard), n, heard)
			}
		}
		k := generation(10)
		spender, free := &k.keys[0], &k.keys[1]
		free.Book(time.Now(), 1, 1000*NanosPerDollar)
		spender.Book(time.Now(), 1, 9*NanosPerDollar)
		admit(t, spender, "")
		expect("below the budget", 0)

		spender.Book(time.Now(), 1, 2*NanosPerDollar)
		expect("used up", 1)
		if e := heard[0]; e.Key != "spender" || e.Spent != 11*NanosPerDollar || e.Budget.Per != Day || time.Until(e.Until) != 24*time.Hour {
			t.Errorf("told %+v", e)
		}
		for range 3 {
			spender.Book(time.Now(), 1, NanosPerDollar)
			admit(t, spender, Money)
		}
		expect("used up still", 1)

		next := generation(20) // a reload that raises the budget
		k.Close()
		spender = &next.keys[0]
		admit(t, spender, "")
		spender.Book(time.Now(), 1, 10*NanosPerDollar)
		expect("the higher budget used up", 2)

		last := generation(5) // and one that lowers it
		next.Close()
		defer last.Close()
		spender = &last.keys[0]
		admit(t, spender, Money)
		admit(t, spender, Money)
		expect("the lower budget used up before it came", 3)

		time.Sleep(24 * time.Hour)
		admit(t, spender, "")
		expect("the next day", 3)
		spender.Book(time.Now(), 1, 5*NanosPerDollar)
		expect("used up on the next day", 4)
	})
}

// TestExceededBefore wants no second notice from a process that is started anew.
func TestExceededBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(12 * time.Hour)
		k, err := New([]Key{{Name: "spender", Secret: "a", Limits: Limits{Budget: Budget{NanosPerDollar, Day}}}}, false)
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		k.OnExceeded(func(e Exceeded) { t.Errorf("told %+v", e) })
		err = k.Restore(func(string, time.Time, time.Time, time.Duration) ([]Used, error) {
			return []Used{{At: time.Now().Add(-time.Hour), Nanos: 2 * NanosPerDollar}}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		admit(t, &k.keys[0], Money)
	})
}
