"""Whether an answer does what was asked, for the instructions that the course writes itself."""

from collections.abc import Sequence

from assignment.text.grammar import load_grammar
from assignment.text.records import Conversation

KINDS = ("story", "question", "sum")


def kind_of(record: Conversation) -> str:
    """What a bundled instruction asks for: a story, an answer about one, or a sum."""
    if "####" in record.response:
        return "sum"
    # A question comes behind its story; a request is one sentence.
    return "question" if "." in record.prompt.rstrip(".?") else "story"


def follows(record: Conversation, answer: str) -> bool:
    """Whether `answer` does what the record's prompt asks.

    A story has to mention all that was asked for; a sum must be right, whatever the steps; the
    answer to a question is the one that the record has.
    """
    kind = kind_of(record)
    if kind == "sum":
        return _stated_result(answer) == _stated_result(record.response)
    if kind == "question":
        return answer.strip() == record.response
    requests = load_grammar("requests")
    asked = requests.asked_for(record.prompt)
    return requests.mentioned(answer, asked) == asked


def following_rates(records: Sequence[Conversation], responses: Sequence) -> dict[str, float]:
    """The share of answers that follow their instruction, overall and for each kind.

    Args:
        records: Bundled instructions.
        responses: To each of them a `generation.responses.Response`; one that the model did not end
            itself does not count as followed.
    """
    done = [
        (kind_of(record), response.ended and follows(record, response.text))
        for record, response in zip(records, responses, strict=True)
    ]
    rates = {"followed": sum(ok for _, ok in done) / len(done)}
    for kind in KINDS:
        of_kind = [ok for its_kind, ok in done if its_kind == kind]
        if of_kind:
            rates[f"followed_{kind}"] = sum(of_kind) / len(of_kind)
    return rates


def _stated_result(text: str) -> str | None:
    """What stands behind the last mark of an answer."""
    _, mark, answer = text.rpartition("####")
    return answer.strip() if mark else None
