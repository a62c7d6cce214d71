"""Attacks on what lies outside: the judge, other processes, files, the network."""

from hostile.attack import Attack

_TRY = """
def each(*actions):
    for action in actions:
        try:
            action()
        except Exception as error:
            print(repr(error))
"""


def _outside(name: str, aim: str, body: str, **promise: int | bool) -> Attack:
    return Attack(name, aim, body, _TRY, **promise)


ATTACKS = [
    _outside(
        "judge_killed",
        "kills the judge, and whatever else it may",
        """
        each(
            lambda: os.kill(@JUDGE@, 9),
            lambda: os.kill(os.getppid(), 9),
            lambda: os.killpg(os.getpgid(@JUDGE@), 9),
            lambda: os.kill(-1, 9),
        )
        """,
        lowest=2,
    ),
    _outside(
        "judge_stopped",
        "stops the judge by every call that sends a signal",
        """
        libc = ctypes.CDLL(None)
        each(
            lambda: os.kill(@JUDGE@, signal.SIGSTOP),
            lambda: libc.syscall(234, @JUDGE@, @JUDGE@, signal.SIGSTOP),
            lambda: libc.sigqueue(@JUDGE@, signal.SIGSTOP, 0),
            lambda: signal.pidfd_send_signal(os.pidfd_open(@JUDGE@), signal.SIGSTOP),
        )
        """,
        lowest=2,
    ),
    _outside(
        "signals_by_descriptor",
        "has the kernel signal the judge when a pipe is ready",
        """
        import fcntl
        read, write = os.pipe()
        each(
            lambda: fcntl.fcntl(read, fcntl.F_SETOWN, @JUDGE@),
            lambda: fcntl.fcntl(read, 10, signal.SIGKILL),
            lambda: fcntl.fcntl(read, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK),
            lambda: os.write(write, b"x"),
        )
        time.sleep(0.2)
        """,
        lowest=2,
    ),
    _outside(
        "judge_starved",
        "takes the judge's limits, priority and processors away",
        """
        import resource
        each(
            lambda: resource.prlimit(@JUDGE@, resource.RLIMIT_NOFILE, (3, 3)),
            lambda: os.setpriority(os.PRIO_PROCESS, @JUDGE@, 19),
            lambda: os.sched_setscheduler(@JUDGE@, os.SCHED_IDLE, os.sched_param(0)),
        )
        """,
        lowest=2,
    ),
    _outside(
        "network_by_tcp",
        "sends what it knows over TCP",
        "each(lambda: socket.create_connection(('127.0.0.1', @TCP@), 1).send(b'leak'))",
        contained_from=2,
    ),
    _outside(
        "network_by_udp",
        "sends what it knows over UDP",
        """
        for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
            each(lambda: socket.socket(socket.AF_INET, kind).sendto(b"leak", ("127.0.0.1", @UDP@)))
        """,
        contained_from=2,
    ),
    _outside(
        "network_by_unix_socket",
        "sends what it knows to a socket of this machine",
        """
        for address in ("@SOCKET@", "\\0@MARK@"):
            each(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", address))
        """,
        contained_from=2,
    ),
    _outside(
        "network_by_tensorflow",
        "starts a server of TensorFlow's",
        """
        each(
            lambda: tf.data.experimental.service.DispatchServer(),
            lambda: tf.distribute.Server({"worker": ["127.0.0.1:0"]}, job_name="worker"),
        )
        """,
    ),
    _outside(
        "shell_commands",
        "runs programs",
        """
        each(
            lambda: subprocess.run(["touch", "@OUTSIDE@/@MARK@-1"], check=True),
            lambda: os.system("touch @OUTSIDE@/@MARK@-2"),
            lambda: os.posix_spawn("/bin/touch", ["touch", "@OUTSIDE@/@MARK@-3"], {}),
            lambda: os.execv("/bin/touch", ["touch", "@OUTSIDE@/@MARK@-4"]),
        )
        """,
        contained_from=2,
    ),
    _outside(
        "daemon",
        "leaves its session, its group and its parent",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                for number in (signal.SIGTERM, signal.SIGHUP):
                    signal.signal(number, signal.SIG_IGN)
                time.sleep(120)
            os._exit(0)
        """,
    ),
    _outside(
        "background_process_that_holds_the_pipe",
        "leaves a process behind that keeps the judge's pipes open",
        """
        each(lambda: subprocess.Popen(["sleep", "120"], start_new_session=True, close_fds=False))
        """,
    ),
    _outside(
        "threads_that_outlive_the_check",
        "goes on in threads after the check has returned",
        """
        def forever():
            while True:
                try:
                    open("@OUTSIDE@/@MARK@", "w").close()
                except OSError:
                    pass
        threads = [threading.Thread(target=forever) for _ in range(4)]
        each(*(thread.start for thread in threads))
        return True
        """,
        contained_from=3,
        contained_by_cover=True,
    ),
    _outside(
        "signal_handlers_and_timers",
        "leaves timers and handlers that fire later",
        """
        import faulthandler
        signal.signal(signal.SIGALRM, lambda *arguments: os._exit(0))
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        faulthandler.dump_traceback_later(0.001, repeat=True)
        time.sleep(1)
        """,
    ),
    _outside(
        "files_elsewhere",
        "writes, changes, renames and removes files outside its directory",
        """
        import shutil
        each(
            lambda: open("@OUTSIDE@/@MARK@", "w").close(),
            lambda: open("@CANARY@", "a").write("changed"),
            lambda: open("@CANARY@", "w").close(),
            lambda: os.truncate("@CANARY@", 0),
            lambda: os.rename("@CANARY@", "@OUTSIDE@/@MARK@-renamed"),
            lambda: os.unlink("@CANARY@"),
            lambda: shutil.rmtree("@OUTSIDE@"),
            lambda: open("/dev/shm/@MARK@", "w").close(),
        )
        """,
        contained_from=3,
        contained_by_cover=True,
    ),
    _outside(
        "modes_elsewhere",
        "changes modes, owners, times and attributes of files outside its directory",
        """
        each(
            lambda: os.chmod("@CANARY@", 0),
            lambda: os.chmod("@OUTSIDE@", 0o777),
            lambda: os.chown("@CANARY@", 65534, 65534),
            lambda: os.utime("@CANARY@", (0, 0)),
            lambda: os.setxattr("@CANARY@", "user.mark", b"changed"),
        )
        """,
        contained_from=2,
    ),
    _outside(
        "files_elsewhere_by_tensorflow",
        "writes outside its directory with TensorFlow's file operations",
        """
        each(
            lambda: tf.io.write_file("@OUTSIDE@/@MARK@", "changed"),
            lambda: tf.io.gfile.remove("@CANARY@"),
            lambda: tf.io.gfile.makedirs("@OUTSIDE@/@MARK@-directory"),
            lambda: tf.train.Checkpoint(x=tf.Variable(1)).save("@OUTSIDE@/@MARK@-checkpoint"),
        )
        """,
        contained_from=3,
        contained_by_cover=True,
    ),
    _outside(
        "links_for_the_cleaner",
        "leaves links for the grader to follow when it cleans up",
        """
        each(
            lambda: os.symlink("@OUTSIDE@", "directory"),
            lambda: os.symlink("@CANARY@", "file"),
            lambda: os.link("@CANARY@", "second-name"),
            lambda: os.symlink(".", "circle"),
        )
        """,
    ),
    _outside(
        "directory_replaced_by_a_link",
        "replaces its own directory by a link to another",
        """
        here = os.getcwd()
        each(
            lambda: os.chdir("/"),
            lambda: os.rmdir(here),
            lambda: os.rename(here, here + "-moved"),
            lambda: os.symlink("@OUTSIDE@", here),
        )
        """,
        contained_from=3,
    ),
    _outside(
        "pipes_and_devices",
        "leaves special files on which a reader would hang",
        """
        each(
            lambda: os.mkfifo("pipe"),
            lambda: os.mknod("disk", 0o60660, os.makedev(254, 0)),
            lambda: open("disk", "rb").read(1),
        )
        """,
    ),
    _outside(
        "other_user",
        "becomes root, or another user",
        """
        each(
            lambda: os.setuid(0),
            lambda: os.setresuid(0, 0, 0),
            lambda: os.setgroups([0]),
            lambda: open("/etc/@MARK@", "w").close(),
        )
        """,
        contained_from=3,
        contained_by_cover=True,
    ),
    _outside(
        "namespaces_and_mounts",
        "makes itself a machine in which it is root",
        """
        libc = ctypes.CDLL(None)
        each(
            lambda: libc.unshare(0x10000000 | 0x00020000),
            lambda: libc.mount(b"none", b"@OUTSIDE@", b"tmpfs", 0, None),
            lambda: os.chroot("@OUTSIDE@"),
        )
        """,
        lowest=2,
    ),
    _outside(
        "shared_memory_left_behind",
        "leaves shared memory and queues that no process owns",
        """
        libc = ctypes.CDLL(None)
        each(
            lambda: libc.shmget(0x70617373, 2**20, 0o1666),
            lambda: libc.msgget(0x70617373, 0o1666),
            lambda: libc.semget(0x70617373, 1, 0o1666),
        )
        """,
        contained_from=2,
    ),
    _outside(
        "io_uring",
        "asks for files and sockets by another way than system calls",
        """
        libc = ctypes.CDLL(None)
        if libc.syscall(425, 8, ctypes.create_string_buffer(120)) >= 0:
            print("@LEAK@")
        """,
        contained_from=2,
    ),
    _outside(
        "calls_of_another_architecture",
        "makes 32-bit system calls, whose numbers mean something else",
        """
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\\xb8\\x02\\x00\\x00\\x00\\xcd\\x80\\xc3")  # fork, by its 32-bit number
        address = ctypes.addressof(ctypes.c_char.from_buffer(code))
        each(lambda: ctypes.CFUNCTYPE(ctypes.c_int)(address)())
        """,
    ),
]
