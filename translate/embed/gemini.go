package embed

import (
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
	"github.com/caddy-ai-gateway/ai-gateway/translate/jsonx"
)

// decodeGemini reads the body of embedContent or of batchEmbedContents.
func decodeGemini(body []byte, single bool) (*request, error) {
	var r jsonx.Reader
	r.Reset(body)
	req := &request{}
	if single {
		req.readContent(&r, "")
	} else {
		for open := r.Object(); open && r.Member(); {
			if fold(r.Key()) != "requests" {
				req.lose(r.Key())
				continue
			}
			for open := r.Array(); open && r.Element(); {
				req.readContent(&r, "requests["+strconv.Itoa(len(req.inputs))+"].")
			}
		}
	}
	if err := r.End(); err != nil {
		return nil, unparsable(err)
	}
	if len(req.inputs) == 0 {
		return nil, ir.Invalid("requests", "requests is not specified")
	}
	for i := range req.inputs {
		if in := &req.inputs[i]; in.text == "" && !in.media {
			return nil, ir.Invalid(in.at, "contents is not specified")
		}
	}
	return req, nil
}

// fold makes one name of the spellings that protobuf's JSON accepts:
// outputDimensionality and output_dimensionality.
func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// readContent reads one EmbedContentRequest.
func (q *request) readContent(r *jsonx.Reader, at string) {
	in := input{at: at + "content"}
	for open := r.Object(); open && r.Member(); {
		switch fold(r.Key()) {
		case "model":
			r.Skip()
		case "content":
			in.readParts(r)
		case "embedcontentconfig":
			config := at + r.Key() + "."
			for open := r.Object(); open && r.Member(); {
				q.readSetting(r, &in, config)
			}
		default:
			q.readSetting(r, &in, at)
		}
	}
	q.inputs = append(q.inputs, in)
}

// readSetting reads what stands beside the content: the size of the vector, and
// what OpenAI has no word for, such as the kind of task.
func (q *request) readSetting(r *jsonx.Reader, in *input, at string) {
	switch {
	case r.Null():
	case fold(r.Key()) == "outputdimensionality":
		in.size = ir.Some(int(r.Int()))
	default:
		q.lose(at + r.Key())
		switch fold(r.Key()) {
		case "tasktype":
			in.task = r.TextIfAny()
		case "title":
			in.title = r.TextIfAny()
		default:
			r.Skip()
		}
	}
}

// readParts joins the texts of a content by line breaks.
func (in *input) readParts(r *jsonx.Reader) {
	for open := r.Object(); open && r.Member(); {
		if r.Key() != "parts" {
			continue
		}
		for open := r.Array(); open && r.Element(); {
			text, found := ir.Text(""), false
			for open := r.Object(); open && r.Member(); {
				if r.Key() == "text" {
					text, found = r.Text(), true
				}
			}
			switch {
			case !found:
				in.media = true
			case in.text == "":
				in.text = text
			default:
				in.text += `\n` + text // ir.Text is still escaped
			}
		}
	}
}

// encodeGemini writes the body of embedContent for one text, else that of
// batchEmbedContents.
func encodeGemini(inputs []input, model string) Batch {
	if !strings.HasPrefix(model, "tunedModels/") {
		model = "models/" + strings.TrimPrefix(model, "models/")
	}
	if len(inputs) == 1 {
		return Batch{Action: "embedContent", Body: appendContent(nil, &inputs[0], model), size: 1}
	}
	dst := []byte(`{"requests":[`)
	for i := range inputs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendContent(dst, &inputs[i], model)
	}
	return Batch{Action: "batchEmbedContents", Body: append(dst, "]}"...), size: len(inputs)}
}

func appendContent(dst []byte, in *input, model string) []byte {
	dst = ir.AppendQuoted(append(dst, `{"model":`...), model)
	dst = append(dst, `,"content":{"parts":[{"text":`...)
	dst = in.text.AppendJSON(dst)
	dst = append(dst, `}]}`...)
	if in.size.Set {
		dst = append(dst, `,"outputDimensionality":`...)
		dst = strconv.AppendInt(dst, int64(in.size.V), 10)
	}
	return append(dst, '}')
}

// takeGemini reads the answer of embedContent or of batchEmbedContents.
func takeGemini(body []byte) (vectors [][]byte, tokens int64, err error) {
	var r jsonx.Reader
	r.Reset(body)
	tokens = -1
	for open := r.Object(); open && r.Member(); {
		switch r.Key() {
		case "embedding":
			vectors = append(vectors, readValues(&r))
		case "embeddings":
			for open := r.Array(); open && r.Element(); {
				vectors = append(vectors, readValues(&r))
			}
		case "usageMetadata": // newer models tell it
			for open := r.Object(); open && r.Member(); {
				if r.Key() == "promptTokenCount" {
					tokens = r.Int()
				}
			}
		}
	}
	return vectors, tokens, r.End()
}

func readValues(r *jsonx.Reader) (values []byte) {
	for open := r.Object(); open && r.Member(); {
		if r.Key() == "values" {
			values = r.Raw()
		}
	}
	return values
}

// appendGemini writes the answer of embedContent, or of batchEmbedContents.
func appendGemini(dst []byte, vectors [][]byte, single bool) ([]byte, error) {
	if single {
		dst = append(dst, `{"embedding":`...)
	} else {
		dst = append(dst, `{"embeddings":[`...)
	}
	for i, v := range vectors {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = appendVector(append(dst, `{"values":`...), v, false); err != nil {
			return nil, err
		}
		dst = append(dst, '}')
	}
	if !single {
		dst = append(dst, ']')
	}
	return append(dst, '}'), nil
}
