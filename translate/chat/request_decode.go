package chat

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// decoder reads one request by one walk over its body.
type decoder struct {
	r    jsonx.Reader
	body []byte
	req  *ir.Request
	mem  *ir.Arena

	// Where the walk is, for errors: the top level's member, the message, its
	// member and the position in its content.
	field    string
	msg      int
	member   string
	part     int
	err      *ir.Error // the first error that the reader does not know of
	reason   reasoning
	limits   limits
	formats  int // how many members have set the answer's format
	calls    []callRef
	results  []ir.Part // of consecutive tool messages
	resultAt int
	scratch  []ir.Part // of the message being read
	made     []ir.Part // its calls
	started  bool      // a message that is not a system message was read
}

// limits are the two names of the most tokens; the newer one wins.
type limits struct{ old, new ir.Opt[int] }

// callRef is a call of the latest assistant message that made any, for tool
// messages that do not name the call they answer.
type callRef struct {
	id, name string
	answered bool
}

// DecodeRequest reads a Chat Completions request, with the extensions that
// other servers' clients send.
func (Codec) DecodeRequest(body []byte, env *ir.Envelope) (*ir.Request, error) {
	var d decoder
	d.begin(body, env)
	if env != nil {
		d.r.Recall(&env.Outline)
	}
	if d.r.Kind() == jsonx.Null {
		d.r.Fail("expected object, found null")
	}
	d.r.Object()
	for d.r.Member() {
		d.field = d.r.Key()
		d.top(d.field)
	}
	if err := d.r.End(); err != nil {
		return nil, d.explain(err)
	}
	d.flushResults()
	d.finish(env)
	d.mem.Scratch = [...][]ir.Part{d.scratch, d.results, d.made}
	if d.err != nil {
		return nil, d.err
	}
	return d.req, nil
}

// begin makes ready to read the body.
func (d *decoder) begin(body []byte, env *ir.Envelope) {
	d.body, d.part, d.mem = body, -1, env.Memory(body)
	d.req = d.mem.Request()
	d.req.Op, d.req.Dialect, d.req.Raw = ir.Generate, ir.Chat, body
	d.scratch, d.results, d.made = d.mem.Scratch[0][:0], d.mem.Scratch[1][:0], d.mem.Scratch[2][:0]
	d.r.Reset(body)
}

// finish settles what only the whole body tells.
func (d *decoder) finish(env *ir.Envelope) {
	req := d.req
	if env != nil && env.Model != "" {
		req.Model = env.Model
	}
	req.Sampling.MaxOutput = d.limits.old
	if d.limits.new.Set {
		req.Sampling.MaxOutput = d.limits.new
	}
	req.Reasoning = d.reason.settle()
	switch {
	case d.err != nil:
	case req.Model == "":
		d.err = ir.Invalid("model", "model is required")
	case len(req.Turns) == 0 && len(req.System) == 0:
		d.err = ir.Invalid("messages", "messages: at least one message is required")
	case d.formats > 1:
		d.err = ir.Invalid("response_format", "only one of response_format, guided_json, guided_choice, guided_regex, guided_grammar and structured_outputs may be set")
	}
}

// explain turns a reader's error into one that names the place: a body that is
// no JSON by the offset alone, a wrong shape also by its path.
func (d *decoder) explain(err error) *ir.Error {
	if !jsonx.Valid(d.body) {
		return unparsable(err)
	}
	path := d.path()
	if path == "" {
		return ir.Invalid("", "%s", err.Error())
	}
	return ir.Invalid(path, "%s: %s", path, err.Error())
}

func (d *decoder) path() string {
	if d.field != "messages" || d.msg < 0 {
		return d.field
	}
	p := "messages[" + strconv.Itoa(d.msg) + "]"
	if d.member == "" {
		return p
	}
	p += "." + d.member
	if d.part >= 0 {
		p += "[" + strconv.Itoa(d.part) + "]"
	}
	return p
}

// refuse records an error of meaning at the current place.
func (d *decoder) refuse(format string, args ...any) {
	if d.err == nil {
		path := d.path()
		d.err = ir.Invalid(path, path+": "+format, args...)
	}
}

// top reads a member of the top level.
func (d *decoder) top(key string) {
	req, r := d.req, &d.r
	switch key {
	case "messages":
		d.messages()
	case "model":
		req.Model = r.String()
	case "tools":
		d.tools()
	case "tool_choice":
		d.toolChoice()
	case "functions":
		d.functions()
	case "function_call":
		d.functionChoice()
	case "stream":
		req.Stream = r.Bool()
	case "stream_options":
		d.streamOptions()
	case "parallel_tool_calls":
		req.Parallel = r.OptBool()
	case "extra_body":
		// Clients that send it literally mean its members.
		for in := r.Object(); in && r.Member(); {
			d.top(r.Key())
		}
	default:
		if !d.sampling(key) && !d.options(key) {
			d.extension(key)
		}
	}
}

func (d *decoder) extension(key string) {
	if d.r.Null() {
		return
	}
	d.req.Ext = d.mem.AddField(d.req.Ext, key, d.r.Raw())
}

func (d *decoder) streamOptions() {
	o, r := &d.req.StreamOpts, &d.r
	if !r.Object() {
		return
	}
	for r.Member() {
		switch r.Key() {
		case "include_usage":
			o.Usage = r.OptBool()
		case "include_obfuscation":
			o.Obfuscation = r.OptBool()
		}
	}
}

// sampling reads the members that say how tokens are drawn.
func (d *decoder) sampling(key string) bool {
	s, r := &d.req.Sampling, &d.r
	switch key {
	case "max_completion_tokens":
		d.limits.new = r.OptInt()
	case "max_tokens":
		d.limits.old = r.OptInt()
	case "temperature":
		s.Temperature = r.OptFloat()
	case "top_p":
		s.TopP = r.OptFloat()
	case "top_k":
		s.TopK = r.OptFloat()
	case "frequency_penalty":
		s.FreqPenalty = r.OptFloat()
	case "presence_penalty":
		s.PresPenalty = r.OptFloat()
	case "seed":
		s.Seed = r.OptInt64()
	case "logit_bias":
		s.LogitBias = r.RawIfAny()
	case "stop":
		d.stop()
	case "n":
		s.N = r.OptInt()
	case "logprobs":
		s.Logprobs = r.OptBool()
	case "top_logprobs":
		s.TopLogprobs = r.OptInt()
	default:
		return false
	}
	return true
}

func (d *decoder) stop() {
	r := &d.r
	if r.Kind() == jsonx.String {
		if text := r.Text(); text != "" {
			d.req.Sampling.Stop = []ir.Text{text}
		}
		return
	}
	if !r.Array() {
		return
	}
	for r.Element() {
		if text := r.Text(); text != "" {
			d.req.Sampling.Stop = append(d.req.Sampling.Stop, text)
		}
	}
}
