package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// appendServer appends what an upstream has run for itself: Google's own as it
// was, and code that another vendor ran in Google's words. For the rest clients
// have no form.
func appendServer(dst []byte, p *ir.Part) []byte {
	s := p.Server
	switch {
	case s == nil:
		return dst
	case s.Dialect == ir.Gemini:
		dst = appendLine(appendKey(append(dst, '{'), serverKey(p.Kind, s)), s.Raw)
		return append(append(dst, signature(p.Sig)...), '}')
	case s.Tool != "code_execution":
		return dst
	case p.Kind == ir.PartServerCall:
		dst = appendString(append(dst, `{"executableCode":{`...), "language", "PYTHON")
		return append(appendText(dst, "code", codeOf(s)), "}}"...)
	default:
		output, failed := ranOf(s)
		outcome := "OUTCOME_OK"
		if failed {
			outcome = "OUTCOME_FAILED"
		}
		dst = appendString(append(dst, `{"codeExecutionResult":{`...), "outcome", outcome)
		return append(appendText(dst, "output", output), "}}"...)
	}
}

// codeOf returns the code that was run.
func codeOf(s *ir.ServerItem) (code ir.Text) {
	var r jsonx.Reader
	r.Reset(s.Args.Bytes())
	for in := r.Kind() == jsonx.Object && r.Object(); in && r.Member(); {
		if r.Key() == "code" && r.Kind() == jsonx.String {
			code = r.Text().Clone()
		} else {
			r.Skip()
		}
	}
	return code
}

// ranOf tells what code has written that Anthropic ran, and whether it failed:
// it returned anything but 0, or could not be run.
func ranOf(s *ir.ServerItem) (output ir.Text, failed bool) {
	var r jsonx.Reader
	r.Reset(s.Raw)
	for in := r.Kind() == jsonx.Object && r.Object(); in && r.Member(); {
		if r.Key() != "content" || r.Kind() != jsonx.Object {
			r.Skip()
			continue
		}
		for in := r.Object(); in && r.Member(); {
			switch key, kind := r.Key(), r.Kind(); {
			case (key == "stdout" || key == "stderr") && kind == jsonx.String:
				output += r.Text()
			case key == "return_code" && kind == jsonx.Number:
				failed = string(r.Raw()) != "0" || failed
			case key == "type" && kind == jsonx.String:
				failed = strings.HasSuffix(r.String(), "_error") || failed
			default:
				r.Skip()
			}
		}
	}
	return output, failed
}
