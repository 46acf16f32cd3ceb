"""The tables of runs, and what their columns mean, whoever trained the runs."""

from dataclasses import replace

from biasinit.quantities import ASYMMETRY, TWIN_BIAS_DISTANCE
from biasinit.runs.columns import Column, Table, flag, integer, number, text

NORMALIZATION = text(
    "normalization",
    "`none`, `batchnorm_shift`, `norm_shift` or `batchnorm`, the identity check",
)
CELL = (
    text("dataset", "name of the data set"),
    text("architecture", "name of the network"),
    text("weight_init", "how weights start"),
    text("input_scaling", "`standardized` or `raw`"),
    text("optimizer", "name of the optimiser"),
    number("learning_rate", "of the cell, before its schedule"),
)
SCHEME = text("scheme", "name of the scheme; the A/A arm is `NAME_again`")
SEED = integer("seed", "keys all random streams of the run")
RUN = (*CELL, NORMALIZATION, SCHEME, SEED)

RUNS = Table(
    name="runs",
    note="One row is one run: one scheme, one seed, one cell, one normalisation.\n"
    "Sorted by these; it holds reproducible columns only, so that two files of the same study are "
    "equal byte for byte.\n"
    "Runs that are brought as a table have those of the columns that they came with.",
    columns=(
        text("study", "name of the study"),
        *(replace(column, optional=True) for column in (*CELL[:2], NORMALIZATION, *CELL[2:])),
        SCHEME,
        SEED,
        integer("shard", "number of the job that trained it", optional=True),
        number(
            "final_accuracy",
            "test set, last epoch (never the best epoch); a diverged run scores chance",
            unit="percent",
        ),
        number("final_loss", "mean training loss over the last epoch", unit="nats", optional=True),
        number("validation_accuracy", "validation set, last epoch", unit="percent", optional=True),
        number(
            "epochs_to_threshold",
            "the first of two consecutive validation points at or above the threshold; missing "
            "when not reached",
            unit="epochs",
            optional=True,
        ),
        number(
            "epochs_to_early_threshold",
            "the same for the accuracy half-way between chance and the threshold; missing when not "
            "reached",
            unit="epochs",
            optional=True,
        ),
        flag("reached", "whether the threshold was reached", optional=True),
        number(
            "restricted_epochs",
            "`epochs_to_threshold`, or all epochs of the study when not reached",
            unit="epochs",
            optional=True,
        ),
        number(
            "curve_area",
            "mean validation accuracy over the epochs (area under the curve / epochs)",
            unit="percent",
            optional=True,
        ),
        number(
            "initial_loss",
            "loss on the probe's images before the first step; batch normalisation uses their "
            "statistics, as in training",
            unit="nats",
            optional=True,
        ),
        number(
            "commonest_first_guess",
            "share of the probe's images in the class that the network names most often before the "
            "first step; 100 too where it names all classes alike",
            unit="percent",
            optional=True,
        ),
        flag("failed", "diverged or never learned", optional=True),
        text(
            "failure_kind",
            "`none`, `diverged` (non-finite loss or parameter at any step), `never learned` (final "
            "accuracy ≤ chance + 2 points, or final loss ≥ ln(classes))",
            optional=True,
        ),
        integer(
            "diverged_at",
            "the first step with a non-finite loss or parameter; missing otherwise",
            unit="steps",
            optional=True,
        ),
        text(
            "weights_hash",
            "SHA-256 of the initial weights: equal for all schemes of one seed and cell",
            optional=True,
        ),
        text(
            "order_hash",
            "SHA-256 of the training images in their batch order: equal for all schemes of one "
            "seed and cell",
            optional=True,
        ),
        text(
            "test_hash",
            "SHA-256 of which images are tested on: equal for all runs of a data set with one "
            "test set, and for those of one seed where each seed has its own",
            optional=True,
        ),
    ),
)

CURVES = Table(
    name="curves",
    note="One row is one point of the learning curve of one run; the first is step 0.",
    columns=(
        *RUN,
        integer("step", "steps done", unit="steps"),
        number("epoch", "epochs done, with a fraction", unit="epochs"),
        number("train_loss", "mean training loss since the point before", unit="nats"),
        number("validation_accuracy", "on the validation set", unit="percent"),
        number(
            "test_accuracy",
            "on the test set; missing except after each of the last `training.test_epochs` epochs",
            unit="percent",
        ),
        number(
            ASYMMETRY,
            'the mean of |s(a, b) − s(b, a)| over validation pairs, with s the score of "same" (a '
            "logit; under a contrastive head a distance); 0 for twins that share everything, "
            "missing for a diverged run; in studies of pairs alone",
            optional=True,
        ),
    ),
)

BROUGHT_CURVES = replace(
    CURVES,
    note="The learning curves of runs that were brought: a point at each epoch that they have.",
    columns=(
        *(replace(column, optional=column.name not in ("scheme", "seed")) for column in RUN),
        *(column for column in CURVES.columns if column.name in ("epoch", "validation_accuracy")),
    ),
)

LAYERS = Table(
    name="layers",
    note="One row is one hidden layer of one run at one time.\n"
    "Measured on a fixed subset of the training images, with its batch statistics where there is "
    "batch normalisation.",
    columns=(
        *RUN,
        text("when", "`start`, `epoch 1` or `end`"),
        text("layer", "name of the layer"),
        number("active_fraction", "share of pre-activations above 0"),
        number("dead_fraction", "share of units that are ≤ 0 on all images and positions"),
        number("always_on_fraction", "share of units that are > 0 on all images and positions"),
        number("preactivation_mean", "mean of what the ReLU sees"),
        number("preactivation_std", "SD of what the ReLU sees"),
        number("gradient_norm_weight", "Euclidean norm of the gradient of the layer's weights"),
        number("gradient_norm_bias", "of its biases; missing without biases"),
        number("bias_norm", "Euclidean norm of its biases; missing without biases"),
        number("bias_shift", "distance of its biases from where they started"),
        number(
            TWIN_BIAS_DISTANCE,
            "the Euclidean distance between the layer's biases in the left and in the right twin, "
            "in the row of the left one; missing where they share them; in studies of pairs alone",
            optional=True,
        ),
    ),
)

CORRECT = Table(
    name="correct",
    note="One row is one run.",
    columns=(
        *RUN,
        Column(
            name="correct",
            kind="bits",
            meaning="the correct predictions on the test set, packed by NumPy's `packbits`",
        ),
    ),
)

JOBS = Table(
    name="jobs",
    note="One row is one shard: the seeds that one job trained. Not reproducible.",
    columns=(
        *CELL,
        NORMALIZATION,
        SCHEME,
        integer("first_seed", "the first seed of the shard"),
        integer("runs", "number of runs"),
        number("duration_seconds", "of training, evaluation and compiling", unit="seconds"),
        number("evaluation_seconds", "of them, for learning curves and probes", unit="seconds"),
        number(
            "compiling_seconds",
            "of them, for compiling, or for loading what was compiled before",
            unit="seconds",
        ),
        text("engine", "that trained"),
        integer("width", "runs that are computed side by side"),
        text("device", "`cpu`, or the name of the GPU"),
        number("memory_mib", "largest use of main memory", unit="MiB"),
        number("device_memory_mib", "largest use of GPU memory", unit="MiB"),
        text("host", "name of the machine"),
        text("torch_version", "of PyTorch"),
        text("python_version", "of Python"),
        integer("threads", "of the processor"),
    ),
)

COSTS = Table(
    name="costs",
    ending="csv",
    note="One row for the shards of each scheme (rule `train`), one for each rule (scheme `all`), "
    "and one for everything (rule and scheme `all`).\n"
    "A job counts as it last ran: a failed or interrupted attempt leaves no benchmark, and "
    "`write_report` itself, which makes the table, is not in it.\n"
    "Snakemake looks at a job now and then, so that CPU time and memory of short jobs are lower "
    "bounds.\n"
    "Not reproducible.",
    columns=(
        text("rule", "name of the rule, or `all`"),
        text("scheme", "name of the scheme, or `all`"),
        integer("jobs", "number of jobs"),
        integer("runs", "number of runs"),
        number(
            "wall_seconds",
            "sum over jobs of the time on the clock, from Snakemake's benchmark files",
            unit="seconds",
        ),
        number("cpu_seconds", "sum of the time of processors, from the same", unit="seconds"),
        number("gpu_seconds", "sum of the time that a GPU was held, from `jobs`", unit="seconds"),
        number("training_seconds", "sum of the time of training, from `jobs`", unit="seconds"),
        number("evaluation_seconds", "sum of the time of evaluation, from `jobs`", unit="seconds"),
        number("memory_mib", "main memory of the largest job", unit="MiB"),
        number("device_memory_mib", "GPU memory of the largest job", unit="MiB"),
    ),
)

PREDICTIONS = Table(
    name="predictions",
    folder="analysis",
    note="What theory says of every layer at the start.\n"
    "Without batch normalisation the first layer is predicted from the patches of training "
    "images, deeper ones by mean-field recursion, which knows neither pooling nor width: trust "
    "the order of schemes more than the levels.\n"
    "With it, pre-activations are taken as Gaussian with SD 1 around the shift.",
    columns=(
        *CELL[:4],
        text("normalization", "`none` or `batchnorm_shift`"),
        text("scheme", "name of the scheme; never the A/A arm"),
        text("layer", "name of the layer"),
        text("quantity", "column of `layers`"),
        number("predicted", "its value at the start"),
    ),
)

IMPORT_NOTES = Table(
    name="import_notes",
    note="What was done to a table of runs that was brought: one row is one kind of thing, the "
    "gravest first.\nOnly of brought runs.",
    columns=(
        text("done", "`left out`, `without a partner`, `identity check`, `read as` or `trimmed`"),
        text("of", "what is counted: a `row`, `value`, `column` or `file`"),
        text("column", "that it was done to; empty where it is none"),
        integer("count", "how many"),
        text("said", "in a sentence, with names"),
    ),
)

SITES = Table(
    name="sites",
    note="Where the biases of a module of PyTorch are, and what each level of normalisation does "
    "there; in studies with networks of the kinds `python` and `resnet`.\n"
    "A site is a weighted layer with the normalisation that sees just what it puts out, or a "
    "normalisation by itself; parameters that no scheme starts are listed with the reason.",
    columns=(
        *CELL[:2],
        integer("order", "place among the sites, as they run, from 0"),
        text("name", "path of the layer in the module, or of the normalisation by itself"),
        text("layer", "what kind of layer it is"),
        integer("biases", "how many it has, or would have"),
        integer("fan_in", "weights into a unit"),
        integer("fan_out", "weights out of an input"),
        text("norm", "path and kind of the normalisation that follows; empty where none does"),
        integer("calls", "how often it runs for one batch"),
        text("role", "`hidden`, `output` or `untreated`"),
        text("note", "why nothing is done here; empty where something is"),
        text("none", "what is done without normalisation"),
        text("batchnorm_shift", "what is done where the shift of batch norm is started"),
        text("norm_shift", "the same with group, layer or instance norm"),
        text("batchnorm", "what is done for the identity check"),
    ),
)

# what a study has without its analyses
COLLECTED_TABLES = (RUNS, CURVES, LAYERS, CORRECT, JOBS)
TRAINED_TABLES = (*COLLECTED_TABLES, PREDICTIONS)
BROUGHT_TABLES = (RUNS, IMPORT_NOTES)
