package pool

import (
	"fmt"
	"strings"
	"time"
)

// becauseTexts are the reasons that need no more than the account to be told.
var becauseTexts = map[Because]string{
	Chosen:       "would answer",
	NoModel:      "does not serve the model",
	NotAllowed:   "is not allowed by the key, the model's block or the route",
	OtherPinned:  "is not the account that the request must go to",
	IsDisabled:   "is disabled; give it a credential",
	BareStar:     "serves all models with a bare *, but another account names this one",
	IsExcluded:   "was tried or cannot express the request",
	NoWay:        "is left alone while its proxy is dead",
	OtherOwns:    "is free, but the session is on another account",
	NotPreferred: "is free, but the policy prefers another",
}

// String returns the explanation as text of several lines, for people.
func (e Explanation) String() string {
	var b strings.Builder
	switch {
	case e.Chosen != "":
		fmt.Fprintf(&b, "model %s: %s would answer (policy %s, session %s)\n", e.Model, e.Chosen, e.Policy, e.Sticky)
	case e.Error != "":
		fmt.Fprintf(&b, "model %s: no account would answer: %s\n", e.Model, e.Error)
	default:
		fmt.Fprintf(&b, "model %s: the request would wait for a free slot\n", e.Model)
	}
	if e.Session != "" {
		fmt.Fprintf(&b, "the session is on %s\n", e.Session)
	}
	for _, v := range e.Accounts {
		fmt.Fprintf(&b, "- %s (%s) %s\n", v.Account, v.Provider, v)
	}
	return b.String()
}

// String returns why the account would answer or not, as the end of a sentence about it.
func (v Verdict) String() string {
	text := becauseTexts[v.Because]
	if v.Note != "" {
		text += ": " + v.Note
	}
	switch v.Because {
	case CoolingDown:
		text = v.Cooldown.state() + v.Cooldown.text()
	case BeingProbed:
		text = "is being tried out by another request after its cooldown" + v.Cooldown.text()
	case IsFull:
		text = fmt.Sprintf("is full: %d of %d in use, %d waiting", v.InUse, v.Limit, v.Waiting)
	case WorsePriority:
		text = fmt.Sprintf("has priority %d, and one of a better priority is free", v.Priority)
	case NotPreferred:
		text += fmt.Sprintf(" (load %.0f%%)", v.Load)
	case Chosen:
		if v.Cooldown != nil {
			text += " in spite of its cooldown" + v.Cooldown.text()
		}
	}
	return text
}

// state says what keeps the account out: a failure, or a person.
func (c *Cooldown) state() string {
	if c != nil && c.Class == HandClass {
		return "is frozen by hand"
	}
	return "is in cooldown"
}

// text returns what follows the word cooldown.
func (c *Cooldown) text() string {
	if c == nil {
		return ""
	}
	text := ""
	if c.Class != HandClass {
		text = fmt.Sprintf(" for %v", c.Class)
	}
	text += " until " + c.Until.UTC().Format(time.RFC3339)
	if c.Model != "" {
		text += ", for model " + c.Model
	}
	if c.Failures > 1 {
		text += fmt.Sprintf(", after %d failures in a row", c.Failures)
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}
