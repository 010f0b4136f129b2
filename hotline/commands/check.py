"""``check``: the configuration read as at the start, and what it comes to."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False))
def check(file: str | None) -> None:
    """Check hotline.toml (or FILE): each fault with its line, or what the line will do."""
    import os

    from hotline import settings

    environ = {**os.environ, **({"HOTLINE_CONFIG": file} if file else {})}
    try:
        found = settings.load(environ)
    except settings.SettingsError as error:
        faults = str(error).splitlines()
        raise click.ClickException("\n".join([*faults, f"{len(faults)} to correct"])) from None
    script = found.script
    articles, faults = _articles(found.desk.knowledge)
    if faults:
        raise click.ClickException("\n".join([*faults, f"{len(faults)} to correct"]))
    click.echo(f"{settings.config_path(environ)}: sound")
    rows = [
        ("number", found.line.number),
        ("menu", " · ".join(f"{option.key} {option.label.zh}" for option in script.menu.options)),
        ("categories", ", ".join(script.menu.categories)),
        ("skills", ", ".join(script.menu.skills)),
        ("questions", ", ".join(script.questions)),
        ("prompts", f"{len(script.prompts.zh)} in each language, the longest {max(map(len, script.prompts.zh.values()))} characters"),
        ("escalation", " → ".join(rung.zh for rung in script.escalation) or "none: the regulator at once"),
        ("hours", "; ".join(f"{day[:3]} {', '.join(spans) or 'closed'}" for day, spans in script.hours.week())),
    ]
    rows.append(("articles", f"{articles} in {found.desk.knowledge}"))
    for name, value in rows:
        click.echo(f"  {name:<11} {value}")


def _articles(folder: Path) -> tuple[int, list[str]]:
    from agent_assist.articles import ArticleError, read

    count, faults = 0, []
    for path in sorted(folder.glob("*.md")):
        try:
            read(path)
            count += 1
        except ArticleError as error:
            faults.append(str(error))
    return count, faults


commands = (check,)
