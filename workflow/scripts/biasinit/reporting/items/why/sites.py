"""Where the biases of modules of PyTorch are, and what each level of normalisation does there."""

from biasinit.reporting.items.kinds import Listing, Shown, TableItem
from biasinit.reporting.page.columns import count, words
from biasinit.reporting.selection import rows_of

ITEM = TableItem(
    listing=Listing(
        note="Found by running one batch: layers in the order in which they run, the normalisation "
        "that sees just what a layer puts out, and what is done to the bias at each level. "
        "Parameters that no scheme starts stay as the module was built, for the reason given.",
        columns=(
            words("network", "architecture"),
            words("layer", "name"),
            words("kind", "layer"),
            count("biases", "biases"),
            count("fan in", "fan_in"),
            words("norm after it", "norm"),
            words("role", "role"),
            words("without normalisation", "none"),
            words("with batch normalisation", "batchnorm_shift"),
            words("with its own normalisation", "norm_shift"),
            words("identity check", "batchnorm"),
            words("why not", "note"),
        ),
        rows=rows_of("sites"),
        file="sites.parquet",
        folded="Sites of biases",
    ),
    sentences=(),
    rules=(),
    shown=Shown.WITH_ROWS,
)
