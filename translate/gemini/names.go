package gemini

import (
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// stopReasons maps finishReason; what is not listed is other.
var stopReasons = map[string]ir.StopReason{
	"STOP":                     ir.StopEnd,
	"MAX_TOKENS":               ir.StopLength,
	"SAFETY":                   ir.StopContentFilter,
	"BLOCKLIST":                ir.StopContentFilter,
	"PROHIBITED_CONTENT":       ir.StopContentFilter,
	"SPII":                     ir.StopContentFilter,
	"IMAGE_SAFETY":             ir.StopContentFilter,
	"IMAGE_PROHIBITED_CONTENT": ir.StopContentFilter,
	"LANGUAGE":                 ir.StopContentFilter,
	"NO_IMAGE":                 ir.StopContentFilter,
	"IMAGE_OTHER":              ir.StopContentFilter,
	"RECITATION":               ir.StopRecitation,
	"IMAGE_RECITATION":         ir.StopRecitation,
	"CONTINUATION":             ir.StopPause,
	"MALFORMED_FUNCTION_CALL":  ir.StopMalformedToolCall,
	"UNEXPECTED_TOOL_CALL":     ir.StopMalformedToolCall,
	"TOO_MANY_TOOL_CALLS":      ir.StopMalformedToolCall,
}

// finishReasons is the way back; what is not listed is OTHER.
var finishReasons = map[ir.StopReason]string{
	ir.StopEnd:               "STOP",
	ir.StopSequence:          "STOP",
	ir.StopToolUse:           "STOP",
	ir.StopPause:             "STOP",
	ir.StopLength:            "MAX_TOKENS",
	ir.StopContextWindow:     "MAX_TOKENS",
	ir.StopContentFilter:     "SAFETY",
	ir.StopRefusal:           "SAFETY",
	ir.StopRecitation:        "RECITATION",
	ir.StopMalformedToolCall: "MALFORMED_FUNCTION_CALL",
}

// stopReason reads a finishReason. A STOP after a function call of any chunk
// means that the client must run it.
func stopReason(finish string, called bool) ir.StopReason {
	reason, ok := stopReasons[finish]
	if !ok {
		reason, ok = stopReasons[strings.ToUpper(finish)]
	}
	switch {
	case called && (reason == ir.StopEnd || strings.EqualFold(finish, "OTHER")): // Claude behind Antigravity says the latter
		return ir.StopToolUse
	case !ok:
		return ir.StopOther
	}
	return reason
}

func finishReason(reason ir.StopReason) string {
	if s, ok := finishReasons[reason]; ok {
		return s
	}
	return "OTHER"
}

// serverTools maps the keys of tool objects that are no function declarations
// to the kinds of tools that dialects share. Keys that are not listed stay
// Google's own.
var serverTools = map[string]string{
	"googleSearch":          "web_search",
	"googleSearchRetrieval": "web_search",
	"enterpriseWebSearch":   "web_search",
	"urlContext":            "web_fetch",
	"codeExecution":         "code_execution",
	"googleMaps":            "google_maps",
	"fileSearch":            "file_search",
	"retrieval":             "retrieval",
	"computerUse":           "computer",
	"mcpServers":            "mcp",
}

// serverKeys is the way back for clients of other dialects.
var serverKeys = map[string]string{
	"web_search":     "googleSearch",
	"web_fetch":      "urlContext",
	"code_execution": "codeExecution",
	"google_maps":    "googleMaps",
}

// serverCalls maps the toolType of a toolCall or toolResponse part.
var serverCalls = map[string]string{
	"GOOGLE_SEARCH_WEB":   "web_search",
	"GOOGLE_SEARCH_IMAGE": "web_search",
	"URL_CONTEXT":         "web_fetch",
	"GOOGLE_MAPS":         "google_maps",
	"FILE_SEARCH":         "file_search",
}

// camel is a member's name in lowerCamelCase. It allocates only for names in
// snake_case.
func camel(key string) string {
	if strings.IndexByte(key, '_') < 0 {
		return key
	}
	out := make([]byte, 0, len(key))
	upper := false
	for i := 0; i < len(key); i++ {
		c := key[i]
		switch {
		case c == '_' && i > 0:
			upper = true
			continue
		case upper && 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		}
		upper = false
		out = append(out, c)
	}
	return string(out)
}

// native reports whether the client speaks this dialect itself, so that what
// only Google knows can be sent as it stood.
func native(req *ir.Request) bool {
	return req.Dialect == ir.Gemini || req.Dialect == ir.CodeAssist
}
