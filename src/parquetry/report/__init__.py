"""
An analysis for people: sentences, tables, figures, and one self-contained page; the same as JSON.

    from parquetry.report import Reported, document, figures, page

    page(reported)                       # HTML that needs nothing else
    document(reported)                   # the same as JSON, with the numbers unrounded
    figures(reported)["data"].svg        # or .png()

It computes nothing: what is not in the analysis is not in the report. Needs the extra ``report``.
"""

from __future__ import annotations

from parquetry.errors import MissingExtra

try:
    from parquetry.report.document import ReportDocument as ReportDocument
    from parquetry.report.document import document as document
    from parquetry.report.figures import Figure as Figure
    from parquetry.report.figures.drawn import figures as figures
    from parquetry.report.page import KINDS as KINDS
    from parquetry.report.page import page as page
    from parquetry.report.pdf import pdf as pdf
    from parquetry.report.reported import Reported as Reported
    from parquetry.report.sentences import result as result
    from parquetry.report.summary import summary as summary
except ModuleNotFoundError as error:
    if error.name is None or error.name.split(".")[0] not in {"altair", "jinja2", "numpy", "scipy"}:
        raise
    raise MissingExtra("report", "a report") from None
