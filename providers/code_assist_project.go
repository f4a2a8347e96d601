package providers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// assistMetadata tells Code Assist nothing about the client but what it insists on: we are neither an IDE nor a plug-in.
const assistMetadata = `"metadata":{"ideType":"IDE_UNSPECIFIED","platform":"PLATFORM_UNSPECIFIED","pluginType":"GEMINI"`

// The tiers that mean something here.
const (
	freeTier     = "free-tier" // has a project of Google's own, so that none may be named
	standardTier = "standard-tier"
	legacyTier   = "legacy-tier"
)

var tierName = regexp.MustCompile(`^[A-Za-z0-9_/-]{1,64}$`)

// tier is one of an account's tiers, as an object or as its id alone.
type tier struct {
	ID        string `json:"id"`
	IsDefault bool   `json:"isDefault"`
}

// UnmarshalJSON implements json.Unmarshaler. What is neither is taken for no tier.
func (t *tier) UnmarshalJSON(raw []byte) error {
	type plain tier
	if json.Unmarshal(raw, &t.ID) != nil {
		_ = json.Unmarshal(raw, (*plain)(t))
	}
	if !tierName.MatchString(t.ID) {
		t.ID = ""
	}
	return nil
}

// assistProject is a project, as an object or as its id alone.
type assistProject string

// UnmarshalJSON implements json.Unmarshaler. What is neither is taken for no project.
func (p *assistProject) UnmarshalJSON(raw []byte) error {
	var id string
	if json.Unmarshal(raw, &id) != nil {
		var object struct{ ID string }
		_ = json.Unmarshal(raw, &object)
		id = object.ID
	}
	if isProject(id) {
		*p = assistProject(id)
	}
	return nil
}

// loaded is what Code Assist says of an account.
type loaded struct {
	CurrentTier *tier         `json:"currentTier"`
	PaidTier    *tier         `json:"paidTier"`
	Allowed     []tier        `json:"allowedTiers"`
	Project     assistProject `json:"cloudaicompanionProject"`
	Ineligible  []struct {
		ReasonCode string `json:"reasonCode"`
	} `json:"ineligibleTiers"`
}

// operation is work that Google has begun for us.
type operation struct {
	Name     string `json:"name"`
	Done     bool   `json:"done"`
	Response struct {
		Project assistProject `json:"cloudaicompanionProject"`
	} `json:"response"`
}

// pollPause is the time between questions whether an operation is done.
const pollPause = 5 * time.Second

// Discover implements Discoverer: it asks Code Assist for the account's project and tier, and signs the account up if
// it has neither.
func (p *CodeAssist) Discover(ctx context.Context, call *Call, send func(*http.Request) (*http.Response, error)) (Found, error) {
	a := assist{p, ctx, call, send}
	account, err := a.load()
	if err != nil {
		return Found{}, err
	}
	if account.CurrentTier == nil || account.CurrentTier.ID == "" {
		return a.onboard(account)
	}
	found := Found{Project: string(account.Project), Tier: account.CurrentTier.ID}
	if account.PaidTier != nil && account.PaidTier.ID != "" {
		found.Tier = account.PaidTier.ID
	}
	if p.project != "" {
		found.Project = p.project
	}
	if found.Project == "" {
		return found, fmt.Errorf("the account's tier %s needs a project of Google Cloud; set the account's project", found.Tier)
	}
	return found, nil
}

// assist is one conversation with Code Assist about an account.
type assist struct {
	*CodeAssist
	ctx  context.Context
	call *Call
	send func(*http.Request) (*http.Response, error)
}

func (a *assist) load() (loaded, error) {
	body := `{` + assistMetadata
	if a.project != "" {
		body = `{"cloudaicompanionProject":` + quoted(a.project) + `,` + assistMetadata + `,"duetProject":` + quoted(a.project)
	}
	var account loaded
	err := a.ask("loadCodeAssist", []byte(body+`}}`), &account)
	var refused *assistError
	if errors.As(err, &refused) && refused.perimeter && a.project != "" {
		// A perimeter of VPC Service Controls hides the account, which then is a company's.
		return loaded{CurrentTier: &tier{ID: standardTier}}, nil
	}
	return account, err
}

// onboard signs the account up for the tier that Code Assist proposes.
func (a *assist) onboard(account loaded) (Found, error) {
	id := proposed(account.Allowed)
	if len(account.Allowed) == 0 && len(account.Ineligible) > 0 {
		return Found{}, fmt.Errorf("the account may not use Code Assist%s", reason(account.Ineligible[0].ReasonCode))
	}
	project := a.project
	if project == "" {
		project = string(account.Project)
	}
	body := `{"tierId":` + quoted(id) + `,`
	if project != "" && id != freeTier {
		body += `"cloudaicompanionProject":` + quoted(project) + `,`
	}
	var op operation
	if err := a.ask("onboardUser", []byte(body+assistMetadata+`}}`), &op); err != nil {
		return Found{}, err
	}
	for !op.Done {
		if err := a.wait(); err != nil {
			return Found{}, err
		}
		if !operationName.MatchString(op.Name) {
			return Found{}, errors.New("signing up for Code Assist: it names no operation to wait for")
		}
		if err := a.ask("/"+op.Name, nil, &op); err != nil {
			return Found{}, err
		}
	}
	if op.Response.Project != "" {
		project = string(op.Response.Project)
	}
	if project == "" {
		return Found{}, fmt.Errorf("the account's tier %s needs a project of Google Cloud; set the account's project", id)
	}
	return Found{Project: project, Tier: id}, nil
}

var operationName = regexp.MustCompile(`^[A-Za-z0-9_-]+(/[A-Za-z0-9_.-]+)*$`)

func (a *assist) wait() error {
	timer := time.NewTimer(pollPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-a.ctx.Done():
		return fmt.Errorf("signing up for Code Assist: %w", context.Cause(a.ctx))
	}
}

// proposed is the default tier, else the first that has a name.
func proposed(allowed []tier) string {
	first := ""
	for _, t := range allowed {
		if t.ID == "" {
			continue
		}
		if t.IsDefault {
			return t.ID
		}
		if first == "" {
			first = t.ID
		}
	}
	if first == "" {
		return legacyTier
	}
	return first
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
	method    string
	status    int
	code      string
	perimeter bool
}

func (e *assistError) Error() string {
	return fmt.Sprintf("asking Code Assist (%s): status %d%s", e.method, e.status, reason(e.code))
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
		return fmt.Errorf("asking Code Assist (%s): %w", method, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAssist))
	if err != nil {
		return fmt.Errorf("asking Code Assist (%s): %w", method, err)
	}
	if resp.StatusCode != http.StatusOK {
		return refusedBy(method, resp.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("asking Code Assist (%s): the answer is no JSON; check base_url", method)
	}
	return nil
}

func refusedBy(method string, status int, raw []byte) error {
	var body struct {
		Error struct {
			Status  string `json:"status"`
			Details []struct {
				Reason string `json:"reason"`
			} `json:"details"`
		} `json:"error"`
	}
	_ = json.Unmarshal(raw, &body)
	e := &assistError{method: method, status: status, code: body.Error.Status}
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
