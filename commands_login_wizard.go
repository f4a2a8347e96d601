package aigateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// wizard leads a person through logins.
type wizard struct {
	out    io.Writer
	listen string
	device bool          // log in with a code
	lines  <-chan string // what the person writes; closed at the end
}

func newWizard(in io.Reader, out io.Writer, listen string, device bool) *wizard {
	lines := make(chan string)
	go func() {
		defer close(lines)
		reader := bufio.NewReader(in)
		for {
			line, err := reader.ReadString('\n')
			if line = strings.TrimSpace(line); line != "" || err == nil {
				lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return &wizard{out, listen, device, lines}
}

// run logs in to an account and then offers those that nobody has logged in to yet.
func (w *wizard) run(ctx context.Context, c *openedConfig, name string) error {
	for {
		a, err := c.find(name)
		if err != nil {
			return err
		}
		if err := w.login(ctx, a); err != nil {
			return fmt.Errorf("account %q: %w", name, err)
		}
		others := c.missing(ctx)
		if len(others) == 0 {
			return nil
		}
		name = others[0]
		fmt.Fprintf(w.out, "\nNobody has logged in to %s yet. Log in to %s now? [y/N] ", strings.Join(others, ", "), name)
		select {
		case answer := <-w.lines:
			if !strings.EqualFold(answer, "y") && !strings.EqualFold(answer, "yes") {
				return nil
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// login logs in to one account.
func (w *wizard) login(ctx context.Context, a *resolvedAccount) error {
	o := a.login.Options
	how := w.browse
	if w.device || o.Client.AuthURL == "" && o.Client.DeviceURL != "" {
		how = w.enter
	}
	token, err := how(ctx, a)
	if err != nil {
		return err
	}
	token.Seed = credentials.Fingerprint(o.Seed)
	if err := credentials.Put(ctx, o.Store, token); err != nil {
		return err
	}
	fmt.Fprintf(w.out, "\nLogged in. The tokens are kept in the %s.\n", o.Store.Where())
	if !token.Expiry.IsZero() {
		fmt.Fprintf(w.out, "The access token is good until %s and is refreshed by the gateway.\n", token.Expiry.Format(time.RFC3339))
	}
	w.tell(a.describe(ctx, token))
	return nil
}

// browse logs in by a link, whose answer comes to this machine or is pasted.
func (w *wizard) browse(ctx context.Context, a *resolvedAccount) (credentials.Token, error) {
	listener, err := net.Listen("tcp", w.listen)
	if err != nil {
		return credentials.Token{}, fmt.Errorf("waiting for the answer: %w; choose another address with --listen", err)
	}
	defer listener.Close()
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() {
		return credentials.Token{}, errors.New("waiting for the answer: --listen must be a loopback address, since the answer is as good as a password")
	}
	login, err := credentials.NewLogin(a.login.Client, fmt.Sprintf("http://%s/", listener.Addr()), a.login.HTTP)
	if err != nil {
		return credentials.Token{}, err
	}
	fmt.Fprintf(w.out, "Open this link in a browser and log in as the owner of account %s:\n\n%s\n\n"+
		"If the browser is on another machine, it ends at an address on 127.0.0.1 that cannot be reached.\n"+
		"Paste that address here: ", a.Name, login.URL())
	return w.answer(ctx, listener, login)
}

// enter logs in by a code that the person enters in any browser.
func (w *wizard) enter(ctx context.Context, a *resolvedAccount) (credentials.Token, error) {
	login, err := credentials.NewDeviceLogin(ctx, a.login.Client, a.login.HTTP)
	if err != nil {
		return credentials.Token{}, err
	}
	fmt.Fprintf(w.out, "Open this link in any browser, log in as the owner of account %s, and enter the code %s there:\n\n%s\n\n"+
		"Waiting until %s ...\n", a.Name, login.Code(), login.URL(), login.Expiry().Local().Format(time.TimeOnly))
	return login.Finish(ctx)
}

// tell says what the vendor grants.
func (w *wizard) tell(t credentials.Token, err error) {
	if err != nil {
		fmt.Fprintf(w.out, "The account's project could not be found: %v\nThe gateway will try again.\n", err)
		return
	}
	if t.Project != "" {
		fmt.Fprintf(w.out, "Project: %s\n", t.Project)
	}
	if t.Tier != "" {
		fmt.Fprintf(w.out, "Tier: %s\n", t.Tier)
	}
}

// answered is an authorisation server's answer, and where to say what came of it.
type answered struct {
	url  string
	said chan<- error
}

// answer waits until the browser comes to the listener, or until somebody pastes where it ended. Mistakes are told, and
// the waiting goes on.
func (w *wizard) answer(ctx context.Context, listener net.Listener, login *credentials.Login) (credentials.Token, error) {
	arrived := make(chan answered)
	done, end := context.WithCancel(ctx)
	defer end()
	server := &http.Server{Handler: callback(done, arrived), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	defer func() {
		limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = server.Shutdown(limit)
	}()
	lines := w.lines
	for {
		var got answered
		select {
		case got = <-arrived:
		case line, open := <-lines:
			if !open {
				lines = nil // nobody writes, but a browser may still come
				continue
			}
			got.url = line
		case <-ctx.Done():
			return credentials.Token{}, errors.New("there was no login")
		}
		token, err := login.Finish(ctx, got.url)
		if got.said != nil {
			got.said <- err
		}
		if err == nil {
			return token, nil
		}
		fmt.Fprintf(w.out, "\nThat did not work: %v\nPaste the address, or press Ctrl+C: ", err)
	}
}

// callback hands on what a browser brings, and shows what came of it.
func callback(ctx context.Context, arrived chan<- answered) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
		rw.Header().Set("Referrer-Policy", "no-referrer")
		if r.URL.Path != "/" || !r.URL.Query().Has("state") {
			http.NotFound(rw, r) // a browser's wish for an icon
			return
		}
		said := make(chan error, 1)
		select {
		case arrived <- answered{r.URL.String(), said}:
		case <-ctx.Done():
			return
		}
		if err := <-said; err != nil {
			rw.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(rw, "The login did not work: %v\n", err)
			return
		}
		fmt.Fprintln(rw, "Logged in. You can close this page.")
	})
}
