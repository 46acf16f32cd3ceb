"""Tables inside a checkpoint: Parquet in a tensor of bytes, which is read without running code."""

import io

import numpy as np
import pandas as pd
import torch
from torch import Tensor


def frozen_table(frame: pd.DataFrame) -> Tensor:
    """Return a table as a tensor of bytes."""
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    return torch.from_numpy(np.frombuffer(content.getvalue(), dtype=np.uint8).copy())


def thawed_table(content: Tensor) -> pd.DataFrame:
    """Return the table that ``frozen_table`` was given."""
    return pd.read_parquet(io.BytesIO(content.numpy().tobytes()))
