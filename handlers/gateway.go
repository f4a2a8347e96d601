// Package handlers is the way of one request through the gateway: route,
// authenticate, read, attempt, deliver.
//
// It joins what knows nothing of each other: who may call (access), who
// answers (pool), how upstreams are asked (providers) and how dialects are
// translated (translate).
package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/access"
	"github.com/caddy-ai-gateway/ai-gateway/pool"
	"github.com/caddy-ai-gateway/ai-gateway/stored"
	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// Gateway serves the routes of one configured gateway. Its fields are set
// before the first request and do not change; it is safe for concurrent use.
type Gateway struct {
	Name   string
	Keys   *access.Keys
	Pool   *pool.Pool // each of its accounts has an *Upstream as its Value
	Models Models

	Attempts      int // requests sent upstream per model, the first one included
	Failover      Failover
	Stream        Stream
	MaxBody       int64 // bytes of a request's body after decompression
	Strict        bool
	Notes         NotesMode
	ExposeAccount bool
	ErrorBodies   bool // the log has what upstreams say in errors, which may quote the client
	Unsticky      bool // the pool keeps no sessions, so that only those matter that clients name

	EmulateCompact bool // lets any model make conversations shorter for accounts that do not offer it

	Media func() Media // fetches what one request names; nil leaves it to the upstreams

	Usage     *usage.Recorder        // takes a record of every attempt; nil keeps none
	Prices    *usage.Prices          // of models whose block says none; nil knows none
	Intercept map[string][]Intercept // by the key's name, which probes are answered here

	Stored stored.Store // what clients of the Responses API refer to by ids; nil stores nothing
	Runs   *stored.Runs // answers that are made in the background; set when Stored is

	Signed translate.Memory // the signatures of answers, for clients that do not send them back; nil remembers none

	Observer Observer // hears of every request; nil for nobody
	Logger   *zap.Logger

	buffers  buffers
	reports  reports
	circles  circles
	unpriced unpriced
	misses   access.Brake
}

// Stream says how answers are held back, kept alive and given up.
type Stream struct {
	Ping      time.Duration // silence after which a streaming client gets a keep-alive
	FirstByte time.Duration // longest wait for an upstream's first byte
	Idle      time.Duration // longest silence of an upstream that has begun

	HoldEvents   int           // events without content that are held back
	HoldSize     int           // bytes without content that are held back
	HoldDuration time.Duration // time without content for which they are held back
}

// NotesMode says which notes go into the X-Ai-Gateway-Notes header.
type NotesMode string

// The modes of notes.
const (
	NotesWarn NotesMode = "warn"
	NotesAll  NotesMode = "all"
	NotesOff  NotesMode = "off"
)

// ServeHTTP answers the gateway's own routes, always in the client's dialect
// and never with an error, and hands every other request to next.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	rt, ok := parseRoute(r)
	if !ok {
		return next.ServeHTTP(w, r)
	}
	c := g.begin(w, r, rt)
	defer c.end()
	if err := c.run(); err != nil && !errors.Is(err, errDelivered) {
		c.fail(c.brake(err))
	}
	return nil
}
