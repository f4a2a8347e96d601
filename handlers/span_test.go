package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// traced serves a gateway behind what Caddy's directive tracing does, and returns what keeps the spans.
func traced(t *testing.T, f *fixture) *tracetest.InMemoryExporter {
	t.Helper()
	exporter := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter))
	propagator := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{})
	member, err := baggage.NewMember("customer", "secret-baggage")
	if err != nil {
		t.Fatal(err)
	}
	bag, err := baggage.New(member)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := provider.Tracer("caddy").Start(baggage.ContextWithBaggage(r.Context(), bag), "handler")
		defer span.End()
		propagator.Inject(ctx, propagation.HeaderCarrier(r.Header))
		f.ServeHTTP(w, r.WithContext(ctx))
	}))
	t.Cleanup(server.Close)
	f.server = server
	return exporter
}

// attributesOf returns a span's attributes as text.
func attributesOf(s *tracetest.SpanStub) map[string]string {
	all := make(map[string]string)
	for _, a := range s.Attributes {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}

// TestSpans wants a span for each attempt, as a child of Caddy's, with what the conventions name and nothing that
// people have written, from every upstream, streamed and not, relayed and translated.
func TestSpans(t *testing.T) {
	for _, up := range dialects {
		for _, client := range []ir.Dialect{up, other(up)} {
			for _, stream := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s to %s, stream %t", client, up, stream), func(t *testing.T) {
					u, c := speeches[up], speeches[client]
					step, path, ask := says(200, "application/json", u.whole), c.path, c.ask
					if stream {
						step, path, ask = streams(u.stream(), nil), c.streamPath, c.askStream
					}
					f, first, second := twoAccounts(t, up, fails(500, `{"error":{"message":"`+prompt+`"}}`), step, nil)
					exporter := traced(t, f)
					wantHello(t, client, f.post(path, ask))
					f.eventually("all spans have ended", func() bool { return len(exporter.GetSpans()) == 3 })
					spans := exporter.GetSpans()
					checkSpans(t, up, spans)
					for _, r := range append(first.requests(), second.requests()...) {
						for name := range r.header {
							if strings.EqualFold(name, "traceparent") || strings.EqualFold(name, "baggage") || strings.EqualFold(name, "tracestate") {
								t.Errorf("the upstream is told %s: %s", name, r.header.Get(name))
							}
						}
					}
				})
			}
		}
	}
}

func checkSpans(t *testing.T, up ir.Dialect, spans tracetest.SpanStubs) {
	t.Helper()
	operation, provider := "chat", "openai"
	switch up {
	case ir.Gemini:
		operation, provider = "generate_content", "gcp.gemini"
	case ir.Anthropic:
		provider = "anthropic"
	}
	bad, good, parent := &spans[0], &spans[1], &spans[2]
	for _, s := range []*tracetest.SpanStub{bad, good} {
		if s.Parent.SpanID() != parent.SpanContext.SpanID() || s.Name != operation+" m" {
			t.Errorf("%s is a child of %s", s.Name, s.Parent.SpanID())
		}
		if text := fmt.Sprint(attributesOf(s), s.Events, s.Status); strings.Contains(text, "secret") || strings.Contains(text, "hello") || strings.Contains(text, accountSecret) {
			t.Errorf("content or a secret in %s", text)
		}
	}
	for key, want := range map[string]string{
		"error.type": "upstream", "http.response.status_code": "500", "ai_gateway.account": "bad", "ai_gateway.attempt": "1",
	} {
		if got := attributesOf(bad)[key]; got != want && key != "error.type" || got == "" {
			t.Errorf("failed: %s is %q, want %q", key, got, want)
		}
	}
	if bad.Status.Code != codes.Error || good.Status.Code == codes.Error {
		t.Errorf("statuses %v and %v", bad.Status, good.Status)
	}
	got := attributesOf(good)
	for key, want := range map[string]string{
		"gen_ai.operation.name": operation, "gen_ai.provider.name": provider, "gen_ai.system": provider,
		"gen_ai.request.model": "m", "gen_ai.response.model": "m", "gen_ai.usage.input_tokens": "3", "gen_ai.usage.output_tokens": "2",
		"http.response.status_code": "200", "ai_gateway.account": "good", "ai_gateway.attempt": "2", "server.address": "127.0.0.1",
	} {
		if got[key] != want {
			t.Errorf("%s is %q, want %q", key, got[key], want)
		}
	}
	if got["gen_ai.response.finish_reasons"] == "" || got["server.port"] == "" || got["error.type"] != "" {
		t.Errorf("attributes %v", got)
	}
}

// TestSpanOfCut wants an attempt that broke off to be one that failed.
func TestSpanOfCut(t *testing.T) {
	u := speeches[ir.Chat]
	f, _, _ := twoAccounts(t, ir.Chat, streams(append(u.preamble, u.content...), cuts), streams(u.stream(), nil), nil)
	exporter := traced(t, f)
	f.post(u.streamPath, u.askStream)
	f.eventually("all spans have ended", func() bool { return len(exporter.GetSpans()) == 2 })
	if s := exporter.GetSpans()[0]; s.Status.Code != codes.Error || attributesOf(&s)["error.type"] == "" {
		t.Errorf("%v %v", s.Status, attributesOf(&s))
	}
}

// TestUntracedSpansCostNothing counts what spans allocate where nobody records them.
func TestUntracedSpansCostNothing(t *testing.T) {
	frame := []byte(`{"model":"m"}`)
	a := &attempt{call: &call{}}
	allocated := testing.AllocsPerRun(100, func() {
		a.beginSpan(t.Context(), nil, 1)
		a.span.look(frame)
		a.endSpan()
	})
	if allocated != 0 || a.span.Span != nil {
		t.Errorf("%v allocations", allocated)
	}
}

// TestSpansOfOtherOperations wants a span for each request upstream that counts tokens or embeds texts.
func TestSpansOfOtherOperations(t *testing.T) {
	for _, tt := range []struct {
		name, path, body string
		dialect          ir.Dialect
		steps            []http.HandlerFunc
		operation        string
		failed           []bool
	}{
		{"count", "/v1/messages/count_tokens", speeches[ir.Anthropic].ask, ir.Anthropic,
			[]http.HandlerFunc{fails(500, `{}`), says(200, "application/json", `{"input_tokens":4711}`)}, "count_tokens", []bool{true, false}},
		{"count, cut", "/v1/messages/count_tokens", speeches[ir.Anthropic].ask, ir.Gemini, []http.HandlerFunc{cuts, cuts}, "count_tokens", []bool{true, true}},
		{"embed", "/v1/embeddings", `{"model":"m","input":"hello"}`, ir.Chat, []http.HandlerFunc{
			fails(500, `{}`), says(200, "application/json", `{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}`),
		}, "embeddings", []bool{true, false}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, _, _ := twoAccounts(t, tt.dialect, tt.steps[0], tt.steps[1], nil)
			exporter := traced(t, f)
			if got := f.post(tt.path, tt.body); got.status != http.StatusOK {
				t.Errorf("%+v", got)
			}
			f.eventually("all spans have ended", func() bool { return len(exporter.GetSpans()) == 3 })
			for i, failed := range tt.failed {
				s := &exporter.GetSpans()[i]
				got := attributesOf(s)
				if s.Name != tt.operation+" m" || got["gen_ai.operation.name"] != tt.operation || got["ai_gateway.attempt"] != fmt.Sprint(i+1) ||
					(s.Status.Code == codes.Error) != failed || (got["error.type"] != "") != failed || got["http.response.status_code"] == "0" {
					t.Errorf("%d: %s %v %v", i, s.Name, s.Status, got)
				}
			}
		})
	}
}
