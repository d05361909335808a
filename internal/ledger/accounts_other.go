package ledger

// Other is the world outside of Hearth: where money came from or went that no
// booking moved, as an admin has explained it.
const Other = "other"
