package stripesandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
)

// header is what every stored object has. Keys that begin with "_" are the
// sandbox's own memory: they are stored, and never shown.
type header struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created,omitempty"`
	// Scope is the account that holds the object; "" is the platform.
	Scope string `json:"_scope,omitempty"`
	Seq   int64  `json:"_seq"`
}

func (h *header) head() *header { return h }

type record interface{ head() *header }

// text is a string that reads as null when empty; number likewise when zero.
type (
	text   string
	number int64
)

func (t text) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

func (n number) MarshalJSON() ([]byte, error) {
	if n == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(int64(n))
}

// store remembers which objects a transaction touched.
type store struct {
	disk  disk
	seq   int64
	dirty map[dirtyKey]keeper
}

type dirtyKey struct{ kind, id string }

// keeper is a collection as the store sees it.
type keeper interface {
	name() string
	encode(id string) ([]byte, error) // nil when the object is gone
	restore(id string, saved []byte) error
	compact()
}

func (st *store) touch(k keeper, id string) { st.dirty[dirtyKey{k.name(), id}] = k }

// commit writes everything touched, in one disk transaction.
func (st *store) commit() error {
	if len(st.dirty) == 0 {
		return nil
	}
	changes := make([]change, 0, len(st.dirty))
	for key, k := range st.dirty {
		data, err := k.encode(key.id)
		if err != nil {
			return fmt.Errorf("encode %s %s: %w", key.kind, key.id, err)
		}
		changes = append(changes, change{key.kind, key.id, data})
	}
	if err := st.disk.write(changes); err != nil {
		return fmt.Errorf("write %d objects: %w", len(changes), err)
	}
	for _, k := range st.dirty {
		k.compact()
	}
	clear(st.dirty)
	return nil
}

// rollback puts everything touched back as it was at the last commit.
func (st *store) rollback() error {
	for key, k := range st.dirty {
		saved, err := st.disk.read(key.kind, key.id)
		if err != nil {
			return err
		}
		if err := k.restore(key.id, saved); err != nil {
			return err
		}
	}
	clear(st.dirty)
	return nil
}

// collection holds all objects of one kind, oldest first.
type collection[T record] struct {
	kind     string
	prefixes []string // of its ids
	st       *store
	fresh    func() T
	byID     map[string]T
	order    []string
}

func newCollection[T record](st *store, kind string, fresh func() T) *collection[T] {
	return &collection[T]{kind: kind, st: st, fresh: fresh, byID: map[string]T{}}
}

func (c *collection[T]) name() string { return c.kind }

func (c *collection[T]) get(id string) (T, bool) { t, ok := c.byID[id]; return t, ok }

// add files a new object as the newest of its kind.
func (c *collection[T]) add(t T) T {
	h := t.head()
	c.st.seq++
	h.Seq = c.st.seq
	c.byID[h.ID] = t
	c.order = append(c.order, h.ID)
	c.st.touch(c, h.ID)
	return t
}

// save says that an object was changed.
func (c *collection[T]) save(t T) { c.st.touch(c, t.head().ID) }

func (c *collection[T]) remove(id string) {
	if _, ok := c.byID[id]; !ok {
		return
	}
	delete(c.byID, id)
	c.st.touch(c, id)
}

// compact forgets removed ids once they are the greater part.
func (c *collection[T]) compact() {
	if len(c.order) > 64 && len(c.order) > 2*len(c.byID) {
		c.sort()
	}
}

// newest walks the objects newest first; removed ones are passed over.
func (c *collection[T]) newest() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, id := range slices.Backward(c.order) {
			if t, ok := c.byID[id]; ok && !yield(t) {
				return
			}
		}
	}
}

func (c *collection[T]) encode(id string) ([]byte, error) {
	t, ok := c.byID[id]
	if !ok {
		return nil, nil
	}
	return json.Marshal(t)
}

func (c *collection[T]) restore(id string, saved []byte) error {
	if saved == nil {
		delete(c.byID, id)
		// Out of the order too: the same id may be made again, as a balance's is.
		for i, other := range slices.Backward(c.order) {
			if other == id {
				c.order = slices.Delete(c.order, i, i+1)
				break
			}
		}
		return nil
	}
	t := c.fresh()
	if err := json.Unmarshal(saved, t); err != nil {
		return fmt.Errorf("decode %s %s: %w", c.kind, id, err)
	}
	c.byID[id] = t
	c.st.seq = max(c.st.seq, t.head().Seq)
	return nil
}

// sort rebuilds the order from the objects themselves.
func (c *collection[T]) sort() {
	c.order = c.order[:0]
	for id := range c.byID {
		c.order = append(c.order, id)
	}
	slices.SortFunc(c.order, func(a, b string) int {
		return int(c.byID[a].head().Seq - c.byID[b].head().Seq)
	})
}

// dump is every object as it is stored, oldest first.
func (c *collection[T]) dump() ([]json.RawMessage, error) {
	rows := []json.RawMessage{}
	for _, id := range c.order {
		raw, err := c.encode(id)
		if err != nil {
			return nil, err
		}
		if raw != nil {
			rows = append(rows, raw)
		}
	}
	return rows, nil
}

// read makes an object of what dump gave.
func (c *collection[T]) read(raw []byte) (T, error) {
	t := c.fresh()
	err := json.Unmarshal(raw, t)
	if err == nil && t.head().ID == "" {
		err = errors.New("an object needs an id")
	}
	return t, err
}

func (c *collection[T]) try(raw []byte) error { _, err := c.read(raw); return err }

// put stores an object, in the place of another with its id; sort must follow.
func (c *collection[T]) put(raw []byte) error {
	t, err := c.read(raw)
	if err != nil {
		return err
	}
	c.byID[t.head().ID] = t
	c.st.seq = max(c.st.seq, t.head().Seq)
	c.save(t)
	return nil
}

func (c *collection[T]) record(id string) (record, bool) { t, ok := c.byID[id]; return t, ok }

func (c *collection[T]) heads() []string { return c.prefixes }

func (c *collection[T]) count() int { return len(c.byID) }

// recent walks the objects newest first, whatever they are.
func (c *collection[T]) recent() iter.Seq[record] {
	return func(yield func(record) bool) {
		for t := range c.newest() {
			if !yield(t) {
				return
			}
		}
	}
}

func (c *collection[T]) wipe() { clear(c.byID); c.order = nil }
