package handlers

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// created dates models whose age is not known: clients want a date.
const created = "2025-01-01T00:00:00Z"

// modelShapes write one model as a dialect's clients expect it.
var modelShapes = map[ir.Dialect]func(dst []byte, m listed) []byte{
	ir.Chat: openAIModel, ir.Responses: openAIModel, ir.Anthropic: anthropicModel, ir.Gemini: geminiModel,
}

// listShapes write a page of models. more tells that there are others behind.
var listShapes = map[ir.Dialect]func(page []listed, more bool) []byte{
	ir.Chat: openAIList, ir.Responses: openAIList, ir.Anthropic: anthropicList, ir.Gemini: geminiList,
}

func openAIModel(dst []byte, m listed) []byte {
	dst = ir.AppendQuoted(append(dst, `{"id":`...), m.name)
	dst = append(dst, `,"object":"model","created":1735689600,"owned_by":`...)
	return append(ir.AppendQuoted(dst, m.family), '}')
}

func openAIList(page []listed, _ bool) []byte {
	return append(join([]byte(`{"object":"list","data":[`), page, openAIModel), "]}"...)
}

func anthropicModel(dst []byte, m listed) []byte {
	dst = ir.AppendQuoted(append(dst, `{"type":"model","id":`...), m.name)
	dst = ir.AppendQuoted(append(dst, `,"display_name":`...), m.name)
	return append(dst, `,"created_at":"`+created+`"}`...)
}

func anthropicList(page []listed, more bool) []byte {
	dst := append(join([]byte(`{"data":[`), page, anthropicModel), `],"has_more":`...)
	if more {
		dst = append(dst, "true"...)
	} else {
		dst = append(dst, "false"...)
	}
	if len(page) == 0 {
		return append(dst, `,"first_id":null,"last_id":null}`...)
	}
	dst = ir.AppendQuoted(append(dst, `,"first_id":`...), page[0].name)
	dst = ir.AppendQuoted(append(dst, `,"last_id":`...), page[len(page)-1].name)
	return append(dst, '}')
}

func geminiModel(dst []byte, m listed) []byte {
	name := strings.TrimPrefix(m.name, "models/")
	known, _ := describe(name)
	dst = ir.AppendQuoted(append(dst, `{"name":`...), "models/"+name)
	dst = ir.AppendQuoted(append(dst, `,"version":"001","displayName":`...), cmp.Or(known.display, name))
	if known.input > 0 {
		dst = strconv.AppendInt(append(dst, `,"inputTokenLimit":`...), int64(known.input), 10)
		dst = strconv.AppendInt(append(dst, `,"outputTokenLimit":`...), int64(known.output), 10)
	}
	return append(dst, `,"supportedGenerationMethods":["generateContent","streamGenerateContent","countTokens"]}`...)
}

func geminiList(page []listed, more bool) []byte {
	dst := append(join([]byte(`{"models":[`), page, geminiModel), ']')
	if more {
		dst = ir.AppendQuoted(append(dst, `,"nextPageToken":`...), page[len(page)-1].name)
	}
	return append(dst, '}')
}

func join(dst []byte, page []listed, one func([]byte, listed) []byte) []byte {
	for i, m := range page {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(dst, m)
	}
	return dst
}
