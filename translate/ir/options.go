package ir

// Sampling is how the answer's tokens are drawn, and how many there may be.
type Sampling struct {
	MaxOutput   Opt[int]
	Temperature Opt[float64]
	TopP        Opt[float64]
	TopK        Opt[float64]
	FreqPenalty Opt[float64]
	PresPenalty Opt[float64]
	Seed        Opt[int64]
	LogitBias   []byte // raw object: token id → bias
	Stop        []Text
	N           Opt[int]
	Logprobs    Opt[bool]
	TopLogprobs Opt[int]
}

// FormatKind is the shape that the answer's text must have.
type FormatKind uint8

// The formats. FormatUnset is the vendor's default, plain text.
const (
	FormatUnset FormatKind = iota
	FormatText
	FormatJSON   // any JSON object
	FormatSchema // JSON that satisfies Schema
	FormatEnum   // one of Schema's enum values as plain text
	FormatRegex
	FormatGrammar
)

// Format is the shape that the answer's text must have.
type Format struct {
	Kind        FormatKind
	Name        string
	Description Text
	Schema      []byte // raw JSON Schema
	OpenAPI     bool   // Schema is in Gemini's OpenAPI form
	Strict      Opt[bool]
	Pattern     Text   // FormatRegex, FormatGrammar
	Member      string // the client's own member that asks for it; "" for the one that most use
}

// Instruction asks in words for the format, for models that cannot be held to
// it. The values are those of an enum, as JSON.
func (f *Format) Instruction(values []byte) Text {
	switch f.Kind {
	case FormatEnum:
		return "Respond only with one of these values: " + Text(AppendEscaped(nil, values))
	case FormatRegex:
		return "Respond only with text that this regular expression matches: " + f.Pattern
	case FormatGrammar:
		return `Respond only with text that follows this grammar:\n` + f.Pattern
	default:
		return ""
	}
}

// Output says in which forms the answer may come.
type Output struct {
	Modalities  []string // text, audio, image; nil means text
	AudioFormat string
	AudioVoice  string
	Audio       []byte // the client's audio options, raw
	Image       []byte // the client's image options, raw
	Speech      []byte // the client's speech options, raw
}

// Cache is what a client says about prompt caching as a whole; hints on parts
// are Part.Cache and Tool.Cache.
type Cache struct {
	Key        string
	Mode       string // implicit, explicit
	TTL        string
	Retention  string
	AutoLast   *CacheHint // a breakpoint after the last cacheable block (Anthropic, top level)
	ContentRef string     // Gemini's cachedContent
}

// State is what a client asks a stateful upstream to keep or to continue.
type State struct {
	Store        Opt[bool]
	PrevID       string
	Conversation string
	Background   bool
	Truncation   string
	Compaction   []byte
	Prompt       []byte
}

// Meta is who asks and what for.
type Meta struct {
	EndUser      string // the person behind the client, as the client names them
	SafetyID     string
	ClientUserID string // Anthropic's metadata.user_id
	Labels       []Label
}

// Label is one of the client's own key-value pairs.
type Label struct{ Key, Value Text }

// ServiceTier returns the tier that the client asks for. A wish for speed that
// names no tier is one for priority.
func (r *Request) ServiceTier() string {
	if r.Speed == "fast" && (r.Tier == "" || r.Tier == "auto") {
		return "priority"
	}
	return r.Tier
}
