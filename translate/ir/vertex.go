package ir

import "slices"

// vertexBetas are the features that Claude on Vertex AI knows; it refuses requests with any other.
var vertexBetas = []string{
	"interleaved-thinking-2025-05-14", "context-management-2025-06-27", "context-1m-2025-08-07", "token-efficient-tools-2025-02-19",
}

// OnVertex reports whether Claude on Vertex AI knows a feature of the header Anthropic-Beta.
func OnVertex(beta string) bool { return slices.Contains(vertexBetas, beta) }
