"""Attacks on the machine: time, memory, disk, output, processes."""

from hostile.attack import Attack

ATTACKS = [
    Attack(
        "fork_bomb",
        "starts processes without end",
        """
        for _ in range(300):
            if os.fork() == 0:
                time.sleep(60)
        time.sleep(60)
        """,
    ),
    Attack(
        "thread_bomb",
        "starts threads without end",
        """
        while True:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        """,
    ),
    Attack("memory_bomb", "fills private memory", "return [np.ones(2**27) for _ in range(64)]"),
    Attack(
        "tensor_bomb",
        "fills memory through TensorFlow",
        "return [tf.random.normal([2**27]) for _ in range(64)]",
    ),
    Attack(
        "shared_memory_bomb",
        "fills shared memory, which no resource limit counts",
        """
        block = mmap.mmap(-1, 6 * 2**30)
        for offset in range(0, len(block), 2**24):
            block[offset : offset + 2**24] = bytes(2**24)
        time.sleep(60)
        """,
    ),
    Attack(
        "memory_file_bomb",
        "fills memory with files that have no name",
        """
        for i in range(40):
            descriptor = os.memfd_create(f"@MARK@{i}")
            for _ in range(100):
                os.write(descriptor, bytes(2**20))
        time.sleep(60)
        """,
        lowest=2,
    ),
    Attack(
        "dev_shm_bomb",
        "fills memory with files in /dev/shm",
        """
        for i in range(8):
            with open(f"/dev/shm/@MARK@{i}", "wb") as file:
                file.write(bytes(100 * 2**20))
        """,
        contained_from=3,
        contained_by_cover=True,
    ),
    Attack(
        "page_table_bomb",
        "fills memory with the tables of pages that are mapped and empty",
        """
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # no reserve
        block = mmap.mmap(-1, 2**40, flags, mmap.PROT_READ)
        block.madvise(mmap.MADV_NOHUGEPAGE)
        for offset in range(0, 2**40, 2**21):
            block[offset]
        time.sleep(60)
        """,
    ),
    Attack(
        "descriptor_flood",
        "opens files without end",
        "return [os.open('/dev/null', os.O_RDONLY) for _ in range(10**6)]",
    ),
    Attack("endless_loop", "burns time", "while True:\n    pass"),
    Attack("import_without_end", "burns time before the check begins", top="while True:\n    pass"),
    Attack(
        "stopped_by_itself",
        "stops where it stands, and neither ends nor runs",
        "os.kill(os.getpid(), signal.SIGSTOP)",
    ),
    Attack(
        "source_too_deep",
        "nests expressions until whoever reads them runs out of stack",
        top="x = np" + ".a" * 20_000 + "\ny = " + "-" * 50_000 + "1",
    ),
    Attack(
        "endless_sleep_that_ignores_every_signal",
        "outlives the alarm of a grader that trusts signals",
        """
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
        """,
    ),
    Attack(
        "stopped_clock",
        "replaces the clock by one that stands still",
        """
        now = time.time()
        time.time = time.monotonic = time.perf_counter = lambda: now
        sys.modules["time"].sleep = lambda seconds: None
        while True:
            pass
        """,
    ),
    Attack(
        "endless_recursion",
        "overflows the stack",
        """
        sys.setrecursionlimit(2**30)
        def deeper(n):
            return sorted([n], key=deeper)
        return deeper(0)
        """,
    ),
    Attack("segmentation_fault", "crashes the interpreter", "return ctypes.string_at(0)"),
    Attack(
        "output_flood",
        "prints ten gigabytes",
        """
        piece = b"x" * 2**20
        for _ in range(10 * 2**10):
            os.write(1, piece)
            os.write(2, piece)
        """,
    ),
    Attack(
        "one_large_file",
        "fills the disk with one file",
        """
        with open("large", "wb") as file:
            for _ in range(2**12):
                file.write(bytes(2**20))
        """,
    ),
    Attack(
        "many_large_files",
        "fills the disk with files below the limit of one",
        """
        for i in range(100):
            with open(f"large-{i}", "wb") as file:
                file.write(bytes(100 * 2**20))
        time.sleep(60)
        """,
    ),
    Attack(
        "many_small_files",
        "uses up the file system's entries",
        """
        for i in range(10**6):
            open(f"small-{i}", "w").close()
        """,
    ),
    Attack(
        "deep_directories",
        "leaves a tree too deep to be removed by recursion",
        """
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
        """,
    ),
    Attack(
        "closed_directories",
        "leaves directories that their owner may not enter",
        """
        os.makedirs("closed/inner")
        open("closed/inner/file", "w").close()
        os.mkdir("later", 0)
        os.umask(0o777)
        os.makedirs("masked")
        """,
    ),
    Attack(
        "limits_raised",
        "lifts its own limits first",
        """
        import resource
        for kind in (resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE):
            try:
                infinity = resource.RLIM_INFINITY
                resource.setrlimit(kind, (infinity, infinity))
            except (ValueError, OSError):
                pass
        return [np.ones(2**27) for _ in range(64)]
        """,
    ),
    Attack(
        "slow_answer",
        "sends one byte of an answer at a time",
        """
        while True:
            for descriptor in range(3, 32):
                try:
                    os.write(descriptor, b"A")
                except OSError:
                    pass
            time.sleep(0.2)
        """,
    ),
]
