package geminiweb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/internal/guard"
	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

// upload is a file that the app has.
type upload struct {
	id string
	at time.Time
}

const (
	uploadLife = 12 * time.Hour // the app keeps files for a day
	maxUploads = 1000           // that are remembered
	atOnce     = 4
	uploadTime = 2 * time.Minute
)

// upload sends the files of a draft, or those that the user has sent last, and returns them as requests name them.
func (s *Session) upload(ctx context.Context, d *draft, p page, onlyLast bool) ([]string, error) {
	var files []gjson.Result
	for _, f := range d.body.Get(geminiweb.MemberFiles).Array() {
		if !onlyLast || f.Get("last").Bool() {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, uploadTime, errors.New("uploading files to the web app took too long"))
	defer cancel()
	named := make([]string, len(files))
	failed := make([]error, len(files))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, f := range files {
		wg.Go(func() {
			defer guard.Catch("uploading a file")
			slots <- struct{}{}
			defer func() { <-slots }()
			failed[i] = guard.Try("uploading a file", func() error {
				id, err := s.one(ctx, d, p, f)
				if err == nil {
					named[i] = s.named(id, f.Get("name").String())
				}
				return err
			})
		})
	}
	wg.Wait()
	return named, errors.Join(failed...)
}

// named is how a request names a file.
func (s *Session) named(id, name string) string {
	if s.Profile == ByMode {
		return "[[" + quoted(id) + ",1]," + quoted(name) + "]"
	}
	return "[[" + quoted(id) + "]," + quoted(name) + "]"
}

// one uploads a file unless the app has it.
func (s *Session) one(ctx context.Context, d *draft, p page, f gjson.Result) (string, error) {
	data, err := decodeBase64(f.Get("data").String())
	if err != nil {
		return "", &problem{status: http.StatusBadRequest, kind: "invalid_request", code: "bad_base64", message: "a file is no base64", quiet: true}
	}
	name, kind := f.Get("name").String(), f.Get("mime").String()
	key := sha256.Sum256([]byte(name + "\x00" + kind + "\x00" + string(data)))
	s.state.mu.Lock()
	known, ok := s.state.uploads[key]
	s.state.mu.Unlock()
	if ok && time.Since(known.at) < uploadLife {
		return known.id, nil
	}
	send := s.simple
	if s.Resumable {
		send = s.resumable
	}
	id, err := send(ctx, d.header, p, name, kind, data)
	if err != nil {
		return "", err
	}
	id = strings.TrimSpace(id)
	if !strings.HasPrefix(id, "/") || len(id) > 4096 || strings.ContainsAny(id, " \n<>\"") {
		return "", &problem{status: http.StatusBadGateway, kind: kindUpstream, code: "upload", message: "the web app answered an upload with no id"}
	}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if len(s.state.uploads) >= maxUploads {
		clear(s.state.uploads)
	}
	s.state.uploads[key] = upload{id, time.Now()}
	return id, nil
}

// decodeBase64 takes either alphabet, with and without padding.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("-", "+", "_", "/", "\n", "", "\r", "", "=", "").Replace(s)
	return base64.RawStdEncoding.DecodeString(s)
}

// simple uploads in one step.
func (s *Session) simple(ctx context.Context, header http.Header, p page, name, kind string, data []byte) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part := textproto.MIMEHeader{}
	part.Set("Content-Disposition", `form-data; name="file"; filename="`+name+`"`)
	part.Set("Content-Type", kind)
	w, err := form.CreatePart(part)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return "", errors.New("building an upload")
	}
	resp, err := s.post(ctx, header, p, s.UploadURL, body.Bytes(), http.Header{"Content-Type": {form.FormDataContentType()}})
	if err != nil {
		return "", err
	}
	return readID(resp)
}

// resumable uploads in two steps.
func (s *Session) resumable(ctx context.Context, header http.Header, p page, name, kind string, data []byte) (string, error) {
	resp, err := s.post(ctx, header, p, strings.TrimRight(s.UploadURL, "/")+"/", []byte("File name: "+name), http.Header{
		"Content-Type": {"application/x-www-form-urlencoded;charset=utf-8"}, "X-Goog-Upload-Protocol": {"resumable"},
		"X-Goog-Upload-Command": {"start"}, "X-Goog-Upload-Header-Content-Length": {strconv.Itoa(len(data))},
		"X-Goog-Upload-Header-Content-Type": {kind},
	})
	if err != nil {
		return "", err
	}
	_ = resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("X-Goog-Upload-Url"))
	at, _ := url.Parse(s.UploadURL)
	if err != nil || at == nil || to.Host == "" || to.Host != at.Host && !strings.HasSuffix(to.Hostname(), ".googleapis.com") {
		return "", &problem{status: http.StatusBadGateway, kind: kindUpstream, code: "upload", message: "the web app named no place for an upload"}
	}
	resp, err = s.post(ctx, header, p, to.String(), data, http.Header{
		"Content-Type": {"application/x-www-form-urlencoded;charset=utf-8"}, "X-Goog-Upload-Command": {"upload, finalize"},
		"X-Goog-Upload-Offset": {"0"},
	})
	if err != nil {
		return "", err
	}
	return readID(resp)
}

// post sends one request of an upload and follows redirects within Google's hosts.
func (s *Session) post(ctx context.Context, header http.Header, p page, to string, body []byte, more http.Header) (*http.Response, error) {
	for range redirects {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
		if err != nil {
			return nil, errors.New("building an upload: the URL of upload_url cannot be used")
		}
		for name, values := range more {
			req.Header[name] = values
		}
		req.Header.Set("Push-Id", p.push)
		req.Header.Set("X-Tenant-Id", "bard-storage")
		req.Header.Set("Origin", s.origin())
		req.Header.Set("Referer", s.origin()+"/")
		if s.SendCookies {
			req.Header.Set("Cookie", s.Cookies.Header(appHost, "/"))
		}
		resp, err := s.doAs("", req, header)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		next, _ := req.URL.Parse(resp.Header.Get("Location"))
		_ = resp.Body.Close()
		if resp.StatusCode < 300 || resp.StatusCode >= 400 || next == nil || next.Scheme != req.URL.Scheme ||
			next.Host != req.URL.Host && !strings.HasSuffix(next.Hostname(), ".googleapis.com") {
			return nil, fromUpload(resp)
		}
		to = next.String()
	}
	return nil, &problem{status: http.StatusBadGateway, kind: kindUpstream, code: "upload", message: "uploads to the web app lead in circles"}
}

// fromUpload is what a status other than 200 of an upload means. The account's cookies need not be at fault.
func fromUpload(resp *http.Response) *problem {
	p := fromStatus(resp)
	if p.kind == kindAuth {
		p.kind, p.status = kindUpstream, http.StatusBadGateway
	}
	p.code, p.message = "upload", "the web app answered an upload with status "+strconv.Itoa(resp.StatusCode)
	return p
}

func readID(resp *http.Response) (string, error) {
	defer resp.Body.Close()
	id, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return "", errors.New("reading the answer to an upload: the connection broke")
	}
	return string(id), nil
}
