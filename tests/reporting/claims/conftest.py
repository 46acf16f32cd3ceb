import pandas as pd
import pytest
from evidence import LEVEL, OPEN, VERDICT


@pytest.fixture
def study_tables():
    failure = {
        **VERDICT,
        **OPEN,
        "outcome": "failure",
        "verdict": "none seen",
        "events": 0,
        "reference_events": 0,
        "seeds_needed": float("nan"),
        "failed": 0,
        "estimate": 0.0,
        "lower": -0.17,
        "upper": 0.17,
        "margin_lower": float("nan"),
        "margin_upper": float("nan"),
    }
    speed = {**VERDICT, **OPEN, "outcome": "speed", "estimate": 1.1, "lower": 0.9, "upper": 1.3}
    speed |= {"margin_lower": 0.8, "margin_upper": 1.25, "failed": 0}
    layers = pd.DataFrame(
        [
            {
                "normalization": "none",
                "scheme": scheme,
                "when": "start",
                "layer": layer,
                "quantity": "dead_fraction",
                "estimate": 0.125,
                "lower": lower,
                "upper": 0.15,
                "runs": 40,
            }
            for scheme, lower in (("zeros", 0.0), ("one", 0.1))
            for layer in ("conv1", "conv2")
        ]
    )
    runs = pd.DataFrame(
        [
            {
                "normalization": "none",
                "scheme": scheme,
                "weight_init": weights,
                "seed": seed,
                "failed": seed < 2 and weights == "constant",
                "final_accuracy": 90.0 + seed,
            }
            for scheme in ("zeros", "one")
            for weights in ("constant", "he")
            for seed in range(12)
        ]
    )
    return {
        "runs": runs,
        "verdicts": pd.DataFrame([VERDICT, speed, failure]),
        "layer_means": layers,
        "level_contrasts": pd.DataFrame([LEVEL]),
        "twin_means": pd.DataFrame(
            [
                {
                    "architecture": architecture,
                    "normalization": "none",
                    "scheme": "zeros",
                    "when": "end",
                    "quantity": "asymmetry",
                    "estimate": estimate,
                    "lower": 0.8 * estimate,
                    "upper": 1.2 * estimate,
                    "runs": 20,
                }
                for architecture, estimate in (("shared", 0.0), ("untied", 1.25))
            ]
        ),
    }
