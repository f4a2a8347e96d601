package fair

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// TestFlood wants what others have used to stay, however much one puts in.
func TestFlood(t *testing.T) {
	for _, flooder := range []string{"eve", "anonymous\x00"} {
		synctest.Test(t, func(t *testing.T) {
			var r Room[string]
			const limit = 100
			kept := map[string]bool{}
			put := func(owner, value string) {
				e := r.Add(owner, value)
				kept[e.Value] = true
				for r.Len() > limit {
					old := r.OfMost()
					r.Remove(old)
					delete(kept, old.Value)
				}
				time.Sleep(time.Second)
			}
			for i := range 10 {
				put("alice", fmt.Sprint("a", i))
				put("bob", fmt.Sprint("b", i))
			}
			for i := range 1000 {
				owner := flooder
				if owner != "eve" {
					owner += fmt.Sprint("10.0.", i/256, ".", i%256)
				}
				put(owner, fmt.Sprint("e", i))
			}
			for i := range 10 {
				if !kept[fmt.Sprint("a", i)] || !kept[fmt.Sprint("b", i)] {
					t.Errorf("%q: number %d of the others is gone", flooder, i)
				}
			}
			if !kept["e999"] || kept["e0"] || r.Len() != limit {
				t.Errorf("%q: %d are kept", flooder, r.Len())
			}
			// Who then wants more than before gets it, up to as much as the other.
			for i := range 100 {
				put("alice", fmt.Sprint("A", i))
			}
			if n, m := r.Has("alice"), r.Has(flooder); n < m-1 || n > m+1 || r.Has("bob") != 10 {
				t.Errorf("%q: alice has %d, bob %d, the flooder %d", flooder, n, r.Has("bob"), m)
			}
		})
	}
}

// TestTies gives up what was used longest ago when all have the same.
func TestTies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Room[int]
		var all []*Entry[int]
		for i := range 50 {
			all = append(all, r.Add(fmt.Sprint("owner", i), i))
			time.Sleep(time.Second)
		}
		r.Touch(all[0])
		for want := range 49 {
			e := r.OfMost()
			if e.Value != want+1 || r.Oldest() != e {
				t.Fatalf("it is %d's turn, not %d's", e.Value, want+1)
			}
			r.Remove(e)
		}
		if e := r.OfMost(); e != all[0] {
			t.Errorf("the last is %+v", e)
		}
	})
}

// TestRandom compares with what is counted by hand.
func TestRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var r Room[int64]
	byOwner := map[string]map[*Entry[int64]]bool{}
	total := func(owner string) (sum int64) {
		for e := range byOwner[owner] {
			sum += e.Value
		}
		return sum
	}
	for range 5000 {
		owner := fmt.Sprint(random.IntN(20))
		switch mine := byOwner[owner]; {
		case random.IntN(5) < 3 || len(mine) == 0:
			size := random.Int64N(100)
			r.Grow(owner, size)
			if mine == nil {
				byOwner[owner] = map[*Entry[int64]]bool{}
			}
			byOwner[owner][r.Add(owner, size)] = true
		default:
			for e := range mine {
				if random.IntN(2) == 0 {
					r.Touch(e)
					break
				}
				r.Remove(e)
				r.Grow(owner, -e.Value)
				delete(mine, e)
				break
			}
		}
		var most, n int
		var largest, sum int64
		for owner, mine := range byOwner {
			most, n = max(most, len(mine)), n+len(mine)
			largest, sum = max(largest, total(owner)), sum+total(owner)
		}
		if r.Len() != n || r.Bytes() != sum {
			t.Fatalf("%d entries of %d bytes, want %d of %d", r.Len(), r.Bytes(), n, sum)
		}
		if n > 0 && (r.Has(r.OfMost().owner.name) != most || total(r.OfLargest().owner.name) != largest) {
			t.Fatalf("%d have the most, %d are the largest; want %d and %d", r.Has(r.OfMost().owner.name), total(r.OfLargest().owner.name), most, largest)
		}
	}
	for r.Len() > 0 {
		e := r.OfLargest()
		r.Grow(e.owner.name, -e.Value)
		r.Remove(e)
	}
	if len(r.owners) != 0 || r.Bytes() != 0 || r.OfMost() != nil || r.Oldest() != nil {
		t.Errorf("%d owners are left, with %d bytes", len(r.owners), r.Bytes())
	}
}
