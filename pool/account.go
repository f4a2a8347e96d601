package pool

// Account is the settings of one upstream account in one generation of the configuration. They do not change after
// [New]. What happens to the account while the process runs is in its State, which generations share.
type Account struct {
	// Name identifies the account to people; it is unique in its pool.
	Name string

	// Provider is the kind of upstream, such as "gemini".
	Provider string

	// Identity says which accounts are the same one upstream, over gateways and generations. Accounts with the same
	// identity share one State. It must not be empty and must not hold a secret.
	Identity string

	// Models are the models that the account serves.
	Models Models

	// Priority orders accounts: one is used when every account of a lower Priority is full or down. Default 0.
	Priority int

	// Weight is the account's share among accounts of its priority. Default 1.
	Weight int

	// Tie orders accounts that nothing else tells apart, such as those that nobody has used yet: lower first, before their
	// place in the configuration. Default 0.
	Tie int

	// Concurrency is the number of requests that may run on the account at once; 0 means any number. It holds from
	// [Pool.Publish] on, for every generation that uses the account.
	Concurrency int

	// Disabled keeps the account from answering and from counting as one that could.
	Disabled bool

	// Value is for the owner of the account, who gets it back with every lease. The pool never looks at it.
	Value any

	// State is set by [New].
	State *State
}

// Serves reports whether the account serves model, how well its patterns fit, and the name under which the upstream
// knows the model. Whether a [Bare] fit counts depends on the other accounts of the pool.
func (a *Account) Serves(model string) (upstream string, how Match, ok bool) {
	upstream, how = a.Models.Match(model)
	return upstream, how, how != None
}
