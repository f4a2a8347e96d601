package providers

import (
	"net/url"
	"sync"
	"sync/atomic"
)

// Steady remembers what is the same in all requests to one account, so that no
// URL is parsed and no header put together time and again, which is half of
// building a request. Its zero value is ready; a nil one remembers nothing. It is
// safe for concurrent use.
type Steady struct {
	mu     sync.Mutex
	places atomic.Pointer[map[place]*url.URL] // never changed, but replaced
	latest atomic.Pointer[secretHeader]
}

// place is where a request goes to.
type place struct{ base, path, query string }

// maxPlaces bounds what is remembered: Gemini's paths hold names of models, which
// clients make up.
const maxPlaces = 64

// secretHeader is a key or a token as the value of a header.
type secretHeader struct{ bearer, plain []string }

// endpoint is endpoint for the account. Nobody may change the URL.
func (s *Steady) endpoint(base, path, query string) (*url.URL, error) {
	if s == nil {
		return endpoint(base, path, query)
	}
	at := place{base, path, query}
	known := s.places.Load()
	if known != nil {
		if u := (*known)[at]; u != nil {
			return u, nil
		}
	}
	u, err := endpoint(base, path, query)
	if err != nil || known != nil && len(*known) >= maxPlaces {
		return u, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	grown := map[place]*url.URL{at: u}
	if known = s.places.Load(); known != nil {
		for at, u := range *known {
			grown[at] = u
		}
	}
	s.places.Store(&grown)
	return u, nil
}

// secret is a key or a token as the value of a header. Nobody may change it.
func (s *Steady) secret(text string) *secretHeader {
	if s != nil {
		if known := s.latest.Load(); known != nil && known.plain[0] == text {
			return known
		}
	}
	fresh := &secretHeader{[]string{"Bearer " + text}, []string{text}}
	if s != nil {
		s.latest.Store(fresh)
	}
	return fresh
}
