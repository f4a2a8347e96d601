package pool

// Want is what a request asks of the pool. Allowed, Rank and Exclude are called while Acquire runs, never two at a time,
// but perhaps by another request's goroutine, and under a lock: they must be quick, must not call into the pool, and
// must read nothing that the caller changes while it is in Acquire.
type Want struct {
	// Model is the name that the accounts are matched against.
	Model string

	// Session is the conversation that the request belongs to.
	Session Session

	// Client is the name of the caller's key; sessions of different clients have nothing to do with each other.
	Client string

	// Allowed says whether the account may answer at all. The accounts that may are the members of the pool for this
	// request: among them it is decided whether a bare * counts and whether too many are in cooldown. Nil allows all.
	Allowed func(*Account) bool

	// Rank orders accounts of the same priority and load, lower first: one that speaks the client's dialect before one
	// that does not. Nil makes all equal.
	Rank func(*Account) int

	// Circle is what [Pool.Circle] has found for Model, in place of Allowed and Rank, which are not called then. Nil lets
	// every choice ask them anew.
	Circle *Circle

	// Pin is the name of the only account that can answer, because the request goes on with something that it keeps.
	// Empty lets the pool choose.
	Pin string

	// Exclude says whether the account is out of the question for this attempt: tried already, or unable to express
	// what the request needs. It stays a member of the pool. Nil excludes none.
	Exclude func(*Account) bool

	// OnWait is called once, by the goroutine in Acquire, when the request begins to wait. Nil is not called.
	OnWait func()
}

// Session identifies a conversation.
type Session struct {
	// Key is the same for all requests of the conversation; empty if there is none.
	Key string

	// Alias is a second key by which other requests of the conversation come; empty if there is none. The session is on the
	// same account under both.
	Alias string

	// Strong reports that the client named the conversation itself; a weak key is derived from content. A strong session
	// is looked up for every request and may wait a little for its own account.
	Strong bool

	// Continues reports that the request goes on with a conversation: it holds an answer of the model. A weak session is
	// looked up only then, since everybody may begin with the same words; without it, the session begins anew.
	Continues bool

	// OneShot reports that nothing will follow the request: one turn, no tools, no cache hints, a short answer. It may use
	// a binding but neither makes nor moves one.
	OneShot bool
}
