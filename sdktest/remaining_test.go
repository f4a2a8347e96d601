package sdktest

import "net/http/httptest"

var upstreamServer *httptest.Server

func startUpstream() error  { upstreamServer = httptest.NewServer(nil); return nil }
func rawSites() []site      { return nil }
func clientSites() []site   { return nil }
func remoteSites() []site   { return nil }
