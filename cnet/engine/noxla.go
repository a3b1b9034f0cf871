//go:build !(linux && (amd64 || arm64) && cgo && !noxla)

package engine

import "github.com/gomlx/compute"

const haveXLA = false

func openPlugin(_, _ string) (compute.Backend, error) {
	panic("engine: no XLA in this build") // Open asks haveXLA first
}
