package simulator

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// chunking is how the answer's text is cut into the pieces of a stream.
type chunking int

const (
	chunkWords chunking = iota
	chunkRunes
	chunkWhole
)

// wishes is what the words of a text ask for. The counts of words after which something happens are -1 if it shall not.
type wishes struct {
	fail       int // status, 0 for none
	failTimes  int // 0 means always
	retryAfter time.Duration

	cutAfter   int
	errorAfter int
	stallAfter int

	delay time.Duration // per word
	wait  time.Duration // before the first byte

	refuse, filter, empty, garbage   bool
	unicode, cached, aloud, redacted bool

	long     int
	say      string
	saying   bool
	chunking chunking

	calls     []wantedCall
	everyTool bool
}

// wantedCall is a call that the prompt names, with its arguments if it gives them.
type wantedCall struct {
	tool      tool
	arguments string
}

// maxLong bounds the words of "long".
const maxLong = 20_000

var noWishes = wishes{cutAfter: -1, errorAfter: -1, stallAfter: -1}

// word is one row of the table of words: a pattern, and what it sets. Bare words are only understood at the beginning
// of a clause, so that "the directory is empty" is an ordinary text.
type word struct {
	pattern *regexp.Regexp
	apply   func(w *wishes, match []string)
}

// words are all words but "call", "say exactly" and "then". The documentation of the package lists them for users.
var words = []word{
	{anywhere(`fail (\d+) times? with ([45]\d\d)`), func(w *wishes, m []string) { w.failTimes, w.fail = count(m[1]), count(m[2]) }},
	{anywhere(`fail with ([45]\d\d)`), func(w *wishes, m []string) { w.fail = count(m[1]) }},
	{anywhere(`retry after (\d+)(ms|s|m)?`), func(w *wishes, m []string) { w.retryAfter = duration(m[1], m[2]) }},
	{anywhere(`cut after (\d+) words?`), func(w *wishes, m []string) { w.cutAfter = count(m[1]) }},
	{anywhere(`cut before content`), func(w *wishes, m []string) { w.cutAfter = 0 }},
	{anywhere(`error after (\d+) words?`), func(w *wishes, m []string) { w.errorAfter = count(m[1]) }},
	{anywhere(`error before content`), func(w *wishes, m []string) { w.errorAfter = 0 }},
	{anywhere(`stall after (\d+) words?`), func(w *wishes, m []string) { w.stallAfter = count(m[1]) }},
	{anywhere(`stall before content`), func(w *wishes, m []string) { w.stallAfter = 0 }},
	{anywhere(`slow (\d+)(ms|s)`), func(w *wishes, m []string) { w.delay = duration(m[1], m[2]) }},
	{anywhere(`wait (\d+)(ms|s|m)`), func(w *wishes, m []string) { w.wait = duration(m[1], m[2]) }},
	{anywhere(`think aloud`), func(w *wishes, m []string) { w.aloud = true }},
	{anywhere(`think secretly`), func(w *wishes, m []string) { w.redacted = true }},
	{anywhere(`many small chunks`), func(w *wishes, m []string) { w.chunking = chunkRunes }},
	{anywhere(`one chunk`), func(w *wishes, m []string) { w.chunking = chunkWhole }},
	{anywhere(`content filter`), func(w *wishes, m []string) { w.filter = true }},
	{anywhere(`call (?:every|each) tool|call all tools`), func(w *wishes, m []string) { w.everyTool = true }},
	{leading(`long (\d+)`), func(w *wishes, m []string) { w.long = min(count(m[1]), maxLong) }},
	{leading(`refuse`), func(w *wishes, m []string) { w.refuse = true }},
	{leading(`empty`), func(w *wishes, m []string) { w.empty = true }},
	{leading(`garbage`), func(w *wishes, m []string) { w.garbage = true }},
	{leading(`unicode`), func(w *wishes, m []string) { w.unicode = true }},
	{leading(`cached`), func(w *wishes, m []string) { w.cached = true }},
}

func anywhere(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(?:` + strings.ReplaceAll(pattern, " ", `\s+`) + `)\b`)
}

func leading(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(?:^|[.,;:!?\n]|\band\b)\s*(?:please\s+)?` + strings.ReplaceAll(pattern, " ", `\s+`) + `\b`)
}

// steps are the wishes of a text, split at a word "then" that comes after a call: the first one is for the answer to the
// text itself, the next one for the answer to the results of the first one's calls, and so on.
type steps []wishes

// at is the wishes of a step; nothing is wished after the last one.
func (s steps) at(i int) wishes {
	if i >= len(s) {
		return noWishes
	}
	return s[i]
}

// any tells whether a text asks for anything at all.
func (s steps) any() bool {
	for _, w := range s {
		if w.asked() {
			return true
		}
	}
	return false
}

var (
	sayExactly = regexp.MustCompile(`(?is)\bsay\s+exactly:[ \t]*(.*)$`)
	stepBorder = regexp.MustCompile(`(?i)\bthen\b`)
)

// parse reads the words of a text. Arguments in braces are not searched for words.
func parse(text string, tools []tool) steps {
	if text == "" {
		return nil
	}
	said := sayExactly.FindStringSubmatchIndex(text)
	before := text
	if said != nil {
		before = text[:said[0]]
	}
	masked, objects := mask(before)
	var all steps
	for _, clause := range stepBorder.Split(masked, -1) {
		w := noWishes
		for _, row := range words {
			if m := row.pattern.FindStringSubmatch(clause); m != nil {
				row.apply(&w, m)
			}
		}
		w.calls = findCalls(clause, objects, tools)
		if w.everyTool {
			w.calls = nil
			for _, t := range tools {
				w.calls = append(w.calls, wantedCall{tool: t})
			}
		}
		if last := len(all) - 1; last >= 0 && len(all[last].calls) == 0 {
			all[last] = w.or(all[last])
			continue
		}
		all = append(all, w)
	}
	if said != nil {
		last := &all[len(all)-1]
		last.saying, last.say = true, text[said[2]:said[3]]
	}
	return all
}

// asked tells whether w differs from no wishes at all.
func (w wishes) asked() bool {
	bare := w.fail == 0 && w.retryAfter == 0 && w.cutAfter < 0 && w.errorAfter < 0 && w.stallAfter < 0 &&
		w.delay == 0 && w.wait == 0 && w.long == 0 && !w.saying && w.chunking == chunkWords && len(w.calls) == 0
	flags := w.refuse || w.filter || w.empty || w.garbage || w.unicode || w.cached || w.aloud || w.redacted
	return !bare || flags
}

// or completes the wishes of an account's options with those of the prompt; what the options say wins.
func (w wishes) or(other wishes) wishes {
	if w.fail != 0 {
		other.fail, other.failTimes, other.retryAfter = w.fail, w.failTimes, w.retryAfter
	}
	for _, n := range []struct{ mine, theirs *int }{
		{&w.cutAfter, &other.cutAfter}, {&w.errorAfter, &other.errorAfter}, {&w.stallAfter, &other.stallAfter},
	} {
		if *n.mine >= 0 {
			*n.theirs = *n.mine
		}
	}
	for _, f := range []struct{ mine, theirs *bool }{
		{&w.refuse, &other.refuse}, {&w.filter, &other.filter}, {&w.empty, &other.empty}, {&w.garbage, &other.garbage},
		{&w.unicode, &other.unicode}, {&w.cached, &other.cached}, {&w.aloud, &other.aloud}, {&w.redacted, &other.redacted},
	} {
		*f.theirs = *f.theirs || *f.mine
	}
	if w.delay > 0 {
		other.delay = w.delay
	}
	if w.wait > 0 {
		other.wait = w.wait
	}
	if w.long > 0 {
		other.long = w.long
	}
	if w.saying {
		other.saying, other.say = true, w.say
	}
	if w.chunking != chunkWords {
		other.chunking = w.chunking
	}
	if len(w.calls) > 0 {
		other.calls = w.calls
	}
	return other
}

func count(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 1<<31 - 1
	}
	return n
}

func duration(digits, unit string) time.Duration {
	d := time.Duration(min(count(digits), 1_000_000))
	switch unit {
	case "ms":
		return d * time.Millisecond
	case "m":
		return d * time.Minute
	}
	return d * time.Second
}
