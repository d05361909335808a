package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Outbox is a folder that takes the place of a mail server in development: a
// file per message. The same message sent twice is one file.
type Outbox struct{ Dir string }

// Kept is a message in the outbox.
type Kept struct {
	Message
	At time.Time `json:"at"`
}

// Send implements Sender.
func (o Outbox) Send(_ context.Context, m Message) error {
	name, err := o.file(m.ID)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("make the outbox: %w", err)
	}
	text, err := json.MarshalIndent(Kept{Message: m, At: time.Now().UTC()}, "", " ")
	if err != nil {
		return err
	}
	half := name + ".half"
	if err := os.WriteFile(half, text, 0o600); err != nil {
		return fmt.Errorf("write into the outbox: %w", err)
	}
	return os.Rename(half, name)
}

// List reads every message, newest first. An outbox that does not exist is empty.
func (o Outbox) List() ([]Kept, error) {
	files, err := filepath.Glob(filepath.Join(o.Dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var all []Kept
	for _, file := range files {
		kept, err := read(file)
		if err != nil {
			return nil, err
		}
		all = append(all, kept)
	}
	slices.SortFunc(all, func(a, b Kept) int { return b.At.Compare(a.At) })
	return all, nil
}

// Read finds one message; fs.ErrNotExist when there is none.
func (o Outbox) Read(id string) (Kept, error) {
	name, err := o.file(id)
	if err != nil {
		return Kept{}, err
	}
	return read(name)
}

var errBadID = fmt.Errorf("not the id of a message: %w", fs.ErrNotExist)

// file keeps ids from naming anything outside the folder.
func (o Outbox) file(id string) (string, error) {
	if id == "" || strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		return "", errBadID
	}
	return filepath.Join(o.Dir, id+".json"), nil
}

func read(file string) (kept Kept, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return kept, err
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		return kept, errors.Join(fmt.Errorf("read %s", filepath.Base(file)), err)
	}
	return kept, nil
}
