"""
The files of a drafted project folder, by path: parquetry.toml, contracts, queries, and what goes with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from parquetry.drafting import Description, contract
from parquetry.drafting.choice import Chosen, chosen, snake, summary_of, targets

SOURCE = "app"
SCHEMA = "research"
_WEEKLY = 3  # datasets that get a query by week


def decided(description: Description) -> list[Chosen]:
    """What a draft decides about each table of *description*."""
    return chosen(description.tables, contract.TAKEN)


THEIRS = frozenset({".gitignore", ".env.example", "README.md"})
"""Files that many a folder has already: nobody wants to hear how a draft's would differ."""


def files(description: Description, choices: Sequence[Chosen]) -> dict[str, str]:
    """
    Every file of the folder, its path below it and its text; parquetry.toml, which makes it a project, is the last.

    No file holds a URL or a password.
    """
    return {
        "contracts/__init__.py": '"""What the data promise: one class a dataset."""\n',
        f"contracts/{SOURCE}.py": contract.module(choices, description.origin),
        **{f"queries/{name}.sql": text for name, text in _queries(choices)},
        ".gitignore": ".env\n.parquetry/\n.parquetry-*/\ndata/\n__pycache__/\n",
        ".env.example": _environment(description.url),
        "README.md": _readme(description, choices),
        "parquetry.toml": _toml(description, choices),
    }


def _toml(description: Description, choices: Sequence[Chosen]) -> str:
    return "\n".join(
        [
            f"# Drafted from {_line(description.origin)}. Correct what is not so, and leave out what nobody needs.",
            "",
            "[lake]",
            'path = "data/lake"',
            "",
            "[duckdb]",
            'path = "data/duckdb/analytics.duckdb"',
            f'schema = "{SCHEMA}"',
            "",
            f"[sources.{SOURCE}]",
            'kind = "postgres"',
            f"url = {_text(f'env:{description.url}')} # the name of a variable, here or in .env; never a password",
            *(line for each in choices for line in _dataset(each, choices, description.enforced)),
            *_left_out(description),
            "",
        ]
    )


def _dataset(each: Chosen, choices: Sequence[Chosen], enforced: bool) -> Iterator[str]:
    yield ""
    yield f"[datasets.{each.dataset}]"
    yield f'source = "{SOURCE}"'
    yield f"table = {_text(each.table.spoken)}"
    yield f'contract = "contracts.{SOURCE}:{each.model}"'
    if each.key.columns:
        yield f"key = {_texts(each.key.columns)} # {each.key.why}"
    else:
        yield f"# no key: {each.key.why}"
    if each.monthly:
        yield f"time = {_text(each.time.columns[0])} # {each.time.why}; one partition a month"
    elif each.time.columns:
        yield f"# time = {_text(each.time.columns[0])}: {each.time.why}; but {_line(each.whole)}, so all of it is read"
    else:
        yield f"# no time: {_line(each.time.why)}; all of it is read each time"
    if summary := summary_of(each):
        yield f"summary = {_texts(summary)} # counted by every export"
    if each.secrets:
        yield f"# not in the contract, by their names: {_line(', '.join(sorted(each.secrets)))}"
    yield from _references(each, choices, enforced)


def _references(each: Chosen, choices: Sequence[Chosen], enforced: bool) -> Iterator[str]:
    """Those of one column that the database itself holds as a table; the others as comments."""
    checked: dict[str, str] = {}
    for reference in each.table.references:
        target = targets(choices, reference)
        if target is None:
            continue
        columns, keys = reference.columns, reference.keys
        hidden = each.secrets.intersection(columns) or target.secrets.intersection(keys)
        if enforced and not hidden and len(columns) == len(keys) == 1 and columns[0] not in checked:
            checked[columns[0]] = f"{target.dataset}.{keys[0]}"
        else:
            yield f"# {_line(', '.join(columns))} names a row of {target.dataset} ({_line(', '.join(keys))})"
    if checked:
        yield ""
        yield "# Rows that name nothing are refused where one run reads both datasets, and told where it reads one."
        yield f"[datasets.{each.dataset}.references]"
        yield from (f"{_key(column)} = {_text(target)}" for column, target in checked.items())


def _left_out(description: Description) -> Iterator[str]:
    if description.left_out:
        yield ""
        yield "# Left out:"
        yield from (f"# {_line(name)}: {reason}" for name, reason in description.left_out.items())


def _queries(choices: Sequence[Chosen]) -> Iterator[tuple[str, str]]:
    yield "overview", _overview(choices)
    weekly = sorted((c for c in choices if c.monthly), key=lambda c: -(c.table.rows or 0))
    for each in weekly[:_WEEKLY]:
        yield f"{each.dataset}_by_week", _by_week(each)


def _overview(choices: Sequence[Chosen]) -> str:
    parts = []
    for each in choices:
        time = _name(each.time.columns[0]) if each.time.columns else ""
        ends = [f"{end}({time})::timestamp" if time else "null::timestamp" for end in ("min", "max")]
        # Names of datasets need no quotes but where they are words of SQL.
        parts.append(f"select '{each.dataset}' as dataset, count(*) as rows, {ends[0]} as first, {ends[1]} as last\n"
                     f'from {SCHEMA}."{each.dataset}"')  # fmt: skip
    return (
        "-- How many rows each dataset has, and from when to when.\n" + "\nunion all\n".join(parts) + "\norder by 1;\n"
    )


def _by_week(each: Chosen) -> str:
    who = next((c.name for c in each.table.columns if snake(c.name) == "user_id" and c.name not in each.secrets), "")
    users = f",\n    count(distinct {_name(who)}) as users" if who else ""
    return f"""-- {each.dataset}, week by week (Monday first): is a week missing, or another one too full?
select
    date_trunc('week', {_name(each.time.columns[0])})::date as week,
    count(*) as rows{users}
from {SCHEMA}."{each.dataset}"
group by week
order by week;
"""


def _environment(name: str) -> str:
    return f"""# Copy to .env, which stays out of git, and fill in. A variable of the real environment goes before it.
{name}="postgresql://user:password@127.0.0.1:5432/app"
"""


def _readme(description: Description, choices: Sequence[Chosen]) -> str:
    rows = "\n".join(
        f"| {each.dataset} | {_cell(each.table.spoken)} | {_cell(', '.join(each.key.columns)) or '-'} "
        f"| {_cell(each.time.columns[0]) if each.monthly else '-'} |"
        for each in choices
    )
    return f"""# Snapshots of {_line(description.origin)}

```sh
cp .env.example .env                  # and put the URL of the database there
parquetry plan                        # what would be read
parquetry export --sync-duckdb        # a checked snapshot, and DuckDB over it
parquetry query --name overview       # how much there is of what
```

| file | what it is |
|---|---|
| `parquetry.toml` | where the rows come from, and the datasets |
| `contracts/{SOURCE}.py` | what every row must satisfy before anybody can read it |
| `queries/*.sql` | what is asked again and again: `parquetry query --name NAME` |

| dataset | table | key | time |
|---|---|---|---|
{rows}
"""


def _text(text: str) -> str:
    """A string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    """A key of TOML."""
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else _text(name)


def _texts(names: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, names))}]"


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _line(text: str) -> str:
    """*text* in a comment or a heading, from which it must not break out."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")
