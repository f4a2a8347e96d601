package translate

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// leaf is something that a user, a tool or a model has said, and where it
// stands in the body, in the words in which notes tell places.
type leaf struct{ path, value string }

// content are the members whose strings are content: what their loss changes is
// seen by the model.
var content = map[string]bool{
	"text": true, "content": true, "output": true, "input": true, "instructions": true, "system": true, "description": true,
	"arguments": true, "data": true, "url": true, "image_url": true, "file_data": true, "refusal": true, "fileUri": true,
	"result": true, "title": true, "context": true, "definition": true, "stdout": true, "stderr": true, "error": true,
}

// whole are members below which every string is content, and every name too.
var whole = map[string]bool{"args": true, "input": true, "response": true, "properties": true}

// leaves collects the content of a body of any dialect, read by nothing but
// the names of members, so that a decoder's mistake cannot hide.
func leaves(body []byte) ([]leaf, error) {
	v, err := parse(body)
	if err != nil {
		return nil, err
	}
	var list []leaf
	collectLeaves(&list, "", "", false, v)
	return list, nil
}

func collectLeaves(list *[]leaf, path, name string, inside bool, v any) {
	switch v := v.(type) {
	case map[string]any:
		if isCall(v) {
			*list = append(*list, leaf{path + ".name", fmt.Sprint(v["name"])})
		}
		for key, member := range v {
			at := key
			if path != "" {
				at = path + "." + key
			}
			_, object := member.(map[string]any)
			if inside && name == "properties" {
				*list = append(*list, leaf{at, key})
			}
			collectLeaves(list, at, key, inside && name != "properties" || whole[key] && object, member)
		}
	case []any:
		for i, member := range v {
			collectLeaves(list, fmt.Sprintf("%s[%d]", path, i), name, inside, member)
		}
	case string:
		if (content[name] || inside) && strings.TrimSpace(v) != "" {
			*list = append(*list, leaf{path, v})
		}
	case json.Number:
		if inside && len(v) > 6 {
			*list = append(*list, leaf{path, string(v)})
		}
		if !inside && sampling[name] && v != "0" && v != "1" {
			*list = append(*list, leaf{path, "\n" + string(v) + "\n"})
		}
	}
}

// sampling are the members whose numbers say how an answer is drawn.
var sampling = map[string]bool{
	"temperature": true, "top_p": true, "topP": true, "top_k": true, "topK": true, "seed": true, "frequency_penalty": true,
	"frequencyPenalty": true, "presence_penalty": true, "presencePenalty": true, "max_completion_tokens": true,
	"max_output_tokens": true, "maxOutputTokens": true, "n": true, "candidateCount": true,
}

// isCall reports whether an object declares or calls a function.
func isCall(v map[string]any) bool {
	_, named := v["name"].(string)
	for _, key := range []string{"args", "arguments", "parameters", "input_schema", "parametersJsonSchema"} {
		if _, ok := v[key]; ok && named {
			return true
		}
	}
	return false
}

// haystack is everything that a body says: all its strings and names, those
// inside of JSON that is itself in a string as well, and its numbers.
func haystack(body []byte) (string, error) {
	v, err := parse(body)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	var add func(v any)
	add = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, member := range v {
				b.WriteString(key + "\n")
				add(member)
			}
		case []any:
			for _, member := range v {
				add(member)
			}
		case string:
			b.WriteString(v + "\n")
			if inner, err := parse([]byte(v)); err == nil {
				if _, isString := inner.(string); !isString {
					add(inner)
				}
			}
		case json.Number:
			b.WriteString(string(v) + "\n")
		}
	}
	add(v)
	return b.String(), nil
}

// lost returns the leaves of a body that neither stand in what was sent nor are
// told by a note.
func lost(before, after []byte, notes []ir.Note) ([]leaf, error) {
	list, err := leaves(before)
	if err != nil {
		return nil, err
	}
	hay, err := haystack(after)
	if err != nil {
		return nil, fmt.Errorf("what was sent is no JSON: %w", err)
	}
	var missing []leaf
	for _, l := range list {
		if !said(l.value, hay) && !noted(l.path, notes) {
			missing = append(missing, l)
		}
	}
	return missing, nil
}

// said reports whether the text stands in what was sent: as it was, as the
// data of a data URL, or as JSON with all that it says.
func said(text, hay string) bool {
	if strings.HasPrefix(text, "\n") { // a number
		return strings.Contains(hay, text)
	}
	if strings.Contains(hay, text) || strings.Contains(hay, strings.TrimSpace(text)) {
		return true
	}
	if _, data, ok := strings.Cut(text, ";base64,"); ok {
		return strings.Contains(hay, data)
	}
	inner, err := parse([]byte(text))
	if err != nil {
		return false
	}
	if _, isString := inner.(string); isString {
		return false
	}
	var all []leaf
	collectLeaves(&all, "", "", true, inner)
	for _, l := range all {
		if !strings.Contains(hay, l.value) {
			return false
		}
	}
	return true
}

// declaration is what notes leave out of a Gemini function's path.
var declaration = regexp.MustCompile(`\.functionDeclarations(\[\d+\])?`)

// noted reports whether a note tells of the place or of what it belongs to.
func noted(path string, notes []ir.Note) bool {
	for _, n := range notes {
		if strings.HasPrefix(path, n.Path) || strings.HasPrefix(n.Path, path) || strings.HasPrefix(declaration.ReplaceAllString(path, ""), n.Path) {
			return true
		}
	}
	return false
}
