// Package providers holds the kinds of upstream: which dialects each speaks, where it is, how it authenticates.
// A kind is a Caddy module in the namespace ai_gateway.providers, one file each, so that others can add one with xcaddy.
package providers

import (
	"context"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// Namespace is where Caddy finds the modules of this package and those of others.
const Namespace = "ai_gateway.providers"

// Provider is a kind of upstream: which dialects it speaks, where it is, how it authenticates.
// It is one account's, set up once when the configuration is loaded, and safe for concurrent use from then on.
type Provider interface {
	// Platform returns the kind's name. Encoders look up the platform's own rules by it.
	Platform() string

	// Dialect says in which dialect the account is asked for this operation when a client of the given dialect
	// wants the upstream's model of that name. Empty: the upstream does not offer the operation.
	Dialect(client ir.Dialect, op ir.Op, model string) ir.Dialect

	// Defaults returns what holds for an account whose configuration says nothing else.
	Defaults() Defaults

	// Request builds the upstream's HTTP request. Its errors never hold the call's secret or body.
	Request(ctx context.Context, call *Call) (*http.Request, error)
}

// Defaults are what an account of this kind has unless its configuration says otherwise.
type Defaults struct {
	// BaseURL is written as the vendor's own SDK takes it. Empty for a kind that has no usual place.
	BaseURL string

	// Models are case-sensitive globs over the names of models that the upstream serves.
	Models []string

	// Concurrency is how many requests an account serves at the same time; 0 is unlimited.
	Concurrency int

	// Needs names what the configuration must give.
	Needs Needs

	// Scopes are what a token must be good for, where the kind takes tokens and the configuration names no scopes.
	Scopes []string

	// Ambient says that an account without any credential uses the one that its machine has in Google Cloud.
	Ambient bool
}

// Needs names the settings without which an account of this kind cannot work.
type Needs struct {
	Credential, BaseURL, Models bool

	// Token says that only a login will do, not a key.
	Token bool

	// Cookies says that only the cookies of a browser will do.
	Cookies bool
}

// Call is one request to an upstream, as far as its kind must know it.
type Call struct {
	Op      ir.Op
	Dialect ir.Dialect

	// Action is the last word of a Gemini URL where the operation has several: embedContent or batchEmbedContents.
	// Empty means the operation's usual one (batchEmbedContents for embeddings).
	Action string

	// Model is the name that the upstream knows.
	Model string

	// Stream asks for server-sent events.
	Stream bool

	Body    []byte
	BaseURL string

	// Secret is the account's key; empty sends none.
	Secret string

	// Bearer is the account's token, for one that has no key; empty sends none.
	Bearer string

	// Project is the vendor's project that the account's credential belongs to; empty if none is known.
	Project string

	// Try is how often the account has been asked for this answer before.
	Try int

	// RequestID names the client's request.
	RequestID string

	// Session names the conversation where the client itself has named it, as a hash; else empty.
	Session string

	// Client is the header of the client's request, to pick from; nil for the gateway's own calls.
	Client http.Header

	// SameDialect says that the client speaks the upstream's dialect, so that its headers have their meaning there.
	SameDialect bool

	// Steady is the account's; nil remembers nothing.
	Steady *Steady

	// Header is set last and wins: the operator's `header` options, and the betas that a translated request needs.
	// Values of Anthropic-Beta are added to the client's, since that header is a list.
	Header http.Header
}

// InProcess is implemented by a kind whose upstream lives in this process.
type InProcess interface {
	// Transport returns what answers the account's requests in place of the network.
	Transport(account string) http.RoundTripper
}

// Keeper is implemented by a kind whose upstream stores responses, so that clients can refer to them by their ids.
type Keeper interface {
	// StoredRequest builds the request about what is stored at the path below /responses, which is escaped and begins
	// with a slash. Of the call it uses base URL, secret and headers.
	StoredRequest(ctx context.Context, call *Call, method, path, query string) (*http.Request, error)

	// Background reports whether the upstream makes responses that nobody waits for.
	Background() bool
}

// Enveloped is implemented by a kind that puts answers into an envelope of its own, around its dialect's.
type Enveloped interface {
	// Unwrap appends what an answer, or one event of a stream, is without the envelope. What is in none is appended as
	// it is.
	Unwrap(dst, data []byte) []byte
}

// Discoverer is implemented by a kind whose accounts must be asked for their project before they can be used.
type Discoverer interface {
	// Discover finds out the account's project. The call holds base URL, bearer, header and dialect; send makes a
	// request. Errors say what to do and hold no secret.
	Discover(ctx context.Context, call *Call, send func(*http.Request) (*http.Response, error)) (Found, error)

	// Known says whether the configuration names the project, so that nothing must be found out.
	Known() bool
}

// Browsing is implemented by a kind whose accounts are used with the cookies of a browser, and whose upstream is asked
// several things where a client asks one.
type Browsing interface {
	// Rotation says how the short-lived cookie is exchanged.
	Rotation() Rotation

	// Browse returns what answers the requests of the account.
	Browse(Browser) (http.RoundTripper, error)
}

// Rotation says how a short-lived cookie is exchanged.
type Rotation struct {
	URL, Origin string
	Interval    time.Duration // 0 for never
}

// Browser is what a kind needs to be used with cookies.
type Browser struct {
	Account, BaseURL string
	Cookies          *credentials.Cookies
	Below            http.RoundTripper // reaches the network
	Egress           *Egress           // shared by all accounts with the same transport
	Logger           *zap.Logger
}

// Found is what has been found out about an account.
type Found struct {
	Project string
	Tier    string // what the vendor grants it
}

// Lister is implemented by a kind that can be asked for the names of its models.
type Lister interface {
	// ListModels builds the request of one page; of the call it uses base URL, secret, header and dialect.
	// The first page has the empty name.
	ListModels(ctx context.Context, call *Call, page string) (*http.Request, error)

	// ModelNames reads a page's names from the body of a 200 and, if there are more, the name of the next page.
	ModelNames(body []byte) (names []string, next string, err error)
}

// ErrorReader is implemented by a kind whose errors mean more, or something else, than its dialect tells.
type ErrorReader interface {
	// ReadError corrects what the dialect has made of an upstream's error; Raw is its body, or the part of a stream that
	// told it. Reading it again changes nothing.
	ReadError(e *ir.Error)
}

// Listener is implemented by a kind whose answers must be listened to from their beginning to their end.
type Listener interface {
	// Listen begins an answer of the account with that base URL; nil if there is nothing to listen for.
	Listen(baseURL string) Ear
}

// Ear listens to one answer. It belongs to one goroutine.
type Ear interface {
	// Hear takes the data of an event and returns what is to be read in its place, or why the answer is none.
	Hear(data []byte) ([]byte, *ir.Error)

	// Done is asked when the answer has ended, for why it is none.
	Done() *ir.Error
}

// Patient is implemented by a kind whose accounts are asked more often, and waited for otherwise, than all others.
type Patient interface {
	// Patience returns how; false for as all others.
	Patience() (Patience, bool)
}

// Patience is how often an account is asked for one answer, and how long it may take.
type Patience struct {
	Retries      int           // besides the first request; only before the client has seen anything
	FirstContent time.Duration // until the first word
	Idle         time.Duration // between two events from then on
	Total        time.Duration
}

// Picky is implemented by a kind that answers to names which it does not have with something else.
type Picky interface {
	// OnlyListed says whether nothing but the upstream's own models may be asked for.
	OnlyListed() bool
}

// Lax is implemented by a kind that promises nothing for what a request asks besides an answer, so that no strict one is
// sent there.
type Lax interface {
	// Lax says whether the account is such a one.
	Lax() bool
}

// Prober is implemented by a kind that can be tried in a better way than by its list of models.
type Prober interface {
	// Probe builds a request that costs nothing; nil if the list of models is as good.
	Probe(ctx context.Context, call *Call) (*http.Request, error)

	// Probed reads the body of a 200 and says what is wrong.
	Probed(body []byte) error
}

// Meter is implemented by a kind that tells how much of an account's quota is left.
type Meter interface {
	// QuotaRequest builds the request, which costs nothing; of the call it uses base URL, credential, project and header.
	QuotaRequest(ctx context.Context, call *Call) (*http.Request, error)

	// ReadQuota reads the body of a 200.
	ReadQuota(body []byte) ([]Quota, error)
}

// Guide is implemented by a Meter by whose quota accounts are chosen: it is cheap, and tells of each model.
type Guide interface {
	Meter

	// Formerly returns the names that the model had before, as far as the quota tells, which are answered by it too.
	Formerly(model string) []string
}

// Quota is what is left of an account's quota for a model.
type Quota struct {
	Model     string
	Remaining float64   // the share that is left, from 0 to 1
	Amount    string    // what is left in the vendor's own unit; empty if it does not say
	Resets    time.Time // when it is full again; zero if unknown
}

// Configurable is implemented by a kind that has options of its own in an account's block.
type Configurable interface {
	// Options returns the options, bound to the receiver, which each of them changes when it is parsed.
	Options() []Option
}

// Option is one of a kind's own options in an account's block.
type Option struct {
	Name string

	// Form is the line as it should be written, shown when it is not: "api auto | chat | responses".
	Form string

	// Set takes the option's arguments. ErrForm stands for a wrong number of them, any other error for a wrong value;
	// the caller adds the file, the line and the form.
	Set func(args []string) error
}
