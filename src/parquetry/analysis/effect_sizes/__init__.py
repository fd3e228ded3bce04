"""
Effect sizes of single-case research, each under the exact name of its definition.

    from parquetry.analysis.effect_sizes import effect_sizes, nap

    nap([3, 4, 2, 5], [5, 7, 9, 6])                       # one number of two phases
    effect_sizes(minutes_asleep, start=30)                # all of them, with intervals

They describe a difference between two phases. They are not causal estimates: those are `its` and `abab`.
"""

from __future__ import annotations

from parquetry.analysis.effect_sizes.between_case import BetweenCase as BetweenCase
from parquetry.analysis.effect_sizes.between_case import between_case as between_case
from parquetry.analysis.effect_sizes.lines import mean_difference as mean_difference
from parquetry.analysis.effect_sizes.lines import pet as pet
from parquetry.analysis.effect_sizes.lines import trend_difference as trend_difference
from parquetry.analysis.effect_sizes.overlap import ird as ird
from parquetry.analysis.effect_sizes.overlap import nap as nap
from parquetry.analysis.effect_sizes.overlap import pand as pand
from parquetry.analysis.effect_sizes.overlap import pand_sorted as pand_sorted
from parquetry.analysis.effect_sizes.overlap import pem as pem
from parquetry.analysis.effect_sizes.overlap import pnd as pnd
from parquetry.analysis.effect_sizes.ratios import lor as lor
from parquetry.analysis.effect_sizes.ratios import lrm as lrm
from parquetry.analysis.effect_sizes.ratios import pogo as pogo
from parquetry.analysis.effect_sizes.standardised import cohen_d as cohen_d
from parquetry.analysis.effect_sizes.standardised import hedges_g as hedges_g
from parquetry.analysis.effect_sizes.standardised import lrrd as lrrd
from parquetry.analysis.effect_sizes.standardised import lrri as lrri
from parquetry.analysis.effect_sizes.standardised import smd as smd
from parquetry.analysis.effect_sizes.standardised import smd_gradual as smd_gradual
from parquetry.analysis.effect_sizes.table import EffectSize as EffectSize
from parquetry.analysis.effect_sizes.table import effect_sizes as effect_sizes
from parquetry.analysis.effect_sizes.tau import TauTest as TauTest
from parquetry.analysis.effect_sizes.tau import tau as tau
from parquetry.analysis.effect_sizes.tau import tau_bc as tau_bc
from parquetry.analysis.effect_sizes.tau import tau_test as tau_test
