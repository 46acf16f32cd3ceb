"""Every kind that a study can name, and where it stands: "module:attribute".

A new kind is one new module and one line here. A job looks up the kinds that it uses and imports
no others, so this module is no part of what decides whether it runs again (``plugins.digest``).
"""

from collections.abc import Mapping

Family = Mapping[str, str]

SCHEMES: Family = {
    "zeros": "biasinit.specs.schemes.zeros:Zeros",
    "constant": "biasinit.specs.schemes.constant:Constant",
    "normal": "biasinit.specs.schemes.normal:Normal",
    "truncated_normal": "biasinit.specs.schemes.truncated_normal:TruncatedNormal",
    "uniform": "biasinit.specs.schemes.uniform:Uniform",
    "fan_in_uniform": "biasinit.specs.schemes.fan_in_uniform:FanInUniform",
    "xavier_uniform": "biasinit.specs.schemes.xavier:XavierUniform",
    "xavier_normal": "biasinit.specs.schemes.xavier:XavierNormal",
    "per_layer": "biasinit.specs.schemes.per_layer:PerLayer",
    "alexnet": "biasinit.specs.schemes.alexnet:AlexNet",
    "by_layer_type": "biasinit.specs.schemes.by_layer_type:ByLayerType",
    "negative_mixture": "biasinit.specs.schemes.negative_mixture:NegativeMixture",
    "none": "biasinit.specs.schemes.without:WithoutBiases",
    "none_hidden": "biasinit.specs.schemes.without:WithoutHiddenBiases",
    "python": "biasinit.plugins.own_scheme:OwnScheme",
}

NETWORKS: Family = {
    "small_cnn": "biasinit.specs.networks.small_cnn:SmallCnn",
    "deep_mnist": "biasinit.specs.networks.deep_mnist:DeepMnist",
    "plain_cnn": "biasinit.specs.networks.plain_cnn:PlainCnn",
    "vgg16": "biasinit.specs.networks.vgg16:Vgg16",
    "convolutional": "biasinit.specs.networks.convolutional:Convolutional",
    "resnet": "biasinit.specs.networks.resnet:ResNet",
    "siamese": "biasinit.specs.networks.siamese:Siamese",
    "siamese_koch": "biasinit.specs.networks.siamese:SiameseKoch",
    "python": "biasinit.plugins.own_network:OwnNetwork",
}

DATASETS: Family = {
    "digits": "biasinit.specs.datasets.digits:Digits",
    "fashion_mnist": "biasinit.specs.datasets.mnist:FashionMnist",
    "mnist": "biasinit.specs.datasets.mnist:Mnist",
    "cifar10": "biasinit.specs.datasets.cifar10:Cifar10",
    "omniglot": "biasinit.specs.datasets.omniglot:Omniglot",
    "npz": "biasinit.specs.datasets.npz:Npz",
    "image_folder": "biasinit.specs.datasets.image_folder:ImageFolder",
    "python": "biasinit.plugins.own_dataset:OwnDataset",
}
