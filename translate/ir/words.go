package ir

import "strings"

// Words are words that a body has as whole strings, be they names or values:
// those that tell whether it must be read more closely before it is relayed.
type Words uint16

// The words, by what they make one look for.
const (
	WordThinking  Words = 1 << iota // Anthropic's thinking
	WordReasoning                   // OpenAI's
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
	if o.signature || len(s) >= minWord && len(s) <= maxWord && initials&(1<<(s[0]&31)) != 0 {
		o.see(s)
	}
}

func (o *Outline) see(s string) {
	if o.signature {
		o.signature = false
		o.words |= signatureOf(s)
	}
	o.word(s)
}

// Most strings are no word, as their lengths and first letters tell.
const (
	minWord = len("url")
	maxWord = len("includeServerSideToolInvocations")

	initials = 1<<('b'&31) | 1<<('c'&31) | 1<<('d'&31) | 1<<('e'&31) | 1<<('f'&31) | 1<<('g'&31) | 1<<('i'&31) |
		1<<('l'&31) | 1<<('m'&31) | 1<<('r'&31) | 1<<('s'&31) | 1<<('t'&31) | 1<<('u'&31)
)

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
	case "reasoning":
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
