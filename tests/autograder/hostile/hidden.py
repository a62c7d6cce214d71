"""Attacks on what is hidden: recordings, solutions, other processes, other submissions."""

from hostile.attack import Attack

_READ = """
def mask_of(path):
    with np.load(path) as stored:
        return stored["square/mask"]
"""

ATTACKS = [
    Attack(
        "recordings_by_path",
        "reads the recorded outputs where they stand",
        "return mask_of('@OUTPUTS@/masking.causal.npz')",
        _READ,
        zero_from=3,
    ),
    Attack(
        "recordings_by_relative_path",
        "looks for the recorded outputs around every place that it knows",
        """
        autograder = sys.modules["autograder"]
        places = [os.getcwd(), __file__, autograder.__file__, *sys.path, sys.argv[0], sys.prefix]
        for place in places:
            while len(place) > 1:
                for name in ("solution_outputs", "autograder/solution_outputs"):
                    path = os.path.join(place, name, "masking.causal.npz")
                    if os.path.exists(path):
                        return mask_of(path)
                place = os.path.dirname(place)
        raise LookupError("no recording in sight")
        """,
        _READ,
        zero_from=3,
    ),
    Attack(
        "recordings_by_search",
        "searches the checkout for the recorded outputs",
        """
        for directory, _, files in os.walk("@ROOT@"):
            if "masking.causal.npz" in files:
                return mask_of(os.path.join(directory, "masking.causal.npz"))
        raise LookupError("no recording in this checkout")
        """,
        _READ,
        zero_from=3,
    ),
    Attack(
        "recordings_by_tensorflow",
        "reads the recorded outputs with TensorFlow's file operations",
        """
        import io
        for name in tf.io.gfile.glob("@OUTPUTS@/masking.causal.npz"):
            return mask_of(io.BytesIO(tf.io.read_file(name).numpy()))
        return mask_of(io.BytesIO(tf.io.read_file("@OUTPUTS@/masking.causal.npz").numpy()))
        """,
        _READ,
        zero_from=3,
    ),
    Attack(
        "recordings_by_the_c_library",
        "reads the recorded outputs behind Python's back",
        """
        import io
        libc = ctypes.CDLL(None)
        descriptor = libc.open(b"@OUTPUTS@/masking.causal.npz", 0)
        content = ctypes.create_string_buffer(2**20)
        count = libc.read(descriptor, content, 2**20)
        return mask_of(io.BytesIO(content.raw[:count]))
        """,
        _READ,
        zero_from=3,
    ),
    Attack(
        "recordings_by_link",
        "reads the recorded outputs through links in its own directory",
        """
        for link in (os.link, os.symlink):
            try:
                link("@OUTPUTS@/masking.causal.npz", f"{link.__name__}.npz")
                return mask_of(f"{link.__name__}.npz")
            except OSError as error:
                failure = error
        raise failure
        """,
        _READ,
        zero_from=3,
    ),
    Attack(
        "solution_by_search",
        "searches the checkout for a solution, and calls it",
        """
        for directory, _, files in os.walk("@ROOT@"):
            if directory.endswith("assignment/layers") and "masking.py" in files:
                text = open(os.path.join(directory, "masking.py")).read()
                if "masking.causal: " not in text and "the attack" not in text:
                    names = {}
                    exec(text, names)
                    return names["causal_mask"](query_length, key_length)
        raise LookupError("no solution in this checkout")
        """,
        zero_from=3,
    ),
    Attack(
        "machine_through_another_process",
        "looks for the recorded outputs below the root and the directory of every process",
        """
        for pid in os.listdir("/proc"):
            for way in ("root@OUTPUTS@", "cwd/autograder/solution_outputs"):
                try:
                    return mask_of(f"/proc/{pid}/{way}/masking.causal.npz")
                except OSError:
                    pass
        raise LookupError("no other process shows its files")
        """,
        _READ,
        zero_from=3,
    ),
    Attack(
        "kit_poisoned",
        "changes the code that the next worker will run, and its own that was looked through",
        """
        autograder = sys.modules["autograder"]
        package = os.path.dirname(autograder.__file__)
        for place in (package, os.path.join(package, "checks"), os.path.dirname(__file__)):
            for action in (
                lambda: open(os.path.join(place, "@MARK@.py"), "w").close(),
                lambda: os.makedirs(os.path.join(place, "__pycache__", "@MARK@")),
                lambda: os.rename(os.path.join(place, "__init__.py"), place + "/@MARK@"),
            ):
                try:
                    action()
                except OSError as error:
                    print(repr(error))
        """,
        contained_from=3,
        contained_by_cover=True,
    ),
    Attack(
        "tolerances_widened",
        "rewrites the tolerances so that everything passes",
        """
        content = '{"masking.causal/square": {"atol": 1e9, "rtol": 1e9}}'
        open("@ROOT@/autograder/tolerances.json", "w").write(content)
        """,
        lowest=3,
    ),
    Attack(
        "recordings_rewritten",
        "rewrites the recorded outputs to what it returns",
        """
        np.savez("@OUTPUTS@/masking.causal.npz", **{"square/mask": np.array(True)})
        return True
        """,
        lowest=3,
    ),
    Attack(
        "memory_of_the_parent",
        "reads the memory of the processes above it",
        """
        for pid in (os.getppid(), @JUDGE@):
            with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
                for line in maps:
                    if "rw-p" in line and "[heap]" in line:
                        memory.seek(int(line.split("-")[0], 16))
                        if b"square/mask" in memory.read(2**24):
                            return True
        """,
    ),
    Attack(
        "memory_by_system_call",
        "reads and writes the memory of the judge by system calls",
        """
        libc = ctypes.CDLL(None, use_errno=True)
        content = ctypes.create_string_buffer(64)
        local = struct.pack("@PN", ctypes.addressof(content), 64)
        for pid in (os.getppid(), @JUDGE@):
            for call in (libc.process_vm_readv, libc.process_vm_writev):
                if call(pid, local, 1, struct.pack("@PN", 0x400000, 64), 1, 0) > 0:
                    open("/tmp/@MARK@", "w").close()
        """,
        lowest=2,
    ),
    Attack(
        "judge_traced",
        "attaches a debugger to the judge",
        """
        libc = ctypes.CDLL(None, use_errno=True)
        for pid in (os.getppid(), @JUDGE@):
            if libc.ptrace(16, pid, 0, 0) == 0 or libc.ptrace(0x4206, pid, 0, 0) == 0:
                open("/tmp/@MARK@", "w").close()
        """,
        lowest=2,
    ),
    Attack(
        "environment_of_the_parent",
        "reads the secrets of the environment",
        """
        found = str(dict(os.environ))
        for pid in ("self", os.getppid(), @JUDGE@):
            try:
                found += open(f"/proc/{pid}/environ").read()
            except OSError:
                pass
        if "@SECRET@" in found:
            print("@LEAK@")
        """,
        contained_from=3,
    ),
    Attack(
        "memory_of_its_own",
        "searches its own memory for recorded outputs",
        """
        for line in open("/proc/self/maps"):
            start, end = (int(x, 16) for x in line.split()[0].split("-"))
            if "rw-p" in line and end - start < 2**26:
                content = ctypes.string_at(start, end - start)
                place = content.find(b"PK\\x03\\x04" + bytes(26) + b"square/mask")
                if place >= 0:
                    import io
                    return np.load(io.BytesIO(content[place:]))["square/mask"]
        raise LookupError("no recording in this memory")
        """,
    ),
    Attack(
        "files_of_an_earlier_check",
        "looks for what other checks and submissions left behind",
        """
        for directory in (os.path.dirname(os.getcwd()), "/tmp", "/dev/shm", "/var/tmp"):
            for name in os.listdir(directory):
                if name.startswith(("work-", "submission-", "@MARK@")):
                    path = os.path.join(directory, name, "notes")
                    if os.path.exists(path):
                        print("@LEAK@")
        """,
        contained_from=3,
    ),
    Attack(
        "notes_for_a_later_check",
        "leaves notes where a later check may find them",
        """
        autograder = sys.modules["autograder"]
        package = os.path.dirname(autograder.__file__)
        own = os.getcwd()
        beside = os.path.dirname(own)
        for place in (own, beside, os.path.dirname(__file__), package, "/tmp", "/dev/shm"):
            try:
                os.makedirs(os.path.join(place, "@MARK@"))
                open(os.path.join(place, "@MARK@", "notes"), "w").close()
            except OSError:
                pass
        """,
        contained_from=3,
        contained_by_cover=True,
    ),
]
