package providers

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// antigravityModels is what the service last said of its models. The zero value knows nothing; nil is taken for it.
type antigravityModels struct {
	renamed  atomic.Pointer[map[string]string] // old names and the new ones; an empty one for what is gone
	searches atomic.Pointer[[]string]          // models that take requests of the kind that searches the web
}

// maxRenames bounds how often a model that was renamed was renamed again.
const maxRenames = 5

// current is the name that a model has now.
func (m *antigravityModels) current(name string) string {
	if m == nil {
		return name
	}
	renamed := m.renamed.Load()
	if renamed == nil {
		return name
	}
	for range maxRenames {
		next := (*renamed)[name]
		if next == "" {
			break
		}
		name = next
	}
	return name
}

// learn takes the names from an answer.
func (m *antigravityModels) learn(list *availableModels) {
	if m == nil {
		return
	}
	renamed := make(map[string]string, len(list.Deprecated))
	for old, now := range list.Deprecated {
		renamed[old] = now.NewModelID
	}
	m.renamed.Store(&renamed)
	m.searches.Store(&list.WebSearch)
}

// searching says whether a model takes requests of the kind that searches the web, as far as the service has said.
func (m *antigravityModels) searching(model string) bool {
	if m == nil {
		return true
	}
	known := m.searches.Load()
	return known == nil || len(*known) == 0 || slices.Contains(*known, model)
}

// Formerly implements Guide.
func (p *Antigravity) Formerly(model string) (names []string) {
	if p.seen == nil || p.seen.renamed.Load() == nil {
		return nil
	}
	for old := range *p.seen.renamed.Load() {
		if old != model && p.seen.current(old) == model {
			names = append(names, old)
		}
	}
	slices.Sort(names)
	return names
}

// availableModels is the answer of fetchAvailableModels.
type availableModels struct {
	Models map[string]struct {
		IsInternal bool `json:"isInternal"`
		QuotaInfo  *struct {
			RemainingFraction float64   `json:"remainingFraction"` // Google leaves a zero out
			ResetTime         time.Time `json:"resetTime"`
		} `json:"quotaInfo"`
	} `json:"models"`
	Deprecated map[string]struct {
		NewModelID string `json:"newModelId"`
	} `json:"deprecatedModelIds"`
	WebSearch []string `json:"webSearchModelIds"`
}

func readAvailableModels(body []byte) (availableModels, error) {
	var list availableModels
	if err := json.Unmarshal(body, &list); err != nil {
		return list, fmt.Errorf("reading model list: %w", err)
	}
	return list, nil
}

// shown says whether a model is meant for people who ask for one.
func (l *availableModels) shown(id string) bool {
	_, old := l.Deprecated[id]
	return !old && id != "" && !l.Models[id].IsInternal && !strings.HasPrefix(id, "chat_") && !strings.HasPrefix(id, "tab_")
}

// ListModels builds the request for all models, which come on one page.
func (p *Antigravity) ListModels(ctx context.Context, call *Call, _ string) (*http.Request, error) {
	body := []byte(`{}`)
	if project := p.projectOf(call); project != "" {
		body = []byte(`{"project":` + quoted(project) + `}`)
	}
	return p.post(ctx, call, "fetchAvailableModels", "", body)
}

// ModelNames reads the answer to ListModels, sorted. Names that the service has replaced are left out; requests for them
// go to the new ones from now on.
func (p *Antigravity) ModelNames(body []byte) ([]string, string, error) {
	list, err := readAvailableModels(body)
	if err != nil {
		return nil, "", err
	}
	p.seen.learn(&list)
	var names []string
	for id := range list.Models {
		if list.shown(id) {
			names = append(names, id)
		}
	}
	slices.Sort(names)
	return names, "", nil
}

// QuotaRequest implements Meter: the list of models tells it.
func (p *Antigravity) QuotaRequest(ctx context.Context, call *Call) (*http.Request, error) {
	return p.ListModels(ctx, call, "")
}

// ReadQuota implements Meter.
func (p *Antigravity) ReadQuota(body []byte) ([]Quota, error) {
	list, err := readAvailableModels(body)
	if err != nil {
		return nil, err
	}
	p.seen.learn(&list)
	var all []Quota
	for id, m := range list.Models {
		if m.QuotaInfo != nil && list.shown(id) {
			all = append(all, Quota{Model: id, Remaining: m.QuotaInfo.RemainingFraction, Resets: m.QuotaInfo.ResetTime})
		}
	}
	slices.SortFunc(all, func(a, b Quota) int { return cmp.Compare(a.Model, b.Model) })
	return all, nil
}
