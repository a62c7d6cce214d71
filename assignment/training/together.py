"""Several models that train as one."""


class Together:
    """Several models, or several optimizers, that one run trains and one checkpoint holds.

    The first model is the run's: `RunDirectory.load_model` returns it. Keras variables that belong
    to no model, such as an adaptive coefficient, may come last.

    Args:
        parts: Objects with `variables`; the first decides what is logged as the learning rate.
    """

    def __init__(self, *parts):
        self.parts = parts

    @property
    def variables(self) -> list:
        return [v for part in self.parts for v in getattr(part, "variables", [part])]

    @property
    def trainable_variables(self) -> list:
        return [v for part in self.parts for v in getattr(part, "trainable_variables", [])]

    @property
    def learning_rate(self):
        return self.parts[0].learning_rate
