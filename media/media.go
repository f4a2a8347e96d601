// Package media fetches images, documents, sounds and videos from the addresses
// that clients name, for upstreams that do not fetch them themselves.
//
// The addresses are strangers' wishes, so that everything about them is
// bounded: only https, only hosts on the public internet, few redirects, little
// time, little memory, and only content that is what it is asked for as.
package media

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
)

// Kind is what a medium is fetched as.
type Kind string

// The kinds of media. A document is a PDF.
const (
	Image    Kind = "image"
	Document Kind = "document"
	Audio    Kind = "audio"
	Video    Kind = "video"
)

// Item is one medium that is wanted.
type Item struct {
	URL  string
	Kind Kind
}

// Content is a medium as it was fetched. MIME is told by the data itself.
type Content struct {
	MIME string
	Data []byte
}

// Limits bound what one request may make the gateway fetch.
type Limits struct {
	Items     int           // media of a request
	Item      int64         // bytes of one of them
	Total     int64         // bytes of all of them
	Redirects int           // of one of them
	Timeout   time.Duration // for one of them, from the name's resolution to the last byte
	Whole     time.Duration // for all of them
	Parallel  int           // of one request at the same time
	Together  int           // of all requests at the same time
}

// DefaultLimits are 16 media of 20 MB, 50 MB together, 3 redirects, 10 seconds
// each and 30 seconds together, 4 at a time and 16 for all requests.
func DefaultLimits() Limits {
	return Limits{
		Items: 16, Item: 20 << 20, Total: 50 << 20, Redirects: 3,
		Timeout: 10 * time.Second, Whole: 30 * time.Second, Parallel: 4, Together: 16,
	}
}

// Error says why a medium could not be fetched. It names the host of its URL
// and nothing else of it: paths and queries may be secrets.
type Error struct {
	Item   int // its index in what was asked for
	Host   string
	Reason string // in a few words that may be told to the client
	Detail string // the reason for the log, which may not
}

func (e *Error) Error() string {
	if e.Host == "" {
		return e.Reason
	}
	return e.Host + ": " + e.Reason
}

// Basket is what one request has fetched: each medium once, however often it is
// asked for, and all together within the limits. It belongs to one goroutine.
type Basket struct {
	f      *Fetcher
	found  map[Item]Content
	failed map[Item]*Error
	left   atomic.Int64 // bytes that may still be read
}

// Basket returns an empty one.
func (f *Fetcher) Basket() *Basket {
	b := &Basket{f: f, found: map[Item]Content{}, failed: map[Item]*Error{}}
	b.left.Store(f.limits.Total)
	return b
}

// Get returns media in the order of the items. It fails with an *Error for one
// that cannot be fetched, and gives up the others, or with the context's error.
func (b *Basket) Get(ctx context.Context, items []Item) ([]Content, error) {
	var missing []Item
	for i, item := range items {
		if e := b.failed[item]; e != nil {
			return nil, &Error{Item: i, Host: e.Host, Reason: e.Reason, Detail: e.Detail}
		}
		if _, ok := b.found[item]; !ok && !slices.Contains(missing, item) {
			missing = append(missing, item)
		}
		if most := b.f.limits.Items; len(b.found)+len(missing) > most {
			return nil, &Error{Item: i, Reason: tooMany(most), Detail: tooMany(most)}
		}
	}
	if err := b.fetch(ctx, missing); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Item = slices.Index(items, missing[e.Item])
		}
		return nil, err
	}
	out := make([]Content, len(items))
	for i, item := range items {
		out[i] = b.found[item]
	}
	return out, nil
}

func tooMany(most int) string { return fmt.Sprintf("at most %d URLs of a request are fetched", most) }

// fetching is the name of the work in the log and in the metrics.
const fetching = "fetching media"

// fetch fetches what is missing, several at the same time.
func (b *Basket) fetch(client context.Context, items []Item) error {
	ctx, cancel := context.WithTimeout(client, b.f.limits.Whole)
	defer cancel()
	type outcome struct {
		item  int
		found Content
		err   error
	}
	next, done := make(chan int), make(chan outcome)
	for range min(b.f.limits.Parallel, len(items)) {
		guard.Go(fetching, func() {
			for i := range next {
				o := outcome{item: i}
				o.err = guard.Try(fetching, func() (err error) {
					o.found, err = b.f.queued(ctx, items[i], &b.left)
					return err
				})
				done <- o
			}
		})
	}
	defer close(next)
	var failed *Error
	for asked, ended := 0, 0; ended < len(items); {
		ask := next
		if asked == len(items) {
			ask = nil
		}
		select {
		case ask <- asked:
			asked++
		case o := <-done:
			ended++
			switch {
			case o.err == nil:
				b.found[items[o.item]] = o.found
			case failed == nil:
				why := b.f.reason(o.err)
				failed = &Error{Item: o.item, Host: hostOf(items[o.item].URL), Reason: why.told, Detail: why.known}
				cancel()
			}
		}
	}
	switch {
	case client.Err() != nil:
		return client.Err()
	case failed != nil:
		b.failed[items[failed.Item]] = failed
		return failed
	default:
		return nil
	}
}

// queued fetches a medium once there are not too many at the same time.
func (f *Fetcher) queued(ctx context.Context, item Item, left *atomic.Int64) (Content, error) {
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return Content{}, ctx.Err()
	}
	defer func() { <-f.slots }()
	ctx, cancel := context.WithTimeout(ctx, f.limits.Timeout)
	defer cancel()
	return f.one(ctx, item, left)
}

// hostOf is the host that an URL names, empty when it names none.
func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	const longest = 253 // of a name in the domain name system
	host := u.Hostname()
	if len(host) > longest || slices.ContainsFunc([]byte(host), func(c byte) bool { return c <= ' ' || c >= 0x7f }) {
		return ""
	}
	return host
}

// refusal is an error that may be told to the client, in other words than those
// for the log where these would say too much.
type refusal struct{ told, known string }

func (r refusal) Error() string { return r.known }

func refuse(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return refusal{text, text}
}

// unreachable is what clients are told of hosts that nothing may be fetched
// from, and of those that do not exist alike: who may name hosts could find out
// else which names there are in the network that the gateway is in.
const unreachable = "there is no such host on the public internet"

func refuseHost(known string) error { return refusal{unreachable, known} }

// isRefusal returns the refusal in an error, if there is one.
func isRefusal(err error) (refusal, bool) {
	var r refusal
	ok := errors.As(err, &r)
	return r, ok
}
