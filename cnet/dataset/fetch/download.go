package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// stallTimeout is how long nothing may arrive before a server is given up.
const stallTimeout = time.Minute

// errNotAsPublished is a download that is complete and wrong.
var errNotAsPublished = errors.New("the contents are not as published")

// download brings file to a name beside path, verified, and returns that name. What is
// there already is kept and continued. Should the whole turn out wrong, the
// part that was kept may be to blame, and the file is fetched once from its
// beginning. That also covers a file that has changed on the server since, which
// an ETag would tell: it is not the published one, whatever its beginning was.
func (g *getter) download(ctx context.Context, address, path string, file remote) (part string, err error) {
	part = filepath.Join(filepath.Dir(path), file.part())
	resumed, err := g.fetch(ctx, address, part, file)
	if resumed && errors.Is(err, errNotAsPublished) {
		_, err = g.fetch(ctx, address, part, file)
	}
	var network *net.OpError
	if errors.As(err, &network) && network.Op == "dial" {
		err = fmt.Errorf("%w; without a network, get the file elsewhere and put it into %s", err, filepath.Dir(path))
	}
	if err != nil {
		return "", fmt.Errorf("dataset: get %s from %s: %w", file.name, address, err)
	}
	return part, nil
}

// fetch completes the file part. It reports whether some of it was there
// before, and removes it if it is empty or complete and wrong.
func (g *getter) fetch(ctx context.Context, address, part string, file remote) (resumed bool, err error) {
	p, err := openPart(part, file)
	if err != nil {
		return false, err
	}
	resumed = p.size > 0
	if p.size < file.size {
		err = g.transfer(ctx, address, p, file)
	}
	if sum := hex.EncodeToString(p.hash.Sum(nil)); err == nil && sum != file.sum {
		err = fmt.Errorf("%w: checksum %s, want %s; try again later, or get the file elsewhere and pass --data DIR",
			errNotAsPublished, sum, file.sum)
	}
	if err == nil {
		err = p.file.Sync()
	}
	if e := p.file.Close(); err == nil {
		err = e
	}
	if p.size == 0 || errors.Is(err, errNotAsPublished) {
		os.Remove(part) // nothing to go on from
	}
	return resumed, err
}

// transfer asks for what is missing of p and appends it.
func (g *getter) transfer(ctx context.Context, address string, p *partial, file remote) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stallTimeout, func() {
		cancel(fmt.Errorf("nothing arrived for %v", stallTimeout))
	})
	defer watchdog.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "identity") // the checksum is of the .gz, which net/http would unpack
	if p.size > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.size))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return p.kept(file, because(ctx, err))
	}
	defer response.Body.Close()

	switch {
	case response.StatusCode == http.StatusPartialContent && p.size > 0:
		if want := fmt.Sprintf("bytes %d-", p.size); !strings.HasPrefix(response.Header.Get("Content-Range"), want) {
			return p.kept(file, fmt.Errorf("the server sent range %q, want %s", response.Header.Get("Content-Range"),
				want))
		}
	case response.StatusCode == http.StatusOK:
		if n := response.ContentLength; n >= 0 && n != file.size {
			return p.kept(file, fmt.Errorf("the server offers %d bytes, want %d; try again later, or get the file "+
				"elsewhere and pass --data DIR",
				n, file.size))
		}
		if err := p.restart(); err != nil { // the server does not do ranges
			return err
		}
	case response.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return fmt.Errorf("%w: the server's file is shorter than the %d bytes that are kept", errNotAsPublished, p.size)
	default:
		return p.kept(file, fmt.Errorf("the server answered %s", response.Status))
	}

	// One byte more than wanted is enough to know that there is too much.
	body := io.LimitReader(response.Body, file.size-p.size+1)
	buf := make([]byte, 1<<16)
	for {
		n, err := body.Read(buf)
		watchdog.Reset(stallTimeout)
		if n > 0 {
			if err := p.append(buf[:n]); err != nil {
				return err
			}
			g.report(file, min(p.size, file.size))
		}
		switch {
		case err == io.EOF && p.size < file.size:
			return p.kept(file, io.ErrUnexpectedEOF)
		case err == io.EOF:
			return nil
		case err != nil:
			return p.kept(file, because(ctx, err))
		}
	}
}

// because replaces an error that follows from the end of ctx by its cause, and
// takes off the address that net/http puts before every other.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}

// partial is the beginning of a file, with the hash of what is there.
type partial struct {
	file *os.File
	size int64
	hash hash.Hash
}

// openPart opens or creates a partial file and reads what is there. More than
// the file has cannot be a beginning and are dropped.
func openPart(name string, r remote) (*partial, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	p := &partial{file: file, hash: r.hash()}
	info, err := file.Stat()
	if err == nil {
		p.size, err = io.Copy(p.hash, io.LimitReader(file, info.Size()))
	}
	if err == nil && p.size > r.size {
		err = p.restart()
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return p, nil
}

// restart drops what is there.
func (p *partial) restart() error {
	if p.size == 0 {
		return nil
	}
	p.size = 0
	p.hash.Reset()
	if err := p.file.Truncate(0); err != nil {
		return err
	}
	_, err := p.file.Seek(0, io.SeekStart)
	return err
}

func (p *partial) append(data []byte) error {
	n, err := p.file.Write(data)
	p.size += int64(n)
	p.hash.Write(data[:n])
	return err
}

// kept adds to an error what is left of the download.
func (p *partial) kept(file remote, err error) error {
	if p.size == 0 {
		return err
	}
	return fmt.Errorf("%w; %d of %d bytes are kept, get it again to go on from there", err, p.size, file.size)
}

// sumFile returns the SHA-256 of a file in hexadecimal.
func sumFile(path string) (string, error) { return sumOfFile(path, sha256.New()) }

// sumOfFile returns a checksum of a file in hexadecimal.
func sumOfFile(path string, h hash.Hash) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
