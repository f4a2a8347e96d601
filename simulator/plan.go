package simulator

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// stop is why an answer ended.
type stop int

const (
	stopEnd stop = iota
	stopLength
	stopSequence
	stopCalls
	stopRefused
	stopFiltered
)

// call is a call of a tool that an answer makes.
type call struct {
	tool      tool
	id        string // without a vendor's prefix
	arguments string // JSON, or the text of a custom tool
}

// candidate is one of the answers to a request.
type candidate struct {
	thought   string // not empty if the model thought
	text      string
	refusal   string
	calls     []call
	stop      stop
	stoppedAt string // the stop sequence
}

// plan is everything about an answer before a dialect writes it.
type plan struct {
	id         string // 32 hexadecimal digits, for the ids of the answer
	created    time.Time
	model      string
	wishes     wishes
	reasoning  reasoning
	candidates []candidate
	usage      usage
}

// plan decides what to answer. The error is one that the words ask for.
func (s *Simulator) plan(c *conversation) (*plan, *apiError) {
	p := c.prompt(s.options.Always)
	if err := s.demandedFailure(p); err != nil {
		return nil, err
	}
	a := &plan{
		id: s.newID(c), created: time.Now(), model: c.model, wishes: p.wishes, reasoning: c.reasoning,
		usage: s.inputUsage(c, p.wishes.cached),
	}
	if a.wishes.delay == 0 {
		a.wishes.delay = s.options.Delay
	}
	if a.wishes.wait == 0 {
		a.wishes.wait = s.options.FirstByte
	}
	for i := range max(c.answers, 1) {
		a.add(c, p, i)
	}
	return a, nil
}

// demandedFailure fails as often as the prompt wants, counted per prompt.
func (s *Simulator) demandedFailure(p prompt) *apiError {
	w := p.wishes
	if w.fail == 0 {
		return nil
	}
	if w.failTimes == 0 {
		return demanded(w.fail, w.retryAfter)
	}
	var err *apiError
	s.failures.change(sha256.Sum256([]byte(p.text)), func(failed int, _ bool) (int, bool) {
		if failed >= w.failTimes {
			return 0, false
		}
		err = demanded(w.fail, w.retryAfter)
		return failed + 1, true
	})
	return err
}

// newID is different for every request of a simulator, and the same again for the same requests in the same order.
func (s *Simulator) newID(c *conversation) string {
	segments := c.segments()
	last := segments[len(segments)-1].key
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %x %d", s.options.Account, last, s.served.Add(1)))
	return hex.EncodeToString(sum[:16])
}

// add makes the i-th candidate.
func (a *plan) add(c *conversation, p prompt, i int) {
	var x candidate
	switch w := p.wishes; {
	case c.prewarm:
		x.stop = stopLength
	case w.filter:
		x.stop = stopFiltered
	case w.refuse:
		x.refusal, x.stop = "I cannot help with that.", stopRefused
	case w.empty:
	default:
		x.calls = a.calls(c, p, i)
		if len(x.calls) > 0 {
			x.stop = stopCalls
		} else {
			x.text = answerText(c, p)
			if i > 0 && !c.format.json {
				x.text = fmt.Sprintf("(answer %d) %s", i+1, x.text)
			}
		}
		if c.reasoning.on || w.aloud {
			x.thought = thoughtAbout(p, x)
		}
	}
	x.limit(c)
	a.candidates = append(a.candidates, x)
	thought := tokens(x.thought)
	a.usage.reasoning += thought
	a.usage.output += thought + tokens(x.text) + tokens(x.refusal)
	for _, k := range x.calls {
		a.usage.output += 1 + len(cutArguments(k.arguments, chunkWords))
	}
}

// limit applies the stop sequences and the maximum of tokens to the text; a thought counts against the maximum, a call
// is never cut.
func (x *candidate) limit(c *conversation) {
	first := len(x.text)
	for _, seq := range c.stops {
		if i := strings.Index(x.text, seq); seq != "" && i >= 0 && i < first {
			first, x.stop, x.stoppedAt = i, stopSequence, seq
		}
	}
	x.text = x.text[:first]
	if c.maxTokens == 0 || len(x.calls) > 0 {
		return
	}
	thought := firstWords(x.thought, c.maxTokens)
	text := firstWords(x.text, c.maxTokens-tokens(thought))
	if thought != x.thought || text != x.text {
		x.thought, x.text, x.stop, x.stoppedAt = thought, text, stopLength, ""
	}
}

// calls decides which tools to call: those that the prompt names, or one if the request forces a call.
func (a *plan) calls(c *conversation, p prompt, candidate int) []call {
	if c.choice.forbidden {
		return nil
	}
	var wanted []wantedCall
	for _, w := range p.wishes.calls {
		if len(c.choice.only) == 0 || contains(c.choice.only, w.tool.name) {
			wanted = append(wanted, w)
		}
	}
	if len(wanted) == 0 && c.choice.forced {
		wanted = forcedCall(c)
	}
	if c.serial && len(wanted) > 1 {
		wanted = wanted[:1]
	}
	var calls []call
	for i, w := range wanted {
		id := sha256.Sum256(fmt.Appendf(nil, "%s call %d %d", a.id, candidate, i))
		calls = append(calls, call{tool: w.tool, id: hex.EncodeToString(id[:12]), arguments: w.argumentsFor(p)})
	}
	return calls
}

func forcedCall(c *conversation) []wantedCall {
	for _, t := range c.tools {
		if len(c.choice.only) == 0 || contains(c.choice.only, t.name) {
			return []wantedCall{{tool: t}}
		}
	}
	return nil
}

func (w wantedCall) argumentsFor(p prompt) string {
	switch {
	case w.tool.custom && w.arguments == "":
		return p.text
	case w.arguments != "":
		return w.arguments
	case !w.tool.schema.IsObject():
		return "{}"
	}
	arguments := instance(w.tool.schema, false)
	if !strings.HasPrefix(arguments, "{") {
		return "{}"
	}
	return arguments
}

// answerText is the text of an answer that calls nothing.
func answerText(c *conversation, p prompt) string {
	plain := plainText(p)
	switch {
	case c.format.json && c.format.schema.IsObject():
		value := instance(c.format.schema, true)
		if c.format.enum {
			value = strings.Trim(value, `"`)
		}
		return value
	case c.format.json:
		var b bytes.Buffer
		writeJSON(&b, map[string]string{"answer": plain})
		return b.String()
	}
	return plain
}

// errMidway is what an answer that does not stream says to "error after n words".
func errMidway() *apiError {
	return &apiError{status: http.StatusInternalServerError, message: demandedMessages[http.StatusInternalServerError]}
}
