package values_test

import (
	"bytes"
	"container/list"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"math/big"
	"math/rand"
	randv2 "math/rand/v2"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"continuousnet/kernel/values"
)

type node struct {
	next *node
	v    int
	tag  string
}

type shape interface{ area() float64 }

type square struct{ side float64 }

func (s square) area() float64 { return s.side * s.side }

type circle struct{ r float64 }

func (c *circle) area() float64 { return 3 * c.r * c.r }

type event struct {
	time.Time
	name string
}

type holder struct {
	count int
	inner struct{ x, y float64 }
	arr   [4]int16
}

var (
	number   int
	floats   []float64
	window   []float64
	large    []float64
	part     []float64
	table    map[string]int
	table2   map[string]int
	nans     map[float64]int
	ring     *node
	hold     holder
	field    *float64
	element  *int16
	ofSlice  *float64
	shapes   []shape
	anything any
	buffer   bytes.Buffer
	expr     *regexp.Regexp
	bigInt   *big.Int
	now      time.Time
	utc      time.Time
	happened event
	rng      *rand.Rand
	pcg      *randv2.Rand
	mutex    sync.Mutex
	rw       sync.RWMutex
	wait     sync.WaitGroup
	once     sync.Once
	cond     *sync.Cond
	pool     sync.Pool
	syncMap  sync.Map
	counter  atomic.Int64
	current  atomic.Pointer[node]
	stored   atomic.Value
	builder  strings.Builder
	nodes    []node
	elements *list.List
	eof      error
	wrapped  error
	pathErr  error
	address  *url.URL
	upper    func(string) string
	nilFunc  func()
	nilChan  chan int
	stdout   *os.File
	rows     [][]*node
	pointers map[*node]string
	empty    []int
	nilSlice []int
	byIface  map[any]string
	selfAny  any
)

func keptVars() []values.Var {
	return []values.Var{
		keep("number", &number), keep("floats", &floats), keep("window", &window), keep("large", &large),
		keep("part", &part),
		keep("table", &table), keep("table2", &table2), keep("nans", &nans), keep("ring", &ring),
		keep("hold", &hold), keep("field", &field),
		keep("element", &element), keep("ofSlice", &ofSlice), keep("shapes", &shapes), keep("anything", &anything),
		keep("buffer", &buffer),
		keep("expr", &expr), keep("bigInt", &bigInt), keep("now", &now), keep("utc", &utc),
		keep("happened", &happened), keep("rng", &rng),
		keep("pcg", &pcg), keep("mutex", &mutex), keep("rw", &rw), keep("wait", &wait), keep("once", &once),
		keep("cond", &cond),
		keep("pool", &pool), keep("syncMap", &syncMap), keep("counter", &counter), keep("current", &current),
		keep("stored", &stored),
		keep("builder", &builder),
		keep("nodes", &nodes), keep("elements", &elements), keep("eof", &eof), keep("wrapped", &wrapped),
		keep("pathErr", &pathErr),
		keep("address", &address), keep("upper", &upper), keep("nilFunc", &nilFunc), keep("nilChan", &nilChan),
		keep("stdout", &stdout),
		keep("rows", &rows), keep("pointers", &pointers), keep("empty", &empty), keep("nilSlice", &nilSlice),
		keep("byIface", &byIface),
		keep("selfAny", &selfAny),
	}
}

func init() {
	cells["set"] = func(dir string) {
		s := values.Open(dir, keptVars()...)
		defer s.Write()
		number = 7
		floats = []float64{1, 2, 3, 4, 5}
		window = floats[1:3:4]
		ofSlice = &floats[2]
		large = make([]float64, 1<<16)
		large[1<<15] = 5
		part = large[1<<15 : 1<<15+2]
		table = map[string]int{"a": 1, "b": 2}
		table2 = table
		nans = map[float64]int{math.NaN(): 1, 2: 3}
		nans[math.NaN()] = 2
		ring = &node{v: 1, tag: "first"}
		ring.next = &node{ring, 2, "second"}
		hold.inner.y, field = 2.5, &hold.inner.y
		element = &hold.arr[3]
		shapes = []shape{square{2}, &circle{3}, nil}
		hold.count = 1
		anything = map[string]any{"k": []any{1, "s", 2.5, []int{4}, struct{ A int }{5}}}
		buffer.WriteString("hello")
		buffer.ReadByte()
		expr = regexp.MustCompile(`a(b+)c`)
		bigInt, _ = new(big.Int).SetString("123456789012345678901234567890", 10)
		now, utc = time.Now(), time.Unix(5, 0).UTC()
		happened = event{time.Unix(9, 0), "event"}
		rng, pcg = rand.New(rand.NewSource(1)), randv2.New(randv2.NewPCG(1, 2))
		rng.Int()
		pcg.Int()
		once.Do(func() {})
		cond = sync.NewCond(&mutex)
		pool.Put(new(int))
		syncMap.Store("k", 5)
		counter.Store(9)
		current.Store(ring)
		stored.Store("text")
		builder.WriteString("built")
		nodes = make([]node, 3, 5)
		nodes[1].next = &nodes[2]
		elements = list.New()
		elements.PushBack("x")
		eof, wrapped = io.EOF, fmt.Errorf("wrapped: %w", io.EOF)
		_, pathErr = os.Open("/does/not/exist")
		address, _ = url.Parse("https://user@host/path?q=1#f")
		upper = strings.ToUpper
		stdout = os.Stdout
		flat := make([]*node, 6)
		for i := range flat {
			flat[i] = &node{v: i}
		}
		rows = [][]*node{flat[0:3], flat[3:6], flat[2:4]}
		pointers = map[*node]string{ring: "ring"}
		empty = []int{}
		byIface = map[any]string{1: "int", "1": "string", square{1}: "square"}
		selfAny = &selfAny
		fmt.Println(rng.Int(), pcg.Int(), now.UnixNano())
		rng.Seed(4)
		pcg = randv2.New(randv2.NewPCG(3, 4))
	}
	cells["check"] = func(dir string) {
		s := values.Open(dir, keptVars()...)
		defer s.Write()
		want := func(ok bool, what string) {
			if !ok {
				fmt.Println("FAILED:", what)
			}
		}
		want(number == 7, "number")
		want(reflect.DeepEqual(floats, []float64{1, 2, 3, 4, 5}) && len(window) == 2 && cap(window) == 3, "floats")
		want(&floats[1] == &window[0] && ofSlice == &floats[2], "window of floats")
		want(len(large) == 1<<16 && &part[0] == &large[1<<15] && part[0] == 5 && cap(part) == 1<<15, "large")
		table["c"] = 3
		want(maps.Equal(table2, map[string]int{"a": 1, "b": 2, "c": 3}), "shared map")
		delete(table, "c")
		want(len(nans) == 3 && nans[2] == 3, "NaN keys")
		want(ring.v == 1 && ring.next.tag == "second" && ring.next.next == ring, "ring")
		want(field == &hold.inner.y && *field == 2.5 && element == &hold.arr[3], "pointers into a struct")
		want(shapes[0].area() == 4 && shapes[1].area() == 27 && shapes[2] == nil, "interfaces")
		want(fmt.Sprint(anything) == "map[k:[1 s 2.5 [4] {5}]]", "any: "+fmt.Sprint(anything))
		want(buffer.String() == "ello", "bytes.Buffer")
		want(expr.FindString("xabbbcx") == "abbbc", "regexp")
		want(bigInt.String() == "123456789012345678901234567890", "big.Int")
		want(now.Location() == time.Local && utc.Location() == time.UTC, "time")
		want(!strings.Contains(now.String(), "m="), "monotonic clock")
		want(happened.name == "event" && happened.Unix() == 9, "embedded time.Time")
		want(rng.Int() == rand.New(rand.NewSource(4)).Int(), "math/rand")
		want(pcg.Int() == randv2.New(randv2.NewPCG(3, 4)).Int(), "math/rand/v2")
		want(mutex.TryLock(), "mutex")
		mutex.Unlock()
		want(rw.TryLock(), "RWMutex")
		rw.Unlock()
		wait.Wait()
		once.Do(func() { fmt.Println("FAILED: once") })
		want(cond.L == &mutex, "cond")
		cond.Broadcast()
		want(pool.Get() == nil, "pool")
		v, ok := syncMap.Load("k")
		want(ok && v == 5, "sync.Map")
		want(counter.Load() == 9 && current.Load() == ring && stored.Load() == "text", "atomics")
		builder.WriteString("!")
		want(builder.String() == "built!", "strings.Builder")
		want(nodes[1].next == &nodes[2] && cap(nodes) == 5, "pointer into a slice")
		want(elements.Front().Value == "x" && elements.Front().Next() == nil, "list")
		want(eof == io.EOF && errors.Is(wrapped, io.EOF) && wrapped.Error() == "wrapped: EOF", "errors")
		want(errors.Is(pathErr, fs.ErrNotExist), "path error")
		want(address.String() == "https://user@host/path?q=1#f", "URL")
		want(upper("x") == "X" && nilFunc == nil && nilChan == nil, "func")
		want(stdout == os.Stdout, "os.Stdout")
		want(&rows[2][0] == &rows[0][2] && rows[2][1] == rows[1][0] && rows[1][2].v == 5, "rows of one array")
		want(pointers[ring] == "ring", "pointer keys")
		want(empty != nil && nilSlice == nil, "empty and nil slices")
		want(byIface[1] == "int" && byIface["1"] == "string" && byIface[square{1}] == "square", "interface keys")
		want(selfAny == any(&selfAny), "a variable that holds its own address")
		rng.Seed(4)
		pcg = randv2.New(randv2.NewPCG(3, 4))
		builder.Reset()
		builder.WriteString("built")
	}
}

// TestKept writes one variable of each kind in one process and reads it in others, the second of which reads what the
// first has read and written.
func TestKept(t *testing.T) {
	dir := t.TempDir() + "/store"
	if out := cell(t, dir, "set"); strings.Count(out, "\n") != 1 {
		t.Fatal(out)
	}
	for name, why := range lost(t, dir) {
		if why != "" {
			t.Errorf("%s: %s", name, why)
		}
	}
	for range 2 {
		if out := cell(t, dir, "check"); out != "" {
			t.Fatal(out)
		}
	}
	st, err := os.Stat(dir)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", st.Mode(), err)
	}
	files, _ := os.ReadDir(dir)
	for _, f := range files {
		if st, err := f.Info(); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", f.Name(), st.Mode(), err)
		}
	}
}
