package simulator

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tidwall/gjson"
)

// Options are the settings of a simulator. The zero value is a fast upstream that accepts any credential.
type Options struct {
	// Account names the account that the simulator plays. Signatures of thoughts are bound to it: what one account has
	// signed, another one refuses. Default "simulator".
	Account string

	// Keys are the credentials that are accepted. Without any, every request is, with or without a credential.
	Keys []string

	// Models are the names in the lists of models. Default "demo", one "sim-" name of each vendor, and usual names of the
	// vendor in whose dialect the list is asked for. Requests may name any model, unless its name begins with "missing".
	Models []string

	// Always are words that apply to every generation, as if they stood in every prompt, such as "fail with 503". They
	// win over those of the prompt.
	Always string

	// Delay is the time between the words of an answer, unless a prompt says "slow". Default 0.
	Delay time.Duration

	// FirstByte is the time before an answer begins, unless a prompt says "wait". Default 0.
	FirstByte time.Duration
}

// Simulator is an upstream that speaks the APIs of OpenAI (Chat Completions and Responses), Anthropic and Gemini. It is
// an [http.Handler] and an [http.RoundTripper], both safe for concurrent use.
type Simulator struct {
	options   Options
	signer    signer
	web       *Web
	requests  atomic.Uint64
	served    atomic.Uint64                        // answers of models
	prefixes  *memory[[sha256.Size]byte, struct{}] // what a prompt cache holds
	failures  *memory[[sha256.Size]byte, int]      // how often a prompt has failed on demand
	responses *memory[string, storedResponse]
	items     *memory[string, string] // raw items of stored responses, by their ids
}

// The bounds of what a simulator remembers.
const (
	maxPrefixes  = 10_000
	maxFailures  = 1_000
	maxResponses = 1_000
	maxItems     = 10_000
	maxBody      = 64 << 20
)

// New makes a simulator.
func New(o Options) *Simulator {
	if o.Account == "" {
		o.Account = "simulator"
	}
	return &Simulator{
		options:   o,
		signer:    signer{o.Account},
		web:       NewWeb(WebOptions{}),
		prefixes:  newMemory[[sha256.Size]byte, struct{}](maxPrefixes),
		failures:  newMemory[[sha256.Size]byte, int](maxFailures),
		responses: newMemory[string, storedResponse](maxResponses),
		items:     newMemory[string, string](maxItems),
	}
}

// accountTag is short, and different for every account.
func (s *Simulator) accountTag() string {
	sum := sha256.Sum256([]byte(s.options.Account))
	return hex.EncodeToString(sum[:4])
}

// vendor is what the APIs of one company have in common.
type vendor interface {
	voice
	fail(w http.ResponseWriter, err *apiError)
	credential(r *http.Request) string
	unauthorized(credential string) *apiError
	badJSON(empty bool) *apiError
	notFound(r *http.Request) *apiError
	wrongMethod(r *http.Request) *apiError
	// requestHeader is the header that names a request, empty for none.
	requestHeader() string
	noModel(model string) *apiError
}

// query is a request whose envelope is right.
type query struct {
	body  gjson.Result
	model string // from the path; the body's is not looked at yet
	id    string // from the path
}

// ServeHTTP answers all routes of the four APIs. It panics with [http.ErrAbortHandler] when it was asked to cut the
// connection.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if isWeb(r.URL.Path) {
		s.web.ServeHTTP(w, r)
		return
	}
	op, q := route(r)
	v := op.vendor
	if header := v.requestHeader(); header != "" {
		w.Header().Set(header, fmt.Sprintf("req_%s%08d", s.accountTag(), s.requests.Add(1)))
	}
	if err := s.authorize(v, r); err != nil {
		v.fail(w, err)
		return
	}
	switch {
	case op.serve == nil:
		v.fail(w, v.notFound(r))
		return
	case r.Method != op.method && !(op.method == http.MethodGet && r.Method == http.MethodHead):
		v.fail(w, v.wrongMethod(r))
		return
	}
	if op.method == http.MethodPost {
		body, err := readBody(w, r, v)
		if err != nil {
			v.fail(w, err)
			return
		}
		q.body = body
	}
	op.serve(s, w, r, q)
}

// authorize checks the credential in constant time.
func (s *Simulator) authorize(v vendor, r *http.Request) *apiError {
	if len(s.options.Keys) == 0 {
		return nil
	}
	given := v.credential(r)
	for _, key := range s.options.Keys {
		if subtle.ConstantTimeCompare([]byte(key), []byte(given)) == 1 {
			return nil
		}
	}
	return v.unauthorized(given)
}

func readBody(w http.ResponseWriter, r *http.Request, v vendor) (gjson.Result, *apiError) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return gjson.Result{}, &apiError{status: http.StatusRequestEntityTooLarge, message: demandedMessages[413]}
	}
	text := string(raw)
	if tooDeep(text) || !gjson.Valid(text) || !gjson.Parse(text).IsObject() {
		return gjson.Result{}, v.badJSON(strings.TrimSpace(text) == "")
	}
	return gjson.Parse(text), nil
}

// maxDepth is how deep JSON may nest.
const maxDepth = 1000

// tooDeep tells whether a text nests deeper than maxDepth, which would exhaust the stack of a recursive parser.
func tooDeep(text string) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth > maxDepth {
			return true
		}
	}
	return false
}

// bearer is the credential of an Authorization header.
func bearer(r *http.Request) string {
	const scheme = "bearer "
	h := r.Header.Get("Authorization")
	if len(h) > len(scheme) && strings.EqualFold(h[:len(scheme)], scheme) {
		return strings.TrimSpace(h[len(scheme):])
	}
	return ""
}

// isMissing tells whether a model is one that the simulator does not have.
func isMissing(model string) bool { return strings.HasPrefix(model, "missing") }
