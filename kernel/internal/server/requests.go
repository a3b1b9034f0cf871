package server

import (
	"fmt"
	"os"
	"runtime"

	"continuousnet/kernel/internal/source"
	"continuousnet/kernel/internal/toolchain"
	"continuousnet/kernel/internal/wire"
)

// Requests that the server answers by itself, without GoNB and gopls.

func (s *server) kernelInfo(r *request) (any, error) {
	s.page.connects(r.Header.Session)
	type link struct {
		Text string `json:"text"`
		URL  string `json:"url"`
	}
	return map[string]any{
		"status":                 "ok",
		"protocol_version":       wire.ProtocolVersion,
		"implementation":         "cnet",
		"implementation_version": s.o.Version,
		"banner": fmt.Sprintf("ContinuousNet kernel %s: %s, cells compiled by GoNB. %%help says what a cell can do.",
			s.o.Version, s.o.GoVersion),
		// JupyterLab writes this into a notebook when it is opened. The version is that of the language, which is the
		// same with each Go 1.26.x, so that notebooks saved with one of them do not open as changed with another.
		"language_info": map[string]any{
			"name": "go", "version": toolchain.Language(s.o.GoVersion), "mimetype": "text/x-go",
			"file_extension": ".go", "pygments_lexer": "go", "codemirror_mode": "go", "nbconvert_exporter": "script",
		},
		"help_links": []link{
			{"Go", "https://go.dev/doc/"},
			{"Go packages", "https://pkg.go.dev/std"},
			{"GoNB", "https://github.com/janpfeifer/gonb"},
			{"GoMLX", "https://github.com/gomlx/gomlx"},
		},
		// Jupyter's names of optional features: no debugger, no subshells. An empty list says so.
		"supported_features": []string{},
		"debugger":           false,
	}, nil
}

func (s *server) isComplete(r *request) (any, error) {
	var content struct {
		Code string `json:"code"`
	}
	if err := decode(r, &content); err != nil {
		return nil, err
	}
	status, indent := source.Complete(content.Code)
	reply := map[string]string{"status": status}
	if status == "incomplete" {
		reply["indent"] = indent
	}
	return reply, nil
}

func (s *server) historyReply(r *request) (any, error) {
	return s.history.Reply(r.Content)
}

// connect returns the ports of the sockets.
func (s *server) connect(*request) (any, error) {
	c := s.connection
	return map[string]any{
		"status": "ok", "shell_port": c.ShellPort, "iopub_port": c.IOPubPort, "stdin_port": c.StdinPort,
		"hb_port": c.HeartbeatPort, "control_port": c.ControlPort,
	}, nil
}

// usage returns the answer for JupyterLab's display of resources.
func (s *server) usage(*request) (any, error) {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	memory, _ := s.memoryInUse()
	return map[string]any{"status": "ok", "hostname": host, "pid": os.Getpid(), "kernel_memory": memory,
		"cpu_count": runtime.NumCPU()}, nil
}

// unsupported answers a request of a kind that this kernel has not, as of subshells.
func unsupported(r *request) (any, error) {
	return nil, fmt.Errorf("this kernel has no %s; kernel_info_reply lists its supported_features", r.Header.MsgType)
}

// noDebugger answers a request for the debugger, in the form of the Debug Adapter Protocol that such answers have.
func noDebugger(r *request) (any, error) {
	var content struct {
		Seq     int    `json:"seq"`
		Command string `json:"command"`
	}
	if err := decode(r, &content); err != nil {
		return nil, err
	}
	return map[string]any{"type": "response", "request_seq": content.Seq, "success": false,
		"command": content.Command, "message": "this kernel has no debugger"}, nil
}

// commInfo returns the open comms.
func (s *server) commInfo(r *request) (any, error) {
	var content struct {
		Target string `json:"target_name"`
	}
	if err := decode(r, &content); err != nil {
		return nil, err
	}
	if content.Target == widgetTarget {
		s.comms.shown()
	}
	return map[string]any{"status": "ok", "comms": s.comms.list(content.Target)}, nil
}
