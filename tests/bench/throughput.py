"""Runs over one load on Kafka: the bare floor, plain and pipelined, and the indicators service."""

import asyncio
import json
import sys
from collections import Counter

from spplus_embedded.process import Child
from tests.bench import gauge
from tests.bench.load import Load
from tests.bench.results import Throughput
from tests.bench.stand import BenchError, Stand


async def run_floor(stand: Stand, load: Load, topic: str, target: str, *, pipelined: bool) -> Throughput:
    """The bare floor as a process of its own, over the load that stands on `topic`."""
    name = "floor, pipelined" if pipelined else "floor"
    options = {"kafka": stand.kafka.bootstrap_servers, "database": await stand.make_database()}
    options |= {"topic": topic, "target": target, "total": str(len(load.messages))}
    arguments = [part for key, value in options.items() for part in (f"--{key}", value)]
    command = [sys.executable, "-m", "tests.bench.floor", *arguments, *(["--pipelined"] if pipelined else [])]
    child = Child(name.replace(", ", "-"), command, stand.directory)
    await child.start()
    if child.pid is None:
        raise BenchError(f"the floor did not start: {child.log.read_text()[-2000:]}")
    reading, machine, peak = gauge.read({"process": child.pid} | stand.pids), gauge.Machine(), 0.0
    used = reading.since()
    while child.pid is not None:
        peak = max(peak, gauge.peak_mb(child.pid))
        used = reading.since() if child.running else used
        await asyncio.sleep(0.1)
    others = machine.others_cores()
    if child.exit_status != 0:
        raise BenchError(f"the floor failed: {child.log.read_text()[-2000:]}")
    answer = json.loads(child.log.read_text().splitlines()[-1])
    expected = Counter(event.structure_code for _, event in load.events)
    wrong = [
        f"{code}: counted {answer['counts'].get(code)}, expected {count}"
        for code, count in expected.items()
        if answer["counts"].get(code) != count
    ]
    return Throughput(name, len(load.messages), answer["seconds"], used, {"process": peak}, others, wrong)
