"""Work in several processes, any of which may die: what it did is tried again alone, and everything else goes on."""

import multiprocessing
import pickle
import signal
import traceback
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import connection

from mien import media
from mien.river import stop

STARTS = 2
"""So many processes in a row that end before they do anything, and no other is started."""

TRIES = 2
"""So many processes may die of one task."""

NO_MEMORY = "its process ran out of memory"

CONTEXT = multiprocessing.get_context("spawn")  # MediaPipe's threads do not survive a fork


@dataclass
class _Task:
    job: object
    asked: dict
    ends: list = field(default_factory=list)  # how the processes that died of it ended


@dataclass
class _Worker:
    process: object
    line: connection.Connection
    is_ready: bool = False
    is_fresh: bool = True  # it has had no task yet
    task: _Task | None = None


class Pool:
    """At most ``n`` processes that do jobs; ``do(job, tick=…, **asked)`` returns what went wrong, '' if nothing.

    A process may die of a fault in a codec or because the machine has no memory left. Then the others go on, and the
    job it had is tried again when nothing else is left, in a new process that has the machine to itself; if that dies
    too, this is the job's error. If processes end before they do anything, the work is done in this one. ``warnings``
    says so. ``tick(name, done, total)`` hears the progress of all.
    """

    def __init__(self, do, n, tick):
        self.warnings = []
        self._do, self._n, self._tick = do, n, tick
        self._waiting, self._alone, self._workers = deque(), deque(), []
        self._misses, self._last = 0, ""

    def submit(self, job, **asked):
        """Ask for a job that may begin at once; it has a ``name``, a ``part`` it makes and a ``medium`` it reads."""
        self._waiting.append(_Task(job, asked))

    def answers(self):
        """Wait a moment, at most 0.2 s or for a job done here; return pairs of a job that ended and its error."""
        self._hand_out()
        if not self._workers and self._misses >= STARTS:
            return self._do_here()
        lines = {worker.line: worker for worker in self._workers}
        ended = []
        for line in connection.wait(list(lines), timeout=0.2):
            ended += self._hear(lines[line])
        return ended

    def close(self):
        """End the processes, which have nothing more to do."""
        self._keep([])

    def _hand_out(self):
        busy = [worker for worker in self._workers if worker.task]
        queue, n = self._waiting, min(self._n, len(busy) + len(self._waiting))
        if not queue and not busy and self._alone:
            queue, n = self._alone, 1
            self._keep([worker for worker in self._workers if worker.is_fresh][:1])
        while len(self._workers) < n and self._misses < STARTS:
            self._start()
        for worker in [one for one in self._workers if one.is_ready and not one.task]:
            if not queue:
                break
            try:
                worker.line.send((queue[0].job, queue[0].asked))
            except OSError:
                self._lose(worker)  # it died while it had nothing to do
            else:
                worker.task, worker.is_fresh = queue.popleft(), False

    def _start(self):
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(target=_serve, args=(theirs, self._do))
        try:
            with stop.held_back():
                process.start()
        except OSError as error:  # no memory or no place for one more process
            ours.close()
            self._misses, self._last = self._misses + 1, str(error)
        else:
            self._workers.append(_Worker(process, ours))
        finally:
            theirs.close()

    def _hear(self, worker):
        try:
            kind, *words = worker.line.recv()
        except (EOFError, OSError):
            return self._lose(worker)
        if kind == "tick":
            self._tick(*words)
        if kind == "raised":
            raise words[0]
        worker.is_ready = True
        if kind not in ("done", "short"):
            return []
        task, worker.task, self._misses = worker.task, None, 0
        if kind == "short":
            return self._again(task, NO_MEMORY)
        if task.ends:
            self.warnings.append(f"{task.job.name}: {task.ends[0]}; it was tried again alone, and that went well")
        return [(task.job, *words)]

    def _lose(self, worker):
        self._workers.remove(worker)
        worker.line.close()
        worker.process.join()
        ended, task = _how(worker.process.exitcode), worker.task
        if not task:
            self._misses, self._last = self._misses + 1, ended
            return []
        stop.tidy(worker.process.pid, [task.job.part])
        return self._again(task, ended)

    def _again(self, task, ended):
        """A process has failed at a task: it goes to those that are tried alone, or has its error."""
        task.ends.append(ended)
        if len(task.ends) < TRIES:
            self._alone.append(task)
            return []
        return [(task.job, _error(task))]

    def _do_here(self):
        """Do one job in this process, but not one that a process died of: it would end everything."""
        if self._alone and not self._waiting:
            task = self._alone.popleft()
            return [(task.job, _error(task))]
        if not self._waiting:
            return []
        words = f"no process could be started to work beside this one ({self._last}): the work was done one after the "
        words += "other, which changes no result but takes longer"
        if words not in self.warnings:
            self.warnings.append(words)
        task = self._waiting.popleft()
        return [(task.job, self._do(task.job, tick=self._tick, **task.asked))]

    def _keep(self, kept):
        """End the processes that are not ``kept``, which have no task."""
        for worker in [one for one in self._workers if one not in kept]:
            self._workers.remove(worker)
            if worker.is_ready:
                _say(worker.line, None)
                worker.process.join(timeout=10)
            worker.process.kill()
            worker.process.join()
            worker.line.close()


def _how(code):
    """How a process ended, in words, by its exit code (below 0: the number of a signal)."""
    if code is None or code >= 0:
        return f"its process ended with exit code {code}"
    known = {one.value: one.name for one in signal.Signals}
    return f"its process was ended by {known.get(-code, f'signal {-code}')}"


def _error(task):
    """What a researcher is told about a file of which processes die."""
    memory = "often a sign of too little memory: use fewer --workers, close other programs or take a larger machine"
    codec = "a decoder may have crashed: re-encode the file; or memory was short: use fewer --workers"
    again = "and again when it was tried alone" if len(task.ends) > 1 else "and no other could be started to try again"
    advice = memory if task.ends[-1] == NO_MEMORY or task.ends[-1].endswith("SIGKILL") else codec
    return f"{task.job.medium.path}: {task.job.stage}: {task.ends[-1]}, {again}; {advice}"


def _serve(line, do):
    """Do what is asked through a line until nothing more is asked: the whole life of a process beside others."""
    stop.not_heard()
    media.one_thread()
    say = partial(_say, line)
    say(("ready",))
    while asked := _next(line):
        job, more = asked
        try:
            said = ("done", do(job, tick=lambda *step: say(("tick", *step)), **more))
        except MemoryError:
            said = ("short",)
        except Exception as error:
            said = ("raised", _portable(error))
        say(said)


def _next(line):
    try:
        return line.recv()
    except EOFError:  # the process that asks is gone
        return None


def _say(line, words):
    """Say something to the other end, if it is still there: one that is gone is met where it is listened to."""
    try:
        line.send(words)
    except OSError:
        line.close()


def _portable(error):
    """An error that can cross to another process, with the lines of code it comes from."""
    lines = "".join(traceback.format_exception(error))
    try:
        error = pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(lines)
    return error
