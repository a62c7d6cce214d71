"""Attacks on the verdict: results that were not computed."""

from hostile.attack import Attack

_FORGE = """
def send(message):
    for descriptor in range(3, 256):
        try:
            os.write(descriptor, message)
        except OSError:
            pass
    os._exit(0)

def array(name, code, shape, content, announced=None):
    head = b"A" + struct.pack("<H", len(name)) + name + struct.pack("<BB", code, len(shape))
    head += struct.pack(f"<{len(shape)}Q", *shape)
    return head + struct.pack("<Q", len(content) if announced is None else announced) + content

END = b"." + struct.pack("<I", 1)
"""


def _forged(name: str, aim: str, body: str) -> Attack:
    return Attack(name, aim, body, _FORGE)


_SHADOW = 'raise SystemExit("replaced")\n'

ATTACKS = [
    Attack("exit_code_zero", "ends with success", "os._exit(0)"),
    Attack("system_exit", "raises the exception of success", "sys.exit(0)"),
    Attack(
        "exit_handler",
        "prints success while the interpreter ends",
        """
        import atexit
        atexit.register(lambda: (print('{"score": 100}'), os._exit(0)))
        sys.exit(0)
        """,
    ),
    Attack("exit_at_import", "ends before the check begins", top="os._exit(0)"),
    Attack(
        "expected_values_on_the_stack",
        "walks up the stack for the expected values",
        """
        frame = sys._getframe()
        while frame:
            for scope in (frame.f_locals, frame.f_globals):
                for name, value in list(scope.items()):
                    if any(w in name.lower() for w in ("expect", "record", "answer", "solution")):
                        if isinstance(value, np.ndarray):
                            return value
            frame = frame.f_back
        raise LookupError("nothing expected is here")
        """,
    ),
    Attack(
        "expected_values_on_the_heap",
        "searches all objects for recorded arrays",
        """
        for found in gc.get_objects():
            if isinstance(found, dict) and isinstance(found.get("mask"), np.ndarray):
                return found["mask"]
            if type(found).__name__ in ("Recording", "Verdict", "RecordedMisconception"):
                return np.array(1)
        raise LookupError("nothing recorded is here")
        """,
    ),
    Attack(
        "check_replaced",
        "replaces the check's function by one that returns nothing wrong",
        """
        checks = sys.modules["autograder.checks"]
        for check in checks._REGISTRY.values():
            object.__setattr__(check, "function", lambda assignment, rng: {})
            object.__setattr__(check, "name", "passed")
        return True
        """,
    ),
    Attack(
        "wire_replaced",
        "replaces the module that sends the result",
        """
        wire = sys.modules["autograder.wire"]
        def lie(stream, arrays):
            stream.write(b"passed" + b"." + struct.pack("<I", 0))
            stream.flush()
        wire.write_arrays = lie
        wire.write_error = lambda stream, error: lie(stream, {})
        return True
        """,
    ),
    Attack(
        "worker_replaced",
        "replaces the functions that convert the result",
        """
        worker = sys.modules["autograder.worker"]
        worker._as_array = lambda name, value: np.zeros((0, 5), bool)
        sys.modules["autograder.shortcuts"].scan = lambda *arguments: None
        return True
        """,
    ),
    Attack(
        "grader_loaded_again",
        "loads the worker a second time, to send a message of its own making",
        """
        import importlib
        wire = importlib.reload(sys.modules["autograder.wire"])
        frame = sys._getframe()
        while "stream" not in frame.f_locals:
            frame = frame.f_back
        wire.write_ready(frame.f_locals["stream"])
        wire.write_arrays(frame.f_locals["stream"], {"mask": np.ones((1, 1), bool)})
        sys.modules["autograder.worker"].wire = None
        """,
    ),
    Attack(
        "every_event_refused",
        "has the interpreter refuse to open, import and call anything from here on",
        """
        def refuse(event, arguments):
            raise SystemExit(0)
        sys.addaudithook(refuse)
        return True
        """,
    ),
    Attack(
        "numpy_replaced",
        "makes every comparison of NumPy succeed",
        """
        always = lambda *arguments, **options: True
        np.allclose = np.array_equal = np.isfinite = np.all = always
        np.testing.assert_allclose = np.testing.assert_array_equal = always
        return tf.zeros([query_length, query_length], tf.bool)
        """,
    ),
    Attack(
        "tensorflow_replaced",
        "makes every comparison of TensorFlow succeed",
        """
        always = lambda *arguments, **options: True
        tf.debugging.assert_equal = tf.debugging.assert_near = always
        type(tf.constant(1)).__eq__ = type(tf.constant(1)).__bool__ = always
        return tf.zeros([query_length, query_length], tf.bool)
        """,
    ),
    _forged("forged_end", "sends an empty, complete message", "send(b'.' + struct.pack('<I', 0))"),
    _forged("forged_text", "sends a verdict where arrays belong", "send(b'passed' * 1000)"),
    _forged(
        "forged_array",
        "sends an array of its own making on every descriptor",
        "send(array(b'mask', 0, (1,), b'\\x01') + END)",
    ),
    _forged(
        "forged_two_messages",
        "sends a second, better message after the first",
        "send((array(b'mask', 0, (1,), b'\\x01') + END) * 2)",
    ),
    _forged(
        "terabyte_frame",
        "announces an array of a terabyte",
        "send(array(b'mask', 10, (2**38,), b'', 2**40) + END)",
    ),
    _forged(
        "overflowing_shape",
        "announces a shape whose product overflows to its byte count",
        "send(array(b'mask', 4, (2**32, 2**29), b'', 0) + END)",
    ),
    _forged(
        "negative_shape",
        "announces a negative axis",
        "send(array(b'mask', 0, (2**64 - 1,), b'\\x01') + END)",
    ),
    _forged(
        "object_frame",
        "sends an array of pickled objects",
        "send(array(b'mask', 13, (1,), b'cposix\\nsystem\\n(S\"touch /tmp/@MARK@\"\\ntR.') + END)",
    ),
    _forged(
        "endless_frames",
        "sends arrays without end",
        """
        for i in range(10**9):
            frame = array(f"mask{i}".encode(), 10, (2**16,), bytes(2**18))
            for descriptor in range(3, 16):
                try:
                    os.write(descriptor, frame)
                except OSError:
                    pass
        """,
    ),
    Attack(
        "closed_descriptors",
        "closes the line to the judge",
        "os.closerange(0, 512)\nreturn True",
    ),
    Attack("result_of_nans", "returns what no comparison finds wrong", "return np.float32('nan')"),
    Attack("result_of_infinities", "returns infinities", "return tf.fill([5, 5], float('inf'))"),
    Attack("scalar_result", "returns a scalar that broadcasts", "return tf.constant(True)"),
    Attack(
        "empty_result", "returns an empty array that broadcasts", "return np.ones((0, 5), bool)"
    ),
    Attack(
        "result_of_another_kind",
        "returns the right numbers where truth values are asked for",
        "return np.tril(np.ones((query_length, key_length or query_length), np.int8))",
    ),
    Attack(
        "result_with_fields",
        "returns an array of records, whose fields hold what is wanted and more",
        """
        fields = [("mask", bool, (query_length,)), ("more", object)]
        return np.zeros(query_length, np.dtype(fields, align=True))
        """,
    ),
    Attack(
        "array_that_equals_everything",
        "returns a subclass that equals everything",
        """
        class Equal(np.ndarray):
            def __eq__(self, other): return True
            def __array_ufunc__(self, *arguments, **options): return True
            def __array_function__(self, *arguments, **options): return True
            def tobytes(self, *arguments): return b"passed"
        return np.zeros((query_length, query_length), bool).view(Equal)
        """,
    ),
    Attack(
        "array_that_changes",
        "returns an object that is another array at every look",
        """
        class Changing:
            shape, dtype = (10**9, 10**9), np.dtype(object)
            def __array__(self, *arguments, **options):
                return np.array([self], object)
        return Changing()
        """,
    ),
    Attack(
        "pickle_bomb",
        "returns an object that runs a program when it is unpickled",
        """
        class Bomb:
            def __reduce__(self): return os.system, ("touch /tmp/@MARK@",)
        return np.array([Bomb()], object)
        """,
    ),
    Attack(
        "fake_report",
        "prints reports, workflow commands and terminal codes",
        """
        print('{"score": 100, "max_score": 100, "tests": []}')
        print("::set-output name=result::passed\\n::add-mask::0\\n::stop-commands::x")
        print("\\x1b[2J\\x1b[1;1H100 of 100 points; 252 of 252 public checks passed")
        raise AssertionError("\\x1b[2Jpassed\\n::error::passed\\r100 of 100 points")
        """,
    ),
    Attack(
        "error_that_looks_like_a_blank",
        "raises what would send the reader to another exercise",
        "raise NotImplementedError('training.loss: average the cross-entropy')",
    ),
    Attack(
        "error_that_cannot_be_shown",
        "raises an exception that breaks whoever describes it",
        """
        class Passed(BaseException):
            def __str__(self): os._exit(0)
            __repr__ = __format__ = __str__
        Passed.__name__ = "passed" * 10**5
        raise Passed
        """,
    ),
    Attack(
        "replaced_modules",
        "brings its own numpy, site customisation, test configuration and path file",
        files={
            **{
                name: _SHADOW
                for name in (
                    *("numpy.py", "tensorflow.py", "sitecustomize.py", "usercustomize.py"),
                    *("conftest.py", "assignment/numpy.py", "assignment/layers/tensorflow.py"),
                    *("autograder/__init__.py", "autograder/judge.py"),
                )
            },
            "evil.pth": "import os; os._exit(0)\n",
        },
    ),
    Attack(
        "replaced_packages",
        "brings package files and given code of its own",
        files={
            name: "import os\nos._exit(0)\n"
            for name in (
                *("assignment/__init__.py", "assignment/layers/__init__.py"),
                *("assignment/__main__.py", "assignment/train.py", "__init__.py"),
            )
        },
    ),
    Attack(
        "import_hooks",
        "takes over every later import",
        """
        class Finder:
            def find_spec(self, *arguments): os._exit(0)
        sys.meta_path.insert(0, Finder())
        sys.path_hooks.clear()
        sys.modules.clear()
        return True
        """,
    ),
]
