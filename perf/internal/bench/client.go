package bench

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/wire"
)

// client is one connection of the closed loop.
type client struct {
	host    string
	request []byte
	stream  bool
	timeout time.Duration
	check   wire.Checker
	onChunk func() // called for each data line, if set

	conn  net.Conn
	r     *bufio.Reader
	dials int
	long  []byte // a line that did not fit the reader's buffer

	total, first []time.Duration
	chunks       int
	failed       map[string]int
}

func (l *Load) client(request []byte, host string) *client {
	return &client{
		host: host, request: request, stream: l.Stream, timeout: l.Timeout, failed: map[string]int{},
		check: wire.Checker{Dialect: wire.Dialect(l.Dialect), Want: wire.Text(l.Chunks)},
	}
}

func (c *client) dial() (err error) {
	if c.conn, err = net.DialTimeout("tcp", c.host, c.timeout); err != nil {
		c.conn = nil
		return err
	}
	c.r = bufio.NewReaderSize(c.conn, 16<<10)
	c.dials++
	return nil
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// do makes one request and books its outcome.
func (c *client) do() {
	first, total, err := c.roundTrip()
	if err != nil {
		c.failed[reason(err)]++
		c.close()
		return
	}
	c.total = append(c.total, total)
	if c.stream {
		c.first = append(c.first, first)
		c.chunks += c.check.Chunks
	}
}

func (c *client) roundTrip() (first, total time.Duration, err error) {
	if c.conn == nil {
		if err := c.dial(); err != nil {
			return 0, 0, err
		}
	}
	start := time.Now()
	c.conn.SetDeadline(start.Add(c.timeout))
	if _, err = c.conn.Write(c.request); err != nil {
		return 0, 0, err
	}
	resp, err := http.ReadResponse(c.r, &http.Request{Method: "POST"})
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return 0, 0, fmt.Errorf("status %d: %s", resp.StatusCode, b)
	}
	if c.stream {
		c.check.Reset()
		c.check.Strict = len(c.total)%64 == 0
		first, err = c.readStream(resp.Body, start)
		total = time.Since(start)
	} else {
		var b []byte
		b, err = io.ReadAll(resp.Body)
		total = time.Since(start)
		if err == nil {
			err = c.check.Body(b)
		}
	}
	if resp.Close {
		c.close()
	}
	return first, total, err
}

func (c *client) readStream(body io.Reader, start time.Time) (first time.Duration, err error) {
	lines := bufio.NewReaderSize(body, 16<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			c.long = append(c.long, line...)
			continue
		}
		if len(c.long) > 0 {
			c.long = append(c.long, line...)
			line = c.long
			c.long = c.long[:0]
		}
		if c.check.Line(line) {
			if first == 0 {
				first = time.Since(start)
			}
			if c.onChunk != nil {
				c.onChunk()
			}
		}
		if err == io.EOF {
			return first, c.check.EndOfStream()
		}
		if err != nil {
			return first, err
		}
	}
}

// reason shortens an error so that equal failures are counted together.
func reason(err error) string {
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return "timed out"
	}
	s := err.Error()
	if i := strings.Index(s, "->"); i >= 0 {
		s = s[i:]
		s = "network" + s[max(strings.Index(s, ": "), 0):]
	}
	return s[:min(len(s), 200)]
}
