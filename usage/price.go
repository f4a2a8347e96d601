package usage

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// NanosPerDollar is how many nanodollars, the unit of all money here, a dollar has.
const NanosPerDollar = 1_000_000_000

// Price is what a model costs in dollars per million tokens.
type Price struct {
	Input        float64
	Output       float64
	CacheRead    float64
	CacheWrite5m float64
	CacheWrite1h float64

	// Long is the price of requests whose whole input is longer than LongFrom tokens; nil if there is no such price.
	Long     *Price
	LongFrom int64
}

// hourFactor is how much more an hour in Anthropic's cache costs than five minutes: twice the input's price against
// 1.25 times (https://platform.claude.com/docs/en/about-claude/pricing).
const hourFactor = 2 / 1.25

// ParsePrice reads dollars per million tokens: input, output, and if they differ from the input's, reading from a cache
// and writing to one. An hour in the cache costs 1.6 times as much as the price of writing says.
func ParsePrice(words []string) (Price, error) {
	if len(words) < 2 || len(words) > 4 {
		return Price{}, errors.New("a price has two to four numbers: input, output, cache read, cache write")
	}
	var numbers [4]float64
	for i, word := range words {
		n, err := strconv.ParseFloat(word, 64)
		if err != nil || !(n >= 0 && n <= 1e6) {
			return Price{}, fmt.Errorf("%q is not a price in dollars per million tokens, such as 2.50", word)
		}
		numbers[i] = n
	}
	p := Price{Input: numbers[0], Output: numbers[1], CacheRead: numbers[0], CacheWrite5m: numbers[0], CacheWrite1h: numbers[0]}
	if len(words) > 2 {
		p.CacheRead = numbers[2]
	}
	if len(words) > 3 {
		p.CacheWrite5m, p.CacheWrite1h = numbers[3], numbers[3]*hourFactor
	}
	return p, nil
}

// Cost returns what the tokens cost in nanodollars.
func (p *Price) Cost(t Tokens) int64 {
	if p.Long != nil && t.Prompt() > p.LongFrom {
		return p.Long.Cost(t)
	}
	// A dollar per million tokens is 1000 nanodollars per token.
	return int64(math.Round(1000 * (float64(t.Input)*p.Input + float64(t.CacheRead)*p.CacheRead +
		float64(t.CacheWrite5m)*p.CacheWrite5m + float64(t.CacheWrite1h)*p.CacheWrite1h + float64(t.Output)*p.Output)))
}
