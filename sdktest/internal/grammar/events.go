package grammar

import (
	"bytes"
	"strings"
)

// event is one server-sent event.
type event struct {
	name    string
	data    []byte
	comment bool
}

// split cuts a stream into its events, as the HTML standard says, and reports everything that only a lenient reader
// would forgive.
func split(r *Report, body []byte, d Dialect, o Options) []event {
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	if o.Prefix {
		text = strings.TrimSuffix(text, "\r")
	}
	if strings.Contains(text, "\r") {
		r.fail("the stream has bare carriage returns")
	}
	if d == Gemini && strings.ContainsAny(text, "\u2028\u2029") {
		r.fail("the stream has a raw U+2028 or U+2029, at which Gemini CLI's reader breaks")
	}
	if text != "" && !strings.HasSuffix(text, "\n\n") && !o.Prefix {
		r.fail("the stream does not end with a blank line: %.120q", text[max(0, len(text)-120):])
	}
	var events []event
	blocks := strings.Split(text, "\n\n")
	for i, block := range blocks {
		if i == len(blocks)-1 && o.Prefix {
			break // it may be torn
		}
		if block = strings.Trim(block, "\n"); block == "" || bareError(d, block, events) {
			continue
		}
		events = append(events, splitBlock(r, block, d)...)
	}
	return events
}

// bareError tells whether a block is the error that the last event holds, once
// more: Google sends it bare, and Gemini CLI sees only that.
func bareError(d Dialect, block string, events []event) bool {
	return d == Gemini && strings.HasPrefix(block, `{"error":`) && len(events) > 0 && string(events[len(events)-1].data) == block
}

func splitBlock(r *Report, block string, d Dialect) []event {
	var e event
	var out []event
	lines := 0
	for line := range strings.SplitSeq(block, "\n") {
		field, value, _ := strings.Cut(line, ":")
		value, spaced := strings.CutPrefix(value, " ")
		switch {
		case strings.HasPrefix(line, ":"):
			out = append(out, event{comment: true})
			if d == Gemini || d == Anthropic {
				r.fail("comment %q in a stream of %s", line, d)
			}
		case field == "event" && (d == Responses || d == Anthropic) && e.name == "" && lines == 0:
			e.name = value
		case field == "data" && spaced:
			e.data = append(e.data, value...)
			lines++
		default:
			r.fail("unexpected line %.120q", line)
		}
	}
	switch {
	case lines > 1:
		r.fail("an event has %d data lines", lines)
	case lines == 0 && e.name != "":
		r.fail("event %q has no data", e.name)
	}
	if lines > 0 {
		out = append(out, event{name: e.name, data: bytes.TrimSpace(e.data)})
	}
	return out
}
