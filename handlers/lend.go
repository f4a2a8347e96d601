package handlers

import (
	"errors"
	"io"
	"math"
	"net/http"
	"sync"
	"sync/atomic"
)

// minLent is the shortest body of an upstream request that lies in a lent
// buffer. Below it net/http sends a body that it knows to be in memory together
// with the headers, which is worth more.
const minLent = 32 << 10

// loan is a buffer that holds a client's body, or the body of an upstream
// request, which may be the same. A transport may read the body after RoundTrip
// has returned, and again on another connection, so that the buffer goes back
// when nobody holds a body any more: it is read through lentBody alone, which
// copies, or is a user for as long as it writes.
type loan struct {
	buffers *buffers
	buffer  *buffer
	users   atomic.Int64
}

// newLoan is a loan whose only user is the caller.
func newLoan(p *buffers, n int) *loan { return new(loan).take(p, n) }

// take is newLoan for a loan that lies on a desk.
func (l *loan) take(p *buffers, n int) *loan {
	l.buffers, l.buffer = p, p.get(n)
	l.users.Store(1)
	return l
}

// join adds a user. It is false when the buffer has gone back.
func (l *loan) join() bool {
	for {
		n := l.users.Load()
		if n == 0 {
			return false
		}
		if l.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// leave takes a user away.
func (l *loan) leave() {
	if l.users.Add(-1) == 0 {
		l.buffers.put(l.buffer)
	}
}

// end is leave for a loan that there may not be.
func (l *loan) end() {
	if l != nil {
		l.leave()
	}
}

// holds reports whether b, lies in the loan's buffer. A slice
// keeps the capacity up to the end of its array, so that the difference of the
// capacities is where it begins.
func (l *loan) holds(b []byte) bool {
	if l == nil || len(b) == 0 {
		return false
	}
	whole := l.buffer.b
	at := cap(whole) - cap(b)
	return at >= 0 && at+len(b) <= len(whole) && &whole[at] == &b[0]
}

var errReturned = errors.New("the body's buffer has gone back")

// attach makes the request, whose body lies in the buffer, a user of the loan
// until the body is closed. Who never closes it keeps the buffer from going
// back, which does no harm.
func (l *loan) attach(req *http.Request) {
	if req.Body == nil || !l.join() {
		return
	}
	req.Body = &lentBody{loan: l, body: req.Body, left: req.ContentLength}
	again := req.GetBody
	if again == nil {
		return
	}
	req.GetBody = func() (io.ReadCloser, error) {
		if !l.join() {
			return nil, errReturned
		}
		body, err := again()
		if err != nil {
			l.leave()
			return nil, err
		}
		return &lentBody{loan: l, body: body, left: req.ContentLength}, nil
	}
}

// lentBody reads a body that lies in a lent buffer. A transport may close it
// while it is still being read.
type lentBody struct {
	loan *loan

	mu     sync.Mutex
	body   io.ReadCloser
	left   int64 // bytes to be read; negative if that is not known
	closed bool
}

// Read copies under the lock, so that none is running when Close returns.
func (b *lentBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	return n, err
}

// Len is how much is left of a body that can be written at once, and more than
// any body has of another.
func (b *lentBody) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.body.(io.WriterTo); !ok || b.left < 0 {
		return math.MaxInt
	}
	return int(b.left)
}

// WriteTo writes what is left of the body, at once where it lies in memory.
// Unlike Read it may still be running when Close returns: it is a user of the
// loan of its own.
func (b *lentBody) WriteTo(w io.Writer) (int64, error) {
	b.mu.Lock()
	if b.closed || !b.loan.join() {
		b.mu.Unlock()
		return 0, http.ErrBodyReadAfterClose
	}
	b.left = 0
	b.mu.Unlock()
	defer b.loan.leave()
	return io.Copy(w, b.body)
}

// Close ends the use of the buffer.
func (b *lentBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil
	}
	b.closed = true
	err := b.body.Close()
	b.loan.leave()
	return err
}
