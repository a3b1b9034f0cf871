// Exits is a cell that ends as its argument says.
package main

import (
	"log"
	"os"
	"runtime"

	"continuousnet/kernel/values"
	"continuousnet/kernel/values/atexit"
)

var n int

func main() {
	s := values.Open(os.Getenv(values.DirVariable), values.Var{Name: "n", Pointer: &n})
	atexit.Write(s)
	defer s.Write()
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
	}
}
