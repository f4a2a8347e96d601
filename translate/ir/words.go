package ir

import "strings"

// Words are words that a body has as whole strings, be they names or values:
// those that tell whether it must be read more closely before it is relayed.
type Words uint16

// The words, by what they make one look for.
const (
	WordThinking  Words = 1 << iota // Anthropic's thinking
	WordReasoning                   // OpenAI's, and what others tell of it in Chat Completions
	WordEncrypted                   // content of OpenAI's reasoning
	WordSigned                      // Gemini's signatures
	WordThought                     // Gemini's mark of a thought
	WordReference                   // to an item that is stored
	WordImageURL
	WordVertex     // what Vertex takes otherwise than Anthropic
	WordCloud      // what Google Cloud takes otherwise than Gemini's API
	WordCodeAssist // what clients of Code Assist send besides
	WordCarrier    // a signature that the gateway has wrapped
	WordAlien      // a signature that Anthropic has not made
)

// carriers are how signatures begin that the gateway has wrapped, as they are
// and in base64.
var carriers = [...]string{"gws1.", "Z3dzMS5"}

// aliens are how other signatures begin that Anthropic has not made.
var aliens = [...]string{"gAAAA", "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3", "context_engineering_is_the_way_to_go"}

// Has reports whether the body holds one of the words, or may hold it because it
// is not the one that was read.
func (o *Outline) Has(body []byte, w Words) bool {
	if w == 0 {
		return false
	}
	if len(body) == 0 || len(body) != len(o.Body) || &body[0] != &o.Body[0] {
		return true
	}
	return o.words&w != 0
}

// See takes a string of the body, in the order in which they stand there. Words
// that are written with escapes are not recognised.
func (o *Outline) See(s string) {
	var first byte
	if s != "" {
		first = s[0]
	}
	if o.Ignores(len(s), first) {
		return
	}
	if o.signature {
		o.signature = false
		o.words |= signatureOf(s)
	}
	o.word(s)
}

// Ignores reports whether See would do nothing with a string of n bytes, of which
// this is the first, if there is one. So it is with nearly all strings, and to
// ask is cheaper than a call.
func (o *Outline) Ignores(n int, first byte) bool {
	return !o.signature && (uint(n-1) >= uint(maxWord) || initials[uint(n-1)]>>(first&31)&1 == 0)
}

const maxWord = len("includeServerSideToolInvocations")

// initials are the first letters that words of each length have, a bit each; at
// 0 are those of one character.
var initials = func() (letters [maxWord]uint32) {
	for _, word := range [...]string{
		"thinking", "redacted_thinking", "signature", "data", "thoughtSignature", "thought_signature",
		"encrypted_content", "reasoning", "reasoning_content", "thought", "item_reference", "image_url",
		"url", "file_id", "service_tier", "speed", "inference_geo", "container", "mcp_servers", "betas",
		"generateContentRequest", "generate_content_request", "store", "fileSearch", "mcpServers",
		"includeServerSideToolInvocations", "mediaProcessing", "session_id", "sessionId", "labels",
	} {
		letters[len(word)-1] |= 1 << (word[0] & 31)
	}
	return letters
}()

func (o *Outline) word(s string) {
	switch s {
	case "thinking", "redacted_thinking":
		o.words |= WordThinking
	case "signature", "data":
		o.signature = true
	case "thoughtSignature", "thought_signature":
		o.words |= WordSigned
		o.signature = true
	case "encrypted_content":
		o.words |= WordEncrypted
		o.signature = true
	case "reasoning", "reasoning_content":
		o.words |= WordReasoning
	case "thought":
		o.words |= WordThought
	case "item_reference":
		o.words |= WordReference
	case "image_url":
		o.words |= WordImageURL
	case "url", "file_id", "service_tier", "speed", "inference_geo", "container", "mcp_servers", "betas":
		o.words |= WordVertex
	case "generateContentRequest", "generate_content_request", "store", "fileSearch", "mcpServers",
		"includeServerSideToolInvocations", "mediaProcessing":
		o.words |= WordCloud
	case "session_id", "sessionId", "labels":
		o.words |= WordCodeAssist
	}
}

// signatureOf tells what kind of signature follows a signature's name.
func signatureOf(s string) (w Words) {
	for _, start := range carriers {
		if strings.HasPrefix(s, start) {
			return WordCarrier | WordAlien
		}
	}
	if s == "" || s == Sentinel {
		return WordAlien
	}
	for _, start := range aliens {
		if strings.HasPrefix(s, start) {
			return WordAlien
		}
	}
	return 0
}
