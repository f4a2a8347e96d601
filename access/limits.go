package access

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
)

// Limits are what a key may use. The zero value limits nothing.
type Limits struct {
	// Concurrency is how many requests may run at the same time; 0 is unlimited.
	Concurrency int

	// Queue is how many requests may wait while Concurrency others run; with 0 none waits.
	Queue int

	// Wait is how long a request waits at most. 0 stands for DefaultWait.
	Wait time.Duration

	// Rate limits requests: a bucket that holds Rate.N of them and is filled anew once in Rate.Per.
	Rate Rate

	// Tokens limits input and output tokens within the last Tokens.Per. They are counted when an answer has ended, so
	// that requests that run at the same time may go over it together.
	Tokens Rate

	// Budget limits what may be spent in one day or month. It is counted like Tokens.
	Budget Budget
}

func (l *Limits) check() error {
	switch {
	case l.Concurrency < 0 || l.Queue < 0 || l.Wait < 0:
		return errors.New("concurrency and queue cannot be negative")
	case l.Rate.N < 0 || l.Tokens.N < 0 || l.Rate.N > 0 && l.Rate.Per <= 0 || l.Tokens.N > 0 && l.Tokens.Per <= 0:
		return errors.New("rate and tokens need a number and a duration")
	case l.Budget.Nanos < 0 || l.Budget.Nanos > 0 && l.Budget.Per != Day && l.Budget.Per != Month:
		return errBudget
	}
	return nil
}

// DefaultWait is how long a request waits for a slot of its key.
const DefaultWait = 30 * time.Second

// QueueBeyond is by how much the default of Queue is more than Concurrency.
const QueueBeyond = 20

// Rate is a number within a time. The zero value is no limit.
type Rate struct {
	N   int64
	Per time.Duration
}

// ParseRate reads a rate such as 60/1m, with a duration in Caddy's notation.
func ParseRate(s string) (Rate, error) {
	number, length, _ := strings.Cut(s, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64/2 {
		return Rate{}, fmt.Errorf("%q is not a rate such as 60/1m: the part before the slash must be a whole number from 1", s)
	}
	per, err := caddy.ParseDuration(length)
	if err != nil || per < time.Second || per > 366*24*time.Hour {
		return Rate{}, fmt.Errorf("%q is not a rate such as 60/1m: the part behind the slash must be a duration from 1s to 366d", s)
	}
	return Rate{n, per}, nil
}

// String is the rate as it was written.
func (r Rate) String() string {
	return strconv.FormatInt(r.N, 10) + "/" + shortDuration(r.Per)
}

// shortDuration writes 1m, not 1m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Period is the time that a budget is for, in UTC.
type Period string

// The periods.
const (
	Day   Period = "day"
	Month Period = "month"
)

// NanosPerDollar is how many nanodollars, the unit of all money here, a dollar has.
const NanosPerDollar = 1_000_000_000

// Budget is an amount of money for every day or month. The zero value is no limit.
type Budget struct {
	Nanos int64 // nanodollars
	Per   Period
}

var errBudget = errors.New("write dollars and day or month, such as 5/day or 100.50/month")

// ParseBudget reads a budget such as 5/day or 100.50/month.
func ParseBudget(s string) (Budget, error) {
	amount, period, _ := strings.Cut(s, "/")
	dollars, err := strconv.ParseFloat(amount, 64)
	if err != nil || !(dollars > 0 && dollars <= 1e9) {
		return Budget{}, fmt.Errorf("%q is not a budget; %w", s, errBudget)
	}
	switch p := Period(period); p {
	case Day, Month:
		return Budget{int64(math.Round(dollars * NanosPerDollar)), p}, nil
	}
	return Budget{}, fmt.Errorf("%q is not a budget; %w", s, errBudget)
}

// String is the budget for people, such as 5.00 USD per day.
func (b Budget) String() string {
	dollars := float64(b.Nanos) / NanosPerDollar
	amount := strconv.FormatFloat(dollars, 'f', -1, 64)
	if _, cents, _ := strings.Cut(amount, "."); len(cents) < 2 {
		amount = strconv.FormatFloat(dollars, 'f', 2, 64)
	}
	return amount + " USD per " + string(b.Per)
}

// start returns the beginning of the period that now is in.
func (p Period) start(now time.Time) time.Time {
	year, month, day := now.UTC().Date()
	if p == Month {
		day = 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// next returns the beginning of the period after the one that now is in.
func (p Period) next(now time.Time) time.Time {
	if p == Month {
		return p.start(now).AddDate(0, 1, 0)
	}
	return p.start(now).AddDate(0, 0, 1)
}
