"""How much a job gets: workers and data processing units, their defaults, and what AWS refuses."""

from typing import Any

from afluente.services.glue.error import InvalidInputException

DPU_PER_WORKER = {
    "Standard": 1.0, "G.025X": 0.25, "G.1X": 1.0, "G.2X": 2.0, "G.4X": 4.0, "G.8X": 8.0, "G.12X": 12.0,
    "G.16X": 16.0, "R.1X": 1.0, "R.2X": 2.0, "R.4X": 4.0, "R.8X": 8.0, "Z.2X": 2.0,
}  # fmt: skip
SPARK_DEFAULT_DPU = 10.0
SHELL_DEFAULT_DPU = 0.0625
FLEX_WORKERS = {"G.1X", "G.2X"}

Members = dict[str, Any]


def with_capacity(command: str, members: Members) -> Members:
    """`MaxCapacity`, `AllocatedCapacity` and, if asked for, the workers, of a job or run with these `members`."""
    worker, number = members.get("WorkerType"), members.get("NumberOfWorkers")
    _check(command, members)
    if worker and number:
        dpu = DPU_PER_WORKER[worker] * number
        return {"WorkerType": worker, "NumberOfWorkers": number, "MaxCapacity": dpu, "AllocatedCapacity": int(dpu)}
    default = SHELL_DEFAULT_DPU if command == "pythonshell" else SPARK_DEFAULT_DPU
    dpu = members.get("MaxCapacity") or members.get("AllocatedCapacity") or default
    return {"MaxCapacity": float(dpu), "AllocatedCapacity": int(dpu)}


def _check(command: str, members: Members) -> None:
    worker, number, dpu = (members.get(name) for name in ("WorkerType", "NumberOfWorkers", "MaxCapacity"))
    if command == "pythonshell":
        if worker or number:
            raise InvalidInputException("Worker Type is not supported for Job Command pythonshell and Python Version.")
        if dpu not in {None, SHELL_DEFAULT_DPU, 1.0}:
            raise InvalidInputException("Max capacity for a pythonshell job must be either 0.0625 or 1.")
        return
    if (worker or number) and dpu is not None:
        raise InvalidInputException("Please do not set Max Capacity if using Worker Type and Number of Workers.")
    if bool(worker) != bool(number):
        raise InvalidInputException("Please set both Worker Type and Number of Workers.")
    if number is not None and number < 2:
        raise InvalidInputException("Number of workers must be at least 2.")
    if worker == "G.025X":
        raise InvalidInputException("Worker Type G.025X is only supported for streaming jobs.")
    if dpu is not None and (dpu != int(dpu) or dpu < 2):
        raise InvalidInputException("Max capacity for a glueetl job must be a whole number of at least 2 DPUs.")
    if members.get("ExecutionClass") == "FLEX" and worker not in FLEX_WORKERS:
        raise InvalidInputException("Execution class FLEX needs Worker Type G.1X or G.2X.")
