package geminiweb

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// query is what stands behind the paths of calls.
func (s *Session) query(p page) url.Values {
	s.state.mu.Lock()
	if s.state.request == 0 {
		s.state.request = 10_000 + mathrand.IntN(900_000)
	}
	s.state.request += 100_000
	n := s.state.request
	s.state.mu.Unlock()
	q := url.Values{"hl": {p.language}, "_reqid": {strconv.Itoa(n)}, "rt": {"c"}}
	if p.build != "" {
		q.Set("bl", p.build)
	}
	if p.session != "" {
		q.Set("f.sid", p.session)
	}
	return q
}

// form builds a call: a form with the page's token and the request as JSON.
func (s *Session) form(ctx context.Context, to string, p page, request string) (*http.Request, error) {
	form := url.Values{"f.req": {request}}
	if p.token != "" {
		form.Set("at", p.token)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, errors.New("building a request to the web app")
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=utf-8")
	origin := s.origin()
	req.Header.Set("Origin", origin)
	req.Header.Set("Referer", origin+s.prefix()+"/app")
	req.Header.Set("X-Same-Domain", "1")
	if s.User > 0 {
		req.Header.Set("X-Goog-AuthUser", strconv.Itoa(s.User))
	}
	return req, nil
}

func (s *Session) origin() string { return s.base.Scheme + "://" + s.base.Host }

// question is one call for an answer.
type question struct {
	prompt    string
	files     []string // as the app wants them
	language  string
	metadata  [metaSize]string // JSON; empty for nothing
	turn      int
	uuid      string
	temporary bool // the app keeps nothing
	thinking  bool
	choice    Choice
	profile   Profile
}

// metaSize is how many slots a conversation's metadata has.
const metaSize = 10

// The number of slots of a request in each profile.
const (
	slotsByID   = 69
	slotsByMode = 97
)

// encode returns the request: an array of slots, most of which are empty, as a string in another array.
func (q *question) encode() string {
	n := slotsByID
	if q.profile == ByMode {
		n = slotsByMode
	}
	slots := make([]string, n)
	files := "null"
	switch {
	case len(q.files) > 0:
		files = "[" + strings.Join(q.files, ",") + "]"
	case q.profile == ByMode:
		files = "[]"
	}
	for i, v := range map[int]string{
		0: "[" + quoted(q.prompt) + ",0,null," + files + ",null,null,0]", 1: "[" + quoted(q.language) + "]", 2: q.meta(),
		6: "[1]", 7: "1", 10: "1", 11: "0", 17: "[[" + strconv.Itoa(q.turn) + "]]", 18: "0", 27: "1", 30: "[4]", 41: "[1]", 53: "0",
		59: quoted(q.uuid), 61: "[]", 68: "2",
	} {
		slots[i] = v
	}
	if q.temporary {
		slots[45] = "1"
	}
	if q.profile == ByMode {
		slots[79], slots[80], slots[91], slots[96] = strconv.Itoa(q.choice.Mode), "1", "0", "0"
		if q.thinking || q.choice.Thinking {
			slots[80] = "2"
		}
		if q.turn == 0 {
			slots[96] = "1"
		}
	}
	for i := range slots {
		if slots[i] == "" {
			slots[i] = "null"
		}
	}
	return "[null," + quoted("["+strings.Join(slots, ",")+"]") + "]"
}

// meta is the conversation; that of a new one is empty.
func (q *question) meta() string {
	list := make([]string, metaSize)
	for i, v := range q.metadata {
		switch {
		case v != "":
			list[i] = v
		case i < 3 || i == metaSize-1:
			list[i] = `""`
		default:
			list[i] = "null"
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}

// headers name the model and the request.
func (q *question) headers(h http.Header) {
	if id := q.choice.ID; id != "" && (q.profile == ByID || q.choice.Mode == modePro) {
		capacity := "null,null," + strconv.Itoa(q.choice.Capacity)
		if q.choice.Late {
			capacity = "null,null,null," + strconv.Itoa(q.choice.Capacity)
		}
		h.Set("X-Goog-Ext-525001261-Jspb", `[1,null,null,null,`+quoted(id)+`,null,null,0,[4],`+capacity+`]`)
	}
	h.Set("X-Goog-Ext-73010989-Jspb", "[0]")
	h.Set("X-Goog-Ext-73010990-Jspb", "[0]")
	h.Set("X-Goog-Ext-525005358-Jspb", "["+quoted(q.uuid)+",1]")
}

// quoted returns a string as JSON, without the escapes that encoding/json makes for web pages.
func quoted(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // strings always can
	return strings.TrimSuffix(b.String(), "\n")
}

// newUUID returns a random UUID in the app's spelling.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	h := strings.ToUpper(hex.EncodeToString(b[:]))
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
