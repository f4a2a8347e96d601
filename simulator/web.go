package simulator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// WebOptions are the settings of a web app. The zero value takes any session.
type WebOptions struct {
	// Session is the long-lived cookie that is accepted. Default: any.
	Session string

	// Stamp is the short-lived cookie to begin with. Default: any, until it is exchanged for the first time.
	Stamp string

	// Between is the least time between two exchanges of the short-lived cookie. Default: one minute.
	Between time.Duration

	// Status is what the app says of the account. Default 1000, which is well.
	Status int

	// Now tells the time. Default: time.Now.
	Now func() time.Time
}

// Web plays the web app for Gemini and the places around it that its page asks: the page itself, the calls of its script,
// uploads, pictures, and the exchange of cookies. It refuses what the page would never send. It is an [http.Handler], safe
// for concurrent use.
//
// The words of the package work in the last line of a prompt that somebody says, and besides them "draw" (makes a picture),
// "web error <code>" (fails inside of the answer), "web errors <code>" (the same, once), "bare status <n>" and "rewrite"
// (the snapshots are rewritten while they are sent).
type Web struct {
	options WebOptions

	mu        sync.Mutex
	stamp     string
	before    string    // the stamp that was good before; it stays good until the new one is used
	rotated   time.Time // last
	rotations int
	mode      RotateMode
	dead      bool
	tokens    int // grows when the page's token changes
	uploads   map[string]int
	chats     map[string]webChat
	failed    map[string]bool
	wrong     []string
	generated int
	pages     int
}

// RotateMode says how the exchange of the short-lived cookie goes.
type RotateMode int

// The modes.
const (
	RotateWell    RotateMode = iota
	RotateSilent             // answered without a new cookie
	RotateOver               // the session is over
	RotateLimited            // too many
	RotateBroken             // 500 with HTML
)

type webChat struct {
	model, reply, choice, context string
	turn                          int
}

// NewWeb makes a web app.
func NewWeb(o WebOptions) *Web {
	if o.Between == 0 {
		o.Between = time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Status == 0 {
		o.Status = 1000
	}
	return &Web{options: o, stamp: o.Stamp, uploads: map[string]int{}, chats: map[string]webChat{}, failed: map[string]bool{}}
}

// Wrong lists what was asked as the page never asks it.
func (s *Web) Wrong() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.wrong...)
}

// Counts returns how many answers, exchanges and pages were asked for.
func (s *Web) Counts() (answers, rotations, pages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generated, s.rotations, s.pages
}

// Stamp returns the short-lived cookie that is good now.
func (s *Web) Stamp() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stamp
}

// SetRotate changes how exchanges go.
func (s *Web) SetRotate(mode RotateMode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = mode
}

// SetStatus changes what the app says of the account.
func (s *Web) SetStatus(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Status = status
}

// Expire makes the token of the page and the session good no longer, as far as asked for.
func (s *Web) Expire(session bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens++
	s.dead = s.dead || session
}

// webRoutes are the paths of the app, without the prefix of a browser's further accounts.
var webRoutes = map[string]struct {
	method string
	serve  func(*Web, http.ResponseWriter, *http.Request)
}{
	"/app": {http.MethodGet, (*Web).page},
	"/_/BardChatUi/data/assistant.lamda.BardFrontendService/StreamGenerate": {http.MethodPost, (*Web).generate},
	"/_/BardChatUi/data/batchexecute":                                       {http.MethodPost, (*Web).batch},
	"/RotateCookies":                                                        {http.MethodPost, (*Web).rotate},
	"/upload":                                                               {http.MethodPost, (*Web).upload},
	"/upload/":                                                              {http.MethodPost, (*Web).startUpload},
	"/upload/part":                                                          {http.MethodPost, (*Web).endUpload},
	"/pictures/small=s2048-rj":                                              {http.MethodGet, (*Web).picture},
	"/pictures/full=d-I":                                                    {http.MethodGet, (*Web).pictureAt},
	"/pictures/next":                                                        {http.MethodGet, (*Web).pictureNext},
	"/pictures/large":                                                       {http.MethodGet, (*Web).picture},
}

// isWeb says whether a path is one of the web app's.
func isWeb(path string) bool {
	_, ok := webRoutes[webPath(path)]
	return ok
}

// webPath takes the prefix of a browser's further accounts away.
func webPath(path string) string {
	if rest, ok := strings.CutPrefix(path, "/u/"); ok {
		_, after, _ := strings.Cut(rest, "/")
		return "/" + after
	}
	return path
}

// ServeHTTP answers the app's paths.
func (s *Web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route, ok := webRoutes[webPath(r.URL.Path)]
	switch {
	case !ok:
		http.NotFound(w, r)
	case route.method != r.Method:
		http.Error(w, "<html>method not allowed</html>", http.StatusMethodNotAllowed)
	default:
		route.serve(s, w, r)
	}
}

// blame notes what the page would not have sent. The caller holds the lock.
func (s *Web) blame(format string, args ...any) {
	if len(s.wrong) < 100 {
		s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
	}
}

// session says whether a request's cookies are good. A stamp that was exchanged before the last time ends the session.
// The caller holds the lock.
func (s *Web) session(r *http.Request) bool {
	id, stamp := cookieOf(r, "__Secure-1PSID"), cookieOf(r, "__Secure-1PSIDTS")
	if s.dead || id == "" || s.options.Session != "" && id != s.options.Session {
		return false
	}
	switch {
	case s.stamp == "":
		s.stamp = stamp
		return true
	case stamp == s.stamp:
		s.before = "" // the new one has arrived
		return true
	case stamp != "" && stamp == s.before:
		return true
	case stamp != "":
		s.blame("%s: the short-lived cookie was exchanged long ago", r.URL.Path)
	}
	return false
}

func cookieOf(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// token is what the page's script puts into its forms. It changes with every exchange. The caller holds the lock.
func (s *Web) token() string {
	return fmt.Sprintf("AF%s:%d", shortHash(s.stamp), 1700000000000+s.tokens)
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:8])
}

const (
	webBuild   = "boq_assistant-bard-web-server_20260801.05_p1"
	webSession = "-4242424242424242424"
	webPush    = "feeds/simulated"
)

// page is the app's page, or the way to the login.
func (s *Web) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages++
	if r.Header.Get("User-Agent") == "" {
		s.blame("page: no User-Agent")
	}
	if !s.session(r) {
		http.Redirect(w, r, "https://accounts.google.com/ServiceLogin?continue=https://gemini.google.com/app", http.StatusFound)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: "__Secure-1PSIDCC", Value: "cc" + fmt.Sprint(s.pages), Domain: ".google.com", Path: "/", Secure: true, HttpOnly: true})
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, `<!doctype html><html><head><script>window.WIZ_global_data = {"TuX5cc":"en","cfb2h":"%s","FdrFJe":"%s",`+
		`"qKIAYe":"%s","SNlM0e":"%s"};</script></head><body>Gemini</body></html>`, webBuild, webSession, webPush, s.token())
}
