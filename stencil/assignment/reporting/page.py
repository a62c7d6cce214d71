"""The report card as files: report.md with its plots beside it, report.html all in one."""

import html
import json
from pathlib import Path

from assignment.files import write_whole
from assignment.reporting import sections
from assignment.reporting.card import Card
from assignment.reporting.plots import to_svg

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 1rem; color: #1d1d1f; background: #fff;
  font: 1rem/1.5 system-ui, sans-serif; }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc; padding-bottom: .3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .7rem; border-bottom: 1px solid #ddd; text-align: right;
  white-space: nowrap; }
thead th { white-space: normal; vertical-align: bottom; }
th:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
.plots { display: grid; gap: 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
figure { margin: 0; }
figure svg { width: 100%; height: auto; font-family: inherit; }
figcaption { color: #444; }
dt { font-weight: 600; margin-top: .8rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.prompt { border-left: .25rem solid #0072b2; padding-left: .8rem; font-weight: 600; }
@media (max-width: 40rem) { th, td { padding: .35rem .45rem; font-size: .875rem; } }
"""


def write_report(card: Card, directory: Path) -> None:
    """Write report.json, report.md with plots/, and report.html.

    Args:
        card: What they show.
        directory: Where they are written.
    """
    plots = sections.all_plots(card)
    (directory / "plots").mkdir(exist_ok=True)
    pictures = {plot.name: to_svg(plot.figure, plot.name, plot.title) for plot in plots}
    for name, svg in pictures.items():
        write_whole(directory / "plots" / f"{name}.svg", svg + "\n")
    write_whole(directory / "report.json", json.dumps(card.figures(), indent=1) + "\n")
    write_whole(directory / "report.md", markdown(card, plots))
    write_whole(directory / "report.html", page(card, plots, pictures))


def title(card: Card) -> str:
    return f"Report card: preset {card.preset}, seed {card.seed}"


def markdown(card: Card, plots: list[sections.Plot]) -> str:
    """The report card as Markdown."""
    head, *rows = sections.stage_table(card)
    lines = [f"# {title(card)}", "", _markdown_row(head)]
    lines += [_markdown_row(["---", *["---:"] * (len(head) - 1)])]
    lines += [_markdown_row(row) for row in rows]
    lines += ["", sections.totals(card), *_missing(card), ""]
    lines += [f"- **{name}**: {text}" for name, text in sections.EXPLANATIONS.items()]
    if card.reward_model:
        lines += ["", f"**The reward model.** {sections.reward_model_sentence(card)}"]
    for plot in plots:
        lines += ["", f"## {plot.title}", "", f"![{plot.title}](plots/{plot.name}.svg)"]
        lines += ["", plot.caption]
    lines += ["", "## The same prompts, answered by each stage"]
    for prompt, given in sections.answers(card):
        lines += ["", *_quoted(prompt), ""]
        lines += [f"- *{stage}*: {_inline(answer)}" for stage, answer in given]
    return "\n".join(lines) + "\n"


def page(card: Card, plots: list[sections.Plot], pictures: dict[str, str]) -> str:
    """The report card as a page that needs no other file."""
    escape = html.escape
    head, *rows = sections.stage_table(card)
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    explanations = "\n".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
        for name, text in sections.EXPLANATIONS.items()
    )
    figures = "\n".join(
        f"<figure><h3>{escape(plot.title)}</h3>{pictures[plot.name]}"
        f"<figcaption>{escape(plot.caption)}</figcaption></figure>"
        for plot in plots
    )
    given = "\n".join(
        f'<h3 class="prompt">{escape(prompt)}</h3><dl>'
        + "".join(f"<dt>{escape(s)}</dt><dd>{escape(a) or '(nothing)'}</dd>" for s, a in pairs)
        + "</dl>"
        for prompt, pairs in sections.answers(card)
    )
    reward_model = ""
    if card.reward_model:
        reward_model = f"<h2>Reward model</h2><p>{escape(sections.reward_model_sentence(card))}</p>"
    notes = "".join(f"<p>{escape(line)}</p>" for line in [sections.totals(card), *_missing(card)])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title(card))}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title(card))}</h1>
<div class="scroll" tabindex="0" role="region" aria-label="The stages compared">
<table>
<thead><tr>{cells}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</div>
{notes}
<details><summary>What the columns mean</summary><dl>
{explanations}
</dl></details>
{reward_model}
<h2>How it went</h2>
<div class="plots">
{figures}
</div>
<h2>The same prompts, answered by each stage</h2>
{given}
</main>
</body>
</html>
"""


def _missing(card: Card) -> list[str]:
    if not card.missing:
        return []
    return [f"Not finished: {', '.join(stage.name for stage in card.missing)}."]


def _markdown_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _quoted(text: str) -> list[str]:
    return [f"> {line}" for line in text.splitlines()]


def _inline(text: str) -> str:
    """A model's answer on one line, its marks taken literally."""
    words = " ".join(text.split()) or "(nothing)"
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in words)
