package ir

import (
	"math"
	"strings"
)

// Oversize is what a vendor says of one request that alone needs more tokens a
// minute than the account may have: "Request too large for gpt-4o in
// organization org-… on tokens per min (TPM): Limit 30000, Requested 37571. …"
// OpenAI says so with status 429, Groq with 413. The account can answer
// smaller requests at once. Its zero value says nothing of the kind.
type Oversize struct{ Limit, Requested int64 }

// ReadOversize reads it out of the words. A request that is only too much now,
// of which they say what is "Used" besides, is none.
func ReadOversize(message string) Oversize {
	_, rest, found := strings.Cut(message, "Request too large")
	if !found {
		return Oversize{}
	}
	o := Oversize{numberAfter(rest, "Limit "), numberAfter(rest, "Requested ")}
	if o.Limit < 0 || o.Requested <= o.Limit {
		return Oversize{}
	}
	return o
}

// Known reports whether it says anything.
func (o Oversize) Known() bool { return o.Requested > 0 }

// numberAfter returns the number behind a word, -1 if there is none.
func numberAfter(text, word string) int64 {
	_, rest, _ := strings.Cut(text, word)
	n, digits := int64(0), 0
	for _, c := range []byte(rest) {
		switch {
		case c == ',' && digits > 0:
			continue
		case c < '0' || c > '9' || n > math.MaxInt64/10-1:
			if digits == 0 {
				return -1
			}
			return n
		}
		n, digits = n*10+int64(c-'0'), digits+1
	}
	if digits == 0 {
		return -1
	}
	return n
}
