package simulator

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
)

// mask takes the JSON objects out of a text and leaves \x00<number>\x00 in their places, so that arguments are not
// searched for words. An object whose quotes are escaped, because a client has quoted the whole prompt, counts too.
func mask(text string) (string, []string) {
	var b strings.Builder
	var objects []string
	for {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		object, rest, ok := leadingObject(text[i:])
		if !ok {
			b.WriteString(text[:i+1])
			text = text[i+1:]
			continue
		}
		b.WriteString(text[:i] + "\x00" + strconv.Itoa(len(objects)) + "\x00")
		objects = append(objects, object)
		text = rest
	}
	b.WriteString(text)
	return b.String(), objects
}

func leadingObject(text string) (object, rest string, ok bool) {
	var raw json.RawMessage
	dec := json.NewDecoder(strings.NewReader(text))
	if dec.Decode(&raw) == nil {
		return string(raw), text[dec.InputOffset():], true
	}
	end := strings.LastIndexByte(text, '}')
	if end < 0 || !strings.HasPrefix(text, `{\"`) {
		return "", "", false
	}
	unescaped := strings.ReplaceAll(text[:end+1], `\"`, `"`)
	return unescaped, text[end+1:], json.Valid([]byte(unescaped))
}

var (
	callWord  = regexp.MustCompile(`(?i)\b(?:call|use|invoke)\s+(?:the\s+)?(?:(?:tools?|functions?)\s+)?`)
	nameToken = regexp.MustCompile("^[\"'`“]?([A-Za-z0-9_.:/-]+)[\"'`”]?(?:\\s+(?:tool|function)\\b)?")
	argsToken = regexp.MustCompile(`^\s*(?:\(\s*)?(?:with\s+)?\x00(\d+)\x00(?:\s*\))?`)
	nextToken = regexp.MustCompile(`^\s*(?:,?\s*and\s+(?:(?:call|use)\s+)?|[,&+]\s*)(?:the\s+)?(?:tool\s+)?`)
)

// findCalls finds the declared tools that a clause asks for: "call a", "use the tool a", "call a {"x":1} and b".
func findCalls(clause string, objects []string, tools []tool) []wantedCall {
	var calls []wantedCall
	if len(tools) == 0 {
		return nil
	}
	for {
		start := callWord.FindStringIndex(clause)
		if start == nil {
			return calls
		}
		clause = clause[start[1]:]
		for {
			t, length, ok := leadingTool(clause, tools)
			if !ok {
				rest, more := skipUnknown(clause)
				if !more {
					break
				}
				clause = rest
				continue
			}
			clause = clause[length:]
			wanted := wantedCall{tool: t}
			if m := argsToken.FindStringSubmatchIndex(clause); m != nil {
				wanted.arguments = objects[count(clause[m[2]:m[3]])]
				clause = clause[m[1]:]
			}
			calls = append(calls, wanted)
			next := nextToken.FindStringIndex(clause)
			if next == nil {
				break
			}
			clause = clause[next[1]:]
		}
	}
}

// skipUnknown skips a name that is no declared tool, if another name may follow.
func skipUnknown(clause string) (string, bool) {
	name := nameToken.FindStringIndex(clause)
	if name == nil {
		return clause, false
	}
	next := nextToken.FindStringIndex(clause[name[1]:])
	if next == nil {
		return clause, false
	}
	return clause[name[1]+next[1]:], true
}

// leadingTool finds the declared tool that a text begins with. Case and signs do not matter, because a name may have
// been changed to suit a vendor's pattern: "files.read" finds "files_read".
func leadingTool(text string, tools []tool) (tool, int, bool) {
	m := nameToken.FindStringSubmatchIndex(text)
	if m == nil {
		return tool{}, 0, false
	}
	name := text[m[2]:m[3]]
	for _, t := range tools {
		if t.name == name {
			return t, m[1], true
		}
	}
	for _, t := range tools {
		if bareName(t.name) == bareName(name) {
			return t, m[1], true
		}
	}
	return tool{}, 0, false
}

func bareName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return -1
	}, name)
}
