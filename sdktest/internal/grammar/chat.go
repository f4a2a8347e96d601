package grammar

import "fmt"

// chatFinishes are the finish reasons of Chat Completions.
var chatFinishes = []string{"stop", "length", "tool_calls", "content_filter", "function_call"}

// chatStream is the grammar of Chat Completions: chunks of the same id, whose choices begin with a role and end with a
// finish reason, then the usage if it was asked for, then [DONE].
type chatStream struct {
	usage bool // was asked for

	id, model  string
	created    int
	choices    map[int]*chatChoice
	usageSeen  bool
	terminated bool
}

type chatChoice struct {
	calls    []*chatCall
	finished bool
	content  string
}

type chatCall struct {
	custom    bool // the arguments are free text
	arguments string
}

func (c *chatStream) event(r *Report, e event) {
	if c.terminated {
		r.fail("event after the end: %.120s", e.data)
		return
	}
	if string(e.data) == "[DONE]" {
		c.terminated, r.Ending = true, Complete
		return
	}
	n := parse(r, fmt.Sprintf("chunk %d", r.Events), e.data)
	if n.has("error") {
		checkOpenAIError(n.object("error"))
		c.terminated, r.Ending = true, Failed
		return
	}
	c.chunk(n)
}

func (c *chatStream) chunk(n node) {
	id, model, created := n.id("id"), n.id("model"), n.number("created")
	same(n, "object", n.text("object"), "chat.completion.chunk")
	if c.choices == nil {
		c.id, c.model, c.created, c.choices = id, model, created, map[int]*chatChoice{}
	}
	same(n, "id", id, c.id)
	same(n, "model", model, c.model)
	same(n, "created", created, c.created)
	list := n.list("choices")
	if len(list) == 0 {
		c.usageChunk(n)
		return
	}
	switch {
	case c.usageSeen:
		n.fail("a choice after the usage")
	case c.usage && !n.null("usage"):
		n.fail("usage was asked for: every chunk but the last has usage null")
	case !c.usage && n.has("usage") && !n.null("usage"):
		n.fail("usage was not asked for")
	}
	for _, x := range list {
		c.choice(x)
	}
}

func (c *chatStream) usageChunk(n node) {
	switch {
	case !c.usage:
		n.fail("a chunk without choices, though no usage was asked for")
	case c.usageSeen:
		n.fail("a second usage")
	}
	c.usageSeen = true
	for i, x := range c.choices {
		if !x.finished {
			n.fail("usage before choice %d has finished", i)
		}
	}
	checkChatUsage(n.object("usage"))
}

func (c *chatStream) choice(n node) {
	index := n.number("index")
	n.keys("finish_reason")
	delta := n.object("delta")
	x := c.choices[index]
	if x == nil {
		x = &chatChoice{}
		c.choices[index] = x
		same(delta, "the first delta's role", delta.text("role"), "assistant")
	}
	if x.finished {
		n.fail("choice %d goes on after its finish_reason", index)
	}
	for _, key := range []string{"content", "refusal"} {
		if delta.has(key) {
			x.content += delta.orNull(key)
		}
	}
	if delta.has("reasoning_content") && delta.text("reasoning_content") == "" {
		delta.fail("an empty piece of reasoning_content")
	}
	for _, t := range delta.maybe("tool_calls") {
		x.call(t)
	}
	if n.null("finish_reason") {
		return
	}
	n.is("finish_reason", chatFinishes...)
	x.finished = true
	if m, _ := delta.v.(map[string]any); len(m) > 0 {
		delta.fail("the delta beside finish_reason should be empty: %v", m)
	}
	if n.text("finish_reason") == "tool_calls" && len(x.calls) == 0 {
		n.fail("finish_reason tool_calls without a call")
	}
}

// call reads a fragment of a tool call: the first one has id, type and name, the others have arguments only. Custom
// tools, which OpenAI's chunks do not have, come in the shape of whole answers.
func (x *chatChoice) call(n node) {
	index := n.number("index")
	if index > len(x.calls) {
		n.fail("call %d follows %d calls", index, len(x.calls))
		return
	}
	kind, value := "function", "arguments"
	if n.has("custom") {
		kind, value = "custom", "input"
	}
	f := n.object(kind)
	if index < len(x.calls) {
		if n.has("id") || n.has("type") || f.has("name") {
			n.fail("a later fragment repeats id, type or name")
		}
		x.calls[index].arguments += f.text(value)
		return
	}
	n.id("id")
	n.is("type", kind)
	f.id("name")
	x.calls = append(x.calls, &chatCall{kind == "custom", f.text(value)})
}

func (c *chatStream) end(r *Report, o Options) {
	n := node{r: r, where: "stream"}
	if first := c.choices[0]; first != nil {
		r.Text = first.content
	}
	if r.Ending != Complete {
		return
	}
	if len(c.choices) == 0 {
		n.fail("no choice")
	}
	if c.usage && !c.usageSeen {
		n.fail("usage was asked for and never came")
	}
	for i, x := range c.choices {
		if !x.finished {
			n.fail("choice %d has no finish_reason", i)
		}
		for k, call := range x.calls {
			if !call.custom {
				n.isObjectText(fmt.Sprintf("the arguments of call %d", k), call.arguments)
			}
		}
	}
}

// wholeChat checks a chat.completion and returns its text.
func wholeChat(n node) string {
	n.id("id")
	n.id("model")
	n.number("created")
	same(n, "object", n.text("object"), "chat.completion")
	checkChatUsage(n.object("usage"))
	list := n.list("choices")
	if len(list) == 0 {
		n.fail("no choice")
		return ""
	}
	for i, c := range list {
		same(c, "index", c.number("index"), i)
		c.is("finish_reason", chatFinishes...)
		c.keys("logprobs")
		m := c.object("message")
		same(m, "role", m.text("role"), "assistant")
		m.keys("content", "refusal")
		m.orNull("content")
		m.orNull("refusal")
		for _, t := range m.maybe("tool_calls") {
			checkChatCall(t)
		}
	}
	return list[0].object("message").orNull("content")
}

func checkChatCall(n node) {
	n.id("id")
	if n.is("type", "function", "custom") != "function" {
		return
	}
	f := n.object("function")
	f.id("name")
	f.isObjectText("the arguments", f.text("arguments"))
	if n.has("index") {
		n.fail("index belongs into streams only")
	}
}

func checkChatUsage(n node) {
	in, out, total := n.number("prompt_tokens"), n.number("completion_tokens"), n.number("total_tokens")
	same(n, "total_tokens", total, in+out)
	if cached := n.object("prompt_tokens_details").optional("cached_tokens"); cached > in {
		n.fail("%d cached of %d prompt tokens", cached, in)
	}
	if thought := n.object("completion_tokens_details").optional("reasoning_tokens"); thought > out {
		n.fail("%d reasoning of %d completion tokens", thought, out)
	}
}

// checkOpenAIError checks the error object of both of OpenAI's APIs.
func checkOpenAIError(n node) {
	n.id("message")
	n.id("type")
	n.keys("param", "code")
	n.orNull("param")
	n.orNull("code")
}
