import copy
import itertools
import json

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from biasinit.errors import ConfigurationError
from biasinit.study.checks import CHECKS
from biasinit.study.model import Study
from biasinit.study.reading import load_study, parse_any_study, parse_study
from biasinit.study.schema import json_schema, markdown
from repository import REPOSITORY, study_in

STUDIES = [REPOSITORY / "config.yaml", *sorted((REPOSITORY / "studies").glob("*.yaml"))]


def problems(mapping):
    with pytest.raises(ConfigurationError) as caught:
        parse_study(mapping)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_every_study_in_the_repository_is_valid(path):
    assert study_in(path).run_count > 0


def test_the_default_study_asks_the_question_of_the_thread(mapping):
    study = parse_study(mapping)
    assert [scheme.name for scheme in study.schemes] == ["zeros", "0.01", "1.0", "xavier"]
    treated = len(study.schemes) * len(study.cells) * 2 * study.seeds
    # and the A/A arm, where statistics are made; the identity check at one learning rate
    assert (len(study.cells), treated) == (3, 480)
    assert study.run_count == treated + 3 * 2 * 20 + 4 * 20


def test_the_schema_in_the_repository_is_the_one_of_the_model():
    path = REPOSITORY / "workflow" / "schemas" / "study.schema.json"
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema(), "run 'make schema'"


def test_the_reference_of_keys_is_the_one_of_the_model():
    path = REPOSITORY / "docs" / "configuration.md"
    assert path.read_text(encoding="utf-8") == markdown(), "run 'make schema'"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_is_valid_by_the_schema_too(path):
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json_schema()).validate(study)
    wrong = study | {"architectures": [{"name": "mine", "depth": 3}]}
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(wrong), "of the usual kind"


def test_keys_that_say_nothing_may_stand_in_any_entry(mapping):
    """As in the registered plans of earlier versions, which name every key of every kind."""
    plain = parse_study(mapping)
    nothing = dict.fromkeys(("depth", "channels", "width", "layers", "kernel", "dense", "head"))
    mapping["architectures"] = [
        {"name": "small_cnn", "kind": "small_cnn", **nothing, "biases": "shared", "twins": "shared"}
    ]
    mapping["datasets"][0] |= {"directory": None, "size": None, "imbalance": None, "pairs": False}
    assert parse_study(mapping) == plain


def test_every_key_of_the_schema_is_explained():
    schema = json_schema()
    for model in [schema, *schema["$defs"].values()]:
        for key, value in model["properties"].items():
            assert value.get("description") or "const" in value, key


def test_numbers_that_yaml_reads_as_text_are_numbers(mapping):
    mapping["learning_rates"] = yaml.safe_load("[1e-3, 2e-2]")
    assert mapping["learning_rates"][0] == "1e-3"
    assert parse_study(mapping).learning_rates == (0.001, 0.02)


def test_all_problems_are_listed_at_once_with_key_value_and_mend(mapping):
    mapping |= {"sede": 1, "seeds": -3, "learning_rates": [-1]}
    mapping["analysis"]["thresholds"] = {"digits": 120}
    assert problems(mapping) == [
        "seeds: must be greater than or equal to 1, got -3.",
        "learning_rates[0]: must be greater than 0, got -1.",
        "analysis.thresholds.digits: must be less than 100, got 120.",
        "sede: is not a key of a study. Did you mean 'seeds'?",
    ]


SIZES = {"train": 1100, "validation": 100, "test": 100}

CASES = {
    "a name with a slash": (
        {"study": "a/b"},
        "study: is not a name that can be part of a path, got 'a/b'. Use letters, digits and "
        ". _ + - only, at most 64, starting with a letter or digit.",
    ),
    "an unknown kind of scheme": (
        {"schemes": [{"name": "zeros", "kind": "ones"}]},
        "schemes[0]: has the unknown kind 'ones'. Use one of 'zeros', 'constant', 'normal', "
        "'truncated_normal', 'uniform', 'fan_in_uniform', 'xavier_uniform', 'xavier_normal', "
        "'per_layer', 'alexnet', 'by_layer_type', 'negative_mixture', 'none', 'none_hidden', "
        "'python'.",
    ),
    "a scheme without a kind": (
        {"schemes": [{"name": "zeros"}]},
        "schemes[0]: has no 'kind'. Use one of 'zeros', 'constant', 'normal', "
        "'truncated_normal', 'uniform', 'fan_in_uniform', 'xavier_uniform', 'xavier_normal', "
        "'per_layer', 'alexnet', 'by_layer_type', 'negative_mixture', 'none', 'none_hidden', "
        "'python'.",
    ),
    "a scheme with a misspelt parameter": (
        {"schemes": [{"name": "zeros", "kind": "zeros"}, {"name": "a", "kind": "normal"}]},
        "schemes[1].std: is missing. Add it; config.yaml shows an example.",
    ),
    "a scheme with an impossible parameter": (
        {"schemes": [{"name": "zeros", "kind": "normal", "std": 0}]},
        "schemes[0].std: must be greater than 0, got 0.",
    ),
    "a scheme whose name YAML read as a number": (
        {"schemes": [{"name": 1.0, "kind": "zeros"}]},
        "schemes[0].name: must be text, got 1.0. Put it in quotes.",
    ),
    "a typo in a schedule": (
        {"optimizers": [{"name": "sgd", "schedule": {"kind": "step", "step_epoch": 3}}]},
        "optimizers[0].schedule.step_epoch: is not a key of a study. Did you mean 'step_epochs'?",
    ),
    "an unknown schedule": (
        {"optimizers": [{"name": "sgd", "schedule": {"kind": "linear"}}]},
        "optimizers[0].schedule.kind: must be 'constant', 'cosine', 'step', 'multi_step' or "
        "'one_cycle', got 'linear'.",
    ),
    "a schedule of many steps without any": (
        {"optimizers": [{"name": "sgd", "schedule": {"kind": "multi_step"}}]},
        "optimizers[0].schedule.milestones: must be given for 'multi_step' alone, and kind is "
        "'multi_step'. Write {kind: multi_step, milestones: [91, 137]}, or leave the key out.",
    ),
    "milestones of another schedule": (
        {"optimizers": [{"name": "sgd", "schedule": {"kind": "step", "milestones": [3]}}]},
        "optimizers[0].schedule.milestones: must be given for 'multi_step' alone, and kind is "
        "'step'. Write {kind: multi_step, milestones: [91, 137]}, or leave the key out.",
    ),
    "milestones after the end of training": (
        {
            "optimizers": [
                {"name": "sgd", "schedule": {"kind": "multi_step", "milestones": [3, 12, 20]}}
            ]
        },
        "optimizers[0].schedule.milestones: are reached by no step of 12 epochs: [12, 20]. Leave "
        "them out, or train longer.",
    ),
    "milestones out of order": (
        {
            "optimizers": [
                {"name": "sgd", "schedule": {"kind": "multi_step", "milestones": [5, 3]}}
            ]
        },
        "optimizers[0].schedule.milestones: must rise, got [5, 3]. Write each epoch once, in "
        "order, such as [91, 137].",
    ),
    "an unknown engine": (
        {"training": {"epochs": 1, "batch_size": 8, "engine": "jit"}},
        "training.engine: must be 'eager', 'compiled' or 'serial', got 'jit'.",
    ),
    "no width": (
        {"training": {"epochs": 1, "batch_size": 8, "width": 0}},
        "training.width: must be greater than or equal to 1, got 0.",
    ),
    "a clip of nothing": (
        {"optimizers": [{"name": "sgd", "gradient_clip": 0}]},
        "optimizers[0].gradient_clip: must be greater than 0, got 0.",
    ),
    "all of a label smoothed": (
        {"training": {"epochs": 1, "batch_size": 8, "label_smoothing": 1}},
        "training.label_smoothing: must be less than 1, got 1.",
    ),
    "no schemes": (
        {"schemes": []},
        "schemes: must have at least 1 entry, got [].",
    ),
    "a scheme's name that is no path": (
        {"schemes": [{"name": "zeros", "kind": "zeros"}, {"name": "../x", "kind": "zeros"}]},
        "schemes: the name '../x' cannot be part of a path. Use letters, digits and . _ + - "
        "only, at most 64, starting with one of the first two.",
    ),
    "seeds that do not fill the shards": (
        {"seeds": 45},
        "seeds: must be a multiple of seeds_per_shard (20), got 45. The next valid numbers are "
        "40 or 60.",
    ),
    "too many seeds": (
        {"seeds": 10**9},
        "seeds: must be less than or equal to 100000, got 1000000000.",
    ),
    "more jobs than can be planned": (
        {"seeds": 100_000, "seeds_per_shard": 5},
        "seeds_per_shard: makes 680,000 jobs of 3,400,000 runs; at most 50,000 can be planned, got "
        "5. Raise it, or train fewer seeds, schemes or cells.",
    ),
    "a threshold of more than everything": (
        {"analysis": {"thresholds": {"digits": 101}, "margins": {"digits": 1}}},
        "analysis.thresholds.digits: must be less than 100, got 101.",
    ),
    "a margin below zero": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": -0.5}}},
        "analysis.margins.digits: must be greater than 0, got -0.5.",
    ),
    "no margins": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {}}},
        "analysis.margins: must have at least 1 entry, got {}.",
    ),
    "no threshold for a data set": (
        {"analysis": {"margins": {"digits": 1}}},
        "analysis.thresholds: says nothing about the data set 'digits'. Add a line 'digits: …'.",
    ),
    "no data sets": ({"datasets": []}, "datasets: must have at least 1 entry, got []."),
    "no networks": ({"architectures": []}, "architectures: must have at least 1 entry, got []."),
    "no optimisers": ({"optimizers": []}, "optimizers: must have at least 1 entry, got []."),
    "no learning rates": ({"learning_rates": []}, "learning_rates: must have at least 1 entry, got "
                          "[]."),
    "no normalisations": ({"normalizations": []}, "normalizations: must have at least 1 entry, got "
                          "[]."),
    "no starts of weights": ({"weight_inits": []}, "weight_inits: must have at least 1 entry, got "
                             "[]."),
    "a list that is text": (
        {"normalizations": "none"},
        "normalizations: must be a list, got 'none'. Write [first, second].",
    ),
    "an endless learning rate": (
        {"learning_rates": [float("inf")]},
        "learning_rates[0]: must be a finite number, got inf.",
    ),
    "two schemes of one name": (
        {"schemes": [{"name": "zeros", "kind": "zeros"}, {"name": "zeros", "kind": "none"}]},
        "schemes: zeros stands there more than once. Name each level once.",
    ),
    "a name that the A/A arm has": (
        {"schemes": [{"name": "zeros", "kind": "zeros"}, {"name": "zeros_again", "kind": "zeros"}]},
        "schemes: the name 'zeros_again' is kept for the A/A arm. Rename the scheme, or set "
        "replicate: null.",
    ),
    "a key that is a number": (
        {"training": {"epochs": 1, "batch_size": 8, 3: 4}},
        "training[3]: must be text, as all keys are, got 3. Put it in quotes.",
    ),
    "a data set's margin under a number": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {1: 0.5}}},
        "analysis.margins[1]: must be text, got 1. Put it in quotes.",
    ),
    "text for a truth": (
        {"optimizers": [{"name": "sgd", "nesterov": [True]}]},
        "optimizers[0].nesterov: must be true or false, got [True].",
    ),
    "a path of no characters": (
        {"datasets": [{"name": "digits", "kind": "npz", "path": "", **SIZES}]},
        "datasets[0].path: must not be empty, got ''.",
    ),
    "an unknown key of a scheme": (
        {"schemes": [{"name": "zeros", "kind": "zeros", "zzz": 1}]},
        "schemes[0].zzz: is not a key of a study. Known keys: name, trainable, layers, output, "
        "kind.",
    ),
    "looks of an older version": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": 1}, "looks": [20]}},
        "analysis.looks[0]: must hold keys and values, got 20. Write {key: value}.",
    ),
    "looks in the wrong order": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": 1},
                      "looks": [{"seeds": 40, "alpha": 0.01}, {"seeds": 20, "alpha": 0.01}]}},
        "analysis.looks: must have more and more seeds, got [40, 20]. Name the looks in the order "
        "in which they come.",
    ),
    "looks that spend too much": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": 1},
                      "looks": [{"seeds": 20, "alpha": 0.04}, {"seeds": 40, "alpha": 0.02}]}},
        "analysis.looks: spend 0.06 in all, which must be at most alpha (0.05). Let each spend a "
        "smaller share.",
    ),
    "looks within a shard": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": 1},
                      "looks": [{"seeds": 10, "alpha": 0.01}]}},
        "analysis.looks: seeds must be multiples of seeds_per_shard (20), got 10. Look after whole "
        "shards only.",
    ),
    "more probes than images": (
        {"training": {"epochs": 1, "batch_size": 8, "probe_images": 1101}},
        "training.probe_images: must be at most the 1100 training images of 'digits', got 1101. "
        "Lower it.",
    ),
    "a level twice": (
        {"learning_rates": [0.1, "1e-1"]},
        "learning_rates: 0.1 stands there more than once. Name each level once.",
    ),
    "an unknown normalisation": (
        {"normalizations": ["layernorm"]},
        "normalizations[0]: must be 'none', 'batchnorm_shift', 'norm_shift' or 'batchnorm', got "
        "'layernorm'.",
    ),
    "a reference that is no scheme": (
        {"reference": "one"},
        "reference: names the scheme 'one', which the study does not have. Use one of zeros, "
        "0.01, 1.0, xavier.",
    ),
    "too many images": (
        {"datasets": [{"name": "digits", "train": 1700, "validation": 100, "test": 100}]},
        "datasets[0]: train + validation + test must be at most 1797 images, got 1900.",
    ),
    "an unknown data set": (
        {"datasets": [{"name": "digits", "kind": "letters", **SIZES}]},
        "datasets[0]: has the unknown kind 'letters'. Use one of 'digits', 'fashion_mnist', "
        "'mnist', 'cifar10', 'omniglot', 'npz', 'image_folder', 'python'.",
    ),
    "more training images than the official ones": (
        {"datasets": [{"name": "digits", "kind": "mnist", **SIZES, "train": 60_000}]},
        "datasets[0]: train + validation must be at most the 60000 official training images, got "
        "60100.",
    ),
    "more test images than the official ones": (
        {"datasets": [{"name": "digits", "kind": "cifar10", **SIZES, "test": 10_001}]},
        "datasets[0].test: must be at most the 10000 official test images, got 10001.",
    ),
    "a part of a character": (
        {"datasets": [{"name": "digits", "kind": "omniglot", **SIZES, "train": 1110}]},
        "datasets[0].train: must be a multiple of 20, the drawings of a character, got 1110. "
        "Omniglot is split by whole characters.",
    ),
    "more characters than the small sets have": (
        {
            "datasets": [
                {"name": "digits", "kind": "omniglot", "alphabets": "small", **SIZES, "test": 2140}
            ]
        },
        "datasets[0].test: must be at most the 2120 official test images, got 2140.",
    ),
    "a classifier of characters that are never seen": (
        {"datasets": [{"name": "digits", "kind": "omniglot", **SIZES}]},
        "architectures: 'small_cnn' names classes, and 'digits' shows pairs. Use another data "
        "set, or a network that compares pairs: 'siamese'.",
    ),
    "a network that compares pairs, and single images": (
        {"architectures": [{"name": "twins", "kind": "siamese", "layers": [4]}]},
        "architectures: 'twins' compares pairs, and 'digits' shows single images. Set 'pairs: "
        "true' for the data set, or use a network that names classes.",
    ),
    "twins of a network without": (
        {"architectures": [{"name": "deep", "kind": "vgg16", "twins": "untied"}]},
        "architectures[0].twins: has no meaning for the kind 'vgg16'. Leave it out; it belongs to "
        "'siamese', 'siamese_koch'.",
    ),
    "biases of positions in twins": (
        {"architectures": [{"name": "twins", "kind": "siamese", "biases": "per_position"}]},
        "architectures[0].biases: has no meaning for the kind 'siamese'. Leave it out; it belongs "
        "to 'small_cnn', 'deep_mnist', 'plain_cnn', 'vgg16', 'convolutional', 'resnet'.",
    ),
    "twins without an embedding": (
        {"architectures": [{"name": "twins", "kind": "siamese", "dense": []}]},
        "architectures[0].dense: must name one layer at least, the embedding that is compared. "
        "Name its units, such as [64], or leave the key out.",
    ),
    "smoothed labels of a contrastive loss": (
        {
            "datasets": [{"name": "digits", "kind": "digits", "pairs": True, **SIZES}],
            "architectures": [
                {"name": "twins", "kind": "siamese", "layers": [4], "head": "contrastive"}
            ],
            "training": {"epochs": 1, "batch_size": 10, "label_smoothing": 0.1},
        },
        "training.label_smoothing: has no meaning for the contrastive loss of 'twins'. Leave it "
        "out, or use the head 'l1'.",
    ),
    "squared error of a contrastive loss": (
        {
            "datasets": [{"name": "digits", "kind": "digits", "pairs": True, **SIZES}],
            "architectures": [
                {"name": "twins", "kind": "siamese", "layers": [4], "head": "contrastive"}
            ],
            "training": {"epochs": 1, "batch_size": 10, "loss": "squared_error"},
        },
        "training.loss: has no meaning for the contrastive loss of 'twins'. Leave it out, or use "
        "the head 'l1'.",
    ),
    "an identity check of twins with biases of their own": (
        {
            "datasets": [{"name": "digits", "kind": "digits", "pairs": True, **SIZES}],
            "architectures": [
                {"name": "twins", "kind": "siamese", "layers": [4], "twins": "biases_untied"}
            ],
            "normalizations": ["none", "batchnorm"],
        },
        "normalizations: 'batchnorm' subtracts a channel's mean, which does not cancel the biases "
        "of the two halves of 'twins': no identity check. Leave 'batchnorm' out of this study.",
    ),
    "a network of ones own without what makes it": (
        {"architectures": [{"name": "mine", "kind": "python"}]},
        "architectures[0].object: is missing. Add it; config.yaml shows an example.",
    ),
    "a network of ones own that is to be compiled": (
        {
            "architectures": [{"name": "mine", "kind": "python", "object": "torch.nn:Linear"}],
            "training": {"epochs": 1, "batch_size": 10, "engine": "compiled"},
        },
        "training.engine: 'compiled' cannot train mine, which is of PyTorch's own layers. Use "
        "'serial', or 'eager'.",
    ),
    "bfloat16 of one network after another": (
        {
            "training": {
                "epochs": 1, "batch_size": 10, "engine": "serial", "precision": "bfloat16"
            },
        },
        "training.precision: 'bfloat16' is there for networks of our own layers with the engines "
        "'eager' and 'compiled' alone. Use 'float32'.",
    ),
    "weights as built of a network that starts none": (
        {"weight_inits": ["as_built"]},
        "weight_inits: 'as_built' has no meaning for small_cnn, which starts no weights. Use 'he', "
        "or networks of the kind 'python' alone.",
    ),
    "group norm of a network that has none": (
        {"normalizations": ["none", "norm_shift"]},
        "normalizations: 'norm_shift' has no meaning for small_cnn, which has batch norm or none. "
        "Use 'batchnorm_shift'.",
    ),
    "a depth that no residual network has": (
        {"architectures": [{"name": "mine", "kind": "resnet", "depth": 10}]},
        "architectures[0].depth: must be 6n + 2, got 10. The next such numbers are 8 and 14.",
    ),
    "a scheme of ones own without a function": (
        {"schemes": [{"name": "zeros", "kind": "python"}]},
        "schemes[0].object: is missing. Add it; config.yaml shows an example.",
    ),
    "a file without a function in it": (
        {"schemes": [{"name": "zeros", "kind": "python", "object": "mine.py"}]},
        "schemes[0].object: must be 'file.py:name' or 'module:name', got 'mine.py'. Name the file "
        "beside the study, a colon, and the function in it.",
    ),
    "a file that is no Python": (
        {"schemes": [{"name": "zeros", "kind": "python", "object": "own/mine.txt:f"}]},
        "schemes[0].object: must be 'file.py:name' or 'module:name', got 'own/mine.txt:f'. Name "
        "the file beside the study, a colon, and the function in it.",
    ),
    "parameters that are a list": (
        {
            "schemes": [
                {"name": "zeros", "kind": "python", "object": "mine.py:f", "parameters": [1]}
            ]
        },
        "schemes[0].parameters: must hold keys and values, got [1]. Write {key: value}.",
    ),
    "a key of another kind of scheme": (
        {"schemes": [{"name": "zeros", "kind": "zeros", "std": 1}]},
        "schemes[0].std: has no meaning for the kind 'zeros'. Leave it out; it belongs to "
        "'normal', 'truncated_normal'.",
    ),
    "an unknown network": (
        {"architectures": ["smal_cnn"]},
        "architectures[0]: has the unknown kind 'smal_cnn'. Use one of 'small_cnn', 'deep_mnist', "
        "'plain_cnn', 'vgg16', 'convolutional', 'resnet', 'siamese', 'siamese_koch', 'python'.",
    ),
    "a depth for a network that has one": (
        {"architectures": [{"name": "deep", "kind": "vgg16", "depth": 8}]},
        "architectures[0].depth: has no meaning for the kind 'vgg16'. Leave it out; it belongs to "
        "'plain_cnn', 'resnet'.",
    ),
    "a network of one's own without layers": (
        {"architectures": [{"name": "mine", "kind": "convolutional"}]},
        "architectures[0].layers: is missing. Name the channels of each convolution, such as "
        "[16, pool, 32, pool].",
    ),
    "a kernel without a middle": (
        {"architectures": [
            {"name": "mine", "kind": "convolutional", "layers": [4], "kernel": 4}
        ]},
        "architectures[0].kernel: must be odd, got 4. Zero padding keeps the size of an image only "
        "around a middle pixel.",
    ),
    "a misspelt key of a network": (
        {"architectures": [{"name": "mine", "kind": "plain_cnn", "depht": 4}]},
        "architectures[0].depht: is not a key of a study. Did you mean 'depth'?",
    ),
    "more pools than pixels": (
        {"architectures": [
            {"name": "mine", "kind": "convolutional", "layers": [4, *["pool"] * 4]}
        ]},
        "architectures: 'mine' pools too often for the images of 'digits', of 8×8 pixels: it needs "
        "16. Use fewer pools, or larger images.",
    ),
    "one network twice": (
        {"architectures": ["small_cnn", {"name": "small_cnn", "kind": "plain_cnn"}]},
        "architectures: small_cnn stands there more than once. Name each level once.",
    ),
    "an identity check that is none": (
        {
            "architectures": [{"name": "untied", "biases": "per_position"}],
            "normalizations": ["none", "batchnorm"],
        },
        "normalizations: 'batchnorm' subtracts a channel's mean, which does not cancel the biases "
        "per position of 'untied': no identity check. Leave 'batchnorm' out of this study.",
    ),
    "a folder for what needs none": (
        {"datasets": [{"name": "digits", "directory": "data", **SIZES}]},
        "datasets[0].directory: has no meaning for the kind 'digits'. Leave it out; it belongs to "
        "'fashion_mnist', 'mnist', 'cifar10', 'omniglot'.",
    ),
    "a size of other images than Omniglot's": (
        {"datasets": [{"name": "digits", "kind": "mnist", "size": 32, **SIZES}]},
        "datasets[0].size: has no meaning for the kind 'mnist'. Leave it out; it belongs to "
        "'omniglot', 'image_folder'.",
    ),
    "a folder of images without a path": (
        {"datasets": [{"name": "digits", "kind": "image_folder", **SIZES}]},
        "datasets[0].path: is missing. Name the folder, zip or tar with your images.",
    ),
    "a folder of images with braces in its name": (
        {"datasets": [{"name": "digits", "kind": "image_folder", "path": "a{1}", **SIZES}]},
        "datasets[0]: must have no braces, which Snakemake takes for wildcards, got 'a{1}'. Rename "
        "it, or the folder that it lies in.",
    ),
    "a size of three numbers": (
        {
            "datasets": [
                {"name": "digits", "kind": "image_folder", "path": "x", "size": [3, 32, 32],
                 **SIZES}
            ]
        },
        "datasets[0].size: must be a number of pixels from 1 to 1024, or two of them, got [3, 32, "
        "32]. Write size: 32, or size: [height, width].",
    ),
    "a size of no pixels": (
        {
            "datasets": [
                {"name": "digits", "kind": "image_folder", "path": "x", "size": 0, **SIZES}
            ]
        },
        "datasets[0].size: must be a number of pixels from 1 to 1024, or two of them, got 0. Write "
        "size: 32, or size: [height, width].",
    ),
    "more pools than pixels of a size": (
        {
            "datasets": [
                {"name": "digits", "kind": "image_folder", "path": "x", "size": 2, **SIZES}
            ]
        },
        "architectures: 'small_cnn' pools too often for the images of 'digits', of 2×2 pixels: it "
        "needs 4. Use fewer pools, or larger images.",
    ),
    "images of one's own without a file": (
        {"datasets": [{"name": "digits", "kind": "npz", **SIZES}]},
        "datasets[0].path: is missing. Name the .npz file with your images.",
    ),
    "a batch larger than the training set": (
        {"training": {"epochs": 1, "batch_size": 1101}},
        "training.batch_size: must be at most the 1100 training images of 'digits', got 1101. "
        "Lower it, or train on more images.",
    ),
    "a batch of one with batch normalisation": (
        {"training": {"epochs": 1, "batch_size": 1}, "normalizations": ["none", "batchnorm"]},
        "training.batch_size: must be at least 2 for 'batchnorm', got 1: over a batch of one image "
        "the mean of a unit is its own value, and nothing is left of it. Raise it, or leave batch "
        "normalisation out.",
    ),
    "braces in the name of a file of claims": (
        {"claims": "claims}.yaml"},
        "claims: must have no braces, which Snakemake takes for wildcards, got 'claims}.yaml'. "
        "Rename it, or the folder that it lies in.",
    ),
    "braces in the path of images": (
        {"datasets": [{"name": "digits", "kind": "npz", "path": "im{a}ges.npz", **SIZES}]},
        "datasets[0]: must have no braces, which Snakemake takes for wildcards, got "
        "'im{a}ges.npz'. Rename it, or the folder that it lies in.",
    ),
    "seeds that choose learning rates": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": 1}, "tuning_seeds": 5}},
        "analysis.tuning_seeds: is no key any more: every study with several learning rates "
        "compares each scheme at its own, chosen by some of the seeds and judged on the others. "
        "Leave it out.",
    ),
    "two starts of one output bias": (
        {"schemes": [
            {"name": "zeros", "kind": "zeros", "layers": "all", "output": "class_shares"}
        ]},
        "schemes: 'zeros' has an output bias of its own, or none, and 'output' 'class_shares'. "
        "Leave 'output' out, or use a scheme of hidden layers.",
    ),
    "a margin of zero": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": 0}}},
        "analysis.margins.digits: must be greater than 0, got 0.",
    ),
    "a margin for a data set that is not there": (
        {"analysis": {"thresholds": {"digits": 95}, "margins": {"digits": 1, "mnist": 1}}},
        "analysis.margins: names the data set 'mnist', which the study does not have. Use one "
        "of digits.",
    ),
    "a speed margin the wrong way round": (
        {
            "analysis": {
                "thresholds": {"digits": 9},
                "margins": {"digits": 1},
                "speed_margin": [2, 1],
            }
        },
        "analysis.speed_margin: must be two ratios below and above 1, got [2.0, 1.0]. A pair such "
        "as [0.8, 1.25] would do.",
    ),
    "text for a number": (
        {"training": {"epochs": "many", "batch_size": 32}},
        "training.epochs: must be a whole number, got 'many'.",
    ),
    "a list for a section": (
        {"training": []},
        "training: must hold keys and values, got []. Write {key: value}.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_input_gets_one_clear_problem(case, mapping):
    change, message = CASES[case]
    assert message in problems(mapping | change)


ELSEWHERE = {"study_seed": -1, "colour": "red"}  # which no check between keys reads


@pytest.mark.parametrize("case", CASES)
def test_a_problem_is_named_whatever_else_is_wrong(case, mapping):
    change, message = CASES[case]
    named = problems(mapping | ELSEWHERE | change)
    assert message in named
    assert sum(problem.startswith(("study_seed: ", "colour: ")) for problem in named) == len(
        ELSEWHERE.keys() - change.keys()
    )


def test_keys_that_may_be_wrong_are_not_held_against_others(mapping):
    mapping |= {"seeds_per_shard": 7, "replicate": "ones"}
    assert [problem.split(":")[0] for problem in problems(mapping)] == ["seeds", "replicate"]
    mapping["seeds_per_shrad"] = mapping.pop("seeds_per_shard")
    mapping["schemes"][0]["kind"] = "zeroes"
    assert [problem.split(":")[0] for problem in problems(mapping)] == [
        "schemes[0]",
        "seeds_per_shrad",
    ]


@pytest.mark.parametrize(
    ("model", "position"),
    [(model, position) for model, checks in CHECKS.items() for position in range(len(checks))],
)
def test_a_check_reads_the_keys_that_it_says_and_no_others(model, position, mapping):
    """Of all studies among the cases too, whose problems take a check through its branches."""
    check = CHECKS[model][position]
    right = mapping if model is Study else IMPORTED
    for change in ({}, *(change for change, _ in CASES.values())):
        try:
            study = model.model_validate(right | change)
        except ValidationError:
            continue
        part = model.model_construct(**{key: getattr(study, key) for key in check.reads})
        for key in model.model_fields.keys() - check.reads:
            part.__dict__.pop(key, None)  # the default, which nobody may look at
        assert list(check.find(part)) == list(check.find(study))


STRANGE = (None, True, -1, 1.5, 10**400, "x", "", [], {}, [[]], [{}], {1: 2}, float("nan"),
           "\0", "é" * 300, b"x", [1] * 5000, {"kind": {}}, {"kind": "zeros"})  # fmt: skip
IMPORTED = {
    "study": "mine",
    "runs_table": "runs.csv",
    "schemes": ["zeros", "1.0"],
    "replicate": None,
    "epochs": 12,
    "analysis": {"margins": {"digits": 0.5}, "speed_margin": [0.8, 1.25]},
}


def places_in(value, place=()):
    """Yield the place of every value within keys and lists."""
    if place:
        yield place
    items = []
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        yield from places_in(inner, (*place, key))


def with_value(keys, place, value):
    changed = copy.deepcopy(keys)
    holder = changed
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    return changed


@pytest.mark.parametrize("kind", ["trained", "imported"])
def test_no_value_in_any_place_is_more_than_a_problem_with_a_short_message(kind, mapping):
    keys = IMPORTED
    if kind == "trained":
        keys = mapping
        keys["optimizers"] = [{"name": "sgd", "schedule": {"kind": "step", "step_epochs": 2}}]
        keys["architectures"].append(
            {"name": "own", "kind": "convolutional", "layers": [4, "pool"], "dense": [3]}
        )
        keys["schemes"] += [
            {"name": "wide", "kind": "normal", "mean": 0, "std": 1, "layers": "hidden"},
            {"name": "listed", "kind": "per_layer", "values": [0, 1]},
            {"name": "fans", "kind": "xavier_uniform", "fans": "layer", "trainable": True},
        ]
        keys["analysis"]["looks"] = [{"seeds": 20, "alpha": 0.01}]
    parse_any_study(keys)
    refused = 0
    for place, value in itertools.product(places_in(keys), STRANGE):
        try:
            parse_any_study(with_value(keys, place, value))
        except ConfigurationError as error:
            refused += 1
            for problem in error.problems:
                assert problem.key, (place, value)
                assert len(str(problem)) < 1_500, (place, value)
                for foreign in ("Input should", "should have at least", "pydantic"):
                    assert foreign not in str(problem), (place, value)
    assert refused > 100


@pytest.mark.parametrize(
    ("place", "key", "misspelt"),
    [
        ((), "seeds", "sedes"),
        (("training",), "epochs", "epoch"),
        (("datasets", 0), "train", "trian"),
        (("schemes", 1), "value", "valeu"),
    ],
)
def test_a_misspelt_key_is_not_missing_too(place, key, misspelt, mapping):
    holder = mapping
    for part in place:
        holder = holder[part]
    holder[misspelt] = holder.pop(key)
    (problem,) = problems(mapping)
    assert problem.endswith(f"{misspelt}: is not a key of a study. Did you mean '{key}'?")


def test_a_problem_is_never_told_twice(mapping):
    mapping["schemes"] = [{"name": "zeros", "kind": "ones"}]
    assert len(problems(mapping)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("study: [", "is not YAML"),
        ("- a\n- b", "must hold keys and values."),
        ("seeds: 20\nseeds: 40", "the key 'seeds' stands there twice"),
        ("analysis: {alpha: 0.05, alpha: 0.1}", "the key 'alpha' stands there twice"),
        ("a: [" * 5_000, "is not YAML"),
        ("a: !!python/object/apply:os.system [exit]", "is not YAML"),
    ],
)
def test_a_file_that_is_no_study_is_named(content, message, tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_study(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"missing\.yaml: cannot be read \(No such file"):
        load_study(tmp_path / "missing.yaml")


def test_a_shard_knows_nothing_of_the_analysis_or_of_other_shards(mapping):
    study = parse_study(mapping)
    arguments = {"cell": study.cells[0], "normalization": "none", "scheme": "1.0", "shard": 0}
    before = study.shard_description(**arguments)
    mapping["seeds"] = 40
    mapping["schemes"].append({"name": "new", "kind": "zeros"})
    mapping["analysis"]["margins"] = {"digits": 0.1}
    mapping["training"]["test_epochs"] = 3  # its default
    assert parse_study(mapping).shard_description(**arguments) == before
    mapping["training"]["epochs"] = 13
    assert parse_study(mapping).shard_description(**arguments) != before


def test_a_batch_of_one_is_enough_for_a_normalisation_within_each_image(mapping):
    mapping |= {
        "architectures": [{"name": "mine", "kind": "python", "object": "my_network.py:Net"}],
        "normalizations": ["none", "norm_shift"],
    }
    mapping["training"] |= {"batch_size": 1, "engine": "serial"}
    assert parse_study(mapping).training.batch_size == 1


def test_the_identity_check_has_no_schemes_without_biases(mapping):
    mapping["schemes"].append({"name": "bare", "kind": "none_hidden"})
    study = parse_study(mapping)
    assert "bare" in study.schemes_at("none")
    assert "bare" in study.schemes_at("batchnorm_shift")
    assert study.schemes_at("batchnorm") == ("zeros", "0.01", "1.0", "xavier")


def test_the_identity_check_may_be_trained_at_the_first_learning_rate_alone(mapping):
    mapping |= {"learning_rates": [0.02, 0.01], "identity_learning_rates": "first"}
    study = parse_study(mapping)
    found = {(cell.learning_rate, level) for cell, level in study.conditions}
    treated = {(rate, level) for rate in (0.02, 0.01) for level in ("none", "batchnorm_shift")}
    assert found == treated | {(0.02, "batchnorm")}
    everywhere = parse_study(mapping | {"identity_learning_rates": "all"})
    assert len(everywhere.conditions) == len(everywhere.cells) * len(everywhere.normalizations)
    assert everywhere.run_count - study.run_count == len(study.schemes) * study.seeds


def test_the_replicate_is_the_same_scheme_with_another_batch_order(mapping):
    study = parse_study(mapping)
    arguments = {"cell": study.cells[0], "normalization": "none", "shard": 0}
    original = study.shard_description(**arguments, scheme="zeros")
    replicate = study.shard_description(**arguments, scheme="zeros_again")
    differing = {key for key in original if original[key] != replicate[key]}
    assert differing == {"label", "order_stream"}
    assert "zeros_again" not in study.schemes_at("batchnorm")


def test_each_look_spends_its_own_share_of_alpha(mapping):
    looks = [{"seeds": 20, "alpha": 0.03}, {"seeds": 40, "alpha": 0.02}]
    mapping["analysis"]["looks"] = looks
    analysis = parse_study(mapping).analysis
    assert [analysis.alpha_at(seeds) for seeds in (20, 40)] == [0.03, 0.02]
    assert analysis.alpha_at(60) == 0.05
    assert analysis.look_at(60) is None


@pytest.mark.parametrize(
    ("looks", "message"),
    [
        ([(20, 0.03), (20, 0.02)], "looks: must have more and more seeds, got [20, 20]."),
        ([(20, 0.04), (40, 0.02)], "looks: spend 0.06 in all, which must be at most alpha (0.05)."),
        ([(7, 0.04)], "analysis.looks: seeds must be multiples of seeds_per_shard (20), got 7."),
        ([(20, 0)], "analysis.looks[0].alpha: must be greater than 0, got 0."),
    ],
)
def test_looks_that_cannot_be_are_named(looks, message, mapping):
    mapping["analysis"]["looks"] = [{"seeds": seeds, "alpha": alpha} for seeds, alpha in looks]
    with pytest.raises(ConfigurationError) as caught:
        parse_study(mapping)
    assert message in str(caught.value)


def test_all_problems_of_all_data_sets_are_listed_at_once(mapping):
    mapping["datasets"] = [
        {"name": "digits", "kind": "digits", "path": "x.npz", **SIZES, "train": 2000},
        {"name": "b", "kind": "omniglot", "train": 30, "validation": 30, "test": 20_000},
    ]
    assert [problem.split(":")[0] for problem in problems(mapping)] == [
        "datasets[0].path",
        "datasets[0]",
        "datasets[1].train",
        "datasets[1].validation",
        "datasets[1].test",
    ]


def test_keys_that_a_data_set_does_not_use_are_not_in_its_description(mapping):
    dataset = parse_study(mapping).datasets[0].description
    sizes = {"train", "validation", "test"}
    assert set(dataset) == {"name", "kind", "split", "split_seed", "pairs", "imbalance"} | sizes


def test_a_quick_try_trains_one_network_after_another_where_the_study_does(mapping):
    """A module that draws random numbers cannot be trained by the eager engine."""
    changes = {
        "architectures": [{"name": "mine", "kind": "python", "object": "torch.nn:Linear"}],
        "training": {"epochs": 9, "batch_size": 10, "engine": "serial"},
        "quick": True,
    }
    assert parse_study(mapping | changes).training.engine == "serial"


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_every_study_has_a_quick_try_with_results_of_its_own(path):
    mapping = yaml.safe_load(path.read_text(encoding="utf-8"))
    whole, quick = parse_study(mapping), parse_study(mapping | {"quick": True})
    assert quick.study == f"{whole.study}-quick"
    assert quick.schemes == whole.schemes
    assert quick.normalizations == whole.normalizations
    assert quick.architectures == whole.architectures
    assert quick.seeds == min(4, whole.seeds)
    assert (quick.training.epochs, len(quick.learning_rates)) == (2, 1)
    assert all(dataset.train <= 240 for dataset in quick.datasets)
    assert quick.training.engine == "eager"
    assert quick.training.probe_images <= 60
    assert quick.run_count / quick.seeds_per_shard <= 60  # jobs


def test_a_quick_try_never_adds_to_a_small_study():
    mapping = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
    small = mapping | {"seeds": 2, "seeds_per_shard": 2, "quick": True}
    small["training"] = {"epochs": 1, "batch_size": 500, "probe_images": 7}
    quick = parse_study(small)
    assert (quick.seeds, quick.training.epochs) == (2, 1)
    assert (quick.training.batch_size, quick.training.probe_images) == (240, 7)
