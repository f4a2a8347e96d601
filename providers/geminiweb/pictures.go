package geminiweb

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-ai-gateway/ai-gateway/translate/geminiweb"
)

const (
	pictureTime = 30 * time.Second
	maxPicture  = 20 << 20
	maxPictures = 8 // of one answer
)

// pictures fetches what the answer has made, since clients have no cookies, and writes an event for each.
func (t *stream) pictures() {
	if t.shown {
		return
	}
	t.shown = true
	for i, image := range t.last.Images {
		if i == maxPictures {
			break
		}
		t.silence.wait(t.session.Longest)
		kind, data, err := t.session.picture(t.ctx, t, image)
		if err != nil {
			t.session.Logger.Warn("web app: a picture could not be fetched", zap.String("account", t.session.Account), zap.Error(err))
			t.event(geminiweb.EventImage, []byte("{}"))
			continue
		}
		out := append([]byte(`{"mime":`), quoted(kind)...)
		out = append(out, `,"data":"`...)
		out = base64.StdEncoding.AppendEncode(out, data)
		t.event(geminiweb.EventImage, append(out, `"}`...))
	}
	t.silence.wait(t.session.Between)
}

// picture fetches an image in its full size, or else in the size that its page shows.
func (s *Session) picture(ctx context.Context, t *stream, image geminiweb.Image) (kind string, data []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	if to, ok := s.fullSize(ctx, t, image); ok {
		if kind, data, err = s.fetch(ctx, t.header, to); err == nil && strings.HasPrefix(kind, "image/") {
			return kind, data, nil
		}
	}
	kind, data, err = s.fetch(ctx, t.header, sized(image.URL))
	if err == nil && !strings.HasPrefix(kind, "image/") {
		err = errors.New("what came is no picture")
	}
	return kind, data, err
}

// rpcFullSize asks where an image is in its full size.
const rpcFullSize = "c8o8Fe"

// fullSize finds the URL of the full size. It is an extra: on any trouble there is none.
func (s *Session) fullSize(ctx context.Context, t *stream, image geminiweb.Image) (string, bool) {
	id := image.ID
	if id == "" {
		id = "http://googleusercontent.com/image_generation_content/" + strconv.Itoa(image.Index)
	}
	payload := `[[[null,null,null,[null,null,null,null,null,""]],[` + quoted(id) + `,0],null,[19,""],null,null,null,null,null,""],[` +
		quoted(t.last.Reply) + "," + quoted(t.last.Choice) + "," + quoted(t.last.Chat) + `,null,""],1,0,1]`
	body, err := s.rpc(ctx, t.header, t.page, rpcFullSize, payload)
	if err != nil {
		return "", false
	}
	next := geminiweb.At(body, 0).String()
	for _, more := range []string{"=d-I?alr=yes", ""} {
		kind, data, err := s.fetch(ctx, t.header, next+more)
		if err != nil || !strings.HasPrefix(kind, "text/") {
			return "", false
		}
		next = strings.TrimSpace(string(data[:min(len(data), 8192)]))
	}
	return next, next != ""
}

var size = regexp.MustCompile(`=[a-z][a-z0-9-]*$`)

// sized asks for a large image where the URL names no size.
func sized(to string) string {
	if size.MatchString(to) || strings.Contains(to, "?") {
		return to
	}
	return to + "=s2048-rj"
}

// fetch gets what is at a URL of Google's hosts for content.
func (s *Session) fetch(ctx context.Context, header http.Header, to string) (kind string, data []byte, err error) {
	for range redirects {
		u, err := url.Parse(to)
		if err != nil || !s.content(u) {
			return "", nil, errors.New("the picture is at no place of Google's")
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, to, nil)
		if err != nil {
			return "", nil, errors.New("building the request for a picture")
		}
		req.Header.Set("Referer", s.origin()+"/")
		resp, err := s.do(req, header)
		if err != nil {
			return "", nil, err
		}
		if resp.StatusCode >= 300 && resp.StatusCode < 400 {
			_ = resp.Body.Close()
			next, err := u.Parse(resp.Header.Get("Location"))
			if err != nil {
				return "", nil, errors.New("a redirect leads nowhere")
			}
			to = next.String()
			continue
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, maxPicture+1))
		_ = resp.Body.Close()
		switch {
		case resp.StatusCode != http.StatusOK:
			return "", nil, errors.New("status " + strconv.Itoa(resp.StatusCode))
		case err != nil:
			return "", nil, errors.New("the connection broke")
		case len(data) > maxPicture:
			return "", nil, errors.New("it is longer than 20 MiB")
		}
		return http.DetectContentType(data), data, nil
	}
	return "", nil, errors.New("redirects lead in circles")
}

// content says whether pictures may be fetched there.
func (s *Session) content(u *url.URL) bool {
	if u.Host == s.base.Host && u.Scheme == s.base.Scheme {
		return true
	}
	host := u.Hostname()
	return u.Scheme == "https" && u.Port() == "" &&
		(strings.HasSuffix(host, ".googleusercontent.com") || strings.HasSuffix(host, ".usercontent.google.com"))
}
