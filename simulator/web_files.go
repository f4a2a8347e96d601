package simulator

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// upload takes a file in one step.
func (s *Web) upload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, header, err := r.FormFile("file")
	if !s.mayUpload(w, r) {
		return
	}
	if err != nil || header.Filename == "" || header.Header.Get("Content-Type") == "" {
		s.blame("upload: no file, or without a name or a type")
		http.Error(w, "", http.StatusBadRequest)
		return
	}
	n, _ := io.Copy(io.Discard, file)
	s.keepUpload(w, int(n))
}

// mayUpload checks the headers of an upload. It needs no cookies. The caller holds the lock.
func (s *Web) mayUpload(w http.ResponseWriter, r *http.Request) bool {
	if r.Header.Get("Push-Id") == webPush && r.Header.Get("X-Tenant-Id") == "bard-storage" && r.Header.Get("X-Client-Pctx") == "" && r.Header.Get("Cookie") == "" {
		return true
	}
	s.blame("upload: headers %v", r.Header)
	http.Error(w, "", http.StatusForbidden)
	return false
}

func (s *Web) keepUpload(w http.ResponseWriter, size int) {
	id := fmt.Sprintf("/contrib_service/ttl_1d/%s", shortHash(fmt.Sprint("upload", len(s.uploads))))
	s.uploads[id] = size
	_, _ = io.WriteString(w, id)
}

// startUpload and endUpload take a file in two steps.
func (s *Web) startUpload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mayUpload(w, r) {
		return
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, 4096))
	if _, err := strconv.Atoi(r.Header.Get("X-Goog-Upload-Header-Content-Length")); err != nil || r.Header.Get("X-Goog-Upload-Command") != "start" ||
		r.Header.Get("X-Goog-Upload-Protocol") != "resumable" || !strings.HasPrefix(string(body), "File name: ") {
		s.blame("upload: the first step is wrong")
	}
	w.Header().Set("X-Goog-Upload-Url", sameHost(r, "/upload/part"))
}

func (s *Web) endUpload(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.mayUpload(w, r) {
		return
	}
	if r.Header.Get("X-Goog-Upload-Command") != "upload, finalize" || r.Header.Get("X-Goog-Upload-Offset") != "0" {
		s.blame("upload: the second step is wrong")
	}
	n, _ := io.Copy(io.Discard, r.Body)
	s.keepUpload(w, int(n))
}

// WebPicture is the picture that the app draws.
const WebPicture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

func (s *Web) picture(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Referer") == "" {
		http.Error(w, "", http.StatusForbidden)
		return
	}
	raw, _ := base64.StdEncoding.DecodeString(WebPicture)
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(raw)
}

// pictureAt and pictureNext say where the full size is.
func (s *Web) pictureAt(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, sameHost(r, "/pictures/next"))
}

func (s *Web) pictureNext(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, sameHost(r, "/pictures/large"))
}
