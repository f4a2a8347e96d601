// Package usage keeps what was used and what it cost: a record for every request that was sent to an account, handed
// over without waiting, written in batches to a store, and summed up for people.
//
// It knows nothing of dialects and of HTTP.
package usage

import "time"

// Record is one request to one account. All times are real ones, all texts as the configuration, the client or the
// upstream has them.
type Record struct {
	Time      time.Time // when the attempt ended and was booked
	RequestID string    // the gateway's; the attempts of one request share it
	Attempt   int       // from 1

	Gateway, Key      string
	Account, Provider string
	ClientDialect     string
	UpstreamDialect   string
	ModelAsked        string // the client's name
	ModelServed       string // the upstream's name

	Status int    // of the upstream's answer; 499 when the client left before its end
	Stop   string // why the answer ended; empty if it did not
	Tokens

	Cost      int64 // nanodollars
	Priced    bool  // the model's price is known; else Cost is 0
	Estimated bool  // the upstream has not told what it counted

	FirstByte time.Duration // from the start of the attempt to its first content; 0 if there was none
	Duration  time.Duration // of the attempt

	ClientIP, UserAgent string
}

// Tokens are five counters of which none holds any other, and what of the output was reasoning.
type Tokens struct {
	Input        int64 // neither read from a cache nor written to one
	CacheRead    int64
	CacheWrite5m int64 // kept for five minutes, or as long as the vendor keeps it by default
	CacheWrite1h int64 // kept for an hour
	Output       int64
	Reasoning    int64 // part of Output
}

// Prompt returns all of the input.
func (t Tokens) Prompt() int64 { return t.Input + t.CacheRead + t.CacheWrite5m + t.CacheWrite1h }

// Total returns input and output.
func (t Tokens) Total() int64 { return t.Prompt() + t.Output }

// Reported are counters as vendors report them: totals that hold their parts. What is unknown is negative.
type Reported struct {
	InputTotal   int64
	CacheRead    int64 // part of InputTotal
	CacheWrite   int64 // part of InputTotal
	CacheWrite1h int64 // part of CacheWrite
	OutputTotal  int64
	Reasoning    int64 // part of OutputTotal
}

// Tokens takes the totals apart, so that the parts make up exactly what was reported. A part that is greater than its
// whole is cut; what was written to a cache for a time that is not told counts as five minutes.
func (r Reported) Tokens() Tokens {
	left := max(r.InputTotal, 0)
	take := func(n int64) int64 {
		n = min(max(n, 0), left)
		left -= n
		return n
	}
	t := Tokens{Output: max(r.OutputTotal, 0)}
	if r.InputTotal < 0 {
		left = max(r.CacheRead, 0) + max(r.CacheWrite, r.CacheWrite1h, 0)
	}
	t.CacheRead = take(r.CacheRead)
	t.CacheWrite1h = take(r.CacheWrite1h)
	t.CacheWrite5m = take(r.CacheWrite - max(r.CacheWrite1h, 0))
	t.Input = left
	t.Reasoning = min(max(r.Reasoning, 0), t.Output)
	return t
}
