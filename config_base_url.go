package aigateway

import (
	"fmt"
	"strings"
)

// addedPaths are what a base_url is often written with though the gateway adds
// it: the version for providers whose SDKs take the address without it, and for
// all the path of a single call.
var addedPaths = map[string][]string{
	"anthropic": {"/v1"},
	"gemini":    {"/v1", "/v1beta"},
	"":          {"/chat/completions", "/responses", "/messages", "/embeddings", "/models"},
}

// checkAddedPath refuses a base_url that would have every request answered with
// 404, because a part of the path would stand in it twice.
func checkAddedPath(platform, base string) error {
	base = strings.TrimRight(base, "/")
	for _, whose := range []string{"", platform} {
		for _, path := range addedPaths[whose] {
			if strings.HasSuffix(base, path) {
				return fmt.Errorf("base_url ends in %s, which the gateway adds itself; remove that from it", path)
			}
		}
	}
	return nil
}
