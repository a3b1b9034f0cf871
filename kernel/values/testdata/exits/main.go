// Exits is a cell that ends as its argument says.
package main

import (
	"log"
	"os"
	"runtime"

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
	}
}
