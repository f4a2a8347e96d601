package aigateway

import (
	"net/http"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// usageStatus is what the admin API tells of what was used.
type usageStatus struct {
	Rows    *usage.Report `json:"rows"`
	Total   *usage.Report `json:"total"`   // one row of everything
	Dropped uint64        `json:"dropped"` // records that could not be kept since the process began
}

// showUsage sums up as the command does: ?by=key,model&since=7d&until=2026-12-31&where=key=alice.
func (a *adminAPI) showUsage(r *http.Request, _ string) (any, error) {
	words := r.URL.Query()
	ask := usage.Ask{By: words.Get("by"), Since: words.Get("since"), Until: words.Get("until"), Where: words["where"]}
	q, err := ask.Query(time.Now())
	if err != nil {
		return nil, adminError(http.StatusBadRequest, "%v", err)
	}
	report, err := usage.QueryAll(r.Context(), q)
	if err != nil {
		return nil, err
	}
	return usageStatus{report, &usage.Report{Rows: []usage.Row{report.Total()}}, usage.Dropped()}, nil
}
