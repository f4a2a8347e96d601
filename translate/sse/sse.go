// Package sse reads the event streams of upstreams: server-sent events and,
// for Gemini, JSON arrays that are streamed element by element. Events are
// found in one reused buffer; nothing is allocated per event.
package sse

import "errors"

// MaxEvent is the greatest length of one event in bytes. Events that carry
// images are long.
const MaxEvent = 32 << 20

// ErrTooLong means that an event is longer than MaxEvent.
var ErrTooLong = errors.New("event of the stream is longer than 32 MiB")

// Event is one event of a stream. All of it aliases the reader's buffer and is
// valid until the next call of Next or More.
type Event struct {
	Name string // of the event field; empty when there is none
	Data []byte // the data lines, joined by line feeds
	Raw  []byte // the event's very bytes, with comments and the blank line that ends it
}

// Source yields the events of a stream. It is not safe for concurrent use.
type Source interface {
	// Next moves to the next event, reading from the stream when the buffer
	// holds no complete one. It is false at the end and on an error; events
	// that were complete before the error come first.
	Next() bool
	// More is Next for an event that the buffer holds. It never reads: when it is
	// false it is time to flush what was written, and the event stays.
	More() bool
	// Event is the event that Next or More moved to.
	Event() Event
	// Buffered reports whether More will find an event.
	Buffered() bool
	// Ended reports whether the stream has been read to its end, or as far as it
	// could be.
	Ended() bool
	// Err is what ended the stream early, or nil.
	Err() error
}
