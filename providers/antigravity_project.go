package providers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Signing up is asked for again and again until it is done.
const (
	onboardPause = 2 * time.Second
	onboardTries = 5
)

// Discover implements Discoverer: it asks for the account's project and tier, and signs the account up if it has no
// project.
func (p *Antigravity) Discover(ctx context.Context, call *Call, send func(*http.Request) (*http.Response, error)) (Found, error) {
	a := assist{"Antigravity", p.project, ctx, call, send}
	var account loaded
	if err := a.ask("loadCodeAssist", []byte(`{`+assistMetadata+`}}`), &account); err != nil {
		return Found{}, err
	}
	found := Found{Project: cmp.Or(p.project, string(account.Project)), Tier: account.tier()}
	if found.Project != "" {
		return found, nil
	}
	return a.join(&account)
}

// tier is what the account has now, empty for nothing.
func (l *loaded) tier() string {
	for _, t := range []*tier{l.PaidTier, l.CurrentTier} {
		if t != nil && t.ID != "" {
			return t.ID
		}
	}
	return ""
}

// join signs the account up for the tier that is meant for it.
func (a *assist) join(account *loaded) (Found, error) {
	id := ""
	for _, t := range account.Allowed {
		if t.IsDefault && t.ID != "" {
			id = t.ID
		}
	}
	id = cmp.Or(id, account.tier())
	if id == "" && len(account.Ineligible) > 0 {
		return Found{}, ineligible(account.Ineligible[0].ReasonCode)
	}
	id = cmp.Or(id, freeTier)
	body := []byte(`{"tierId":` + quoted(id) + `,` + assistMetadata + `}}`)
	for range onboardTries {
		var op operation
		if err := a.ask("onboardUser", body, &op); err != nil {
			return Found{}, err
		}
		if op.Done && op.Response.Project != "" {
			return Found{Project: string(op.Response.Project), Tier: id}, nil
		}
		if op.Done {
			break
		}
		if err := a.wait(onboardPause); err != nil {
			return Found{}, err
		}
	}
	return Found{}, fmt.Errorf("signing up for Antigravity (tier %s): Google makes no project; try again later, or set the account's project", id)
}

func ineligible(code string) error {
	if code == validationRequired {
		return errors.New("the account's owner must first verify it in a browser, to Google (" + validationRequired + ")")
	}
	return fmt.Errorf("the account may not use Antigravity%s", reason(code))
}
