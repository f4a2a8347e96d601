package simulator

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// role is who speaks in a turn.
type role int

const (
	roleUser role = iota
	roleAssistant
	roleSystem
)

// partKind is what a part of a turn holds.
type partKind int

const (
	partText partKind = iota
	partAttachment
	partCall
	partResult
)

// part is one piece of a turn, whatever the dialect.
type part struct {
	kind      partKind
	text      string // of a text, or of a result
	name      string // of the tool of a call or a result
	id        string // of the call that a call or a result belongs to
	arguments string // of a call
	failed    bool   // the result is an error
	mime      string // of an attachment; empty if unknown
	size      int    // of an attachment, in bytes after base64
	url       string // of an attachment that was only named
}

// turn is what one side said at once.
type turn struct {
	role   role
	parts  []part
	marked bool // carries an Anthropic cache breakpoint
}

// tool is something that the model may call.
type tool struct {
	name        string
	namespace   string // of a Responses tool inside a namespace
	description string
	schema      gjson.Result // of the arguments, in JSON Schema or Google's subset; absent for none
	custom      bool         // takes text instead of arguments
}

// choice says whether the model must, may or must not call tools.
type choice struct {
	forbidden bool
	forced    bool
	only      []string // the tools that may be called; empty for all
}

// reasoning is what was asked about thinking.
type reasoning struct {
	on     bool // the model thinks
	shown  bool // the thought's text is part of the answer
	sealed bool // the thought's signature is part of the answer
}

// format is the form that the answer's text must have.
type format struct {
	json   bool
	enum   bool         // the bare value, without quotes
	schema gjson.Result // absent if any JSON object will do
}

// conversation is a request, whatever the dialect; the readers of the dialects make it from the raw JSON, after the
// checks.
type conversation struct {
	model     string
	stream    bool
	system    []string
	turns     []turn
	tools     []tool
	choice    choice
	serial    bool // at most one call at a time
	reasoning reasoning
	format    format
	maxTokens int  // 0 means no limit
	prewarm   bool // only fills the cache, as Anthropic does with max_tokens 0
	stops     []string
	answers   int // how many were asked for, at least 1

	marksCache   bool // only marked turns are cached, as Anthropic does
	systemMarked bool // system or tools carry a cache breakpoint
}

// run is what came from the user's side between two turns of the assistant.
type run struct {
	text        string // the last text that a person wrote
	results     []part
	attachments []part
}

// wrapped is a text that a client wraps into a tag to tell the model something, which no person wrote.
var wrapped = regexp.MustCompile(`(?s)^\s*<([A-Za-z][\w-]*)[^>]*>.*</([A-Za-z][\w-]*)>\s*$`)

// reminder is such a text in the middle of another one.
var reminder = regexp.MustCompile(`(?s)<system-reminder>.*?</system-reminder>`)

// spoken is what a person wrote in a text, empty if nothing.
func spoken(text string) string {
	text = strings.TrimSpace(reminder.ReplaceAllString(text, ""))
	if m := wrapped.FindStringSubmatch(text); m != nil && m[1] == m[2] {
		return ""
	}
	if len(text) > 1 && strings.HasPrefix(text, `"`) && strings.HasSuffix(text, `"`) {
		return strings.TrimSpace(text[1 : len(text)-1])
	}
	return text
}

// runs splits the conversation at the assistant's turns. The last run is the one to answer.
func (c *conversation) runs() []run {
	runs := []run{{}}
	names := map[string]string{}
	for i, t := range c.turns {
		switch t.role {
		case roleAssistant:
			for _, p := range t.parts {
				if p.kind == partCall {
					names[p.id] = p.name
				}
			}
			if i > 0 && c.turns[i-1].role != roleAssistant {
				runs = append(runs, run{})
			}
		case roleUser:
			runs[len(runs)-1].add(t.parts, names)
		}
	}
	return runs
}

// add adds what one turn says; a result that a client repeats counts once.
func (r *run) add(parts []part, names map[string]string) {
	for _, p := range parts {
		switch p.kind {
		case partText:
			if text := spoken(p.text); text != "" {
				r.text = text
			}
		case partResult:
			if p.name == "" {
				p.name = names[p.id]
			}
			if !slices.Contains(r.results, p) {
				r.results = append(r.results, p)
			}
		case partAttachment:
			r.attachments = append(r.attachments, p)
		}
	}
}

// prompt is what is to be answered.
type prompt struct {
	wishes      wishes
	text        string // what the user said last
	note        string // what the user said beside the results of tools
	results     []part
	attachments []part
}

// prompt finds the words that are in force. After the result of a tool these are still those of the text that led to
// the call, at the step that follows; unless the user has written new ones.
func (c *conversation) prompt(always string) prompt {
	runs := c.runs()
	last := runs[len(runs)-1]
	p := prompt{text: last.text, results: last.results, attachments: last.attachments}
	steps := parse(last.text, c.tools)
	if len(last.results) == 0 || steps.any() {
		p.results = onlyIf(len(last.results) > 0 && !steps.any(), last.results)
		p.wishes = steps.at(0)
	} else {
		p.note = last.text
		p.text, p.wishes = c.pending(runs[:len(runs)-1])
	}
	p.wishes = parse(always, c.tools).at(0).or(p.wishes)
	return p
}

// pending finds the text that led to the running calls, and the step that it has reached.
func (c *conversation) pending(runs []run) (string, wishes) {
	for back := 1; back <= len(runs); back++ {
		r := runs[len(runs)-back]
		steps := parse(r.text, c.tools)
		if len(r.results) == 0 || steps.any() {
			return r.text, steps.at(back)
		}
	}
	return "", noWishes
}

func onlyIf(condition bool, parts []part) []part {
	if condition {
		return parts
	}
	return nil
}
