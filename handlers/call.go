package handlers

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/embed"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/session"
)

// call is one client's request on its way through the gateway. It belongs to
// the handler's goroutine; what its watchdog shares is in sink.
type call struct {
	desk  *desk // that it lies on; nil for one that lies on none
	g     *Gateway
	r     *http.Request
	route route
	id    string
	start time.Time

	key  *access.Key
	env  *ir.Envelope
	body *translate.Call
	sink *sink

	texts     *embed.Call // what to embed; body is nil then
	textsBody []byte

	state   *state // of what is stored; nil where nothing is
	thread  string // the account that has the thread that the request goes on with; empty for none
	session session.Session
	origin  *pool.Account // see signer
	media   Media         // what has been fetched; nil before anything is
	summary *summary      // nil unless a model makes the conversation shorter

	strict   bool
	log      record
	borrowed borrowed
	incoming *loan // of the client's body; nil before it is read, and for what is not pooled
}

// record is what the access log tells of a request.
type record struct {
	key, account, model, served string
	upstream                    ir.Dialect
	asked                       *pool.Account // account's settings
	attempts                    int
	status                      int // what the client was told
	wait, firstByte             time.Duration
	usage                       ir.Usage
	cost                        int64 // nanodollars, of all attempts
	stop                        ir.StopReason
	notes                       string
	intercepted                 string // the kind of probe that was answered without an upstream
	session                     string // its tag
	sticky                      pool.Sticky
}

func (g *Gateway) begin(w http.ResponseWriter, r *http.Request, rt route) *call {
	c := newDesk()
	c.g, c.r, c.route, c.id, c.start = g, r, rt, requestID(), time.Now()
	c.log.usage, c.log.status = ir.NoUsage(), http.StatusOK
	s := c.sink // as newSink makes it
	s.w, s.rc, s.limits, s.wrote, s.buffers = w, *http.NewResponseController(w), g.Stream, c.start, &g.buffers
	c.desk.ids = [2]string{c.id, c.id}
	h, ids := w.Header(), c.desk.ids[:]
	h["X-Ai-Gateway-Request-Id"] = ids[:1:1]
	switch rt.dialect {
	case ir.Anthropic:
		h["Request-Id"] = ids[1:]
	case ir.Chat, ir.Responses:
		h["X-Request-Id"] = ids[1:]
	}
	return c
}

// requestID names a request: req_ and 24 random hex digits. Whoever guesses one
// can do nothing with it, so that they need not come from the system.
func requestID() string {
	var b [12]byte
	binary.LittleEndian.PutUint64(b[:8], rand.Uint64())
	binary.LittleEndian.PutUint32(b[8:], rand.Uint32())
	return string(hex.AppendEncode(append(make([]byte, 0, 32), "req_"...), b[:]))
}

// run goes the request's way up to the answer. An error has not been told to
// the client yet.
func (c *call) run() error {
	if err := c.refuse(); err != nil {
		return err
	}
	if c.route.kind == routeHealth {
		return c.health()
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	switch c.route.kind {
	case routeModels:
		return c.listModels()
	case routeModel:
		return c.showModel()
	case routeAnswer:
		return c.answerLocally()
	case routeStored:
		return c.stored()
	case routeConversation:
		return c.conversation()
	}
	if c.route.kind == routeEmbed {
		return c.embed()
	}
	if err := c.read(); err != nil {
		return err
	}
	if err := c.instruct(); err != nil {
		return err
	}
	if err := c.recall(); err != nil {
		return err
	}
	switch {
	case c.route.kind == routeCount:
		return c.count()
	case c.route.kind == routeCompact:
		return c.compact()
	case c.inBackground():
		return c.background()
	default:
		return c.generate()
	}
}

// health tells that the gateway runs, whatever the accounts' state.
func (c *call) health() error {
	return c.sink.whole(http.StatusOK, []byte(`{"status":"ok"}`))
}

// refuse turns away what is no request at all.
func (c *call) refuse() error {
	rt := c.route
	switch {
	case rt.problem != "":
		return notFound(rt.problem)
	case rt.kind == routeUnknown:
		return notFound("there is nothing at " + c.r.URL.Path)
	case rt.kind == routeUnavailable:
		return notFound(c.r.URL.Path + " is not offered by this gateway")
	case strings.EqualFold(c.r.Header.Get("Upgrade"), "websocket"):
		return upgradeRefused()
	}
	if rt.methods == c.r.Method {
		return nil
	}
	for method := range strings.SplitSeq(rt.methods, ", ") {
		if method == c.r.Method {
			return nil
		}
	}
	if c.r.Method == http.MethodHead && rt.methods == http.MethodGet {
		return nil
	}
	c.sink.describe(func(h http.Header) { h.Set("Allow", rt.methods) })
	return wrongMethod(c.r.Method, rt.methods)
}

// authenticate finds the client's key.
func (c *call) authenticate() error {
	presented := credential(c.r, c.route.dialect)
	key, ok := c.g.Keys.Find(presented)
	if !ok {
		return c.wrongKey(presented)
	}
	c.key, c.log.key = key, key.Name
	if key.Expired(c.start) {
		return keyExpired()
	}
	return nil
}

// read takes the body and what it says of itself.
func (c *call) read() error {
	body, err := c.readLent()
	if err != nil {
		return err
	}
	op := ir.Generate
	switch c.route.kind {
	case routeCount:
		op = ir.CountTokens
	case routeCompact:
		op = ir.Compact
	}
	c.env = &c.desk.envelope
	*c.env = ir.Envelope{
		Op: op, Dialect: c.route.dialect, Header: c.r.Header,
		Model: c.route.model, Stream: c.route.stream, Array: c.route.array, Arena: c.borrowArena(len(body)),
	}
	if body, err = c.openEnvelope(body); err != nil {
		return err
	}
	if c.body, err = translate.NewCall(c.env, body); err != nil {
		return err
	}
	if c.g.Signed != nil {
		c.body.Remember(c.g.Signed, c.owner())
	}
	c.log.model = short(c.env.Model)
	if err := checkModel(c.env); err != nil {
		return err
	}
	if c.g.Media != nil {
		c.body.Fetching()
	}
	c.strict = c.g.Strict || c.r.Header.Get("X-Ai-Gateway-Strict") == "1"
	return nil
}

// fail tells the client an error in its dialect, inside the stream when that
// has begun.
func (c *call) fail(err error) {
	e := translate.ContextLength(asError(err), c.route.dialect)
	if c.r.Context().Err() != nil && e.Status != StatusGone {
		e = left("the client closed the connection") // as a rule nobody listens, but the server writes a log
	}
	c.log.status = e.Status
	if e.Kind == ir.ErrInternal {
		c.g.Logger.Error("answering the request", zap.String("request_id", c.id), zap.Error(err))
	}
	body := e.Raw // a relayed refusal of the client's own request
	if len(body) == 0 || !json.Valid(body) {
		body = translate.CodecOf(c.route.dialect).AppendError(nil, e, c.id)
	}
	set := func(h http.Header) {
		undescribe(h)
		c.retryAfter(h, e)
	}
	c.sink.fail(e.Status, set, body, func() []byte { return translate.FailStream(c.env, e) })
}

// end writes what the access log tells of the request.
func (c *call) end() {
	c.sink.close()
	c.observe()
	if ctx := c.r.Context(); logged(ctx) {
		c.tell(ctx)
	}
	c.giveBack()
}

// tell gives the server's log what it has to say of the request.
func (c *call) tell(ctx context.Context) {
	if repl, ok := ctx.Value(caddy.ReplacerCtxKey).(*caddy.Replacer); ok && c.key != nil {
		repl.Set("http.auth.user.id", c.key.Name)
	}
	if extra, ok := ctx.Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields); ok {
		c.log.add(extra, c)
	}
}

// logged reports whether the server has an access log, which the fields of the
// record are for.
func logged(ctx context.Context) bool {
	server, ok := ctx.Value(caddyhttp.ServerCtxKey).(*caddyhttp.Server)
	return !ok || server.Logs != nil
}

func (l *record) add(extra *caddyhttp.ExtraLogFields, c *call) {
	extra.Add(zap.String("ai_request_id", c.id))
	extra.Add(zap.String("ai_dialect", string(c.route.dialect)))
	text := [...]struct{ name, value string }{
		{"ai_key", l.key}, {"ai_model", l.model}, {"ai_model_served", l.served}, {"ai_account", l.account},
		{"ai_upstream_dialect", string(l.upstream)}, {"ai_stop", string(l.stop)}, {"ai_notes", l.notes},
		{"ai_intercepted", l.intercepted},
		{"ai_session", l.session},
	}
	for _, f := range text {
		if f.value != "" {
			extra.Add(zap.String(f.name, f.value))
		}
	}
	if l.attempts == 0 {
		return
	}
	extra.Add(zap.Int("ai_attempts", l.attempts))
	extra.Add(zap.Duration("ai_wait", l.wait))
	if l.sticky != pool.StickyNone {
		extra.Add(zap.String("ai_sticky", l.sticky.String()))
	}
	extra.Add(zap.Duration("ai_first_byte", l.firstByte))
	if l.cost > 0 {
		extra.Add(zap.Float64("ai_cost_usd", float64(l.cost)/access.NanosPerDollar))
	}
	if l.usage.Known() {
		extra.Add(zap.Int64("ai_input_tokens", ir.Count(l.usage.InputTotal)))
		extra.Add(zap.Int64("ai_output_tokens", ir.Count(l.usage.OutputTotal)))
	}
}

// upstreamContext derives an attempt's context: it ends with the client's
// request, or with the cause that the watchdog gives. Caddy's transports write
// into the request's variables from their dialling goroutine, so that every
// attempt needs variables of its own.
func (c *call) upstreamContext() (context.Context, context.CancelCauseFunc) {
	ctx := context.WithValue(c.r.Context(), caddyhttp.VarsCtxKey, map[string]any{})
	return context.WithCancelCause(ctx)
}
