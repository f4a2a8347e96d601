package caps

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func isOpenAI(name string) bool {
	for _, p := range [...]string{"gpt-", "chatgpt-", "codex-", "o1", "o3", "o4"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// openai is the table of OpenAI's models: which efforts a generation takes and
// which parameters it refuses.
func openai(name string) ir.Caps {
	c := ir.Caps{Family: "openai"}
	v := version(name)
	switch {
	case name[0] == 'o':
		reasoner(&c, "low", "medium", "high")
		c.NoStop = !strings.HasPrefix(name, "o1")
	case v < 500 && !strings.HasPrefix(name, "codex") || strings.Contains(name, "chat"):
		return c
	case strings.Contains(name, "codex"):
		reasoner(&c, "none", "low", "medium", "high", "xhigh")
	case v == 500:
		reasoner(&c, "minimal", "low", "medium", "high")
	case v == 501:
		reasoner(&c, "none", "low", "medium", "high")
		c.SamplingAtNone = true
	case v <= 505:
		reasoner(&c, "none", "low", "medium", "high", "xhigh")
		c.SamplingAtNone = true
	default:
		reasoner(&c, "none", "minimal", "low", "medium", "high", "xhigh", "max")
		c.SamplingAtNone, c.CacheBreakpoints = true, true
	}
	return c
}

// reasoner fills in what all of OpenAI's reasoning models share.
func reasoner(c *ir.Caps, levels ...string) {
	c.Thinking, c.Levels = ir.ThinkingEffort, levels
	c.CanDisable = levels[0] == "none"
	c.NoSampling, c.CompletionLimit, c.DeveloperRole = true, true, true
}

// claude is the table of Anthropic's models.
func claude(name string) ir.Caps {
	c := ir.Caps{Family: "claude", OneOfTempTopP: true, CanDisable: true, BudgetMin: 1024, BudgetMax: 1 << 20}
	v := version(name)
	if v == 0 {
		v = 500 // fable, mythos and whatever comes next
	}
	switch {
	case v < 307: // 3, 3.5: no reasoning
		c.MaxOutput, c.Prefill = 8192, true
		if v < 305 {
			c.MaxOutput = 4096
		}
	case v < 406:
		c.Thinking, c.Prefill = ir.ThinkingBudget, true
		c.MaxOutput = 64000
		if strings.Contains(name, "opus") && v < 405 {
			c.MaxOutput = 32000
		}
		if v == 405 && strings.Contains(name, "opus") {
			c.Effort, c.Levels = true, []string{"low", "medium", "high"}
		}
		c.StructuredOutput = v == 401 || v == 405
	case v == 406:
		c.Thinking, c.Effort, c.StructuredOutput = ir.ThinkingHybrid, true, true
		c.Levels = []string{"low", "medium", "high", "max"}
		c.MaxOutput = 64000
		if strings.Contains(name, "opus") {
			c.MaxOutput = 128000
		}
	default:
		c.Thinking, c.Effort, c.StructuredOutput, c.NoSampling = ir.ThinkingAdaptive, true, true, true
		c.Levels = []string{"low", "medium", "high", "xhigh", "max"}
		c.MidSystem = v >= 408
		c.MaxOutput = 128000
	}
	return c
}

// gemini is the table of Google's models.
func gemini(name string) ir.Caps {
	c := ir.Caps{Family: "gemini", MaxOutput: 65536, JSONSchema: true, AutoBudget: true}
	lite, flash := strings.Contains(name, "lite"), strings.Contains(name, "flash")
	switch v := version(name); {
	case strings.HasPrefix(name, "gemma") || v != 0 && v < 200:
		c.MaxOutput, c.JSONSchema, c.NonemptyObjects = 8192, false, true
	case v != 0 && v < 205:
		c.MaxOutput, c.JSONSchema = 8192, false
	case v == 205:
		c.Thinking, c.BudgetMin, c.BudgetMax = ir.ThinkingBudget, 128, 32768
		c.NoPenalties = strings.Contains(name, "preview")
		if flash || lite {
			c.BudgetMin, c.BudgetMax, c.CanDisable = 0, 24576, true
		}
		if lite {
			c.BudgetMin = 512
		}
	default:
		c.Thinking, c.Validated, c.FunctionCallID, c.ServerToolMix, c.ToolResultMedia = ir.ThinkingLevel, true, true, true, true
		c.NoPenalties, c.URLImages, c.URLFiles = true, true, true
		switch {
		case flash || lite:
			c.Levels = []string{"minimal", "low", "medium", "high"}
		case v >= 301 || v == 0:
			c.Levels = []string{"low", "medium", "high"}
		default:
			c.Levels = []string{"low", "high"}
		}
	}
	return c
}

// antigravity corrects what models do behind Antigravity, which has them all
// speak Gemini's dialect and takes no JSON Schema in it.
func antigravity(c *ir.Caps) {
	c.JSONSchema, c.NonemptyObjects, c.URLImages, c.URLFiles = false, true, false, false
	c.FunctionCallID, c.ToolResultMedia = true, true
	c.MaxOutput = min(c.MaxOutput, 65535)
	switch c.Family {
	case "claude":
		c.Thinking, c.BudgetMin, c.BudgetMax, c.AutoBudget = ir.ThinkingBudget, 1024, 64000, false
		c.Levels, c.Effort, c.CanDisable, c.Prefill = nil, false, true, false
		c.MaxOutput, c.NMax, c.Logprobs, c.ServerToolMix = 64000, 1, false, false
	case "openai":
		c.Thinking, c.Levels, c.MaxOutput = ir.ThinkingNone, nil, 32768
	}
}

// version reads the first generation number of a model's name as major × 100 +
// minor: claude-sonnet-4-5-20250929 is 405, gpt-5.1 is 501, gemini-3-pro 300.
// Numbers of more than two digits are dates and sizes. 0 means that there is
// none.
func version(name string) int {
	for i := 0; i < len(name); i++ {
		if !digit(name, i) || i > 0 && name[i-1] != '-' {
			continue
		}
		major, end := number(name, i)
		if end-i > 2 {
			return 0
		}
		if end+1 < len(name) && (name[end] == '.' || name[end] == '-') && digit(name, end+1) {
			if minor, stop := number(name, end+1); stop-end-1 <= 2 && (stop == len(name) || name[stop] == '-' || name[stop] == '@') {
				return major*100 + minor
			}
		}
		return major * 100
	}
	return 0
}

func digit(s string, i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }

func number(s string, i int) (n, end int) {
	for ; digit(s, i); i++ {
		n = n*10 + int(s[i]-'0')
	}
	return n, i
}
