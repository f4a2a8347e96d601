package simulator

import (
	"fmt"
	"io"
	"net/http"
)

// webRotateBody is what the page sends, byte by byte.
const webRotateBody = `[000,"-0000000000000000000"]`

// rotate exchanges the short-lived cookie. Who comes too soon is told so; who comes with one that was exchanged before
// the last time has stolen it, and the session is over.
func (s *Web) rotate(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rotations++
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1024))
	if string(body) != webRotateBody || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Origin") != "https://accounts.google.com" {
		s.blame("RotateCookies: body %q, type %q, origin %q", body, r.Header.Get("Content-Type"), r.Header.Get("Origin"))
		http.Error(w, "<html>bad request</html>", http.StatusBadRequest)
		return
	}
	now := s.options.Now()
	soon := !s.rotated.IsZero() && now.Sub(s.rotated) < s.options.Between
	switch {
	case s.mode == RotateOver || s.dead:
		http.Error(w, "<html>401</html>", http.StatusUnauthorized)
		return
	case s.mode == RotateBroken:
		w.Header().Set("Content-Type", "text/html")
		http.Error(w, "<html>a secret cookie value is not in here</html>", http.StatusInternalServerError)
		return
	case s.mode == RotateLimited:
		http.Error(w, "", http.StatusTooManyRequests)
		return
	case soon:
		s.blame("RotateCookies: %s after the last time", now.Sub(s.rotated))
		http.Error(w, "", http.StatusTooManyRequests)
		return
	case !s.session(r):
		s.dead = cookieOf(r, "__Secure-1PSIDTS") != ""
		http.Error(w, "<html>401</html>", http.StatusUnauthorized)
		return
	}
	s.rotated = now
	if s.mode == RotateSilent {
		http.SetCookie(w, &http.Cookie{Name: "__Secure-1PSIDCC", Value: "cc", Domain: ".google.com", Path: "/", Secure: true})
		_, _ = io.WriteString(w, ")]}'\n\n[[\"identity.hfcr\",600]]")
		return
	}
	s.before, s.stamp = s.stamp, fmt.Sprintf("sidts-%s-%d", shortHash(s.options.Session), s.rotations)
	s.tokens++
	http.SetCookie(w, &http.Cookie{Name: "__Secure-1PSIDTS", Value: s.stamp, Domain: ".google.com", Path: "/", MaxAge: 31536000, Secure: true, HttpOnly: true})
	_, _ = io.WriteString(w, ")]}'\n\n[[\"identity.hfcr\",600],[\"di\",12]]")
}
