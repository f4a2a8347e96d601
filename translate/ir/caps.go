package ir

// ThinkingKind is how a model's reasoning is controlled.
type ThinkingKind uint8

// The controls of reasoning.
const (
	ThinkingNone     ThinkingKind = iota // the model does not reason, or cannot be told to
	ThinkingEffort                       // OpenAI: effort names
	ThinkingBudget                       // Anthropic up to 4.5, Gemini 2.5: a number of tokens
	ThinkingAdaptive                     // Anthropic 4.7 and later: adaptive plus effort, no budget
	ThinkingLevel                        // Gemini 3: thinkingLevel
	ThinkingHybrid                       // Anthropic 4.6: adaptive plus effort, a budget is still taken
)

// Caps is what a model can do at an account. The zero value knows nothing; the
// table of package caps fills it, and the operator's `caps` options override.
type Caps struct {
	Family string // openai, claude, gemini, other

	MaxOutput int // most output tokens; 0 means unknown
	StopMax   int // most stop sequences; 0 means unlimited

	Thinking   ThinkingKind
	Levels     []string // effort or level names that the model takes, in rising order
	BudgetMin  int
	BudgetMax  int
	CanDisable bool // reasoning can be switched off
	AutoBudget bool // takes -1: the model decides

	NoSampling      bool // rejects temperature, top_p and the like
	NoStop          bool // rejects stop sequences
	NoPenalties     bool // rejects frequency and presence penalties
	OneOfTempTopP   bool // rejects temperature and top_p together
	MaxTemperature  float64
	SamplingAtNone  bool // takes sampling parameters while effort is none (gpt-5.1 and later)
	CompletionLimit bool // wants max_completion_tokens instead of max_tokens
	DeveloperRole   bool // wants role developer instead of system

	Prefill          bool // continues a trailing assistant message
	StructuredOutput bool // takes a JSON schema for its answer
	StrictTools      bool
	CustomTools      bool // takes free-text tools
	ParallelFlag     bool // takes parallel_tool_calls
	MidSystem        bool // takes system messages in the middle of a conversation
	SystemFirstOnly  bool // takes one system message, at the start
	ToolResultMedia  bool // takes media inside tool results
	FunctionCallID   bool // Gemini: takes ids in functionCall and functionResponse
	JSONSchema       bool // Gemini: takes parametersJsonSchema and responseJsonSchema
	Validated        bool // Gemini 3 rules for signatures: the first call of a turn must be signed
	ServerToolMix    bool // Gemini: takes functions and server tools together
	URLImages        bool // fetches images by URL itself
	URLFiles         bool // fetches documents by URL itself
	StreamUsage      bool // takes stream_options.include_usage
	CacheBreakpoints bool // takes cache hints on parts (Anthropic, gpt-5.6 and later)
	Effort           bool // Anthropic: takes output_config.effort
	NMax             int  // most candidates; 0 means unknown
	Logprobs         bool

	ReasoningContent     bool // Chat: wants reasoning_content back inside a tool loop
	ThinkTags            bool // Chat: reasoning comes in <think> tags inside the text
	JoinFunctionResponse bool // Gemini: text may stand beside function responses
	JSONToolResult       bool // Gemini: a result that is a JSON object is sent as that object
	NonemptyObjects      bool // Gemini: objects in schemas need a property
	VideoURL             bool // Chat: takes video_url parts
	Codex                bool // Responses: the backend of a ChatGPT account, which takes what Codex sends and no more
	Repair               bool // what comes in the upstream's own dialect is read and mended too, not relayed
	ExtSampling          bool // Chat: takes top_k, min_p, repetition_penalty
	NoTools              bool // takes no tools at all
	Rewrite              bool // differs so much from the dialect that nothing is handed on as it is
}

// LevelRank orders effort names: none < minimal < low < medium < high < xhigh
// < max. Unknown names rank as medium.
func LevelRank(effort string) int {
	for i, l := range effortOrder {
		if l == effort {
			return i
		}
	}
	return 3
}

var effortOrder = [...]string{"none", "minimal", "low", "medium", "high", "xhigh", "max"}

// ClampLevel returns the supported level nearest to the asked one; of two as
// near the lower.
func ClampLevel(effort string, levels []string) string {
	best, dist := effort, 1<<30
	for _, l := range levels {
		d := LevelRank(l) - LevelRank(effort)
		if d < 0 {
			d = -d
		}
		if d < dist {
			best, dist = l, d
		}
	}
	return best
}
