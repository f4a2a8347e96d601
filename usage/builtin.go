package usage

// PricesDate is when the built-in prices were last compared with what the vendors publish.
const PricesDate = "2026-11-20"

// builtIn are the prices of the vendors' main models for ordinary requests, in dollars per million tokens, as published
// at https://platform.claude.com/docs/en/about-claude/pricing, https://developers.openai.com/api/docs/pricing and
// https://ai.google.dev/gemini-api/docs/pricing. Other tiers (batch, flex, priority, a region's surcharge), tools that
// are charged per call, media, and Gemini's storage of caches by the hour are not in it.
var builtIn = map[string]*Price{
	// Anthropic: reading a cache costs a tenth of the input unless said otherwise, writing 1.25 times for five minutes
	// and twice for an hour.
	"claude-fable-5-1":  claude(10, 50, 0.25),
	"claude-mythos-5-1": claude(10, 50, 0.25),
	"claude-fable-5":    claude(10, 50, 1),
	"claude-mythos-5":   claude(10, 50, 1),
	"claude-opus-5-5":   claude(4, 20, 0.20),
	"claude-opus-5":     claude(5, 25, 0.50),
	"claude-opus-4-8":   claude(5, 25, 0.50),
	"claude-opus-4-7":   claude(5, 25, 0.50),
	"claude-opus-4-6":   claude(5, 25, 0.50),
	"claude-opus-4-5":   claude(5, 25, 0.50),
	"claude-opus-4-1":   claude(15, 75, 1.50),
	"claude-opus-4":     claude(15, 75, 1.50),
	"claude-opus-4-0":   claude(15, 75, 1.50),
	"claude-3-opus":     claude(15, 75, 1.50),
	"claude-sonnet-5-5": claude(2, 10, 0.10),
	"claude-sonnet-5":   claude(2, 10, 0.20),
	"claude-sonnet-4-6": claude(3, 15, 0.30),
	"claude-sonnet-4-5": claude(3, 15, 0.30),
	"claude-sonnet-4":   claude(3, 15, 0.30),
	"claude-sonnet-4-0": claude(3, 15, 0.30),
	"claude-3-7-sonnet": claude(3, 15, 0.30),
	"claude-3-5-sonnet": claude(3, 15, 0.30),
	"claude-haiku-5-5":  long(claude(0.10, 0.50, 0.01), 100_000, claude(0.50, 2.50, 0.05)),
	"claude-haiku-4-5":  claude(1, 5, 0.10),
	"claude-3-5-haiku":  claude(0.80, 4, 0.08),

	// OpenAI: writing a cache is charged from GPT-5.6 on.
	"gpt-6-astra":   long(written(10, 50, 1, 12.50), 272_000, written(20, 75, 2, 25)),
	"gpt-6.1-sol":   long(read(2, 10, 0.10), 272_000, read(4, 15, 0.20)),
	"gpt-5.6":       long(written(2, 10, 0.20, 2.50), 272_000, written(4, 15, 0.40, 5)),
	"gpt-5.6-sol":   long(written(2, 10, 0.20, 2.50), 272_000, written(4, 15, 0.40, 5)),
	"gpt-5.5":       long(read(5, 30, 0.50), 272_000, read(10, 45, 1)),
	"gpt-5.5-pro":   read(30, 180, 30),
	"gpt-5.4":       read(2.50, 15, 0.25),
	"gpt-5.4-mini":  read(0.75, 4.50, 0.075),
	"gpt-5.4-nano":  read(0.20, 1.25, 0.02),
	"gpt-5.3-codex": read(1.75, 14, 0.175),
	"gpt-5.2":       read(1.75, 14, 0.175),
	"gpt-5.2-chat":  read(1.75, 14, 0.175),
	"gpt-5.2-codex": read(1.75, 14, 0.175),
	"gpt-5.2-pro":   read(21, 168, 21),
	"gpt-5.1":       read(1.25, 10, 0.125),
	"gpt-5.1-chat":  read(1.25, 10, 0.125),
	"gpt-5.1-codex": read(1.25, 10, 0.125),
	"gpt-5":         read(1.25, 10, 0.125),
	"gpt-5-chat":    read(1.25, 10, 0.125),
	"gpt-5-codex":   read(1.25, 10, 0.125),
	"gpt-5-mini":    read(0.25, 2, 0.025),
	"gpt-5-nano":    read(0.05, 0.40, 0.005),
	"gpt-5-pro":     read(15, 120, 15),
	"gpt-4.1":       read(2, 8, 0.50),
	"gpt-4.1-mini":  read(0.40, 1.60, 0.10),
	"gpt-4.1-nano":  read(0.10, 0.40, 0.025),
	"gpt-4o":        read(2.50, 10, 1.25),
	"gpt-4o-mini":   read(0.15, 0.60, 0.075),
	"o3":            read(2, 8, 0.50),
	"o3-mini":       read(1.10, 4.40, 0.55),
	"o4-mini":       read(1.10, 4.40, 0.275),
	"o1":            read(15, 60, 7.50),

	"text-embedding-3-small": read(0.02, 0, 0.02),
	"text-embedding-3-large": read(0.13, 0, 0.13),

	// Google: the output's price holds for thoughts too.
	"gemini-3.8-flash":      read(0.75, 3.75, 0.075), // 1.50 and 7.50 from 2027 on
	"gemini-3.6-flash":      read(0.75, 3.75, 0.075), // the same
	"gemini-3.5-flash":      read(1.50, 9, 0.15),
	"gemini-3.5-flash-lite": read(0.30, 2.50, 0.03),
	"gemini-3.1-pro":        long(read(2, 12, 0.20), 200_000, read(4, 18, 0.40)),
	"gemini-3.1-flash-lite": read(0.25, 1.50, 0.025),
	"gemini-3-pro":          long(read(2, 12, 0.20), 200_000, read(4, 18, 0.40)),
	"gemini-3-flash":        read(0.50, 3, 0.05),
	"gemini-2.5-pro":        long(read(1.25, 10, 0.125), 200_000, read(2.50, 15, 0.25)),
	"gemini-2.5-flash":      read(0.30, 2.50, 0.03),
	"gemini-2.5-flash-lite": read(0.10, 0.40, 0.01),
}

// claude is Anthropic's way of pricing.
func claude(in, out, cacheRead float64) *Price {
	return &Price{Input: in, Output: out, CacheRead: cacheRead, CacheWrite5m: in * 1.25, CacheWrite1h: in * 2}
}

// read is a price where writing a cache costs what the input costs.
func read(in, out, cacheRead float64) *Price {
	return written(in, out, cacheRead, in)
}

// written is a price with one for writing a cache, for however long.
func written(in, out, cacheRead, cacheWrite float64) *Price {
	return &Price{Input: in, Output: out, CacheRead: cacheRead, CacheWrite5m: cacheWrite, CacheWrite1h: cacheWrite}
}

// long joins the prices of short and of long requests.
func long(short *Price, from int64, beyond *Price) *Price {
	short.LongFrom, short.Long = from, beyond
	return short
}
