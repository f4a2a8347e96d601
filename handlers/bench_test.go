package handlers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// benchDeltas is how many events of text a stream has.
const benchDeltas = 200

// played is an upstream without a network: it reads the request's body and
// answers with what it is given.
type played struct {
	kind   string
	answer []byte
}

func (p *played) RoundTrip(req *http.Request) (*http.Response, error) {
	_, err := io.Copy(io.Discard, req.Body)
	_ = req.Body.Close()
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {p.kind}}, ContentLength: int64(len(p.answer)),
		Body: io.NopCloser(&readOnly{bytes.NewReader(p.answer)}),
	}, err
}

// readOnly hides that the reader could do more.
type readOnly struct{ io.Reader }

// dropped is a client that throws its answer away.
type dropped struct {
	header http.Header
	status int
	bytes  int
}

func (d *dropped) Header() http.Header { return d.header }
func (d *dropped) WriteHeader(s int)   { d.status = s }
func (d *dropped) Flush()              {}
func (d *dropped) Write(b []byte) (int, error) {
	d.bytes += len(b)
	return len(b), nil
}

// serving is one of the ways through the gateway that are measured: how the
// client asks, and what answers.
type serving struct {
	name, path, ask string
	client          ir.Dialect
	upstream        ir.Dialect
	answer          played
	least           int // bytes that the client gets
}

// servings are the relay and one translation for every client dialect, small
// and large, whole and streamed.
func servings() (list []serving) {
	long := strings.Repeat("The gateway reads the body once. ", 25)
	large := strings.Repeat("a line of a long file\\n", 5000)
	for _, d := range dialects {
		for _, up := range []ir.Dialect{d, other(d)} {
			pair := fmt.Sprintf("%s-%s", d, up)
			from, to := speeches[d], speeches[up]
			whole := played{"application/json", []byte(strings.ReplaceAll(to.whole, "hello there", long))}
			text := to.content[len(to.content)-2]
			stream := played{"text/event-stream", []byte(strings.Join(slices.Concat(
				to.preamble, to.content, slices.Repeat([]string{text}, benchDeltas), to.ending), ""))}
			list = append(list,
				serving{"small/" + pair, from.path, from.ask, d, up, whole, 800},
				serving{"large/" + pair, from.path, strings.Replace(from.ask, prompt, large, 1), d, up, whole, 800},
				serving{"stream/" + pair, from.streamPath, from.askStream, d, up, stream, 20 * benchDeltas},
			)
		}
	}
	return list
}

// once returns a function that makes the request once.
func (s *serving) once(tb testing.TB) func() { return s.among(tb, 2, access.Key{}) }

// among returns one that makes it among so many accounts, with what the key
// may use.
func (s *serving) among(tb testing.TB, accounts int, key access.Key) func() {
	key.Name, key.Secret = "alice", clientSecret
	spec := gatewaySpec{keys: []access.Key{key}}
	for i := range accounts {
		spec.accounts = append(spec.accounts, accountSpec{
			name: fmt.Sprint("a-", i), dialect: s.upstream, url: "http://upstream.invalid", transport: &s.answer,
		})
	}
	spec.tweak = func(g *Gateway) {
		g.buffers.returned = nil
		g.Stored = nil
		g.Logger = zap.NewNop()
	}
	g, _ := newGateway(tb, spec)
	body := strings.NewReader(s.ask)
	request, err := http.NewRequest(http.MethodPost, "http://gateway.invalid"+s.path, body)
	if err != nil {
		tb.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+clientSecret)
	request.RemoteAddr = "127.0.0.1:1"
	client := &dropped{header: http.Header{}}
	request = caddyhttp.PrepareRequest(request, caddy.NewReplacer(), client, &caddyhttp.Server{})
	return func() {
		body.Reset(s.ask)
		clear(client.header)
		client.status, client.bytes = 0, 0
		if err := g.ServeHTTP(client, request, nil); err != nil {
			tb.Fatal(err)
		}
		if client.status != http.StatusOK || client.bytes < s.least {
			tb.Fatalf("status %d, %d bytes", client.status, client.bytes)
		}
	}
}

// BenchmarkGateway is a request's whole way through the handlers, with the pool
// and sessions, but without a network, usage and metrics.
func BenchmarkGateway(b *testing.B) {
	for _, s := range servings() {
		b.Run(s.name, func(b *testing.B) {
			once := s.once(b)
			b.ReportAllocs()
			for b.Loop() {
				once()
			}
		})
	}
}

// BenchmarkAccounts shows how a small request grows with the accounts that
// could answer it, with a key that may use all and with one that says which.
func BenchmarkAccounts(b *testing.B) {
	small := servings()[0]
	for name, key := range map[string]access.Key{"all": {}, "some": {Accounts: []string{"b*", "*9"}}} {
		for _, count := range []int{10, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", name, count), func(b *testing.B) {
				once := small.among(b, count, key)
				b.ReportAllocs()
				for b.Loop() {
					once()
				}
			})
		}
	}
}
