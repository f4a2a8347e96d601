package sdktest

import "strings"

func usageScenario(c *cell) {
	r := c.ask(ask{Turns: user("one two three four five six seven"), Think: true})
	u := r.Usage
	if u.Input < 7 || u.Output < 9 || u.Cached > u.Input {
		c.Errorf("usage: %+v", u)
	}
	if u.Reasoning <= 0 || u.Reasoning >= u.Output {
		c.Errorf("%d tokens of reasoning, %d of output\nsent %.2000s\nanswer %.3000s", u.Reasoning, u.Output, c.rec.sent(), c.rec.last().body)
	}
}

func cachedScenario(c *cell) {
	u := c.ask(ask{Turns: user("cached, one two three four five six")}).Usage
	if u.Cached <= 0 || u.Cached > u.Input {
		c.Errorf("usage: %+v", u)
	}
}

func endScenario(c *cell) {
	c.stops(c.ask(ask{Turns: user("Good morning.")}), "stop", "completed", "end_turn", "STOP")
}

func lengthScenario(c *cell) {
	r := c.ask(ask{Turns: user("long 200"), MaxTokens: 20})
	c.stops(r, "length", "incomplete max_output_tokens", "max_tokens", "MAX_TOKENS")
	if got := len(strings.Fields(r.Text)); got == 0 || got > 20 {
		c.Errorf("%d words: %q", got, r.Text)
	}
}

// sequenceScenario: only Anthropic tells which sequence was met, and Responses has none, neither to ask for nor to be
// asked with.
func sequenceScenario(c *cell) {
	if c.client.Dialect() == "responses" || c.up.dialect == "responses" {
		c.Skip("Responses has no stop sequences")
	}
	r := c.ask(ask{Turns: user("say exactly: one two STOP three"), Stop: []string{"STOP"}})
	c.want("text", strings.TrimRight(r.Text, " "), "one two")
	if c.up.dialect == "anthropic" {
		c.stops(r, "stop", "", "stop_sequence", "STOP")
		if c.client.Dialect() == "anthropic" {
			c.want("stop sequence", r.StopText, "STOP")
		}
		return
	}
	c.stops(r, "stop", "", "end_turn", "STOP")
}

// refusalScenario: OpenAI refuses in a text of its own kind, Anthropic by a stop reason beside the text, Gemini by a
// finish reason without a text.
func refusalScenario(c *cell) {
	r := c.ask(ask{Turns: user("refuse")})
	const text = "I cannot help with that."
	switch c.up.dialect {
	case "chat", "responses":
		c.stops(r, "stop", "completed", "refusal", "SAFETY")
		if c.client.Dialect() == "chat" || c.client.Dialect() == "responses" {
			c.want("refusal", r.Refusal, text)
			return
		}
		c.want("text", r.Text, text)
	case "anthropic":
		c.stops(r, "content_filter", "incomplete content_filter", "refusal", "SAFETY")
		c.want("text", r.Text, text)
	case "gemini":
		c.stops(r, "content_filter", "incomplete content_filter", "refusal", "SAFETY")
		c.want("text", r.Text, "")
	}
}

func filterScenario(c *cell) {
	r := c.ask(ask{Turns: user("content filter")})
	blocked := "SAFETY"
	if c.up.dialect == "gemini" {
		blocked = "blocked PROHIBITED_CONTENT"
	}
	c.stops(r, "content_filter", "incomplete content_filter", "refusal", blocked)
}
