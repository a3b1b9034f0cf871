"""Tests that frames which no front end would send, at every port, are dropped and counted, and the session goes on.

    .venv/bin/python kernel/nbtest/hostile.py
"""

import hashlib
import hmac
import json
import os
import re
import socket
import struct
import time
from pathlib import Path

import psutil
import zmq

from live import TIMEOUT, SessionTest, main, poll

DELIMITER = b"<IDS|MSG>"
CHANNELS = ("shell", "control", "stdin")
PORTS = (*CHANNELS, "hb", "iopub")
MEGABYTE = 1 << 20
TICKS = 'for i := range 40 { fmt.Println("tick", i); time.Sleep(100*time.Millisecond) }'
TICKED = "".join(f"tick {i}\n" for i in range(40))


class HostileTest(SessionTest):
    def setUp(self):
        self.info = self.session.manager.get_connection_info(session=False)
        self.key = self.info["key"]
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, linger=0)

    def port(self, channel):
        return self.info[f"{channel}_port"]

    def connect(self, channel):
        peer = self.context.socket({"hb": zmq.REQ, "iopub": zmq.SUB}.get(channel, zmq.DEALER))
        peer.linger = TIMEOUT * 1000
        peer.connect(f"tcp://{self.info['ip']}:{self.port(channel)}")
        return peer

    def sign(self, parts):
        return hmac.new(self.key, b"".join(parts), hashlib.sha256).hexdigest().encode()

    def frames(self, kind="kernel_info_request", content=b"{}", message_id=None, header=None, signature=None, **fields):
        """Returns the frames of a message; each part can be replaced."""
        if header is None:
            header = {
                "msg_id": message_id or os.urandom(8).hex(), "msg_type": kind, "session": "hostile", "username": "x",
                "date": "2026-01-01T00:00:00Z", "version": "5.4", **fields,
            }
            header = json.dumps(header).encode()
        parts = [header, b"{}", b"{}", content]
        return [DELIMITER, signature if signature is not None else self.sign(parts), *parts]

    def execute(self, code, **options):
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        return self.frames("execute_request", json.dumps(content).encode(), **options)

    def dropped(self):
        """Returns the number of dropped messages that %usage shows."""
        text = self.session.execute("%usage").text()
        found = re.search(r"dropped +(\d+) damaged, (\d+) wrongly signed, (\d+) replayed", text)
        self.assertTrue(found, text)
        return sum(map(int, found.groups()))

    def memory(self):
        return psutil.Process(self.session.pid).memory_info().rss

    def alive(self):
        self.assertEqual(self.session.ask("kernel_info_request", {})["status"], "ok")
        self.assertEqual(self.session.ask("kernel_info_request", {}, "control")["status"], "ok")
        self.expect('fmt.Println("alive")', "alive\n")

    def hostile_frames(self):
        """Yields one message of each kind that must be dropped."""
        good = self.frames()
        bad = bytearray(good[1])
        bad[0] ^= 1
        signature = [bytes(bad), b"", b"0" * 64, b"\x00" * 64, good[1][:-1], good[1] + b"0", b"\xff" * 100_000]
        yield from ([good[0], s, *good[2:]] for s in signature)
        for i in range(2, 6):  # one bit is changed after signing
            part = bytearray(good[i])
            part[-1] ^= 1
            yield [*good[:i], bytes(part), *good[i + 1 :]]
        yield from (good[:n] for n in range(1, 6))  # truncated
        yield [DELIMITER] * 20
        yield [b""] * 20
        yield [b"garbage"]
        yield [os.urandom(100) for _ in range(10)]
        yield good[1:]  # without the delimiter
        yield [b"x" * MEGABYTE, *good[1:]]

    def signed_nonsense(self):
        """Yields invalid messages with a correct signature, as a faulty client with the key may send them."""
        yield self.frames(content=b"[" * 1_000_000)
        yield self.frames(content=b'{"a":' * 200_000)
        yield self.frames(header=b'{"msg_id": {"a": ' + b"[" * 100_000)
        for header in (
            b"", b"null", b"[]", b"{}", b"5", b"\x00", b"\xff\xfe{}", b'{"msg_id": 5, "msg_type": []}',
            b'{"msg_type": "execute_request"}',
        ):
            yield self.frames(header=header)
        for content in (
            b"", b"null", b"[]", b'"x"', b"\x00\x00", b"\xff\xfe", b'{"code": "\xff\xc0"}', b'{"code": "a\\u0000b"',
            b"{" + b" " * MEGABYTE,
        ):
            yield self.frames("execute_request", content=content)
        yield self.frames("no_such_request")
        yield self.frames("no_such_request\x00")
        yield self.frames("x" * 100_000)

    # frames

    def test_dropped_and_counted(self):
        before = self.dropped()
        sent = 0
        for channel in CHANNELS:
            peer = self.connect(channel)
            for frames in self.hostile_frames():
                peer.send_multipart(frames)
                sent += 1
        self.alive()
        # An empty message may not be counted; at least all messages with a wrong signature are.
        self.assertGreaterEqual(poll(lambda: self.dropped() - before), sent // 2)
        self.alive()

    def test_signed_nonsense(self):
        for channel in CHANNELS:
            peer = self.connect(channel)
            for frames in self.signed_nonsense():
                peer.send_multipart(frames)
        self.alive()

    def test_garbage_for_heartbeat_and_iopub(self):
        heart = self.connect("hb")
        heart.send_multipart([os.urandom(100), b"", b"\x00"])
        self.assertTrue(heart.poll(TIMEOUT * 1000), "the heart has stopped")
        subscriber = self.context.socket(zmq.XSUB)
        subscriber.connect(f"tcp://{self.info['ip']}:{self.port('iopub')}")
        for frame in (b"", b"\x01" + b"topic" * 1000, b"\x05", os.urandom(1000), b"\x00"):
            subscriber.send(frame)
        self.alive()

    def test_replay(self):
        """A message that is sent twice is executed once."""
        frames = self.execute("!echo once >> replayed")
        before, peer = self.dropped(), self.connect("shell")
        for _ in range(5):
            peer.send_multipart(frames)
        self.assertTrue(peer.poll(TIMEOUT * 1000))
        other = self.connect("shell")  # neither another connection nor another channel gets around that
        other.send_multipart(frames)
        self.connect("control").send_multipart(frames)
        self.alive()
        self.assertEqual((Path(self.session.scratch.name) / "replayed").read_text(), "once\n")
        self.assertGreaterEqual(self.dropped() - before, 6)

    def test_no_shell_through_headers(self):
        """Text in a header is never run, opened or written."""
        scratch = Path(self.session.scratch.name)
        before = set(scratch.iterdir())
        peer = self.connect("shell")
        mark = scratch / "mark"
        for evil in (
            f"$(touch '{mark}')", f"`touch '{mark}'`", f"'; touch '{mark}'; '", f"\"\n!touch '{mark}'\n",
            "../../../etc/passwd", f"{mark}\x00", "-rf", "%n%s",
        ):
            peer.send_multipart(self.execute('fmt.Println("ran")', message_id=evil + os.urandom(4).hex()))
            peer.send_multipart(
                self.execute('fmt.Println("ran")', session=evil, username=evil, date=evil, version=evil)
            )
            peer.send_multipart(self.frames(evil))
        self.alive()
        self.assertEqual(set(scratch.iterdir()), before)

    def test_flood_while_a_cell_runs(self):
        """During 10,000 hostile messages the cell finishes, the next one runs, and memory does not grow."""
        self.session.execute('fmt.Println("warm")')
        before, memory = self.dropped(), self.memory()
        cell = self.session.start(TICKS)
        self.session.until_text(cell, "tick 1\n")
        peers = [self.connect(channel) for channel in CHANNELS]
        every = [frames for frames in self.hostile_frames() if sum(map(len, frames)) < 10_000]
        for i in range(10_000):
            peers[i % len(peers)].send_multipart(every[i % len(every)])
        result = self.session.wait(cell)
        self.assertEqual((result.status, result.text()), ("ok", TICKED))
        self.alive()
        self.assertLess(self.memory() - memory, 200 * MEGABYTE)
        counted = poll(lambda: (n := self.dropped() - before) >= 5000 and n)
        self.assertTrue(counted, "most of the frames were not counted")

    def test_flood_of_valid_requests(self):
        """A client with the key may ask a lot: the kernel answers, and its memory is bounded, even if nobody reads."""
        memory, peer = self.memory(), self.connect("shell")
        asked = [os.urandom(8).hex() for _ in range(2000)]
        for message_id in asked:
            peer.send_multipart(self.frames(message_id=message_id))
        answered, deadline = 0, time.monotonic() + TIMEOUT
        while answered < len(asked) and time.monotonic() < deadline and peer.poll(TIMEOUT * 1000):
            peer.recv_multipart()
            answered += 1
            if answered % 100 == 0:  # front ends read while others ask
                self.session.pump()
        self.assertEqual(answered, len(asked))
        deaf = self.connect("shell")
        deaf.rcvhwm = 1
        for i in range(10_000):
            deaf.send_multipart(self.frames())
            if i % 100 == 0:
                self.session.pump()
        self.alive()
        self.assertLess(self.memory() - memory, 200 * MEGABYTE)

    # below the messages

    def tcp(self, channel):
        return socket.create_connection((self.info["ip"], self.port(channel)), timeout=TIMEOUT)

    def zmtp(self, channel):
        """Returns a connection after the handshake of ZMTP 3.0 without security."""
        peer = self.tcp(channel)
        peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\x00") + b"\x00" * 32)
        kind = {"hb": b"REQ", "iopub": b"SUB"}.get(channel, b"DEALER")
        ready = b"\x05READY" + b"\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind
        peer.sendall(b"\x04" + bytes([len(ready)]) + ready)
        got = b""
        while b"READY" not in got:
            got += peer.recv(1000)
        return peer

    def send_all(self, peer, data):
        """Sends data; the kernel may close the connection."""
        try:
            peer.sendall(data)
        except OSError:
            pass

    def test_huge_frames(self):
        memory = self.memory()
        for channel in PORTS:
            for flags in (0x02, 0x03, 0x06):
                for length in (1 << 31, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
                    peer = self.zmtp(channel)
                    self.send_all(peer, struct.pack(">BQ", flags, length) + b"x" * 1000)
                    self.addCleanup(peer.close)
        self.alive()
        self.assertLess(self.memory() - memory, 200 * MEGABYTE)

    def test_message_without_end(self):
        """A message with more frames than the kernel accepts."""
        memory = self.memory()
        empty, small, large = b"\x01\x00", b"\x01\x01x", b"\x03" + struct.pack(">Q", MEGABYTE) + bytes(MEGABYTE)
        for channel, frames, times in (
            ("shell", empty * 10_000, 500), ("shell", large, 300), ("iopub", small * 10_000, 100),
        ):
            peer = self.zmtp(channel)
            for _ in range(times):
                try:
                    peer.sendall(frames)
                except OSError:
                    break
            peer.close()
        self.alive()
        self.assertLess(self.memory() - memory, 200 * MEGABYTE)

    def test_garbage_instead_of_a_greeting(self):
        for channel in PORTS:
            for data in (
                b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 1000, os.urandom(5000),
                b"\xff" + bytes(8) + b"\x7f\x03\x00CURVE".ljust(64, b"\x00"), b"\xff",
            ):
                peer = self.tcp(channel)
                self.send_all(peer, data)
                self.addCleanup(peer.close)
            peer = self.zmtp(channel)
            self.send_all(peer, b"\x07\xff\xf8" + os.urandom(500))
            self.addCleanup(peer.close)
        self.alive()

    def test_connections_that_say_nothing(self):
        """A hundred silent connections to every port do not keep a new client out."""
        for channel in PORTS:
            for _ in range(100):
                self.addCleanup(self.tcp(channel).close)
        client = self.connect("shell")
        client.send_multipart(self.frames())
        self.assertTrue(client.poll(TIMEOUT * 1000), "a new client got no answer")
        heart = self.connect("hb")
        heart.send(b"ping")
        self.assertTrue(heart.poll(TIMEOUT * 1000))
        self.alive()

    # what others can see

    def test_address_and_files(self):
        """The sockets listen on the address of the connection file only; other users cannot read its files."""
        process = psutil.Process(self.session.pid)
        listening = [c.laddr for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        self.assertEqual({address.ip for address in listening}, {self.info["ip"]})
        self.assertEqual({address.port for address in listening}, {self.port(channel) for channel in PORTS})
        self.assertEqual(os.stat(self.session.manager.connection_file).st_mode & 0o077, 0)
        for child in process.children(recursive=True):
            try:
                name, connections = child.name(), child.net_connections("inet")
            except psutil.NoSuchProcess:  # such as a go command of gopls, which has ended meanwhile
                continue
            ports = [
                c for c in connections if c.status == psutil.CONN_LISTEN and c.laddr.ip not in ("127.0.0.1", "::1")
            ]
            self.assertEqual(ports, [], name)


if __name__ == "__main__":
    main()
