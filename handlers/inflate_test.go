package handlers

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// emptyZstd is a frame of zstd with nothing in it.
func emptyZstd() string {
	zw, _ := zstd.NewWriter(nil, zstd.WithZeroFrames(true))
	return string(zw.EncodeAll(nil, nil))
}

// counted is a body that tells how much of it was read.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

// TestHollowBody covers compressed bodies that cost more than they are worth: they are refused long before their end.
func TestHollowBody(t *testing.T) {
	const limit = 32 << 20
	rle := "\x28\xb5\x2f\xfd\x20\x0a\x53\x00\x00x" // a frame of ten bytes that is one byte, ten times
	skipped := "\x50\x2a\x4d\x18\x00\x00\x00\x00"
	for name, test := range map[string]struct{ piece, coding string }{
		"empty frames of zstd":   {emptyZstd(), "zstd"},
		"frames that are passed": {skipped, "zstd"},
		"small frames of zstd":   {rle, "zstd"},
		"empty members of gzip":  {gzipped(""), "gzip"},
		"small members of gzip":  {gzipped(strings.Repeat("x", 100)), "x-gzip"},
		"empty blocks of gzip":   {"\x00\x00\x00\xff\xff", "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(test.piece, (8<<20)/len(test.piece))
			if name == "empty blocks of gzip" {
				text = gzipped("")[:10] + text
			}
			body := &counted{Reader: strings.NewReader(text)}
			r := prepareRequest("/", body)
			r.Header.Set("Content-Encoding", test.coding)
			_, err := readBody(nil, newRecorder(), r, limit)
			if e := asError(err); e.Status != http.StatusBadRequest || !strings.Contains(e.Message, "compress the body in one piece") {
				t.Errorf("got %v", err)
			}
			if body.n > 1<<20 {
				t.Errorf("%d bytes were read", body.n)
			}
		})
	}
}

// TestManyFrames takes bodies that are compressed in pieces, as parallel compressors do it, and in small reads.
func TestManyFrames(t *testing.T) {
	piece := strings.Repeat("some text of a conversation ", 1000)
	for coding, pack := range map[string]func(string) string{"zstd": zstded, "gzip": gzipped} {
		text, packed := strings.Repeat(piece, 300), strings.Repeat(pack(piece), 300)
		r := prepareRequest("/", iotest.HalfReader(strings.NewReader(packed)))
		r.Header.Set("Content-Encoding", coding)
		if got, err := readBody(nil, newRecorder(), r, 32<<20); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", coding, len(got), err)
		}
	}
	// One that is flushed after every few bytes is long, but no longer than what it says.
	var slow bytes.Buffer
	zw := gzip.NewWriter(&slow)
	for i := range 20_000 {
		_, _ = io.WriteString(zw, piece[i%1000:][:50])
		_ = zw.Flush()
	}
	_ = zw.Close()
	r := prepareRequest("/", &slow)
	r.Header.Set("Content-Encoding", "gzip")
	if got, err := readBody(nil, newRecorder(), r, 32<<20); err != nil || len(got) != 1_000_000 {
		t.Errorf("flushed often: %d bytes, %v", len(got), err)
	}
}

// TestFrameMarks counts frames however the body is cut into reads.
func TestFrameMarks(t *testing.T) {
	text := emptyZstd() + "\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstded("abc") + "\xb5\x2f"
	for size := 1; size <= len(text); size++ {
		p := &packed{coding: "zstd"}
		for b := []byte(text); len(b) > 0; b = b[min(size, len(b)):] {
			p.count(b[:min(size, len(b))])
		}
		if p.frames != 3 || p.in != int64(len(text)) {
			t.Errorf("in reads of %d: %d frames in %d bytes", size, p.frames, p.in)
		}
	}
}

// TestHollowBodyInEachDialect reads the refusal in the dialect that asks.
func TestHollowBodyInEachDialect(t *testing.T) {
	f := serve(t, gatewaySpec{})
	for _, d := range dialects {
		got := f.post(speeches[d].path, strings.Repeat(gzipped(""), 20_000), "Content-Encoding", "gzip")
		if got.status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", d, got.status, got.body)
		}
		wantDialect(t, "hollow body", d, got)
	}
	if e := asError(hollow("gzip")); e.Kind != ir.ErrInvalidRequest {
		t.Errorf("got %+v", e)
	}
}

// sleepy takes a second for every read.
type sleepy struct {
	io.Reader
	io.Closer
}

func (s sleepy) Read(b []byte) (int, error) {
	time.Sleep(time.Second)
	return s.Reader.Read(b)
}

// TestTimeOfUnpacking counts the time that decoding takes, and not that of a client who is slow.
func TestTimeOfUnpacking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := strings.Repeat("x", 20)
		slow := unpacked{sleepy{Reader: iotest.OneByteReader(strings.NewReader(text))}, &packed{coding: "zstd"}}
		got, err := io.ReadAll(slow)
		if e := asError(err); e.Status != http.StatusBadRequest || !strings.Contains(e.Message, "too long to unpack") || len(got) != 6 {
			t.Errorf("after %d bytes: %v", len(got), err)
		}
		for coding, body := range map[string]string{"gzip": gzipped(text), "zstd": zstded(text)} {
			unhurried, err := decompress(io.NopCloser(sleepy{Reader: iotest.OneByteReader(strings.NewReader(body))}), coding)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(unhurried); err != nil || string(got) != text {
				t.Errorf("%s: %s, %v", coding, got, err)
			}
			_ = unhurried.Close()
		}
	})
}
