package recent

import (
	"strconv"
	"sync"
	"testing"
)

func TestValueOfAnotherVersionIsForgotten(t *testing.T) {
	t.Parallel()
	c := New[string, int](4)
	c.Put("a", "1", 10)
	if v, ok := c.Get("a", "1"); !ok || v != 10 {
		t.Errorf("got %d, %t", v, ok)
	}
	if _, ok := c.Get("a", "2"); ok {
		t.Error("a value was given that was made from something else")
	}
	if _, ok := c.Get("a", "1"); ok {
		t.Error("the old value is still kept")
	}
}

func TestLongestUnusedValueMakesRoom(t *testing.T) {
	t.Parallel()
	c := New[int, int](2)
	c.Put(1, "", 1)
	c.Put(2, "", 2)
	c.Get(1, "")
	c.Put(3, "", 3)
	for key, want := range map[int]bool{1: true, 2: false, 3: true} {
		if _, ok := c.Get(key, ""); ok != want {
			t.Errorf("%d is kept: %t", key, ok)
		}
	}
	c.Put(3, "new", 4)
	if v, ok := c.Get(3, "new"); !ok || v != 4 || len(c.byKey) != 2 || c.order.Len() != 2 {
		t.Errorf("got %d, %t; %d and %d are kept", v, ok, len(c.byKey), c.order.Len())
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	c := New[int, string](8)
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for i := range 500 {
				key := (g + i) % 12
				c.Put(key, "v", strconv.Itoa(key))
				if v, ok := c.Get(key, "v"); ok && v != strconv.Itoa(key) {
					t.Errorf("%d is %s", key, v)
				}
			}
		})
	}
	wg.Wait()
}
