package providers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// assist is one conversation about an account with Code Assist or one of its siblings, which share their methods.
type assist struct {
	product string // its name for people
	project string // that the configuration names
	ctx     context.Context
	call    *Call
	send    func(*http.Request) (*http.Response, error)
}

// readProject resolves the option `project`, and refuses what cannot be a project's id.
func readProject(raw string) (string, error) {
	project, err := resolve("project", raw)
	if err == nil && project != "" && !isProject(project) {
		return "", fmt.Errorf("project: %q is not the id of a project, such as my-project; its number will not do", project)
	}
	return project, err
}

// isProject says whether a name can be a project's id. Code Assist refuses project numbers.
func isProject(name string) bool {
	return placeName.MatchString(name) && strings.Trim(name, "0123456789") != ""
}

// wait lasts as long as it is told, or until nobody waits any more.
func (a *assist) wait(pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-a.ctx.Done():
		return fmt.Errorf("signing up for %s: %w", a.product, context.Cause(a.ctx))
	}
}

// reason shows a code of Google's, if it looks like one.
func reason(code string) string {
	if code == "" || len(code) > 64 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return ""
	}
	return ": " + code
}

// assistError is a refusal.
type assistError struct {
	product   string
	method    string
	status    int
	code      string
	perimeter bool
}

func (e *assistError) Error() string {
	return fmt.Sprintf("asking %s (%s): status %d%s", e.product, e.method, e.status, reason(e.code))
}

// maxAssist bounds what is read of an answer.
const maxAssist = 1 << 20

// ask calls a method, or asks for an operation if there is no body.
func (a *assist) ask(method string, body []byte, answer any) error {
	path := "/v1internal:" + method
	if name, ok := strings.CutPrefix(method, "/"); ok {
		path, method = "/v1internal/"+(&url.URL{Path: name}).EscapedPath(), "operation"
	}
	req, err := newRequest(a.ctx, a.call, path, "", body)
	if err != nil {
		return err
	}
	resp, err := a.send(finish(req, a.call))
	if err != nil {
		return fmt.Errorf("asking %s (%s): %w", a.product, method, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAssist))
	if err != nil {
		return fmt.Errorf("asking %s (%s): %w", a.product, method, err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusedBy(a.product, method, resp.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("asking %s (%s): the answer is no JSON; check base_url", a.product, method)
	}
	return nil
}

func refusedBy(product, method string, status int, raw []byte) error {
	var body struct {
		Error struct {
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	_ = json.Unmarshal(raw, &body)
	e := &assistError{product: product, method: method, status: status, code: body.Error.Status}
	for _, d := range body.Error.Details {
		e.perimeter = e.perimeter || d.Reason == "SECURITY_POLICY_VIOLATED"
		if reason(d.Reason) != "" {
			e.code = d.Reason
		}
	}
	return e
}

func quoted(s string) string {
	raw, _ := json.Marshal(s)
	return string(raw)
}
