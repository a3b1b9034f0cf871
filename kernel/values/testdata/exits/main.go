// Exits is a cell that ends as its argument says.
package main

import (
	"log"
	"os"
	"runtime"
	"sync"

	"continuousnet/kernel/values"
	"continuousnet/kernel/values/kept"
)

var n int

func main() {
	kept.Open(os.Getenv(values.DirVariable), kept.Var{Name: "n", Pointer: &n})
	defer kept.Write()
	n = int(os.Getenv("WANT")[0] - '0')
	switch os.Args[1] {
	case "exit":
		os.Exit(3)
	case "fatal":
		log.Fatal("the end")
	case "panic":
		panic("the end")
	case "goexit":
		runtime.Goexit()
	case "goroutine":
		go func() {
			defer ended(begun())
			defer func() { n++ }()
			var none *int
			*none = 1
		}()
		select {}
	case "waitgroup":
		var all sync.WaitGroup
		all.Go(func() {
			defer ended(begun())
			n++
			panic("the end")
		})
		all.Wait()
	case "worker":
		go worker(1)
		select {}
	case "recovered": // none of these panics ends the process
		var all sync.WaitGroup
		all.Add(2)
		go func() {
			defer ended(begun())
			defer all.Done()
			defer func() { recover() }()
			worker(3)
		}()
		go func() {
			defer ended(begun())
			defer all.Done()
			runtime.Goexit()
		}()
		all.Wait()
		n++
	}
}

func begun() bool      { return kept.Begun() }
func ended(outer bool) { kept.Ended(outer) }

// worker panics when it has called itself.
func worker(depth int) {
	defer ended(begun())
	if depth > 0 {
		func() {
			defer func() { recover() }()
			worker(depth - 1)
		}()
	}
	if depth == 1 {
		n++
	}
	panic("the end")
}
