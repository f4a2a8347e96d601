package handlers

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// readBody appends the client's body up to its end, decompressed, and at most
// limit bytes of it. It must be read to the end even where nothing is needed of
// it: on HTTP/1.1 a client's disconnect is only seen then.
func readBody(dst []byte, w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := decompress(http.MaxBytesReader(w, r.Body, limit), r.Header.Get("Content-Encoding"))
	if err != nil {
		return dst, err
	}
	defer body.Close()
	dst, err = readUpTo(dst, body, int(limit+1))
	n := int64(len(dst))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		n, limit = tooLong.Limit+1, tooLong.Limit // Caddy's own limit may be lower
	}
	switch {
	case n > limit:
		return dst, &ir.Error{
			Kind: ir.ErrTooLarge, Status: http.StatusRequestEntityTooLarge, Code: "request_too_large",
			Message: fmt.Sprintf("Request body is larger than %d bytes, the most that this gateway takes", limit),
		}
	case err != nil:
		return dst, ir.Invalid("", "Failed to read request body")
	case len(bytes.TrimSpace(dst)) == 0:
		return dst, ir.Invalid("", "Request body is empty")
	}
	return dst, nil
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
	c.incoming = newLoan(&c.g.buffers, bodySize(c.r, c.g.MaxBody))
	body, err := readBody(c.incoming.buffer.b, c.sink.w, c.r, c.g.MaxBody)
	c.incoming.buffer.b = body
	return body, err
}

// decompress undoes the codings that clients use for large bodies.
func decompress(body io.ReadCloser, coding string) (io.ReadCloser, error) {
	switch strings.ToLower(strings.TrimSpace(coding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		zr, err := gzip.NewReader(body)
		if err != nil {
			return nil, ir.Invalid("", "Failed to read request body")
		}
		return zr, nil
	case "zstd":
		zr, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, ir.Invalid("", "Failed to read request body")
		}
		return zr.IOReadCloser(), nil
	default:
		return nil, &ir.Error{
			Kind: ir.ErrInvalidRequest, Status: http.StatusUnsupportedMediaType,
			Message: "Content-Encoding must be gzip, zstd or identity",
		}
	}
}
