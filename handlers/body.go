package handlers

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
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
			Message: fmt.Sprintf("Request body is larger than %s, the most that this gateway takes", sizeText(limit)),
		}
	case err != nil:
		return dst, unreadable(r.Header.Get("Content-Encoding"), err)
	case len(bytes.TrimSpace(dst)) == 0:
		return dst, ir.Invalid("", "Request body is empty")
	}
	return dst, nil
}

// unreadable says why a body could not be read to its end: it is not what its
// coding says, or the connection failed, which is nothing to tell in detail.
func unreadable(coding string, err error) error {
	message := "Failed to read request body"
	var broken net.Error
	switch {
	case errors.As(err, &broken):
	case coding != "" && !strings.EqualFold(coding, "identity"):
		message += fmt.Sprintf(": it is not complete and valid %s, as its Content-Encoding says: %v", strings.ToLower(coding), err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		message += ": it ended before its Content-Length"
	}
	return ir.Invalid("", "%s", message)
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
			return nil, unreadable(coding, err)
		}
		return zr, nil
	case "zstd":
		zr, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, unreadable(coding, err)
		}
		return zr.IOReadCloser(), nil
	default:
		return nil, &ir.Error{
			Kind: ir.ErrInvalidRequest, Status: http.StatusUnsupportedMediaType,
			Message: "Content-Encoding must be gzip, zstd or identity",
		}
	}
}
