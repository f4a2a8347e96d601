package handlers

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// one is a gateway with a single account of the given dialect.
func one(t *testing.T, d ir.Dialect, step http.HandlerFunc, tweak func(*Gateway)) (*fixture, *upstream) {
	t.Helper()
	up := newUpstream(t, step)
	return serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: d, url: up.URL}}, tweak: tweak}), up
}

// arrayOf writes frames as the JSON array that Gemini streams without alt=sse.
func arrayOf(frames []string) string {
	return "[" + strings.Join(payloads(strings.Join(frames, "")), ",\r\n") + "]"
}

func gzipped(s string) string {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	_, _ = io.WriteString(zw, s)
	_ = zw.Close()
	return b.String()
}

// TestDeliver asks in each dialect, streamed or not, of an upstream of each
// dialect that answers in every form that upstreams do, asked for or not.
func TestDeliver(t *testing.T) {
	for _, up := range dialects {
		u := speeches[up]
		stream := strings.Join(u.stream(), "")
		withoutEnd := strings.TrimSuffix(stream, "data: [DONE]\n\n")
		forms := map[string]http.HandlerFunc{
			"whole":             says(200, "application/json; charset=utf-8", u.whole),
			"streamed":          streams(u.stream(), nil),
			"streamed at once":  says(200, "text/event-stream; charset=utf-8", stream),
			"lines end in CRLF": says(200, eventStream, strings.ReplaceAll(stream, "\n", "\r\n")),
			"comments":          says(200, eventStream, ": processing\n\n"+strings.ReplaceAll(stream, "\n\n", "\n\n: ping\n\n")),
			"gzipped whole":     fails(200, gzipped(u.whole), "Content-Encoding", "gzip"),
			"gzipped stream": func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				says(200, eventStream, gzipped(stream))(w, r)
			},
			"trailing data":             says(200, eventStream, stream+"data: trailing\n\n"),
			"no terminator":             says(200, eventStream, withoutEnd),
			"cut behind the terminator": streams([]string{stream}, cuts),
			"never ends":                streams([]string{stream}, hangs),
			"white space first":         says(200, "application/json", "\n\n  \n"+u.whole+"\n"),
		}
		if up == ir.Gemini {
			delete(forms, "never ends") // the dialect has no terminator
			delete(forms, "cut behind the terminator")
			delete(forms, "trailing data")
			forms["array"] = says(200, "application/json", arrayOf(u.stream()))
		}
		for form, step := range forms {
			clients := []ir.Dialect{up, other(up)}
			if form == "whole" || form == "streamed" {
				clients = dialects
			}
			for _, client := range clients {
				for _, streamed := range []bool{false, true} {
					c := speeches[client]
					path, ask, kind := c.path, c.ask, "application/json"
					if streamed {
						path, ask, kind = c.streamPath, c.askStream, eventStream
					}
					if form == "array" && !streamed {
						continue // nobody streams an array unless asked to stream
					}
					t.Run(string(client)+"→"+string(up)+" "+form+" as "+kind, func(t *testing.T) {
						f, _ := one(t, up, step, nil)
						got := f.post(path, ask)
						wantHello(t, client, got)
						if got.header.Get("Content-Type") != kind {
							t.Errorf("the content type is %q", got.header.Get("Content-Type"))
						}
						if s := f.account("only"); s.Succeeded != 1 || s.Failed != 0 || s.FirstByte == 0 {
							t.Errorf("the success is not noted: %+v", s)
						}
						f.settled()
					})
				}
			}
		}
	}
}

// TestRelayIsByteExact compares what passes between equal dialects with what
// was sent.
func TestRelayIsByteExact(t *testing.T) {
	for _, d := range dialects {
		s := speeches[d]
		t.Run(string(d), func(t *testing.T) {
			f, up := one(t, d, says(200, "application/json", s.whole), nil)
			if got := f.post(s.path, s.ask); got.body != s.whole {
				t.Errorf("got  %s\nwant %s", got.body, s.whole)
			}
			if sent := up.requests()[0].body; sent != s.ask {
				t.Errorf("sent %s\nwant %s", sent, s.ask)
			}
		})
		t.Run(string(d)+" streamed", func(t *testing.T) {
			f, _ := one(t, d, streams(s.stream(), nil), nil)
			want := strings.Join(s.stream(), "")
			if d == ir.Chat { // the usage that the client did not ask for
				want = strings.Replace(want, s.ending[1], "", 1)
			}
			if got := f.post(s.streamPath, s.askStream); got.body != want {
				t.Errorf("got  %q\nwant %q", got.body, want)
			}
		})
	}
}

// TestGeminiCandidates keeps what comes behind the first candidate's end.
func TestGeminiCandidates(t *testing.T) {
	frames := []string{
		data(`{"candidates":[{"content":{"role":"model","parts":[{"text":"one"}]},"finishReason":"STOP","index":0}],"modelVersion":"m"}`),
		data(`{"candidates":[{"content":{"role":"model","parts":[{"text":"two"}]},"finishReason":"STOP","index":1}],"modelVersion":"m"}`),
		data(`{"candidates":[],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"m"}`),
	}
	f, _ := one(t, ir.Gemini, streams(frames, nil), nil)
	got := f.post(speeches[ir.Gemini].streamPath, speeches[ir.Gemini].ask)
	if want := strings.Join(frames, ""); got.body != want {
		t.Errorf("got  %q\nwant %q", got.body, want)
	}
	if in := f.lastFields(1)["ai_input_tokens"]; in != "3ns" {
		t.Errorf("the usage behind the end is lost: %q", in)
	}
}

// TestGeminiArray frames the answer as one JSON array where alt=sse is missing,
// whatever the upstream speaks.
func TestGeminiArray(t *testing.T) {
	for _, up := range dialects {
		t.Run(string(up), func(t *testing.T) {
			f, _ := one(t, up, streams(speeches[up].stream(), nil), nil)
			got := f.post("/v1beta/models/m:streamGenerateContent", speeches[ir.Gemini].ask)
			text := ""
			for _, e := range gjson.Parse(got.body).Array() {
				text += e.Get("candidates.0.content.parts.0.text").Str
			}
			if !gjson.Valid(got.body) || !gjson.Parse(got.body).IsArray() || text != "hello there" {
				t.Errorf("got %q", got.body)
			}
			if kind := got.header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("the content type is %q", kind)
			}
		})
	}
}

// TestGeminiArrayError ends the array with the error, so that it stays JSON.
func TestGeminiArrayError(t *testing.T) {
	for _, up := range dialects {
		u := speeches[up]
		t.Run(string(up), func(t *testing.T) {
			f, _ := one(t, up, streams(append(append([]string(nil), u.preamble...), u.content...), cuts), nil)
			got := f.post("/v1beta/models/m:streamGenerateContent", speeches[ir.Gemini].ask)
			if !gjson.Valid(got.body) || !strings.Contains(got.body, `"error"`) {
				t.Errorf("got %q", got.body)
			}
		})
	}
}

// TestNoContentType takes an answer without a type for what was asked for.
func TestNoContentType(t *testing.T) {
	c := speeches[ir.Chat]
	f, _ := one(t, ir.Chat, says(200, "", strings.Join(c.stream(), "")), nil)
	wantHello(t, ir.Chat, f.post(c.streamPath, c.askStream))
	f, _ = one(t, ir.Chat, says(200, "", c.whole), nil)
	wantHello(t, ir.Chat, f.post(c.path, c.ask))
}

// TestHugeAnswers bounds what is read of an upstream.
func TestHugeAnswers(t *testing.T) {
	for status, limit := range map[int]int{200: maxAnswerBody, 400: maxErrorBody, 500: maxErrorBody} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			body := &spaces{left: 2*limit + 1<<20}
			f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", url: "http://upstream", transport: answering(func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
			})}}})
			got := f.post("/v1/chat/completions", speeches[ir.Chat].ask)
			if got.status == 200 || !gjson.Valid(got.body) || len(got.body) > 4096 {
				t.Errorf("got %d with %d bytes", got.status, len(got.body))
			}
			if read := 2*limit + 1<<20 - body.left; read > limit+64<<10 {
				t.Errorf("%d bytes were read, the limit is %d", read, limit)
			}
			f.settled()
		})
	}
}

// spaces is a body of white space.
type spaces struct{ left int }

func (s *spaces) Read(p []byte) (int, error) {
	n := min(len(p), s.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	if s.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (s *spaces) Close() error { return nil }

// TestStreamsAtOnce hands each event on when it comes, over HTTP/1.1 and
// HTTP/2.
func TestStreamsAtOnce(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, up := range []ir.Dialect{ir.Chat, ir.Anthropic} {
			s := speeches[up]
			goOn := make(chan bool)
			step := func(w http.ResponseWriter, r *http.Request) {
				streams(append(append([]string(nil), s.preamble...), s.content[0]), nil)(w, r)
				<-goOn
				for _, frame := range append(s.content[1:], s.ending...) {
					_, _ = io.WriteString(w, frame)
				}
			}
			u := newUpstream(t, step)
			f := serve(t, gatewaySpec{accounts: []accountSpec{{name: "only", dialect: up, url: u.URL}}, http2: http2})
			req, _ := http.NewRequest("POST", f.server.URL+"/v1/chat/completions", strings.NewReader(speeches[ir.Chat].askStream))
			req.Header.Set("Authorization", "Bearer "+clientSecret)
			resp, err := f.server.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if want := 1 + map[bool]int{true: 1}[http2]; resp.ProtoMajor != want {
				t.Fatalf("the protocol is %s", resp.Proto)
			}
			got := make([]byte, 0, 1<<16)
			for !strings.Contains(string(got), "hello ") { // the upstream waits for us: what is not flushed never comes
				n, err := resp.Body.Read(got[len(got):cap(got)])
				if got = got[:len(got)+n]; err != nil {
					t.Fatalf("the stream ends: %v\n%s", err, got)
				}
			}
			close(goOn)
			rest, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if err != nil || textOf(ir.Chat, string(got)+string(rest)) != "hello there" {
				t.Errorf("got %v\n%s%s", err, got, rest)
			}
			if cc := resp.Header.Get("Cache-Control"); cc != "no-cache, no-transform" || resp.Header.Get("X-Accel-Buffering") != "no" {
				t.Errorf("proxies in front may buffer: %v", resp.Header)
			}
		}
	}
}

// opened sends a request and returns when the gateway has opened the stream:
// with a keep-alive, or for Gemini with nothing but headers. rest reads on.
func (f *fixture) opened(path, ask, ping string) (resp *http.Response, rest func() string) {
	f.t.Helper()
	req, _ := http.NewRequest("POST", f.server.URL+path, strings.NewReader(ask))
	req.Header.Set("Authorization", "Bearer "+clientSecret)
	resp, err := f.server.Client().Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = resp.Body.Close() })
	got := make([]byte, len(ping))
	if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != ping {
		f.t.Errorf("the stream begins with %q, %v; want %q", got, err, ping)
	}
	return resp, func() string {
		all, err := io.ReadAll(resp.Body)
		if err != nil {
			f.t.Errorf("reading the stream: %v", err)
		}
		return string(all)
	}
}

// pings are how the keep-alives of the dialects begin.
var pings = map[ir.Dialect]string{ir.Chat: ": ", ir.Responses: ": ", ir.Anthropic: "event: ping\n", ir.Gemini: ""}

// TestPingOpensButDoesNotFix sends keep-alives while the first account is
// silent; when it fails, another one answers in the same stream.
func TestPingOpensButDoesNotFix(t *testing.T) {
	for _, client := range dialects {
		t.Run(string(client), func(t *testing.T) {
			open := make(chan bool)
			slow := func(w http.ResponseWriter, r *http.Request) {
				<-open
				w.WriteHeader(503)
			}
			f, _, _ := twoAccounts(t, ir.Anthropic, slow, streams(speeches[ir.Anthropic].stream(), nil),
				func(g *Gateway) { g.Stream.Ping = 5 * time.Millisecond })
			resp, rest := f.opened(speeches[client].streamPath, speeches[client].askStream, pings[client])
			close(open)
			if body := rest(); resp.StatusCode != 200 || textOf(client, body) != "hello there" || errorOf(body) != "" {
				t.Errorf("got %d %q", resp.StatusCode, body)
			}
			if s := f.account("bad"); s.LastFailure.String() != "overloaded" {
				t.Errorf("the first account is judged %v", s.LastFailure)
			}
		})
	}
}

// TestErrorInOpenedStream tells an error inside a stream that a keep-alive has
// opened, since the status is gone.
func TestErrorInOpenedStream(t *testing.T) {
	paths := map[string]ir.Dialect{"/v1beta/models/m:streamGenerateContent": ir.Gemini}
	for _, d := range dialects {
		paths[speeches[d].streamPath] = d
	}
	for path, client := range paths {
		t.Run(path, func(t *testing.T) {
			open := make(chan bool)
			f, _ := one(t, ir.Anthropic, func(w http.ResponseWriter, r *http.Request) {
				<-open
				w.WriteHeader(500)
			}, func(g *Gateway) { g.Stream.Ping = 5 * time.Millisecond })
			resp, rest := f.opened(path, speeches[client].askStream, pings[client])
			close(open)
			body := rest()
			if resp.StatusCode != 200 || errorOf(body) != "Upstream service temporarily unavailable" {
				t.Errorf("got %d %q", resp.StatusCode, body)
			}
			if array := !strings.Contains(path, "alt=sse") && client == ir.Gemini; array && !gjson.Valid(body) {
				t.Errorf("the array is broken: %q", body)
			}
		})
	}
}
