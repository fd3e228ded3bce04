"""
CENT 2015: the CONSORT items 1 to 25 as extended for N-of-1 trials, 44 with their parts.
"""

from __future__ import annotations

from collections.abc import Mapping

from parquetry.report.checklists import Checklist, Item

SOURCE = "Vohra, Shamseer, Sampson et al. (2015), BMJ 350:h1738; items without a change are CONSORT 2010's"

ITEMS: tuple[tuple[str, str, str, str], ...] = (
    ("1a", "Title", "does the title say N-of-1?", "title"),
    ("1b", "Abstract", "a structured summary", "abstract"),
    ("2a.1", "Background", "what is known, and why it was studied", "background"),
    ("2a.2", "Background", "why an N-of-1 design", "rationale"),
    ("2b", "Objectives", "objectives or hypotheses", "aims"),
    ("3a", "Trial design", "design, planned number and length of periods, run-in and washout", "design"),
    ("3b", "Trial design", "important changes of methods after the start, with reasons", "deviations"),
    ("4a", "Participants", "condition, criteria, other conditions and treatments", "participant"),
    ("4b", "Participants", "where data were collected", "setting"),
    ("4c", "Participants", "is it research, and was ethical approval obtained?", "ethics"),
    ("5", "Interventions", "what was done in each period, in enough detail to do it again", "procedure"),
    ("6a.1", "Outcomes", "outcomes defined beforehand, how and when assessed", "outcome"),
    ("6a.2", "Outcomes", "validity and reliability of what they were measured with", "measures"),
    ("6b", "Outcomes", "changes of outcomes after the start, with reasons", "deviations"),
    ("7a", "Sample size", "how the number of periods or days was decided", "size"),
    ("7b", "Sample size", "interim looks and stopping rules", "size"),
    ("8a", "Sequence generation", "was the order of periods randomised, why, and how drawn?", "randomisation"),
    ("8b", "Sequence generation", "kind of randomisation and its restrictions", "restriction"),
    ("8c", "Sequence generation", "the full planned sequence of periods", "sequence planned"),
    ("9", "Allocation concealment", "how the sequence was hidden until it was used", "concealment"),
    ("10", "Implementation", "who drew the sequence and who carried it out", "concealment"),
    ("11a", "Blinding", "who did not know which period it was, and how", "blinding"),
    ("11b", "Blinding", "how alike the interventions were", "blinding"),
    ("12a", "Statistical methods", "how data were summarised and interventions compared", "analysis"),
    ("12b", "Statistical methods", "for a series of trials: how they were put together", "series"),
    ("12c", "Statistical methods", "carry-over, period effects and correlation within the person", "carryover"),
    ("13a.1", "Flow", "periods completed, in order, and changes from the plan", "sequence"),
    ("13a.2", "Flow", "for a series: people enrolled, assigned and analysed", "series"),
    ("13b", "Flow", "losses and exclusions, with reasons", "losses"),
    ("14a", "Recruitment", "dates of the periods and of follow-up", "dates"),
    ("14b", "Recruitment", "whether a period or the trial was stopped early, and why", "changes"),
    ("15", "Baseline data", "what matters of the person at the start", "participant"),
    ("16", "Numbers analysed", "periods analysed for each intervention", "losses"),
    ("17a.1", "Outcomes and estimation", "results for each period, with a figure of the data", "periods"),
    ("17a.2", "Outcomes and estimation", "the effect and its precision", "results"),
    ("17b", "Outcomes and estimation", "for yes-or-no outcomes, absolute and relative effects", "binary"),
    ("18", "Ancillary analyses", "other analyses, planned and exploratory told apart", "other analyses"),
    ("19", "Harms", "all important harms or unintended effects", "harms"),
    ("20", "Limitations", "sources of bias, imprecision, multiplicity", "limitations"),
    ("21", "Generalisability", "for whom else it may hold", "applicability"),
    ("22", "Interpretation", "consistent with results, benefits against harms", "interpretation"),
    ("23", "Registration", "registry and number", "registration"),
    ("24", "Protocol", "where the full protocol can be read", "protocol"),
    ("25", "Funding", "who paid, and their part in it", "funding"),
)


def cent(facts: Mapping[str, str]) -> Checklist:
    """The checklist, filled from *facts*."""
    return Checklist("CENT 2015", SOURCE, tuple(Item(n, topic, asks, facts[key]) for n, topic, asks, key in ITEMS))
