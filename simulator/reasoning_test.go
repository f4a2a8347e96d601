package simulator

import (
	"io"
	"strings"
	"sync"
	"testing"
)

// TestReasoning turns reasoning on in every dialect and looks for the thought, its signature and its tokens.
func TestReasoning(t *testing.T) {
	const thought = "The user wrote 1 word and I should answer."
	for _, c := range []struct {
		target, body string
		want         map[string]string
	}{
		{"/v1/chat/completions", `{"model":"demo","reasoning_effort":"low","messages":[{"role":"user","content":"x"}]}`, map[string]string{
			"usage.completion_tokens_details.reasoning_tokens": "9", "usage.completion_tokens": "12", "choices.0.message.reasoning_content": "",
		}},
		{"/v1/chat/completions", `{"model":"demo","reasoning_effort":"none","messages":[{"role":"user","content":"x"}]}`, map[string]string{
			"usage.completion_tokens_details.reasoning_tokens": "0",
		}},
		{"/v1/responses", `{"model":"demo","reasoning":{"effort":"low"},"input":"x"}`, map[string]string{
			"usage.output_tokens_details.reasoning_tokens": "9", "output.0.type": "reasoning", "output.0.summary": "[]", "output.0.encrypted_content": "",
		}},
		{"/v1/responses", `{"model":"demo","reasoning":{"effort":"low","summary":"auto"},"input":"x"}`, map[string]string{"output.0.summary.0.text": thought}},
		{"/v1/messages", `{"model":"demo","max_tokens":2000,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"x"}]}`, map[string]string{
			"content.0.thinking": thought, "usage.output_tokens_details.thinking_tokens": "9", "usage.output_tokens": "12",
		}},
		{"/v1/messages", `{"model":"claude-opus-4-8","max_tokens":2000,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"x"}]}`, map[string]string{
			"content.0.thinking": "", "content.0.type": "thinking", "usage.output_tokens_details.thinking_tokens": "9",
		}},
		{"/v1/messages", `{"model":"claude-opus-4-8","max_tokens":2000,"thinking":{"type":"adaptive","display":"summarized"},"messages":[{"role":"user","content":"x"}]}`, map[string]string{
			"content.0.thinking": thought,
		}},
		{"/v1beta/models/gemini-2.5-flash:generateContent", `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}}`, map[string]string{
			"usageMetadata.thoughtsTokenCount": "", "candidates.0.content.parts.0.thoughtSignature": "",
		}},
		{"/v1beta/models/gemini-2.5-flash:generateContent", `{"contents":[{"parts":[{"text":"x"}]}],"generationConfig":{"thinkingConfig":{"includeThoughts":true}}}`, map[string]string{
			"usageMetadata.thoughtsTokenCount": "9", "usageMetadata.candidatesTokenCount": "3", "candidates.0.content.parts.0.text": thought,
			"candidates.0.content.parts.0.thought": "true", "candidates.0.content.parts.1.text": "You said: x",
		}},
	} {
		a := post(t, New(Options{}), c.target, c.body)
		for path, want := range c.want {
			if got := a.Get(path).String(); got != want {
				t.Errorf("%s %s: %s is %q, want %q", c.target, c.body, path, got, want)
			}
		}
	}
}

// TestThoughtStreams compares streams with thoughts to the grammars of their vendors.
func TestThoughtStreams(t *testing.T) {
	s := New(Options{})
	checkAnthropicGrammar(t, stream(t, s, "/v1/messages", `{"model":"claude-opus-4-8","max_tokens":99,"stream":true,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"x"}]}`))
	checkAnthropicGrammar(t, stream(t, s, "/v1/messages", `{"model":"demo","max_tokens":99,"stream":true,"thinking":{"type":"adaptive"},"messages":[{"role":"user","content":"think secretly"}]}`))
	for _, prompt := range []string{"think aloud", "refuse", "empty", "content filter", "unicode"} {
		checkResponseGrammar(t, stream(t, s, "/v1/responses", `{"model":"demo","stream":true,"reasoning":{},"input":"`+prompt+`"}`))
		checkAnthropicGrammar(t, stream(t, s, "/v1/messages", `{"model":"demo","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"`+prompt+`"}]}`))
	}
	shown := ""
	for _, e := range stream(t, s, "/v1/chat/completions", `{"model":"demo","stream":true,"messages":[{"role":"user","content":"think aloud"}]}`) {
		shown += e.data.Get("choices.0.delta.reasoning_content").String()
	}
	if shown != "The user wrote 2 words and I should answer." {
		t.Errorf("the visible thought is %q", shown)
	}
}

func TestConcurrentRequests(t *testing.T) {
	s := New(Options{})
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			response, err := s.RoundTrip(streamOf(dialects[i%4], "one two three"))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if raw, err := io.ReadAll(response.Body); err != nil || !strings.Contains(streamedText(string(raw)), "You said: one two three") {
				t.Errorf("the stream is %v %s", err, raw)
			}
		})
	}
	wait.Wait()
}
