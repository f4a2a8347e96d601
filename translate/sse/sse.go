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
// valid until the next call of Next.
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
	// Event is the event that Next moved to.
	Event() Event
	// Buffered reports whether Next will find an event without reading from
	// the stream. When it is false it is time to flush what was written.
	Buffered() bool
	// Err is what ended the stream early, or nil.
	Err() error
}
