package gopls

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	maxFrame  = 64 << 20 // bytes of one message; more is no answer to anything asked here
	maxHeader = 4 << 10  // bytes of all header lines of one message
)

// readFrame reads one message: header lines, an empty line, and as many bytes as Content-Length says. It returns io.EOF
// only between two messages. A frame that is too long or malformed is an error, and the stream cannot be read on.
func readFrame(r *bufio.Reader) ([]byte, error) {
	length, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	// The buffer grows with what arrives, so that a false length alone costs no memory.
	var body bytes.Buffer
	if n, err := io.CopyN(&body, r, int64(length)); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("language server: message ends after %d of %d bytes: %w", n, length, err)
	}
	return body.Bytes(), nil
}

func readHeader(r *bufio.Reader) (length int, err error) {
	length = -1
	for budget := maxHeader; ; {
		line, err := readLine(r, budget)
		if err != nil {
			if errors.Is(err, io.EOF) && (budget < maxHeader || line != "") {
				err = fmt.Errorf("language server: header %.40q ends early: %w", line, io.ErrUnexpectedEOF)
			}
			return 0, err
		}
		budget -= len(line)
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return 0, fmt.Errorf("language server: header line %.40q, expected \"Name: value\"", line)
		}
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		value = strings.TrimSpace(value)
		if length, err = strconv.Atoi(value); err != nil || length < 0 || length > maxFrame {
			return 0, fmt.Errorf("language server: Content-Length %.40q, expected 0 to %d", value, maxFrame)
		}
	}
	if length < 0 {
		return 0, errors.New("language server: message without Content-Length")
	}
	return length, nil
}

// readLine reads up to and with a newline, at most limit bytes.
func readLine(r *bufio.Reader, limit int) (string, error) {
	var line []byte
	for len(line) < limit {
		b, err := r.ReadByte()
		if err != nil {
			return string(line), err
		}
		line = append(line, b)
		if b == '\n' {
			return string(line), nil
		}
	}
	return "", fmt.Errorf("language server: header longer than %d bytes", maxHeader)
}

// appendFrame appends the message with its header.
func appendFrame(b, message []byte) []byte {
	b = fmt.Appendf(b, "Content-Length: %d\r\n\r\n", len(message))
	return append(b, message...)
}
