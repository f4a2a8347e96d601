package access

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(40*24*time.Hour + 12*time.Hour) // noon of 10 February 2000
		k, err := New([]Key{
			{Name: "spender", Secret: "a", Limits: Limits{Budget: Budget{10 * NanosPerDollar, Month}}},
			{Name: "talker", Secret: "b", Limits: Limits{Tokens: Rate{1000, time.Hour}}},
			{Name: "free", Secret: "c"},
		}, false)
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		born := time.Now()
		asked := 0
		history := func(name string, since, until time.Time, step time.Duration) ([]Used, error) {
			asked++
			if !until.Equal(born) && name == "spender" {
				t.Errorf("asked for %s until %v; this process has counted since %v", name, until, born)
			}
			switch name {
			case "spender":
				if want := time.Date(2000, 2, 1, 0, 0, 0, 0, time.UTC); !since.Equal(want) || step > 24*time.Hour {
					t.Errorf("asked from %v in steps of %v", since, step)
				}
				return []Used{
					{At: since, Nanos: 4 * NanosPerDollar},
					{At: until.Add(-time.Hour), Nanos: 5 * NanosPerDollar},
				}, nil
			case "talker":
				return []Used{{At: until.Add(-50 * time.Minute), Tokens: 400}, {At: until.Add(-10 * time.Minute), Tokens: 600}}, nil
			}
			t.Errorf("asked for %s", name)
			return nil, nil
		}
		spender, talker := &k.keys[0], &k.keys[1]
		spender.Book(born, 10, NanosPerDollar/2) // before the history was there
		if err := k.Restore(func(string, time.Time, time.Time, time.Duration) ([]Used, error) {
			return nil, errors.New("no disk")
		}); err == nil {
			t.Error("a broken store is no error")
		}
		for range 2 {
			if err := k.Restore(history); err != nil {
				t.Fatal(err)
			}
		}
		if asked != 2 {
			t.Errorf("asked %d times", asked)
		}
		admit(t, spender, "")
		spender.Book(time.Now(), 10, NanosPerDollar/2)
		admit(t, spender, Money)
		shot := spender.Snapshot(time.Now())
		if shot.SpentThisMonth != 10*NanosPerDollar || shot.SpentToday != 6*NanosPerDollar {
			t.Errorf("%+v", shot)
		}
		if wait := admit(t, talker, Tokens); wait < 9*time.Minute || wait > 10*time.Minute {
			t.Errorf("what was used 50 minutes ago falls out in %v", wait)
		}
	})
}
