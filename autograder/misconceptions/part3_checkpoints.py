"""Misconceptions of Part 3: checkpoints."""

from autograder.misconceptions import Misconception

MISCONCEPTIONS = [
    Misconception(
        "model_object",
        "training.checkpoint",
        edits=[("model=plain_variables(model)", "model=model")],
        hint=(
            "Some weights are not in the file: TensorFlow does not find the layers that Keras "
            "keeps in a Python list, nor the states of seed generators, and says nothing. Save "
            "the model's variables themselves."
        ),
    ),
    Misconception(
        "trainable_only",
        "training.checkpoint",
        edits=[
            (
                "model=plain_variables(model)",
                "model=[variable.value for variable in model.trainable_variables]",
            )
        ],
        hint=(
            "The weights come back, the state of the random generators does not, so that dropout "
            "draws other units: which variables of a model are not trainable?"
        ),
    ),
    Misconception(
        "no_optimizer",
        "training.checkpoint",
        edits=[("    optimizer=plain_variables(optimizer),\n", "")],
        hint=(
            "The weights come back and the optimizer's moments do not: after resuming, Adam begins "
            "anew."
        ),
    ),
    Misconception(
        "no_model",
        "training.checkpoint",
        edits=[("    model=plain_variables(model),\n", "")],
        hint="The model's weights are not in the checkpoint.",
    ),
    Misconception(
        "step_not_set",
        "training.checkpoint",
        edits=[("self.step.assign(step)", "pass")],
        hint="restore_latest returns the wrong step: is it stored when the state is saved?",
    ),
    Misconception(
        "step_of_the_file_list",
        "training.checkpoint",
        edits=[
            ("return int(self.step)\n", "return len(self.latest.checkpoints)\n"),
        ],
        hint="restore_latest returns the number of checkpoints, not the step of the one restored.",
    ),
    Misconception(
        "oldest_first",
        "training.checkpoint",
        edits=[("reversed(self.latest.checkpoints)", "self.latest.checkpoints")],
        hint="The oldest checkpoint is restored: in which order are they listed?",
    ),
    Misconception(
        "newest_only",
        "training.checkpoint",
        edits=[("reversed(self.latest.checkpoints)", "self.latest.checkpoints[-1:]")],
        hint="When the newest checkpoint is damaged, the one before it should be tried.",
    ),
    Misconception(
        "silent_restart",
        "training.checkpoint",
        edits=[
            ("raise DamagedCheckpointsError(self.directory)", "return None"),
        ],
        hint=(
            "There are checkpoints, none can be read, and None is returned: the run would start "
            "over, and overwrite them. See what the docstring says is raised."
        ),
    ),
    Misconception(
        "best_is_the_largest",
        "training.checkpoint",
        edits=[("metric < float(self.best_metric)", "metric > float(self.best_metric)")],
        hint="The metric is a loss: the best one is the smallest.",
    ),
    Misconception(
        "best_is_the_last",
        "training.checkpoint",
        edits=[("metric is not None and metric < float(self.best_metric)", "metric is not None")],
        hint="Whatever was measured last counts as the best: compare it with the best so far.",
    ),
    Misconception(
        "best_without_metric",
        "training.checkpoint",
        edits=[
            (
                "metric is not None and metric < float(self.best_metric)",
                "metric is None or metric < float(self.best_metric)",
            ),
            ("self.best_metric.assign(metric)", "self.best_metric.assign(metric or 0.0)"),
        ],
        hint="A save without a metric says nothing about which checkpoint is best.",
    ),
    Misconception(
        "best_forgotten",
        "training.checkpoint",
        edits=[("    best_metric=self.best_metric,\n", "")],
        hint=(
            "A resumed run has forgotten how good its best checkpoint was, and replaces it by a "
            "worse one."
        ),
    ),
    Misconception(
        "best_is_the_latest",
        "training.checkpoint",
        edits=[("path = self.best.latest_checkpoint", "path = self.latest.latest_checkpoint")],
        hint="restore_best goes to the latest checkpoint.",
    ),
    Misconception(
        "keep_ignored",
        "training.checkpoint",
        edits=[("str(self.directory), keep)", "str(self.directory), 3)")],
        hint="The number of checkpoints kept does not depend on `keep`.",
    ),
    Misconception(
        "all_kept",
        "training.checkpoint",
        edits=[("str(self.directory), keep)", "str(self.directory), None)")],
        hint="No checkpoint is ever removed: the disk would fill up.",
    ),
    Misconception(
        "zero_is_no_metric",
        "training.checkpoint",
        edits=[("metric is not None and metric <", "bool(metric) and metric <")],
        hint="A metric of 0 may be the smallest so far: only None says that there is none.",
    ),
    Misconception(
        "best_by_size",
        "training.checkpoint",
        edits=[("metric < float(self.best_metric)", "abs(metric) < abs(float(self.best_metric))")],
        hint="A metric may be negative, and is then smaller than any positive one.",
    ),
]
