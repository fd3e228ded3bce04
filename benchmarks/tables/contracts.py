"""What the rows of the smaller tables promise; copied into the project folder that parquetry exports them from."""

import polars as pl
from pandera.polars import DataFrameModel, Field

from parquetry.contracts.rules import Moment


class Wide(DataFrameModel):
    """120 columns."""

    id: pl.Int32
    at: Moment = Field(not_future=True)
    __annotations__ |= {f"n{k}": pl.Int32 for k in range(40)}
    __annotations__ |= {f"x{k}": float for k in range(40)}
    __annotations__ |= {f"t{k}": str for k in range(38)}


class Narrow(DataFrameModel):
    """Three integers."""

    id: pl.Int32
    a: pl.Int32 = Field(ge=0, lt=100_003)
    b: pl.Int32 = Field(ge=0, lt=365, nullable=True)


class Texts(DataFrameModel):
    """A long text."""

    id: pl.Int32
    at: Moment = Field(not_future=True)
    body: str = Field(str_length={"min_value": 1})


class Unsafe(DataFrameModel):
    """Types whose values arrive as the text that PostgreSQL prints."""

    id: pl.Int32
    at: Moment = Field(not_future=True)
    free: str
    prisma: str
    ends: str
    lasts: str
    span: str
    clock: str
