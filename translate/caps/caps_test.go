package caps

import (
	"slices"
	"testing"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

func TestVersion(t *testing.T) {
	for name, want := range map[string]int{
		"gpt-4o": 400, "gpt-4.1-mini": 401, "gpt-5": 500, "gpt-5.1-2026-01-01": 501, "gpt-5-2025-08-07": 500, "o3-mini": 0,
		"gpt-oss-120b": 0, "claude-3-opus-20240229": 300, "claude-3-7-sonnet-20250219": 307, "claude-sonnet-4-5-20250929": 405,
		"claude-sonnet-4-5@20250929": 405, "claude-opus-4-20250514": 400, "claude-opus-4-8": 408, "gemini-2.5-pro": 205,
		"gemini-3-pro-preview": 300, "gemini-3.1-pro": 301, "gemini-flash-latest": 0, "": 0,
	} {
		if got := version(name); got != want {
			t.Errorf("version(%q) = %d, want %d", name, got, want)
		}
	}
}

func TestOf(t *testing.T) {
	for _, c := range []struct {
		provider string
		dialect  ir.Dialect
		model    string
		check    func(ir.Caps) bool
	}{
		{"openai", ir.Chat, "gpt-4.1", func(c ir.Caps) bool { return !c.NoSampling && c.CompletionLimit && !c.DeveloperRole && c.CustomTools }},
		{"openai_compatible", ir.Chat, "gpt-4.1", func(c ir.Caps) bool { return !c.CompletionLimit && !c.CustomTools }},
		{"openai_compatible", ir.Chat, "openai/gpt-5.2", func(c ir.Caps) bool { return c.CompletionLimit && c.NoSampling && c.DeveloperRole }},
		{"openai", ir.Responses, "o3", func(c ir.Caps) bool { return c.NoStop && !c.CanDisable }},
		{"anthropic", ir.Anthropic, "claude-sonnet-4-5", func(c ir.Caps) bool {
			return c.Thinking == ir.ThinkingBudget && c.Prefill && c.StructuredOutput && !c.Effort && c.MaxOutput == 64000
		}},
		{"anthropic", ir.Anthropic, "claude-opus-4-5", func(c ir.Caps) bool { return c.Effort && c.Thinking == ir.ThinkingBudget }},
		{"anthropic", ir.Anthropic, "claude-opus-4-6", func(c ir.Caps) bool { return c.Thinking == ir.ThinkingHybrid && !c.Prefill }},
		{"anthropic", ir.Anthropic, "claude-mythos", func(c ir.Caps) bool { return c.Thinking == ir.ThinkingAdaptive && c.NoSampling }},
		{"gemini", ir.Gemini, "gemini-2.0-flash", func(c ir.Caps) bool { return c.Thinking == ir.ThinkingNone && !c.JSONSchema && c.MaxOutput == 8192 }},
		{"gemini", ir.Gemini, "gemini-2.5-flash-lite", func(c ir.Caps) bool { return c.BudgetMin == 512 && c.CanDisable }},
		{"gemini", ir.Gemini, "gemini-3-pro-preview", func(c ir.Caps) bool { return slices.Equal(c.Levels, []string{"low", "high"}) && c.Validated }},
		{"gemini", ir.Gemini, "models/gemini-flash-latest", func(c ir.Caps) bool { return c.Thinking == ir.ThinkingLevel }},
		{"simulator", ir.Gemini, "sim-gemini-3-flash", func(c ir.Caps) bool { return c.Validated && len(c.Levels) == 4 }},
		{"openai_compatible", ir.Chat, "qwen3:8b", func(c ir.Caps) bool { return c.Family == "other" && !c.DeveloperRole }},
		{"antigravity", ir.Gemini, "claude-sonnet-4-6", func(c ir.Caps) bool {
			return c.Family == "claude" && c.Thinking == ir.ThinkingBudget && c.BudgetMin == 1024 && c.MaxOutput == 64000 && c.FunctionCallID && !c.Validated
		}},
		{"antigravity", ir.Gemini, "gemini-3.7-flash-high", func(c ir.Caps) bool {
			return c.Thinking == ir.ThinkingLevel && !c.JSONSchema && c.NonemptyObjects && c.MaxOutput == 65535
		}},
		{"antigravity", ir.Gemini, "gpt-oss-120b-medium", func(c ir.Caps) bool { return c.Thinking == ir.ThinkingNone && c.MaxOutput == 32768 }},
		{"simulator", ir.Anthropic, "demo", func(c ir.Caps) bool { return c.MaxOutput > 0 }},
	} {
		if got := Of(c.provider, c.dialect, c.model); !c.check(got) {
			t.Errorf("Of(%s, %s, %s) = %+v", c.provider, c.dialect, c.model, got)
		}
	}
}
