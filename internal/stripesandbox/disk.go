package stripesandbox

import (
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

type change struct {
	kind, id string
	data     []byte // nil deletes
}

// disk keeps committed objects. It must survive the end of the process, not of
// the machine: that is why bolt may skip its syncs.
type disk interface {
	write([]change) error
	read(kind, id string) ([]byte, error)
	each(kind string, fn func(id string, data []byte) error) error
	wipe() error
	Close() error
}

func openDisk(path string) (disk, error) {
	if path == "" {
		return memory{}, nil
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		return nil, fmt.Errorf("open sandbox file %s: %w", path, err)
	}
	return &file{db}, nil
}

type file struct{ db *bbolt.DB }

func (f *file) write(changes []change) error {
	return f.db.Update(func(tx *bbolt.Tx) error {
		for _, c := range changes {
			b, err := tx.CreateBucketIfNotExists([]byte(c.kind))
			if err != nil {
				return err
			}
			if c.data == nil {
				err = b.Delete([]byte(c.id))
			} else {
				err = b.Put([]byte(c.id), c.data)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *file) read(kind, id string) (data []byte, err error) {
	err = f.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(kind)); b != nil {
			data = slices.Clone(b.Get([]byte(id)))
		}
		return nil
	})
	return data, err
}

func (f *file) each(kind string, fn func(string, []byte) error) error {
	return f.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(kind))
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error { return fn(string(k), v) })
	})
}

func (f *file) wipe() error {
	return f.db.Update(func(tx *bbolt.Tx) error {
		var names [][]byte
		if err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			names = append(names, slices.Clone(name))
			return nil
		}); err != nil {
			return err
		}
		for _, name := range names {
			if err := tx.DeleteBucket(name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *file) Close() error { return f.db.Close() }

// memory is a disk that forgets with the process.
type memory map[dirtyKey][]byte

func (m memory) write(changes []change) error {
	for _, c := range changes {
		if c.data == nil {
			delete(m, dirtyKey{c.kind, c.id})
		} else {
			m[dirtyKey{c.kind, c.id}] = c.data
		}
	}
	return nil
}

func (m memory) read(kind, id string) ([]byte, error) { return m[dirtyKey{kind, id}], nil }

func (m memory) each(kind string, fn func(string, []byte) error) error {
	for key, data := range m {
		if key.kind == kind {
			if err := fn(key.id, data); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m memory) wipe() error  { clear(m); return nil }
func (m memory) Close() error { return nil }
