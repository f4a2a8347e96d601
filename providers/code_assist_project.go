package providers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
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
		var object struct{ ID, ProjectID, Project string }
		_ = json.Unmarshal(raw, &object)
		id = cmp.Or(object.ID, object.ProjectID, object.Project)
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
	a := assist{"Code Assist", p.project, ctx, call, send}
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
		if err := a.wait(pollPause); err != nil {
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
