// Package credentials holds what accounts prove themselves with: static keys, OAuth tokens that are refreshed and kept,
// and the credentials of Google Cloud. It knows nothing of dialects, providers or requests.
//
// The commonest outage of gateways like this one is a refresh token that was used twice, lost in a crash, or
// overwritten. Everything here is arranged around that: one refresh at a time per account in this process, one at a
// time among all processes that share a storage, nothing used before it is stored, nothing forgotten while it is not.
package credentials

import (
	"context"
	"errors"
	"time"
)

// Credential is what one request carries.
type Credential struct {
	// Token is the bearer token or the key.
	Token string

	// Expiry is when the token ends; zero if that is not known.
	Expiry time.Time

	// Project is the vendor's project that the account belongs to; empty if none is known.
	Project string
}

// Source hands out an account's credential. It is safe for concurrent use.
type Source interface {
	// Token returns a credential that should be good now. It waits for a refresh only if there is none.
	Token(ctx context.Context) (Credential, error)

	// Refresh returns a credential other than the one whose token an upstream has refused. Of any number of callers
	// with the same token only one causes a refresh.
	Refresh(ctx context.Context, failed string) (Credential, error)

	// Status tells how things stand. It holds no secret.
	Status() Status
}

// Kind says what a credential is.
type Kind string

// The kinds of credentials.
const (
	KindStatic Kind = "static"
	KindOAuth  Kind = "oauth"
	KindGoogle Kind = "google" // a service account, workload identity or the metadata server
	KindCookie Kind = "cookies"
)

// State says whether a credential works.
type State string

// The states.
const (
	Ready      State = "ready"
	Unknown    State = "unknown"     // it has not been needed yet
	Failing    State = "failing"     // refreshing does not work at present; it is tried again
	NeedsLogin State = "needs login" // only a person can help
)

// Status is how a credential stands.
type Status struct {
	Kind      Kind
	State     State
	Expiry    time.Time // of the token; zero if unknown
	Refreshed time.Time // last, by this process; zero for never
	Next      time.Time // when the next refresh is due or, after a failure, tried; zero for never

	// Unsaved says that the newest token could not be stored. It is used, and storing is tried again, but a restart
	// would lose it.
	Unsaved bool

	Problem string // what is wrong and what to do; empty if nothing is
	Project string
	Tier    string
	Scope   string
}

// errStatic says that a key cannot be exchanged for another.
var errStatic = errors.New("refreshing the credential: a static key cannot be refreshed")

// Static returns a source that always hands out the same key.
func Static(key string) Source { return static(key) }

type static string

func (s static) Token(context.Context) (Credential, error) { return Credential{Token: string(s)}, nil }

func (static) Refresh(context.Context, string) (Credential, error) { return Credential{}, errStatic }

func (static) Status() Status { return Status{Kind: KindStatic, State: Ready} }
