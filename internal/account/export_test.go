package account

import "context"

// Occupy takes one of the places for hashing passwords.
func (s *Service) Occupy(ctx context.Context) (leave func(), err error) { return s.hashing.enter(ctx) }

// Places is how many there are.
const Places = atOnce
