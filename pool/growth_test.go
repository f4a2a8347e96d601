package pool

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

// held are the bytes of the heap that are in use, and those of the whole process as the system counts them, 0 where it
// does not tell.
func held() (live, resident uint64) {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return m.HeapAlloc, 0
	}
	pages, err := strconv.ParseUint(strings.Fields(string(data))[1], 10, 64)
	if err != nil {
		return m.HeapAlloc, 0
	}
	return m.HeapAlloc, pages * uint64(os.Getpagesize())
}

// talkOf makes so many sessions talk. Each session asks twice, since only a second request shows that it is remembered.
func talkOf(b *testing.B, p *Pool, sessions int) {
	for i := range sessions {
		for range 2 {
			lease, err := p.Acquire(b.Context(), Want{
				Model: "m", Client: "client", Session: Session{Key: fmt.Sprintf("conversation-%032d", i), Continues: true},
			})
			if err != nil {
				b.Fatal(err)
			}
			lease.Release(Outcome{Kind: Succeeded})
		}
	}
}

// cachedPool returns a pool whose sessions are kept as in a gateway that expects so many.
func cachedPool(b *testing.B, sessions int) (*Pool, *cacheSessions) {
	c := newCacheSessions()
	c.expect(sessions)
	o := options()
	o.Sessions, o.SessionTTL = c, time.Hour
	return newPool(b, o, manyAccounts(b, 10, "m")...), c
}

// BenchmarkSessionsMemory shows how memory grows with the sessions of a process.
func BenchmarkSessionsMemory(b *testing.B) {
	for _, count := range []int{1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			for b.Loop() {
				live, resident := held()
				p, c := cachedPool(b, count)
				talkOf(b, p, count)
				c.cache.Wait()
				if n := c.Len() + cacheParts*cachePending; n < count {
					b.Fatalf("%d of %d sessions are remembered", n, count)
				}
				liveAfter, residentAfter := held()
				b.ReportMetric(float64(liveAfter-live)/float64(count), "B/session")
				b.ReportMetric(float64(liveAfter-live)/(1<<20), "MiB-live")
				b.ReportMetric(float64(max(residentAfter, resident)-resident)/(1<<20), "MiB-resident")
				runtime.KeepAlive(p)
				_ = c.Destruct()
			}
		})
	}
}
