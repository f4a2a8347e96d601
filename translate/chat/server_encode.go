package chat

import (
	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// codeFlattened is noted when a call that a server ran itself is told in words.
const codeFlattened = "server_tool.flattened"

// askedBy are the arguments that say in short what a server tool was asked.
var askedBy = [...]string{"query", "url", "code", "command", "queries.0"}

// appendServerItem appends a call that an upstream ran itself, or its result,
// as the inside of a JSON string: the tool with its question, or the titles
// and addresses that it found.
func appendServerItem(dst []byte, s *ir.ServerItem) []byte {
	if len(s.Parts) == 0 && !s.Args.Empty() {
		args := s.Args.Bytes()
		asked := string(args)
		for _, path := range askedBy {
			if v := gjson.GetBytes(args, path); v.Type == gjson.String {
				asked = v.Str
				break
			}
		}
		dst = ir.AppendEscaped(append(dst, '['), []byte(s.Tool))
		dst = append(dst, ": "...)
		return append(ir.AppendEscaped(dst, []byte(asked)), ']')
	}
	dst = append(ir.AppendEscaped(append(dst, '['), []byte(s.Tool)), ']')
	for i := range s.Parts {
		if p := &s.Parts[i]; isText(p) {
			dst = appendAsText(append(dst, `\n`...), p)
		}
	}
	if len(s.Parts) == 0 {
		dst = appendFindings(dst, s.Raw)
	}
	return dst
}

// appendFindings appends the titles and addresses of a result that only its
// vendor's form holds.
func appendFindings(dst, raw []byte) []byte {
	list := gjson.GetBytes(raw, "content")
	if !list.IsArray() {
		list = gjson.GetBytes(raw, "action.sources")
	}
	list.ForEach(func(_, v gjson.Result) bool {
		title, url := v.Get("title").String(), v.Get("url").String()
		if title != "" || url != "" {
			dst = append(dst, `\n`...)
			dst = ir.AppendEscaped(dst, []byte(title+" "+url))
		}
		return true
	})
	return dst
}
