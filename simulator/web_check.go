package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/tidwall/gjson"
)

// webRequest is a request for an answer that has passed the checks.
type webRequest struct {
	prompt, model     string
	files             int
	thinks, temporary bool
	cid, rid, rcid    string
	context           string
	turn              int
}

var (
	webModelHeader = regexp.MustCompile(`^\[1,null,null,null,"[0-9a-f]{16}",null,null,0,\[4\],null,null,(null,)?[0-9]+\]$`)
	webUUID        = regexp.MustCompile(`^[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$`)
	webRequestID   = regexp.MustCompile(`^[0-9]{5,9}$`)
)

// webModes are the models by their number.
var webModes = map[int64]string{1: "3.6 Flash", 3: "3.1 Pro", 6: "3.5 Flash-Lite"}

// webCall checks what all calls of the page's script have in common and returns what is in f.req. The caller holds the
// lock. ok is false when the answer has been written.
func (s *Web) webCall(w http.ResponseWriter, r *http.Request) (f gjson.Result, ok bool) {
	q := r.URL.Query()
	for _, wrong := range []struct {
		is   bool
		what string
	}{
		{r.Header.Get("Content-Type") != "application/x-www-form-urlencoded;charset=utf-8", "Content-Type"},
		{r.Header.Get("X-Same-Domain") != "1", "X-Same-Domain"}, {r.Header.Get("Origin") == "", "Origin"}, {r.Header.Get("Referer") == "", "Referer"},
		{q.Get("rt") != "c", "rt"}, {!webRequestID.MatchString(q.Get("_reqid")), "_reqid"}, {q.Get("bl") != webBuild, "bl"},
		{q.Get("f.sid") != webSession, "f.sid"}, {q.Get("hl") == "", "hl"}, {strings.HasPrefix(r.Header.Get("Authorization"), "Bearer"), "Authorization"},
	} {
		if wrong.is {
			s.blame("%s: %s is wrong", r.URL.Path, wrong.what)
		}
	}
	if !s.session(r) {
		http.Redirect(w, r, "https://accounts.google.com/ServiceLogin", http.StatusFound)
		return f, false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if err := r.ParseForm(); err != nil {
		s.blame("%s: the form cannot be read", r.URL.Path)
		http.Error(w, "<html>400</html>", http.StatusBadRequest)
		return f, false
	}
	if at := r.PostForm.Get("at"); at != s.token() {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, ")]}'\n\n105\n[[\"er\",null,null,null,null,400,null,null,null,3],[\"e\",4,null,null,105]]\nxsrf token mismatch")
		return f, false
	}
	text := r.PostForm.Get("f.req")
	if tooDeep(text) || !gjson.Valid(text) {
		s.blame("%s: f.req is no JSON", r.URL.Path)
		http.Error(w, "<html>400</html>", http.StatusBadRequest)
		return f, false
	}
	return gjson.Parse(text), true
}

// webRead reads a request for an answer; the reason is empty for one that the page could have sent.
func (s *Web) webRead(f gjson.Result, h http.Header) (q webRequest, reason string) {
	inner := f.Get("1")
	if f.Get("#").Int() != 2 || f.Get("0").Type != gjson.Null || inner.Type != gjson.String || !gjson.Valid(inner.Str) {
		return q, "f.req is not [null, string]"
	}
	a := gjson.Parse(inner.Str)
	slots := a.Array()
	if len(slots) != 69 && len(slots) != 97 {
		return q, fmt.Sprintf("%d slots", len(slots))
	}
	fixed := map[int]string{6: "[1]", 7: "1", 10: "1", 11: "0", 18: "0", 27: "1", 30: "[4]", 41: "[1]", 53: "0", 61: "[]", 68: "2"}
	for i, want := range fixed {
		if slots[i].Raw != want {
			return q, fmt.Sprintf("slot %d is %s", i, slots[i].Raw)
		}
	}
	used := map[int]bool{0: true, 1: true, 2: true, 17: true, 45: true, 59: true, 79: true, 80: true, 91: true, 96: true}
	for i, slot := range slots {
		if fixed[i] == "" && !used[i] && slot.Type != gjson.Null {
			return q, fmt.Sprintf("slot %d is used", i)
		}
	}
	message := slots[0].Array()
	if len(message) != 7 || message[0].Type != gjson.String || message[1].Raw != "0" || message[6].Raw != "0" {
		return q, "the message has another form"
	}
	q.prompt, q.temporary = message[0].Str, slots[45].Raw == "1"
	uuid := slots[59].String()
	if !webUUID.MatchString(uuid) || h.Get("X-Goog-Ext-525005358-Jspb") != `["`+uuid+`",1]` {
		return q, "the UUID is wrong, or not the header's"
	}
	if h.Get("X-Goog-Ext-73010989-Jspb") != "[0]" || h.Get("X-Goog-Ext-73010990-Jspb") != "[0]" {
		return q, "a header of the page's is missing"
	}
	for _, check := range []func(*webRequest, []gjson.Result, http.Header) string{s.webModel, s.webFiles, s.webMeta} {
		if reason := check(&q, slots, h); reason != "" {
			return q, reason
		}
	}
	return q, ""
}

// webModel finds the model that is to answer.
func (s *Web) webModel(q *webRequest, slots []gjson.Result, h http.Header) string {
	header := h.Get("X-Goog-Ext-525001261-Jspb")
	if header != "" && !webModelHeader.MatchString(header) {
		return "the header of the model is wrong"
	}
	if len(slots) == 69 {
		if header == "" {
			return "no model"
		}
		q.model = "by id " + gjson.Get(header, "4").Str
		q.thinks = strings.Contains(header, "5bf011840784117a") || strings.Contains(header, "e051ce1aa80aa576")
		return ""
	}
	q.model = webModes[slots[79].Int()]
	if slots[79].Int() == 3 && header == "" {
		q.model = webModes[1] // as the app does, without a word
	}
	q.thinks = slots[80].Raw == "2"
	first := slots[17].Get("0.0").Int() == 0
	if q.model == "" || slots[91].Raw != "0" || slots[80].Raw != "1" && slots[80].Raw != "2" || first != (slots[96].Raw == "1") {
		return "the mode's slots are wrong"
	}
	return ""
}

// webFiles checks that all files have been uploaded by this account.
func (s *Web) webFiles(q *webRequest, slots []gjson.Result, _ http.Header) string {
	for _, f := range slots[0].Get("3").Array() {
		if _, ok := s.uploads[f.Get("0.0").String()]; !ok || f.Get("1").String() == "" {
			return "a file has not been uploaded"
		}
		q.files++
	}
	return ""
}

// webMeta checks which conversation is continued.
func (s *Web) webMeta(q *webRequest, slots []gjson.Result, _ http.Header) string {
	meta := slots[2].Array()
	if len(meta) != 10 {
		return "the conversation's metadata has not 10 slots"
	}
	q.cid, q.rid, q.rcid, q.context = meta[0].String(), meta[1].String(), meta[2].String(), meta[9].String()
	q.turn = int(slots[17].Get("0.0").Int())
	if (q.cid == "") != (q.turn == 0) {
		return "the turn is not the conversation's"
	}
	return ""
}

// sameChat returns the code of the error for a conversation that cannot be continued; 0 for one that can.
func (s *Web) sameChat(q *webRequest) int {
	if q.cid == "" {
		return 0
	}
	c, ok := s.chats[q.cid]
	switch {
	case !ok || c.reply != q.rid || c.choice != q.rcid || c.turn != q.turn || c.context != q.context:
		return 1096
	case c.model != q.model:
		return 1050
	}
	return 0
}

// sameHost is a URL at the place where the request came to.
func sameHost(r *http.Request, path string) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: path}
	if r.TLS != nil || r.URL.Scheme == "https" {
		u.Scheme = "https"
	}
	return u.String()
}
