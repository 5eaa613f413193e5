"""The stubs of docker and of curl's many heads as a server: prints a port of this machine and answers there, one call after the other.

It ends when its stdin does. The programs `docker` and `curl` find the port in the file `server` of DOCKER_STUB.
"""

import contextlib
import io
import os
import select
import socket
import sys

import curl_stub
import docker_stub


def answer(program, home, folder, job, words):
    """What the program would do there: its exit code, and what it says on the stream that then matters."""
    docker_stub.HOME, docker_stub.JOB = home, job or None
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            os.chdir(folder)
            code = docker_stub.main(words) if program == "docker" else curl_stub.heads(*words) or 0
        except SystemExit as end:
            code = 1
            err.write(f"{end.code}\n")
        except Exception as fault:
            code = 70
            err.write(f"{program} stub: {fault!r}\n")
            # A script may go another way then, and the test must not.
            with open(docker_stub.path("fault"), "a") as file:
                file.write(err.getvalue())
    return code, (err if code else out).getvalue()


def request(connection):
    """The fields of a request: program, folder of the stub, working folder, job, number of words, words; each ends in a NUL."""
    asked = b""
    while chunk := connection.recv(1 << 16):
        asked += chunk
        fields = asked.split(b"\0")[:-1]
        if len(fields) >= 5 and len(fields) - 5 == int(fields[4]):
            return [field.decode() for field in fields]
    return None


def serve():
    # A call has no stdin: what it is given there, `docker` has read.
    alive, sys.stdin = sys.stdin, None
    server = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(server.getsockname()[1], flush=True)
    while server in select.select([server, alive], [], [])[0]:
        connection, _ = server.accept()
        with connection:
            if fields := request(connection):
                program, home, folder, job, _, *words = fields
                code, said = answer(program, home, folder, job, words)
                connection.sendall(f"{code}\n{said}".encode())


serve()
