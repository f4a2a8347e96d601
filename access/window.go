package access

import "time"

// windowSlots is the number of parts that a window's time is counted in; what was booked falls out a part at a time.
const windowSlots = 60

// window counts what was booked within the last while. Its zero value is empty. It is guarded by its owner's lock.
type window struct {
	per   time.Duration
	head  int64 // number of the newest part since the epoch
	total int64
	parts [windowSlots]int64
}

func width(per time.Duration) int64 { return max(int64(per/windowSlots), 1) }

// slide drops what has become too old. When the length has changed, what is remembered keeps its times.
func (w *window) slide(per time.Duration, now time.Time) {
	if w.per != per {
		old := *w
		*w = window{per: per, head: now.UnixNano() / width(per)}
		old.each(func(at time.Time, n int64) { w.put(at, n) })
	}
	head := now.UnixNano() / width(per)
	if head-w.head >= windowSlots {
		*w = window{per: per, head: head}
		return
	}
	for w.head < head {
		w.head++
		part := &w.parts[w.head%windowSlots]
		w.total -= *part
		*part = 0
	}
}

// each calls f for every part that holds something, oldest first.
func (w *window) each(f func(at time.Time, n int64)) {
	if w.per == 0 {
		return
	}
	for i := w.head - windowSlots + 1; i <= w.head; i++ {
		if n := w.parts[mod(i)]; n != 0 {
			f(time.Unix(0, i*width(w.per)), n)
		}
	}
}

// put counts n at a time that is not after the newest part.
func (w *window) put(at time.Time, n int64) {
	i := min(at.UnixNano()/width(w.per), w.head)
	if i <= w.head-windowSlots {
		return
	}
	w.parts[mod(i)] += n
	w.total += n
}

// add counts n at now.
func (w *window) add(per time.Duration, now time.Time, n int64) {
	w.slide(per, now)
	w.put(now, n)
}

// below returns how long it takes until less than limit is counted, 0 if that is so already.
func (w *window) below(limit int64, now time.Time) time.Duration {
	left, wait := w.total, time.Duration(0)
	for i := w.head - windowSlots + 1; i <= w.head && left >= limit; i++ {
		if n := w.parts[mod(i)]; n != 0 {
			left -= n
			wait = time.Unix(0, (i+windowSlots)*width(w.per)).Sub(now)
		}
	}
	return max(wait, 0)
}

func mod(i int64) int64 { return (i%windowSlots + windowSlots) % windowSlots }
