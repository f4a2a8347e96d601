package handlers

import (
	"context"
	"net/url"
	"strconv"

	"github.com/tidwall/gjson"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// instrumentation is the name under which the gateway's spans are made.
const instrumentation = "github.com/caddy-ai-gateway/ai-gateway"

// span is an attempt in a trace, as OpenTelemetry's conventions for generative AI describe it:
// https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/. It is a child of the span that Caddy's directive
// `tracing` has made; without a recorded one it is nil inside, and costs nothing. It never holds what people or models
// have written. The trace ends here: upstreams are told neither its ids nor the client's baggage.
type span struct {
	trace.Span
	model  string // what the upstream calls the model that answers
	looked int    // events that were searched for it
}

// providerNames are the names of the conventions for providers that they know; all others go by their own.
var providerNames = map[string]string{
	"gemini": "gcp.gemini", "gemini_web": "gcp.gemini", "code_assist": "gcp.gemini", "antigravity": "gcp.gemini", "vertex": "gcp.vertex_ai",
}

// beginSpan begins the span of the attempt of that number if the client's request is traced.
func (a *attempt) beginSpan(ctx context.Context, up *Upstream, number int) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	operation := operationName(a.env.Op, a.target.Dialect)
	provider := a.lease.Account.Provider
	if name, known := providerNames[provider]; known {
		provider = name
	}
	attributes := []attribute.KeyValue{
		attribute.String("gen_ai.operation.name", operation),
		attribute.String("gen_ai.provider.name", provider),
		attribute.String("gen_ai.system", provider), // the same before version 1.37 of the conventions
		attribute.String("gen_ai.request.model", a.target.Model),
		attribute.String("ai_gateway.name", a.g.Name),
		attribute.String("ai_gateway.account", a.lease.Account.Name),
		attribute.String("ai_gateway.client_dialect", string(a.route.dialect)),
		attribute.String("ai_gateway.upstream_dialect", string(a.target.Dialect)),
		attribute.Int("ai_gateway.attempt", number),
		attribute.String("ai_gateway.request_id", a.id),
	}
	if base, err := url.Parse(up.BaseURL); err == nil && base.Hostname() != "" {
		attributes = append(attributes, attribute.String("server.address", base.Hostname()))
		if port, err := strconv.Atoi(base.Port()); err == nil {
			attributes = append(attributes, attribute.Int("server.port", port))
		}
	}
	_, a.span.Span = parent.TracerProvider().Tracer(instrumentation).Start(ctx, operation+" "+a.target.Model,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(attributes...))
}

func operationName(op ir.Op, d ir.Dialect) string {
	switch {
	case op == ir.Embed:
		return "embeddings"
	case op == ir.CountTokens:
		return "count_tokens" // for which the conventions have no word
	case d == ir.Gemini:
		return "generate_content"
	default:
		return "chat"
	}
}

// modelPaths are where upstreams tell the model's name: in answers of Chat, Anthropic and Responses, in the first events
// of streams, and in Gemini's, with Code Assist's envelope or without.
var modelPaths = []string{"model", "message.model", "response.model", "modelVersion", "response.modelVersion"}

const (
	maxLooked    = 3   // events of a stream that are searched for the model's name
	maxModelName = 128 // bytes of it that are told
)

// look finds the model's name in an answer or an event of one.
func (s *span) look(data []byte) {
	if s.Span == nil || s.model != "" || s.looked >= maxLooked {
		return
	}
	s.looked++
	for _, found := range gjson.GetManyBytes(data, modelPaths...) {
		if found.Type == gjson.String && len(found.Str) <= maxModelName {
			s.model = found.Str
			return
		}
	}
}

// endSpan ends the attempt's span with what has become of it.
func (a *attempt) endSpan() {
	if a.span.Span == nil {
		return
	}
	defer a.span.End()
	a.span.SetAttributes(attribute.Int("http.response.status_code", a.status))
	if a.span.model != "" {
		a.span.SetAttributes(attribute.String("gen_ai.response.model", a.span.model))
	}
	if a.outcome.FirstByte > 0 {
		a.span.SetAttributes(attribute.Float64("ai_gateway.first_byte_seconds", a.outcome.FirstByte.Seconds()))
	}
	if a.seen != nil {
		a.describeUsage(a.seen)
	}
	if a.outcome.Kind == pool.Succeeded && !a.cut && a.status < 400 {
		return
	}
	kind := string(a.problem)
	if kind == "" {
		kind = strconv.Itoa(a.status)
	}
	a.span.SetAttributes(attribute.String("error.type", kind))
	a.span.SetStatus(codes.Error, kind)
}

// describeUsage tells what the upstream has told of its answer.
func (a *attempt) describeUsage(seen *ir.Seen) {
	if seen.Stop.Reason != "" {
		a.span.SetAttributes(attribute.StringSlice("gen_ai.response.finish_reasons", []string{string(seen.Stop.Reason)}))
	}
	for _, count := range [...]struct {
		name string
		n    int64
	}{
		{"gen_ai.usage.input_tokens", seen.Usage.InputTotal},
		{"gen_ai.usage.output_tokens", seen.Usage.OutputTotal},
		{"gen_ai.usage.cache_read.input_tokens", seen.Usage.CacheRead},
		{"gen_ai.usage.cache_creation.input_tokens", seen.Usage.CacheWrite},
	} {
		if count.n >= 0 {
			a.span.SetAttributes(attribute.Int64(count.name, count.n))
		}
	}
}
