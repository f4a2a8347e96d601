package ir

// Dialect is a wire protocol that clients or upstreams speak.
type Dialect string

// The dialects, named as in the Caddyfile, logs and metrics.
const (
	Chat       Dialect = "chat"       // OpenAI Chat Completions
	Responses  Dialect = "responses"  // OpenAI Responses
	Anthropic  Dialect = "anthropic"  // Anthropic Messages
	Gemini     Dialect = "gemini"     // Google Gemini
	CodeAssist Dialect = "codeassist" // Gemini inside Code Assist's envelope
	GeminiWeb  Dialect = "gemini_web" // what Google's web app for Gemini says to its server; upstreams alone
)

// Dialects are those that clients speak, in the order in which people are told of them. Nobody changes them.
var Dialects = [...]Dialect{Chat, Responses, Anthropic, Gemini}

// Op is what a request asks for.
type Op string

// The operations that reach an upstream.
const (
	Generate    Op = "generate"
	CountTokens Op = "count_tokens"
	Embed       Op = "embed"
	Compact     Op = "compact" // a conversation of the Responses API is made shorter
)
