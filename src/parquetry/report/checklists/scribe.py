"""
SCRIBE 2016: the 26 items of the Single-Case Reporting guideline In BEhavioural interventions.
"""

from __future__ import annotations

from collections.abc import Mapping

from parquetry.report.checklists import Checklist, Item

SOURCE = "Tate, Perdices, Rosenkoetter et al. (2016), Archives of Scientific Psychology 4(1):1-9"

ITEMS: tuple[tuple[str, str, str, str], ...] = (
    ("1", "Title", "does the title say that it is a single-case design?", "title"),
    ("2", "Abstract", "question, people, design, methods, results and conclusions in brief", "abstract"),
    ("3", "Scientific background", "what is known, what is not, and why it matters", "background"),
    ("4", "Aims", "the question, and hypotheses where there are any", "aims"),
    ("5", "Design", "which design, its phases, their order, and what decided when one ended", "design"),
    ("6", "Procedural changes", "what was changed after the start", "deviations"),
    ("7", "Replication", "which repetitions were planned", "replication"),
    ("8", "Randomisation", "whether, of what, and how", "randomisation"),
    ("9", "Blinding", "who did not know the phase", "blinding"),
    ("10", "Selection criteria", "who could take part, and how they were found", "eligibility"),
    ("11", "Participant characteristics", "what matters of each person, without naming them", "participant"),
    ("12", "Setting", "where it was done", "setting"),
    ("13", "Ethics", "approval and consent", "ethics"),
    ("14", "Measures", "outcomes, how and when they were measured, and how well", "measured"),
    ("15", "Equipment", "devices and materials used to measure or to treat", "equipment"),
    ("16", "Intervention", "what was done in each phase, in enough detail to do it again", "procedure"),
    ("17", "Procedural fidelity", "whether it was done as planned, and how that is known", "fidelity"),
    ("18", "Analyses", "which methods, visual and statistical, and why", "analysis"),
    ("19", "Sequence completed", "phases that each person went through, and what was not finished", "sequence"),
    ("20", "Outcomes and estimation", "raw data, and results with their precision", "results"),
    ("21", "Adverse events", "what happened that was unwanted, by phase", "harms"),
    ("22", "Interpretation", "findings in the light of what is known", "interpretation"),
    ("23", "Limitations", "what weakens the conclusion", "limitations"),
    ("24", "Applicability", "for whom else and where it may hold", "applicability"),
    ("25", "Protocol", "whether there is one, and where", "protocol"),
    ("26", "Funding", "who paid, and their part in it", "funding"),
)


def scribe(facts: Mapping[str, str]) -> Checklist:
    """The checklist, filled from *facts*."""
    return Checklist("SCRIBE 2016", SOURCE, tuple(Item(n, topic, asks, facts[key]) for n, topic, asks, key in ITEMS))
