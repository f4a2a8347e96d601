package handlers

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// What a compressed body may be. It costs time by its own length too, not only
// by what comes out, so that one with next to nothing in it must not be long;
// and every one of its frames, of which any number may follow each other, takes
// as long as thousands of bytes.
const (
	hollowBytes = 256 << 10 // that may be read before anything comes out
	mostFrames  = 1000      // and one more for every 64 KiB

	// mostTime is how long the decoder may be at work, without waiting for the
	// client. Ordinary text of 32 MiB takes a fraction of a second; blocks can be
	// made of which each begins with tables that take longer than what is in it.
	mostTime = 5 * time.Second
)

// frameMarks are the last three of the bytes that begin every frame of a
// coding. In other places they stand by accident once in 16 MiB.
var frameMarks = map[string][][]byte{
	"gzip": {{0x1f, 0x8b, 0x08}},
	"zstd": {{0xb5, 0x2f, 0xfd}, {0x2a, 0x4d, 0x18}}, // RFC 8878 §3.1.1 and §3.1.2
}

// packed is a compressed body on its way to the decoder, whose work it bounds.
// It belongs to one goroutine.
type packed struct {
	body   io.Reader
	coding string

	in, out int64 // bytes
	frames  int64
	tail    [2]byte // the last bytes that were read: a mark may lie across two reads
	err     error   // why no more of it is read; io.EOF at its end

	waited, worked time.Duration // for the client, and at decoding
}

// Read implements io.Reader.
func (p *packed) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	from := time.Now()
	n, err := p.body.Read(b)
	p.waited += time.Since(from)
	p.count(b[:n])
	p.err = err
	if p.in > hollowBytes+p.out+p.out/4 || p.frames > mostFrames+p.in>>16 {
		p.err = hollow(p.coding)
	}
	return n, p.err
}

// count takes note of what was read.
func (p *packed) count(b []byte) {
	p.in += int64(len(b))
	edge := append(append(make([]byte, 0, 4), p.tail[:]...), b[:min(len(b), 2)]...)
	for _, mark := range frameMarks[p.coding] {
		p.frames += int64(bytes.Count(b, mark) + bytes.Count(edge, mark))
	}
	if len(b) >= 2 {
		edge = b
	}
	copy(p.tail[:], edge[len(edge)-2:])
}

// hollow refuses a body that costs more than it is worth.
func hollow(coding string) error {
	return ir.Invalid("", "Request body is %s that holds next to nothing for its length; compress the body in one piece", coding)
}

// unpacked is what comes out.
type unpacked struct {
	io.ReadCloser
	from *packed
}

// Read implements io.Reader. What went wrong with the body itself is told
// before what the decoder makes of it.
func (u unpacked) Read(b []byte) (int, error) {
	from, waited := time.Now(), u.from.waited
	n, err := u.ReadCloser.Read(b)
	u.from.worked += time.Since(from) - (u.from.waited - waited)
	u.from.out += int64(n)
	switch {
	case u.from.worked > mostTime:
		return n, ir.Invalid("", "Request body is %s that takes too long to unpack; send it as it is", u.from.coding)
	case err != nil && err != io.EOF:
		return n, u.from.fault(err)
	}
	return n, err
}

// fault says why the body cannot be decoded.
func (p *packed) fault(err error) error {
	if p.err != nil && p.err != io.EOF {
		return p.err
	}
	return ir.Invalid("", "Failed to read request body: it is not complete and valid %s, as its Content-Encoding says: %v", p.coding, err)
}

// decompress undoes the codings that clients use for large bodies.
func decompress(body io.ReadCloser, coding string) (io.ReadCloser, error) {
	coding = strings.ToLower(strings.TrimSpace(coding))
	if coding == "" || coding == "identity" {
		return body, nil
	}
	from := &packed{body: body, coding: coding}
	switch coding {
	case "gzip", "x-gzip":
		from.coding = "gzip"
		zr, err := gzip.NewReader(from)
		if err != nil {
			return nil, from.fault(err)
		}
		return unpacked{zr, from}, nil
	case "zstd":
		zr, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(64<<20))
		if err != nil {
			return nil, from.fault(err)
		}
		return unpacked{zr.IOReadCloser(), from}, nil
	default:
		return nil, &ir.Error{
			Kind: ir.ErrInvalidRequest, Status: http.StatusUnsupportedMediaType,
			Message: "Content-Encoding must be gzip, zstd or identity",
		}
	}
}
