package onnx

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// The versions that are written. 18 is the opset that PyTorch's exporter takes by default, and 8 the oldest format of
// files that may hold it, for older runtimes (the table in onnx/docs/Versioning.md).
const (
	Opset     = 18
	irVersion = 8
)

// Field numbers and constants below are those of onnx/onnx.proto3, in the repository onnx/onnx, by message and field.

// Data types of TensorProto.
const (
	typeFloat  = 1
	typeInt32  = 6
	typeInt64  = 7
	typeBool   = 9
	typeDouble = 11
)

// A Model is a network as ONNX: one input, one output, and the number of images in a batch open.
type Model struct {
	Producer string // the program that writes it
	Name     string // of the graph
	Doc      string
	Metadata map[string]string

	nodes        []*node
	initializers []initializer
	input        port
	output       port
}

// node is a NodeProto.
type node struct {
	op         string
	inputs     []string
	output     string
	attributes []attribute
}

// attribute is an AttributeProto, whose value is an int64, a []int or a string.
type attribute struct {
	name  string
	value any
}

// initializer is a TensorProto.
type initializer struct {
	name  string
	dims  []int
	dtype int
	raw   []byte // little endian, in row-major order
}

// port is a ValueInfoProto: an input or output of the graph.
type port struct {
	name  string
	dtype int
	dims  []int // with Batch for the number of images
}

// message is a protobuf message in its binary form.
type message []byte

func (m *message) number(field protowire.Number, x int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(x))
}

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

func (m *message) text(field protowire.Number, s string) { m.bytes(field, []byte(s)) }

// Marshal returns the model as a ModelProto. It is an error if it is larger than protobuf allows.
func (m *Model) Marshal() ([]byte, error) {
	var out, opset message
	out.number(1, irVersion)
	out.text(2, m.Producer)
	out.text(6, m.Doc)
	out.bytes(7, m.graph())
	opset.text(1, "") // the operators of ONNX itself
	opset.number(2, Opset)
	out.bytes(8, opset)
	for _, k := range slices.Sorted(maps.Keys(m.Metadata)) {
		var entry message
		entry.text(1, k)
		entry.text(2, m.Metadata[k])
		out.bytes(14, entry)
	}
	if len(out) > math.MaxInt32 {
		return nil, fmt.Errorf("onnx: the network takes %d bytes, but a file of ONNX has less than 2 GiB", len(out))
	}
	return out, nil
}

// graph returns the GraphProto.
func (m *Model) graph() message {
	var g message
	for _, n := range m.nodes {
		g.bytes(1, n.marshal())
	}
	g.text(2, m.Name)
	for _, t := range m.initializers {
		g.bytes(5, t.marshal())
	}
	g.bytes(11, m.input.marshal())
	g.bytes(12, m.output.marshal())
	return g
}

func (n *node) marshal() (m message) {
	for _, in := range n.inputs {
		m.text(1, in)
	}
	m.text(2, n.output)
	m.text(3, n.output) // the node is called like its result
	m.text(4, n.op)
	for _, a := range n.attributes {
		m.bytes(5, a.marshal())
	}
	return m
}

func (a attribute) marshal() (m message) {
	// The kinds of AttributeType.
	const kindInt, kindString, kindInts = 2, 3, 7
	m.text(1, a.name)
	switch x := a.value.(type) {
	case int64:
		m.number(3, x)
		m.number(20, kindInt)
	case string:
		m.text(4, x)
		m.number(20, kindString)
	case []int:
		for _, i := range x {
			m.number(8, int64(i))
		}
		m.number(20, kindInts)
	}
	return m
}

func (t initializer) marshal() (m message) {
	for _, d := range t.dims {
		m.number(1, int64(d))
	}
	m.number(2, int64(t.dtype))
	m.text(8, t.name)
	m.bytes(9, t.raw)
	return m
}

func (p port) marshal() message {
	var shape, tensor, kind, info message
	for _, d := range p.dims {
		var dim message
		if d == Batch {
			dim.text(2, "batch")
		} else {
			dim.number(1, int64(d))
		}
		shape.bytes(1, dim)
	}
	tensor.number(1, int64(p.dtype))
	tensor.bytes(2, shape)
	kind.bytes(1, tensor)
	info.text(1, p.name)
	info.bytes(2, kind)
	return info
}

// rawBytes returns numbers in the form of TensorProto.raw_data, and their data type; 0 for a type that is not written.
func rawBytes(flat any) ([]byte, int) {
	var b []byte
	switch list := flat.(type) {
	case []float32:
		for _, x := range list {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		return b, typeFloat
	case []float64:
		for _, x := range list {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
		}
		return b, typeDouble
	case []int32:
		for _, x := range list {
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		}
		return b, typeInt32
	case []int64:
		for _, x := range list {
			b = binary.LittleEndian.AppendUint64(b, uint64(x))
		}
		return b, typeInt64
	case []bool:
		for _, x := range list {
			if x {
				b = append(b, 1)
			} else {
				b = append(b, 0)
			}
		}
		return b, typeBool
	}
	return nil, 0
}
