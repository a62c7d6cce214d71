"""Teach a language model to answer: python -m assignment.sft

Supervised fine-tuning: the prompt is read, only the response is learned. Starts from a run of
python -m assignment.train, and writes a run directory of its own.
"""

from assignment import command_line
from assignment.config import SFTConfig
from assignment.quiet_start import import_tensorflow


def sft(config: SFTConfig) -> None:
    """The whole stage: source, conversations, loop, summary."""
    config = config.resolve()
    import_tensorflow()

    import functools

    import tensorflow as tf

    from assignment.alignment.fine_tuning import FineTuningObserver
    from assignment.layers.lora import apply_lora
    from assignment.text.batches import batch_indices, pack_conversations
    from assignment.text.datasets import load_dataset
    from assignment.text.records import Conversation
    from assignment.training.distribution import compile_step
    from assignment.training.losses import response_loss
    from assignment.training.stage import Stage

    stage = Stage(config)
    config.check_ranks(stage.model_config.hidden_dim)
    data = load_dataset(config.data, Conversation, config.worked, config.noise, config.seed)
    context = stage.model_config.max_sequence_length
    train, cut = pack_conversations(data.train, stage.tokenizer, context)
    held_out, _ = pack_conversations(data.validation, stage.tokenizer, context)
    if cut:
        print(f"{cut} of {len(data.train)} conversations were cut to the context of {context}.")

    model = stage.load_source()
    if config.lora_rank:
        apply_lora(
            model, config.lora_rank, config.lora_alpha, config.seed, config.lora_embedding_rank
        )
    trained = sum(v.numpy().size for v in model.trainable_variables)
    print(f"{trained:,} weights are trained, {trained / model.count_params():.1%} of the model")
    stage.start(model, stage.make_optimizer(model.trainable_variables))

    loss_fn = functools.partial(response_loss, per_sequence=config.per_sequence)
    step = compile_step(
        model,
        stage.optimizer,
        loss_fn,
        config.max_norm,
        tf.distribute.get_strategy(),
        mean_of_rows=config.per_sequence,
    )

    learned = train.without_prompts()

    def batch(step: int):
        return learned.rows(batch_indices(config.seed, step, config.batch_size, len(data.train)))

    observer = FineTuningObserver(stage, model, data, held_out)
    seconds = stage.run(step, batch, observer.evaluate)
    observer.print_summary(seconds)


if __name__ == "__main__":
    command_line.run(sft, SFTConfig)
