package account

import (
	"context"
	"sync"
	"time"

	"hearth/internal/fault"
	"hearth/internal/user"
)

// atOnce bounds the passwords that are being hashed: each takes 19 MiB and a
// core, so that a storm of log-ins waits instead of eating the machine.
const (
	atOnce   = 2
	patience = 15 * time.Second
)

// gate lets atOnce through. Its zero value is ready.
type gate struct {
	once  sync.Once
	slots chan struct{}
}

// enter waits for a place, and gives up with Unavailable.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	g.once.Do(func() { g.slots = make(chan struct{}, atOnce) })
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "Very many people are logging in right now. Please try again in a minute.")
	}
}

func (s *Service) hash(ctx context.Context, password string) (string, error) {
	leave, err := s.hashing.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return user.HashPassword(password)
}

// matches compares at the same cost whoever the credential belongs to.
func (s *Service) matches(ctx context.Context, c user.Credential, password string) (bool, error) {
	if len(password) > 4*maxPassword {
		return false, nil // nobody's: registration refuses it
	}
	leave, err := s.hashing.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	return c.Matches(password), nil
}

// decoy stands in for the hash of an address without an account: made once,
// with the same cost as every other.
type decoy struct {
	once sync.Once
	text string
}

func (d *decoy) hash() string {
	d.once.Do(func() {
		var err error
		if d.text, err = user.HashPassword("nobody has this password"); err != nil {
			panic(err) // the system has no randomness: nothing can go on
		}
	})
	return d.text
}
