package anthropic

import (
	"slices"
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// AppendRequest appends a body of /v1/messages or, for ir.CountTokens, of
// /v1/messages/count_tokens.
func (Codec) AppendRequest(dst []byte, req *ir.Request, t *ir.Target) ([]byte, error) {
	e := newEncoder(req, t)
	if e.err != nil {
		return dst, e.err
	}
	e.dst = slices.Grow(dst, len(req.Raw)+len(req.Raw)/8+1024)
	e.dst = append(e.dst, `{"model":`...)
	e.dst = ir.AppendQuoted(e.dst, t.Model)
	if req.Op != ir.CountTokens {
		e.limits()
	}
	e.thinking()
	e.tools()
	e.system()
	e.messages()
	e.rest()
	e.dst = append(e.dst, '}')
	if e.err != nil {
		return dst, e.err
	}
	return e.dst, nil
}

// encoder writes one request.
type encoder struct {
	dst    []byte
	req    *ir.Request // normalised; the caller's is not changed
	t      *ir.Target
	native bool // the client speaks this dialect too
	err    error

	sent     []*ir.Tool // the tools that are offered
	choice   ir.ToolChoice
	asJSON   bool    // structured output by a forced tool
	jsonText ir.Text // … or by a sentence in the system prompt
	plan     plan
	marks    marks
	prefill  *ir.Part // the text that the model shall continue
	role     ir.Role  // of the open message
	renamed  []renaming
}

// newEncoder prepares everything that must be known before the first byte.
func newEncoder(req *ir.Request, t *ir.Target) *encoder {
	own := req.Copy()
	ir.Normalize(own, t)
	e := &encoder{req: own, t: t, native: req.Dialect == ir.Anthropic}
	if t.Names == nil {
		target := *t
		target.Names = ir.NewNames(own.Tools, ir.NameRule{Max: maxName})
		e.t = &target
	}
	e.leadingSystem()
	e.refuse()
	e.chooseTools()
	e.chooseFormat()
	e.planThinking()
	e.countMarks()
	return e
}

// lose reports a loss; the first that is refused ends the encoding.
func (e *encoder) lose(class ir.Class, code, path, detail string) {
	if err := e.t.Lose(class, code, path, detail); err != nil && e.err == nil {
		e.err = err
	}
}

// drop reports a member that is not sent.
func (e *encoder) drop(field ir.FieldID) {
	e.lose(field.Class(), ir.CodeDrop, e.req.Path(field), "")
}

// leadingSystem moves system turns before the conversation's first turn to
// the system prompt.
func (e *encoder) leadingSystem() {
	req := e.req
	n := 0
	for n < len(req.Turns) && req.Turns[n].Role == ir.RoleSystem || n < len(req.Turns) && req.Turns[n].Role == ir.RoleDeveloper {
		n++
	}
	if n == 0 {
		return
	}
	system := slices.Clone(req.System)
	for _, turn := range req.Turns[:n] {
		for _, p := range turn.Parts {
			if p.Kind == ir.PartText {
				p.Role = turn.Role
				system = append(system, p)
			}
		}
	}
	req.System, req.Turns = system, req.Turns[n:]
}

// limits writes how much and how the model samples.
func (e *encoder) limits() {
	s := &e.req.Sampling
	e.dst = append(e.dst, `,"max_tokens":`...)
	e.dst = strconv.AppendInt(e.dst, int64(e.plan.max), 10)
	if e.req.Stream {
		e.dst = append(e.dst, `,"stream":true`...)
	}
	e.sampling()
	e.stops(s.Stop)
}

// sampling writes temperature, top_p and top_k as far as the model takes them:
// none on the newest, hardly any while it thinks, never temperature and top_p
// together.
func (e *encoder) sampling() {
	s, caps := &e.req.Sampling, &e.t.Caps
	if caps.NoSampling {
		e.dropSampling()
		return
	}
	temp, topP := s.Temperature, s.TopP
	if temp.Set && (temp.V > 1 || temp.V < 0) {
		temp.V = min(max(temp.V, 0), 1)
		e.lose(ir.Semantic, ir.CodeClamp, e.req.Path(ir.FieldTemperature), strconv.FormatFloat(temp.V, 'g', -1, 64))
	}
	if temp.Set && e.plan.on() && temp.V != 1 {
		e.drop(ir.FieldTemperature)
		temp.Set = false
	}
	if topP.Set && (e.plan.on() && topP.V < 0.95 || temp.Set && caps.OneOfTempTopP) {
		e.drop(ir.FieldTopP)
		topP.Set = false
	}
	e.number("temperature", temp)
	e.number("top_p", topP)
	if s.TopK.Set && e.plan.on() {
		e.drop(ir.FieldTopK)
	} else {
		e.number("top_k", s.TopK)
	}
}

// dropSampling leaves out everything for models that choose how to draw. That
// is told even of top_k, which is only a hint where it is lost alone.
func (e *encoder) dropSampling() {
	s := &e.req.Sampling
	for _, f := range [...]struct {
		set   bool
		field ir.FieldID
	}{{s.Temperature.Set, ir.FieldTemperature}, {s.TopP.Set, ir.FieldTopP}, {s.TopK.Set, ir.FieldTopK}} {
		if f.set {
			e.lose(ir.Semantic, ir.CodeDrop, e.req.Path(f.field), "")
		}
	}
}

func (e *encoder) number(name string, v ir.Opt[float64]) {
	if v.Set {
		e.name(name)
		e.dst = strconv.AppendFloat(e.dst, v.V, 'g', -1, 64)
	}
}

// stops writes the stop sequences; the API refuses those of white space only.
func (e *encoder) stops(list []ir.Text) {
	n, limit := 0, e.t.Caps.StopMax
	for _, s := range list {
		if s.Blank() {
			e.drop(ir.FieldStop)
			continue
		}
		if limit > 0 && n == limit {
			e.lose(ir.Semantic, ir.CodeTruncate, e.req.Path(ir.FieldStop), strconv.Itoa(limit))
			break
		}
		if n++; n == 1 {
			e.name("stop_sequences")
			e.dst = append(e.dst, '[')
		} else {
			e.dst = append(e.dst, ',')
		}
		e.dst = s.AppendJSON(e.dst)
	}
	if n > 0 {
		e.dst = append(e.dst, ']')
	}
}

// name begins a member of the body.
func (e *encoder) name(name string) {
	e.dst = append(append(append(e.dst, `,"`...), name...), `":`...)
}

// raw appends a value that is moved as it came.
func (e *encoder) raw(value []byte) { e.dst = jsonx.AppendLine(e.dst, value) }

func (e *encoder) fields(list []ir.Field) {
	for i := range list {
		e.dst = append(e.dst, ',')
		e.dst = ir.AppendQuoted(e.dst, list[i].Name)
		e.dst = append(e.dst, ':')
		e.raw(list[i].Raw)
	}
}

func (e *encoder) text(t ir.Text) { e.dst = t.AppendJSON(e.dst) }
