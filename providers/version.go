package providers

import (
	"runtime/debug"
	"sync"
)

const modulePath = "github.com/caddy-ai-gateway/ai-gateway"

// UserAgent returns the User-Agent of all requests to upstreams: the gateway's own name and version.
// Clients' names are never taken over; upstreams are told honestly who asks.
func UserAgent() string { return userAgent() }

var userAgent = sync.OnceValue(func() string {
	return "ai-gateway/" + Version()
})

// Version returns the version of this module in the running binary, or "dev" if it was built from a checkout.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	version := ""
	if info.Main.Path == modulePath {
		version = info.Main.Version
	}
	for _, dep := range info.Deps {
		if dep.Path == modulePath {
			version = dep.Version
		}
	}
	if version == "" || version == "(devel)" {
		return "dev"
	}
	return version
}
