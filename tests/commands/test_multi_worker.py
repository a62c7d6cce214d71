"""The same run on several devices and in several processes."""

import json
import socket
from pathlib import Path

import pytest
from tiny_runs import command, finish, flags_of, start

# Replicas draw dropout of their own, so it is left out where their results are compared.
NO_DROPOUT = ("--dropout", "0")


def losses(run_dir: Path) -> list[float]:
    lines = [json.loads(line) for line in (run_dir / "metrics.jsonl").read_text().splitlines()]
    return [line["loss"] for line in lines if "loss" in line]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [open_socket.getsockname()[1] for open_socket in sockets]
    for open_socket in sockets:
        open_socket.close()
    return ports


@pytest.mark.slow
def test_two_workers_train_as_one_process_does(corpus, train, tmp_path):
    alone = tmp_path / "alone"
    alone.mkdir()
    assert train(alone, *NO_DROPOUT).code == 0

    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    arguments = command(
        "train", *flags_of(corpus), *NO_DROPOUT, "--strategy", "multi-worker", "--no-resume"
    )
    (tmp_path / "shared").mkdir()
    workers = []
    for index in range(2):
        directory = tmp_path / f"worker-{index}"
        directory.mkdir()
        task = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        at = [*arguments, "--run-dir", str(tmp_path / "shared" / "run")]
        temporary = directory / "temporary"
        temporary.mkdir()
        environment = {"TF_CONFIG": json.dumps(task), "TMPDIR": str(temporary)}
        workers.append((start(at, directory, **environment), directory))
    for process, directory in workers:
        finished = finish(process, directory)
        assert finished.code == 0, finished.err
        assert not list((directory / "temporary").glob("worker-*"))
    assert losses(tmp_path / "shared" / "run") == pytest.approx(losses(alone / "run"), rel=1e-4)
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["run"]
    samples = (tmp_path / "shared" / "run" / "samples.txt").read_text()
    assert samples.count("--- step ") == 2


@pytest.mark.slow
def test_mirrored_on_one_device_is_the_plain_run(train, finished_run, tmp_path):
    finished = train(tmp_path, "--strategy", "mirrored")
    assert finished.code == 0, finished.err
    assert losses(tmp_path / "run") == pytest.approx(losses(finished_run), rel=1e-6)


@pytest.mark.parametrize("text", ["not json", "{}"])
def test_multi_worker_without_machines_is_refused(text, train, tmp_path):
    finished = train(tmp_path, "--strategy", "multi-worker", TF_CONFIG=text)
    assert finished.code == 2
    (line,) = finished.errors
    assert "TF_CONFIG" in line and text in line
    assert not (tmp_path / "run").exists()
