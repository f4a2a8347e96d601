package pool

import (
	"math/rand/v2"
	"sync"
)

// chance is a source of randomness that requests share.
type chance struct {
	sync.Mutex
	*rand.Rand
}

// fraction returns a random number from 0 to 1.
func (c *chance) fraction() float64 {
	c.Lock()
	defer c.Unlock()
	return c.Float64()
}

// lottery is one choice's own source of randomness, so that choices do not wait for each other. It is seeded from the
// shared one when it is first used.
type lottery struct {
	from   *chance // nil seeds from the process's own randomness
	seeded bool
	pcg    rand.PCG
	drawn  *rand.Rand // of pcg
}

func newLottery() *lottery {
	l := new(lottery)
	l.drawn = rand.New(&l.pcg)
	return l
}

// reset makes the next draw begin a new sequence.
func (l *lottery) reset(from *chance) {
	l.from, l.seeded = from, false
}

func (l *lottery) rand() *rand.Rand {
	l.seed()
	return l.drawn
}

// seed begins the sequence.
func (l *lottery) seed() {
	if l.seeded {
		return
	}
	l.seeded = true
	if l.from == nil {
		l.pcg.Seed(rand.Uint64(), rand.Uint64())
		return
	}
	l.from.Lock()
	defer l.from.Unlock()
	l.pcg.Seed(l.from.Uint64(), l.from.Uint64())
}
