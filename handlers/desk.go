package handlers

import (
	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// desk is what nearly every request needs, in one piece of memory instead of a
// dozen, which takes a microsecond less. It is not used again for another
// request: timers, transports and headers may refer to a part of it after the
// handler has returned.
type desk struct {
	call     call
	sink     sink
	envelope ir.Envelope
	loan     loan
	buffers  [4]*buffer
	ids      [2]string

	used    bool // the rest, by the first attempt: another one's timers may still run
	attempt attempt
	target  ir.Target
	notes   ir.Notes
	asked   providers.Call
	alert   alert
}

// newDesk is a call on a desk of its own, with a sink.
func newDesk() *call {
	d := new(desk)
	c := &d.call
	c.desk, c.sink = d, &d.sink
	c.borrowed.buffers = d.buffers[:0]
	return c
}

// free is the call's desk for its first attempt, and a new one for any other.
func (c *call) free() *desk {
	d := c.desk
	if d == nil || d.used {
		d = new(desk)
	}
	d.used = true
	return d
}
