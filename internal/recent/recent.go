// Package recent keeps the values that were used last, each beside the version
// of what it was made from, so that a value whose source has changed is never
// given again.
package recent

import (
	"container/list"
	"sync"
)

// Cache keeps a bounded number of values. It is safe for concurrent use.
type Cache[K comparable, V any] struct {
	most  int
	mu    sync.Mutex
	order *list.List // of *entry, the last used in front
	byKey map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key     K
	version string
	value   V
}

// New makes a cache of at most so many values; more push out those that were not
// used for the longest time.
func New[K comparable, V any](most int) *Cache[K, V] {
	return &Cache[K, V]{most: max(most, 1), order: list.New(), byKey: map[K]*list.Element{}}
}

// Get gives the value of a key if it was made from this version. A value of
// another version is forgotten.
func (c *Cache[K, V]) Get(key K, version string) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, found := c.byKey[key]
	if !found {
		return value, false
	}
	have := e.Value.(*entry[K, V])
	if have.version != version {
		c.drop(e)
		return value, false
	}
	c.order.MoveToFront(e)
	return have.value, true
}

// Put keeps a value in the place of the key's present one.
func (c *Cache[K, V]) Put(key K, version string, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, found := c.byKey[key]; found {
		c.drop(e)
	}
	c.byKey[key] = c.order.PushFront(&entry[K, V]{key, version, value})
	if c.order.Len() > c.most {
		c.drop(c.order.Back())
	}
}

func (c *Cache[K, V]) drop(e *list.Element) {
	delete(c.byKey, e.Value.(*entry[K, V]).key)
	c.order.Remove(e)
}
