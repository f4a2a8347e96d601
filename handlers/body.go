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

// readBody reads the client's body up to its end, decompressed, and at most
// limit bytes of it. It must be read to the end even where nothing is needed of
// it: on HTTP/1.1 a client's disconnect is only seen then.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := decompress(http.MaxBytesReader(w, r.Body, limit), r.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var buf bytes.Buffer
	if n := r.ContentLength; n > 0 && n <= limit {
		buf.Grow(int(n) + bytes.MinRead) // ReadFrom wants room to see the end
	}
	n, err := buf.ReadFrom(io.LimitReader(body, limit+1))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		n, limit = tooLong.Limit+1, tooLong.Limit // Caddy's own limit may be lower
	}
	switch {
	case n > limit:
		return nil, &ir.Error{
			Kind: ir.ErrTooLarge, Status: http.StatusRequestEntityTooLarge, Code: "request_too_large",
			Message: fmt.Sprintf("Request body is larger than %d bytes, the most that this gateway takes", limit),
		}
	case err != nil:
		return nil, ir.Invalid("", "Failed to read request body")
	case len(bytes.TrimSpace(buf.Bytes())) == 0:
		return nil, ir.Invalid("", "Request body is empty")
	}
	return buf.Bytes(), nil
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
