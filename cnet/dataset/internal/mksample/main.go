// Mksample chooses the embedded sample of Fashion-MNIST from the full set: the
// first 250 training and 50 test images of each class, in the order of the
// files. Those are shuffled already, so that the first ones are as good a
// choice as any, and one that needs no random numbers to be repeated.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"flag"
	"log"
	"os"
	"path/filepath"

	"continuousnet/cnet/dataset"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("mksample: ")
	data := flag.String("data", "", "folder of Fashion-MNIST (default data/fashion-mnist)")
	out := flag.String("out", ".", "folder to write the four files to")
	flag.Parse()

	set, err := dataset.Load("fashion-mnist", *data)
	if err != nil {
		log.Fatal(err)
	}
	write(*out, "train", set, first(set, set.Train, 250))
	write(*out, "t10k", set, first(set, set.Test, 50))
}

// first returns the first perClass images of each class, in their order.
func first(set *dataset.Set, split dataset.Split, perClass int) dataset.Split {
	var chosen dataset.Split
	size := set.ImageSize()
	taken := make([]int, len(set.Classes))
	for i, label := range split.Labels {
		if taken[label] < perClass {
			taken[label]++
			chosen.Labels = append(chosen.Labels, label)
			chosen.Images = append(chosen.Images, split.Images[i*size:(i+1)*size]...)
		}
	}
	return chosen
}

// write stores a split as a pair of compressed idx files under the usual names.
func write(dir, part string, set *dataset.Set, split dataset.Split) {
	labels := make([]byte, split.Len())
	for i, label := range split.Labels {
		labels[i] = byte(label)
	}
	n := split.Len()
	writeIDX(filepath.Join(dir, part+"-images-idx3-ubyte.gz"), split.Images, n, set.Height, set.Width)
	writeIDX(filepath.Join(dir, part+"-labels-idx1-ubyte.gz"), labels, n)
}

func writeIDX(path string, data []byte, dims ...int) {
	header := binary.BigEndian.AppendUint32(nil, uint32(0x800+len(dims)))
	for _, dim := range dims {
		header = binary.BigEndian.AppendUint32(header, uint32(dim))
	}
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	check(err)
	_, err = z.Write(header)
	check(err)
	_, err = z.Write(data)
	check(err)
	check(z.Close())
	check(os.WriteFile(path, buf.Bytes(), 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
