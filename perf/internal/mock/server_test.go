package mock

import (
	"flag"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/wire"
)

func start(t *testing.T, p plan) (*Server, bench.Target) {
	s := &Server{chunks: 200}
	s.use(p)
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, bench.Target{URL: h.URL, Model: "m", PID: os.Getpid()}
}

func load(d wire.Dialect, stream bool, size string) bench.Load {
	return bench.Load{Dialect: string(d), Stream: stream, Size: size, Chunks: 200,
		Conns: 4, N: 20, Warmup: 4, Max: time.Minute, Timeout: 10 * time.Second}
}

func TestEveryDialectPassesTheLoadGenerator(t *testing.T) {
	for _, batch := range []int{1, 20} {
		s, target := start(t, plan{batch: batch})
		for _, d := range wire.All {
			for _, stream := range []bool{false, true} {
				for _, size := range []string{"small", "large"} {
					l := load(d, stream, size)
					r, err := l.Run(target)
					if err != nil {
						t.Fatal(err)
					}
					if r.Errors > 0 || r.Requests != 20 || stream && r.Chunks != 20*200 {
						t.Errorf("%s stream=%v %s batch %d: %s", d, stream, size, batch, r)
					}
				}
			}
		}
		if n := s.requests.Load(); n != 16*24 {
			t.Errorf("%d requests arrived", n)
		}
	}
}

func TestScenarioSetsLoadAndUpstream(t *testing.T) {
	s, target := start(t, plan{})
	var l bench.Load
	fs := flag.NewFlagSet("", flag.PanicOnError)
	l.Flags(fs)
	fs.Parse([]string{"-n", "7"})
	if err := l.Use("paced", target.URL, fs); err != nil {
		t.Fatal(err)
	}
	if !l.Stream || l.Conns != 64 || l.N != 7 || s.plan.Load().delay != 5*time.Millisecond {
		t.Errorf("load %+v, upstream %s", l, s.plan.Load())
	}
}

func TestWrongTextIsAnError(t *testing.T) {
	_, target := start(t, plan{})
	l := load(wire.OpenAI, true, "small")
	l.Chunks = 201 // expects one delta more than the upstream sends
	r, err := l.Run(target)
	if err != nil {
		t.Fatal(err)
	}
	if r.Errors != 20 {
		t.Errorf("%d of 20 responses were judged wrong", r.Errors)
	}
}

func TestDroppedMessageIsRefused(t *testing.T) {
	s, _ := start(t, plan{})
	body := strings.Replace(string(wire.Large(wire.OpenAI, "m", false)), wire.Mark, "", 1)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", "/v1/chat/completions", strings.NewReader(body)))
	if w.Code != 400 || s.refused.Load() != 1 {
		t.Errorf("status %d, %d refused", w.Code, s.refused.Load())
	}
}

func TestCrowdOfSlowStreams(t *testing.T) {
	_, target := start(t, plan{delay: 200 * time.Millisecond})
	l := load(wire.Anthropic, true, "small")
	r, err := l.Crowd(target, 50, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if r.Streams != 50 || r.Failed != 0 || r.Events < 50 {
		t.Error(r)
	}
}
