package handlers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// readBody appends the client's body up to its end, decompressed, and at most
// limit bytes of it. It must be read to the end even where nothing is needed of
// it: on HTTP/1.1 a client's disconnect is only seen then.
func readBody(dst []byte, w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := decompress(bounded(w, r, limit), r.Header.Get("Content-Encoding"))
	if err == nil {
		defer body.Close()
		dst, err = readUpTo(dst, body, int(limit+1))
	}
	n := int64(len(dst))
	if err != nil {
		n, limit = excess(err, n, limit)
	}
	switch {
	case n > limit:
		return dst, &ir.Error{
			Kind: ir.ErrTooLarge, Status: http.StatusRequestEntityTooLarge, Code: "request_too_large",
			Message: fmt.Sprintf("Request body is larger than %s, the most that this gateway takes", sizeText(limit)),
		}
	case err != nil:
		return dst, unreadable(r, err)
	case len(bytes.TrimSpace(dst)) == 0:
		return dst, ir.Invalid("", "Request body is empty")
	}
	return dst, nil
}

// bounded is the client's body with a limit on its length. One whose header says
// that it is short enough needs none: the server lets no more of it through.
func bounded(w http.ResponseWriter, r *http.Request, limit int64) io.ReadCloser {
	if r.ContentLength >= 0 && r.ContentLength <= limit {
		return r.Body
	}
	return http.MaxBytesReader(w, r.Body, limit)
}

// excess is by how much a body of n bytes is too long, if that is why it could
// not be read: Caddy's own limit may be lower.
func excess(err error, n, limit int64) (int64, int64) {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return tooLong.Limit + 1, tooLong.Limit
	}
	return n, limit
}

// unreadable says why a body could not be read to its end.
func unreadable(r *http.Request, err error) error {
	var known *ir.Error
	switch {
	case errors.As(err, &known):
		return err
	case isTorn(r, err):
		return left("Failed to read request body: the connection ended before the body did")
	default:
		return ir.Invalid("", "Failed to read request body") // details of connections are nothing to tell
	}
}

// isTorn reports whether a body ended because its client left. On HTTP/1.1
// nothing else tells before the body has been read.
func isTorn(r *http.Request, err error) bool {
	var broken net.Error
	switch {
	case r.Context().Err() != nil, errors.Is(err, io.ErrUnexpectedEOF):
		return true
	case errors.As(err, &broken):
		return !broken.Timeout() // a client that is too slow is still there
	default:
		return err.Error() == "client disconnected" // net/http's error on HTTP/2, which has no name
	}
}

// sizeText returns a number of bytes in the largest unit that it is a multiple
// of, as the option max_body is written.
func sizeText(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// bodySize is how much room a body is given at first, by the length that its
// header tells, if any. One byte more is room to see the end.
func bodySize(r *http.Request, limit int64) int {
	if r.ContentLength < 0 || r.ContentLength > limit {
		return 0
	}
	return int(r.ContentLength) + 1
}

// readLent takes the client's body into a buffer that goes back when the call
// has ended and no transport sends from it any more.
func (c *call) readLent() ([]byte, error) {
	c.incoming = c.desk.loan.take(&c.g.buffers, bodySize(c.r, c.g.MaxBody))
	body, err := readBody(c.incoming.buffer.b, c.sink.w, c.r, c.g.MaxBody)
	c.incoming.buffer.b = body
	return body, err
}
