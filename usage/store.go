package usage

import (
	"context"
	"time"
)

// Store keeps records. It is safe for concurrent use.
type Store interface {
	// Append writes the records, all of them or none. When it returns without an error they outlive the process.
	Append(ctx context.Context, records []Record) error

	// Query sums up.
	Query(ctx context.Context, q Query) ([]Row, error)

	// History returns what a key has used from since until before until, in time order, summed up over pieces of step
	// that begin at the time they are given with.
	History(ctx context.Context, key string, since, until time.Time, step time.Duration) ([]Piece, error)

	// Prune deletes what is older and returns how many records that were.
	Prune(ctx context.Context, before time.Time) (int64, error)

	// Close ends it. Nothing is called after it.
	Close() error
}

// Driver opens a store. A Caddy module of the namespace ai_gateway.usage is one.
type Driver interface {
	// Identity tells the store from others: gateways and generations of the configuration with the same one share it.
	// It is empty if nothing is to be kept.
	Identity() string

	// Open opens the store and makes it when it is not there yet.
	Open(ctx context.Context) (Store, error)

	// Retention is how long records are kept; 0 is for ever.
	Retention() time.Duration
}

// Dimension is what records are grouped by.
type Dimension string

// The dimensions.
const (
	ByKey      Dimension = "key"
	ByAccount  Dimension = "account"
	ByModel    Dimension = "model" // as the upstream calls it
	ByAsked    Dimension = "asked" // the model as the client calls it
	ByProvider Dimension = "provider"
	ByGateway  Dimension = "gateway"
	ByDay      Dimension = "day"   // 2026-12-31, in UTC
	ByMonth    Dimension = "month" // 2026-12, in UTC
)

// Dimensions are all of them, in the order in which they are shown to people.
var Dimensions = []Dimension{ByKey, ByAccount, ByModel, ByDay, ByMonth, ByAsked, ByProvider, ByGateway}

// Query asks for sums.
type Query struct {
	By    []Dimension // of each combination there is one row; without any, one row of everything
	Since time.Time   // zero is from the beginning
	Until time.Time   // not included; zero is until now
	Where []Match     // all of them must hold
}

// Match is a condition: the dimension has the value.
type Match struct {
	Dimension Dimension
	Value     string
}

// Row is a sum.
type Row struct {
	Group     []string // the values of the dimensions that were asked for
	Requests  int64
	Attempts  int64 // that were sent to accounts for these requests
	Failed    int64 // attempts
	Estimated int64 // attempts whose tokens are estimates
	Unpriced  int64 // attempts that used tokens of a model whose price is not known
	Tokens
	Cost int64 // nanodollars
}

// Piece is what was used in a piece of time.
type Piece struct {
	At     time.Time // its beginning
	Tokens int64     // input and output
	Cost   int64     // nanodollars
}
