package simulator

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// content is one content with its place.
type content struct {
	gjson.Result
	role  string // user or model
	parts []gjson.Result
	at    *path
}

// contentsOf are the contents of a request; a single one may stand without a list.
func contentsOf(b gjson.Result) []content {
	say := gemini{}
	list := say.of(b, "contents")
	values, base := list.Array(), at("contents")
	if list.IsObject() {
		values = []gjson.Result{list}
	}
	var all []content
	for i, v := range values {
		role := say.of(v, "role").String()
		if role == "" || role == "function" {
			role = "user"
		}
		all = append(all, content{v, role, say.of(v, "parts").Array(), base.index(i)})
	}
	return all
}

// with are the parts that hold a member.
func (c content) with(name string) []gjson.Result {
	var found []gjson.Result
	for _, p := range c.parts {
		if v := (gemini{}).of(p, name); v.Exists() {
			found = append(found, v)
		}
	}
	return found
}

// checkContents checks the parts, and what the contents are to each other.
func (s *Simulator) checkContents(model string, b gjson.Result) *apiError {
	return s.checkContentsSigned(model, b, s.checkThoughtSignature)
}

// signatureCheck tells whether a part's signature is good.
type signatureCheck func(signature string, p gjson.Result, place *path) *apiError

func (s *Simulator) checkContentsSigned(model string, b gjson.Result, signed signatureCheck) *apiError {
	contents := contentsOf(b)
	if len(contents) == 0 {
		return gemini{}.wrong(at("contents"), "contents is not specified")
	}
	for _, c := range contents {
		if c.role != "user" && c.role != "model" {
			return invalid("Please use a valid role: user, model.")
		}
		if len(c.parts) == 0 {
			return gemini{}.wrong(c.at.field("parts"), "contents.parts must not be empty.")
		}
		for j, p := range c.parts {
			if err := checkGeminiPart(c, p, c.at.field("parts").index(j), signed); err != nil {
				return err
			}
		}
	}
	if err := checkFunctionTurns(model, contents); err != nil {
		return err
	}
	last := contents[len(contents)-1]
	if version := geminiVersion(model); version >= 306 && last.role == "model" {
		return invalid("Requests ending with a model turn are not supported")
	}
	if geminiVersion(model) >= 300 {
		return checkLoopSigned(contents)
	}
	return nil
}

func checkGeminiPart(c content, p gjson.Result, place *path, signed signatureCheck) *apiError {
	say := gemini{}
	var set []string
	p.ForEach(func(k, v gjson.Result) bool {
		if name := say.alias(k.String()); geminiData[name] != nil && v.Type != gjson.Null {
			set = append(set, name)
		}
		return true
	})
	switch {
	case len(set) == 0 && !say.of(p, "thoughtSignature").Exists():
		return say.wrong(place.field("data"), "required oneof field 'data' must have one initialized field")
	case len(set) > 1:
		return invalid("Invalid value at '%s' (oneof), oneof field 'data' is already set. Cannot set '%s'", say.name(place), set[1])
	case slices.Contains(set, "functionCall") && c.role != "model":
		return invalid("Please ensure that function call parts are only in turns of the role model.")
	case slices.Contains(set, "functionResponse") && c.role != "user":
		return invalid("Please ensure that function response parts are only in turns of the role user.")
	}
	for _, blob := range blobsOf(p) {
		if _, ok := decodeSignature(signedText, blob.Get("data").String()); !ok {
			return invalid("Invalid value at '%s.inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"%s\"", say.name(place), shorten(blob.Get("data").String()))
		}
		if mime := say.of(blob, "mimeType").String(); !geminiMIME(mime) {
			return invalid("Unsupported MIME type: %s", mime)
		}
	}
	if signature := say.of(p, "thoughtSignature"); signature.Exists() {
		return signed(signature.String(), p, place)
	}
	return nil
}

// blobsOf are the data of a part, also those inside of a function's response.
func blobsOf(p gjson.Result) []gjson.Result {
	say := gemini{}
	var all []gjson.Result
	for _, holder := range append([]gjson.Result{p}, say.of(p, "functionResponse", "parts").Array()...) {
		if blob := say.of(holder, "inlineData"); blob.Exists() {
			all = append(all, blob)
		}
	}
	return all
}

func geminiMIME(mime string) bool {
	kind, sub, _ := strings.Cut(mime, "/")
	switch kind {
	case "image":
		return contains([]string{"png", "jpeg", "webp", "heic", "heif", "gif"}, sub)
	case "audio", "video", "text":
		return sub != ""
	}
	return mime == "application/pdf" || mime == "application/json"
}

// skipSignatures are the values that Google takes instead of a signature.
var skipSignatures = []string{
	"skip_thought_signature_validator", "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=", "context_engineering_is_the_way_to_go",
}

func (s *Simulator) checkThoughtSignature(signature string, p gjson.Result, place *path) *apiError {
	say := gemini{}
	if contains(skipSignatures, signature) {
		return nil
	}
	if _, ok := decodeSignature(signedText, signature); !ok {
		return invalid("Invalid value at '%s' (TYPE_BYTES), Base64 decoding failed for \"%s\"", say.name(place.field("thoughtSignature")), shorten(signature))
	}
	f := say.of(p, "functionCall")
	valid := s.signer.valid(signedText, signature, "")
	if f.Exists() {
		valid = s.signer.valid(signedCall, signature, callContent(f.Get("name").String(), argsOf(f)))
	}
	if !valid {
		return invalid("Thought signature is not valid.")
	}
	return nil
}

// argsOf are the arguments of a call as JSON.
func argsOf(f gjson.Result) string {
	if args := (gemini{}).of(f, "args"); args.IsObject() {
		return args.Raw
	}
	return "{}"
}

// checkFunctionTurns checks that calls come right after the user's side, and that the next content answers each of
// them and holds nothing else.
func checkFunctionTurns(model string, contents []content) *apiError {
	contents = modelTurns(contents)
	for i, c := range contents {
		calls, responses := c.with("functionCall"), c.with("functionResponse")
		if len(calls) > 0 {
			if i == 0 || contents[i-1].role != "user" {
				return invalid("Please ensure that function call turn comes immediately after a user turn or after a function response turn.")
			}
			if i+1 == len(contents) || len(contents[i+1].with("functionResponse")) == 0 {
				return invalid("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.")
			}
		}
		if len(responses) == 0 {
			continue
		}
		if len(responses) != len(c.parts) {
			if geminiVersion(model) >= 306 {
				return invalid("Requests ending with a model turn are not supported")
			}
			return invalid("Please ensure that a function response turn holds nothing but function response parts.")
		}
		if i == 0 || len(contents[i-1].with("functionCall")) == 0 {
			return invalid("Please ensure that function response turn comes immediately after a function call turn.")
		}
		if err := checkAnswers(contents[i-1].with("functionCall"), responses); err != nil {
			return err
		}
	}
	return nil
}

// modelTurns puts neighbouring contents of the model together: Google's SDKs keep a streamed answer chunk by chunk in
// the history that they send.
func modelTurns(contents []content) []content {
	var turns []content
	for _, c := range contents {
		if n := len(turns); n > 0 && c.role == "model" && turns[n-1].role == "model" {
			turns[n-1].parts = append(slices.Clone(turns[n-1].parts), c.parts...)
			continue
		}
		turns = append(turns, c)
	}
	return turns
}

// checkAnswers compares the calls of a turn with their responses. A response that is there twice with the same id
// counts once, because Gemini CLI repeats one when it resumes a session.
func checkAnswers(calls, responses []gjson.Result) *apiError {
	distinct := map[string]bool{}
	var names, ids []string
	for _, r := range responses {
		id := r.Get("id").String()
		if id != "" && distinct[id] {
			continue
		}
		distinct[id] = true
		names, ids = append(names, r.Get("name").String()), append(ids, id)
	}
	if len(names) != len(calls) {
		return invalid("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.")
	}
	var called []string
	for _, c := range calls {
		called = append(called, c.Get("name").String())
		if id := c.Get("id").String(); id != "" && !contains(ids, id) && !contains(ids, "") {
			return invalid("Please ensure that the id of each function response is the id of a function call: '%s' has no response.", id)
		}
	}
	slices.Sort(names)
	slices.Sort(called)
	if !slices.Equal(names, called) {
		return invalid("Please ensure that the names of the function responses are the names of the function calls of the function call turn.")
	}
	return nil
}

// checkLoopSigned checks that the first call of every model turn of the current tool loop is signed, as Gemini 3 wants.
func checkLoopSigned(contents []content) *apiError {
	say := gemini{}
	start := 0
	for i, c := range contents {
		if c.role == "user" && len(c.with("functionResponse")) == 0 && !followsResponses(contents, i) {
			start = i
		}
	}
	for i := start; i < len(contents); i++ {
		for j, p := range contents[i].parts {
			f := say.of(p, "functionCall")
			if !f.Exists() {
				continue
			}
			if !say.of(p, "thoughtSignature").Exists() {
				return invalid("Function call is missing a thought_signature in functionCall parts. This is required for tools to work "+
					"correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call "+
					"`default_api:%s` , position %d. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.",
					f.Get("name").String(), j+1)
			}
			break
		}
	}
	return nil
}

// followsResponses tells whether a content of the user stands right after responses, as what a client says beside them.
func followsResponses(contents []content, i int) bool {
	return i > 0 && len(contents[i-1].with("functionResponse")) > 0
}
