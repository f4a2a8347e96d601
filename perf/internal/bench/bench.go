// Package bench drives a gateway with a closed loop of connections, checks
// each response and accounts for the gateway's time and memory.
package bench

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/wire"
)

// Target is one gateway, or the upstream itself.
type Target struct {
	URL   string // http://host:port
	PID   int    // process to account for; 0 for none
	Path  string // instead of the dialect's own path
	Model string
}

// Load says what to ask and how often.
type Load struct {
	Dialect string
	Stream  bool
	Size    string
	Body    []byte // instead of Size
	Chunks  int
	Conns   int
	N       int
	Warmup  int
	Max     time.Duration
	Timeout time.Duration
	Key     string
	Headers headers
}

type headers []string

func (h *headers) String() string     { return strings.Join(*h, ", ") }
func (h *headers) Set(s string) error { *h = append(*h, s); return nil }

// Flags makes the load's fields settable on the command line.
func (l *Load) Flags(fs *flag.FlagSet) {
	fs.StringVar(&l.Dialect, "dialect", "openai", "what the client speaks: openai, responses, anthropic or gemini")
	fs.BoolVar(&l.Stream, "stream", false, "ask for streams")
	fs.StringVar(&l.Size, "size", "small", "request: small (one short message) or large (an agent's, about 120 KB)")
	fs.IntVar(&l.Chunks, "chunks", 200, "text deltas that the upstream sends in an answer")
	fs.IntVar(&l.Conns, "c", 8, "connections")
	fs.IntVar(&l.N, "n", 2000, "requests")
	fs.IntVar(&l.Warmup, "warmup", 200, "requests before the measured ones")
	fs.DurationVar(&l.Max, "max", 2*time.Minute, "stop after this long, done or not")
	fs.DurationVar(&l.Timeout, "timeout", 30*time.Second, "limit of one request")
	fs.StringVar(&l.Key, "key", "sk-perf", "client key, sent as a Bearer token")
	fs.Var(&l.Headers, "H", "further request header, \"Name: value\"; repeatable")
}

// Run warms the target up and measures it.
func (l *Load) Run(t Target) (*Report, error) {
	if l.Warmup > 0 {
		w := *l
		w.N = l.Warmup
		if _, err := w.measure(Target{URL: t.URL, Path: t.Path, Model: t.Model}); err != nil {
			return nil, err
		}
	}
	return l.measure(t)
}

func (l *Load) measure(t Target) (*Report, error) {
	request, host, err := l.request(t)
	if err != nil {
		return nil, err
	}
	var cpu0 time.Duration
	if t.PID != 0 {
		resetPeak(t.PID)
		if cpu0, err = cpuTime(t.PID); err != nil {
			return nil, err
		}
	}
	var (
		left    atomic.Int64
		wg      sync.WaitGroup
		clients = make([]*client, min(l.Conns, l.N))
		start   = time.Now()
		steal0  = stolen()
	)
	left.Store(int64(l.N))
	for i := range clients {
		c := l.client(request, host)
		clients[i] = c
		wg.Go(func() {
			defer c.close()
			for left.Add(-1) >= 0 && time.Since(start) < l.Max {
				c.do()
			}
		})
	}
	wg.Wait()
	wall := time.Since(start)

	r := &Report{Seconds: wall.Seconds(), Reasons: map[string]int{}}
	var total, first []time.Duration
	for _, c := range clients {
		total, first = append(total, c.total...), append(first, c.first...)
		r.Chunks += c.chunks
		r.Redials += max(c.dials-1, 0)
		for why, n := range c.failed {
			r.Reasons[why] += n
			r.Errors += n
		}
	}
	r.Requests = len(total) + r.Errors
	r.PerSecond = float64(len(total)) / r.Seconds
	r.ChunkRate = float64(r.Chunks) / r.Seconds
	r.P50, r.P90, r.P99 = quantile(total, .5), quantile(total, .9), quantile(total, .99)
	r.First50, r.First99 = quantile(first, .5), quantile(first, .99)
	r.Steal = 100 * (stolen() - steal0).Seconds() / r.Seconds / float64(runtime.NumCPU())
	if t.PID != 0 {
		cpu, err := cpuTime(t.PID)
		if err != nil {
			return nil, fmt.Errorf("the gateway is gone: %w", err)
		}
		rss, peak, err := memory(t.PID)
		if err != nil {
			return nil, err
		}
		r.CPU = us(cpu-cpu0) / float64(max(r.Requests, 1))
		r.RSS, r.Peak = mib(rss), mib(peak)
	}
	return r, nil
}

// request is the bytes of one request, and the address to send them to.
func (l *Load) request(t Target) (raw []byte, host string, err error) {
	d, err := wire.Parse(l.Dialect)
	if err != nil {
		return nil, "", err
	}
	u, err := url.Parse(t.URL)
	if err != nil {
		return nil, "", err
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, "", fmt.Errorf("%s is not a loopback address", u.Hostname())
	}
	body, err := l.body(d, t.Model)
	if err != nil {
		return nil, "", err
	}
	path := t.Path
	if path == "" {
		path = d.Path(t.Model, l.Stream)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: perf-load/1\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", path, u.Host, len(body))
	if l.Key != "" {
		fmt.Fprintf(&b, "Authorization: Bearer %s\r\n", l.Key)
	}
	if d == wire.Anthropic {
		b.WriteString("anthropic-version: 2023-06-01\r\n")
	}
	for _, h := range l.Headers {
		b.WriteString(h + "\r\n")
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes(), u.Host, nil
}

func (l *Load) body(d wire.Dialect, model string) ([]byte, error) {
	switch {
	case l.Body != nil:
		return l.Body, nil
	case l.Size == "small":
		return wire.Small(d, model, l.Stream), nil
	case l.Size == "large":
		return wire.Large(d, model, l.Stream), nil
	}
	return nil, fmt.Errorf("unknown size %q", l.Size)
}
