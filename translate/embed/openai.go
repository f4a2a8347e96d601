package embed

import (
	"strconv"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// decodeOpenAI reads the body of /v1/embeddings.
func decodeOpenAI(body []byte, _ bool) (*request, error) {
	var r jsonx.Reader
	r.Reset(body)
	req := &request{}
	var size ir.Opt[int]
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "model":
			r.Skip()
		case "input":
			req.readInput(&r)
		case "dimensions":
			if !r.Null() {
				size = ir.Some(int(r.Int()))
			}
		case "encoding_format":
			r.Skip() // matters for the answer alone
		default:
			req.lose(r.Key())
			r.Skip()
		}
	}
	if err := r.End(); err != nil {
		return nil, unparsable(err)
	}
	if len(req.inputs) == 0 {
		return nil, ir.Invalid("input", "Missing required parameter: 'input'.")
	}
	for i := range req.inputs {
		req.inputs[i].size = size
	}
	return req, nil
}

// lose notes a member that the other dialect has no place for.
func (q *request) lose(at string) { q.losses = append(q.losses, at) }

// readInput reads a text, a list of texts, a list of token numbers, or a list
// of such lists.
func (q *request) readInput(r *jsonx.Reader) {
	if r.Kind() == jsonx.String {
		q.inputs = append(q.inputs, input{text: r.Text(), at: "input"})
		return
	}
	for open := r.Array(); open && r.Element(); {
		in := input{at: "input[" + strconv.Itoa(len(q.inputs)) + "]"}
		switch r.Kind() {
		case jsonx.Number: // the whole list is one input
			if len(q.inputs) == 0 {
				q.inputs = append(q.inputs, input{tokens: true, at: "input"})
			}
			r.Skip()
			continue
		case jsonx.Array:
			in.tokens = true
			r.Skip()
		default:
			in.text = r.Text()
		}
		q.inputs = append(q.inputs, in)
	}
}

// encodeOpenAI writes the body of /v1/embeddings. Numbers are what OpenAI
// answers with unless asked otherwise.
func encodeOpenAI(inputs []input, model string, single bool) Batch {
	dst := ir.AppendQuoted([]byte(`{"model":`), model)
	dst = append(dst, `,"input":`...)
	if single {
		dst = inputs[0].text.AppendJSON(dst)
	} else {
		dst = append(dst, '[')
		for i := range inputs {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = inputs[i].text.AppendJSON(dst)
		}
		dst = append(dst, ']')
	}
	if size := inputs[0].size; size.Set {
		dst = append(dst, `,"dimensions":`...)
		dst = strconv.AppendInt(dst, int64(size.V), 10)
	}
	return Batch{Body: append(dst, '}'), size: len(inputs)}
}

// takeOpenAI reads the answer of /v1/embeddings, whose vectors may stand in any
// order.
func takeOpenAI(body []byte, n int) (vectors [][]byte, tokens int64, err error) {
	var r jsonx.Reader
	r.Reset(body)
	vectors, tokens = make([][]byte, n), -1
	found := 0
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "data":
			for open := r.Array(); open && r.Element(); {
				index, value := readDatum(&r, found)
				if index >= 0 && index < n {
					vectors[index] = value
				}
				found++
			}
		case "usage":
			for open := r.Object(); open && r.Member(); {
				if r.Key() == "prompt_tokens" {
					tokens = r.Int()
				}
			}
		}
	}
	return vectors, tokens, r.End()
}

// readDatum reads one element of data. One without an index stands at its
// place.
func readDatum(r *jsonx.Reader, place int) (index int, value []byte) {
	index = place
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "index":
			index = int(r.Int())
		case "embedding":
			value = r.Raw()
		}
	}
	return index, value
}

// appendOpenAI writes the answer of /v1/embeddings.
func appendOpenAI(dst []byte, vectors [][]byte, base64 bool, model string, tokens int64) ([]byte, error) {
	dst = append(dst, `{"object":"list","data":[`...)
	for i, v := range vectors {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"object":"embedding","index":`...)
		dst = strconv.AppendInt(dst, int64(i), 10)
		dst = append(dst, `,"embedding":`...)
		var err error
		if dst, err = appendVector(dst, v, base64); err != nil {
			return nil, err
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `],"model":`...)
	dst = ir.AppendQuoted(dst, model)
	dst = append(dst, `,"usage":{"prompt_tokens":`...)
	dst = strconv.AppendInt(dst, tokens, 10)
	dst = append(dst, `,"total_tokens":`...)
	dst = strconv.AppendInt(dst, tokens, 10)
	return append(dst, "}}"...), nil
}

func unparsable(err error) *ir.Error {
	return ir.Invalid("", "Failed to parse request body: %s", err.Error())
}
