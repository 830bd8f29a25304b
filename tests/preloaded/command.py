# A command: it has the program run by the source, with everything that is its own, and passes on
# the signals to it and its exit status. SOURCE and BIN are in the line above this.
import _signal
import _socket
import marshal
import os
import sys

# Variables that decide how an interpreter starts; of these, the source can do as they say.
KNOWN = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
SIGNALS = (_signal.SIGTERM, _signal.SIGINT, _signal.SIGHUP, _signal.SIGQUIT)


def main() -> None:
    name = sys.argv[0].rpartition("/")[2]
    if {each for each in os.environ if each.startswith("PYTHON")} - KNOWN:
        os.execv(f"{BIN}/{name}", [f"{BIN}/{name}", *sys.argv[1:]])  # noqa: F821
    # What comes before there is a program is for it.
    _signal.pthread_sigmask(_signal.SIG_BLOCK, SIGNALS)
    source = _socket.socket(_socket.AF_UNIX)
    source.connect(SOURCE)  # noqa: F821
    umask = os.umask(0)
    os.umask(umask)
    words, folder = [name, *sys.argv[1:]], os.getcwd()  # noqa: PTH109 (pathlib takes longer)
    what = marshal.dumps((words, folder, umask, os.getpgrp(), dict(os.environ)))
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    size = len(what).to_bytes(4, sys.byteorder)
    source.sendmsg([size], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    source.sendall(what)
    program = int.from_bytes(source.recv(4), sys.byteorder)
    for number in SIGNALS:
        _signal.signal(number, lambda signal, frame: pass_on(program, signal))
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, SIGNALS)
    end(int.from_bytes(source.recv(4), sys.byteorder, signed=True))


def pass_on(program: int, signal: int) -> None:
    try:  # noqa: SIM105 (contextlib takes longer)
        os.kill(program, signal)
    except ProcessLookupError:
        pass  # It had the signal as well, as one of the process group.


def end(status: int) -> None:
    """With the exit status of the program, or by the signal that ended it."""
    if status < 0:
        _signal.signal(-status, _signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


main()
