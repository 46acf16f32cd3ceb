"""CSV files as Lightning's and Keras' own loggers write them."""

import os
import re

import pytest
import torch
from brought import bring, said

from biasinit.errors import RunsTableError

pytestmark = pytest.mark.filterwarnings("ignore")  # of what Lightning and Keras import

BOTH = {"final_accuracy": "val_accuracy", "validation_accuracy": "val_accuracy"}
KERAS = {
    "format": "keras",
    "runs_table": "logs",
    "run_name": "{scheme}_s{seed}",
    "columns": BOTH,
    "unit": "share",
    "analysis": {"margins": {"any": 0.5}, "thresholds": {"any": 1}},
}
HEADER = "epoch,accuracy,loss,val_accuracy,val_loss\n"
LIGHTNING = {
    "format": "lightning",
    "runs_table": "logs",
    "columns": {
        "scheme": "bias_init",
        "final_accuracy": "test_acc",
        "validation_accuracy": "val_acc",
    },
    "unit": "share",
    "analysis": {"margins": {"any": 0.5}, "thresholds": {"any": 1}},
}


def keras_log(folder, name, accuracies=(0.5, 0.75, 0.875)):
    rows = "".join(f"{epoch},0.5,1.0,{value},1.0\n" for epoch, value in enumerate(accuracies))
    (folder / "logs").mkdir(exist_ok=True)
    (folder / "logs" / f"{name}.csv").write_text(HEADER + rows)


@pytest.fixture
def logs(tmp_path):
    for scheme in ("zeros", "1.0"):
        for seed in (0, 1):
            keras_log(tmp_path, f"{scheme}_s{seed}")
    return tmp_path


def test_what_keras_writes_is_read(tmp_path):
    os.environ["KERAS_BACKEND"] = "torch"
    keras = pytest.importorskip("keras", reason="keras is not installed")
    images = torch.rand(40, 4, generator=torch.Generator().manual_seed(1)).numpy()
    labels = (images.sum(1) > 2).astype("int64")
    (tmp_path / "logs").mkdir()
    last = {}
    for scheme in ("zeros", "1.0"):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
        model.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        logger = keras.callbacks.CSVLogger(str(tmp_path / "logs" / f"{scheme}_s0.csv"))
        data = (images, labels)
        done = model.fit(*data, epochs=3, validation_data=data, verbose=0, callbacks=[logger])
        last[scheme] = done.history["val_accuracy"][-1]
    found = bring(tmp_path, **KERAS)
    runs = found.runs.set_index("scheme")
    for scheme, accuracy in last.items():
        assert runs.loc[scheme, "final_accuracy"] == pytest.approx(100 * accuracy)
    assert found.curves["epoch"].tolist() == [1.0, 2.0, 3.0] * 2


def test_the_first_epoch_of_keras_is_0_and_ends_as_1(logs):
    found = bring(logs, **{**KERAS, "analysis": {**KERAS["analysis"], "thresholds": {"any": 60}}})
    assert found.runs["epochs_to_threshold"].tolist() == [2.0] * 4
    assert found.runs["final_accuracy"].tolist() == [87.5] * 4
    assert any("is both the final accuracy and the curve" in line for line in said(found))


def test_a_log_that_was_gone_on_with_counts_with_its_last_rows(logs):
    path = logs / "logs" / "zeros_s0.csv"
    path.write_text(path.read_text() + "1,0.5,1.0,0.25,1.0\n2,0.5,1.0,0.625,1.0\n")
    found = bring(logs, **KERAS)
    assert found.runs.set_index(["scheme", "seed"]).loc[("zeros", 0), "final_accuracy"] == 62.5
    assert any("left out: 2 points" in line for line in said(found))


def test_other_files_of_keras_are_named(logs):
    keras_log(logs, "old")
    assert any(
        "'run_name' says ('{scheme}_s{seed}'): 'old'." in n for n in said(bring(logs, **KERAS))
    )


def train_with_lightning(folder, scheme, seed, **options):
    # torchmetrics imports the torchvision that is there, which may be of another build
    import torchvision_models

    torchvision_models.models()
    lightning = pytest.importorskip("lightning", reason="lightning is not installed")
    from lightning.pytorch.loggers import CSVLogger

    class Model(lightning.LightningModule):
        def __init__(self, *, bias_init, seed, opt):
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(4, 2)

        def accuracy(self, batch):
            return (self.layer(batch[0]).argmax(1) == batch[1]).float().mean()

        def training_step(self, batch, number):
            loss = torch.nn.functional.cross_entropy(self.layer(batch[0]), batch[1])
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, number):
            self.log("val_acc", self.accuracy(batch))

        def test_step(self, batch, number):
            self.log("test_acc", self.accuracy(batch))

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    images = torch.rand(40, 4, generator=torch.Generator().manual_seed(1))
    data = torch.utils.data.TensorDataset(images, (images.sum(1) > 2).long())
    loader = torch.utils.data.DataLoader(data, batch_size=10)
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=3,
        logger=CSVLogger(str(folder), name="logs"),
        log_every_n_steps=2,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        **options,
    )
    model = Model(bias_init=scheme, seed=seed, opt={"lr": 0.1, "kind": "sgd"})
    trainer.fit(model, loader, loader)
    (found,) = trainer.test(model, loader, verbose=False)
    return found["test_acc"]


def test_what_lightning_writes_is_read(tmp_path):
    final = {scheme: train_with_lightning(tmp_path, scheme, 5) for scheme in ("zeros", "1.0")}
    columns = {**LIGHTNING["columns"], "learning_rate": "opt.lr", "optimizer": "opt.kind"}
    found = bring(tmp_path, **{**LIGHTNING, "columns": columns})
    runs = found.runs.set_index("scheme")
    for scheme, accuracy in final.items():
        assert runs.loc[scheme, "final_accuracy"] == pytest.approx(100 * accuracy)
    assert runs["seed"].tolist() == [5, 5]
    assert runs["learning_rate"].tolist() == [0.1, 0.1]
    assert found.curves["epoch"].tolist() == [1.0, 2.0, 3.0] * 2


def test_several_points_in_an_epoch_of_lightning_need_its_steps(tmp_path):
    for scheme in ("zeros", "1.0"):
        train_with_lightning(tmp_path, scheme, 0, val_check_interval=0.5)
    expected = "'val_acc' has several points in an epoch in 2 runs ('version_0', 'version_1'). Say"
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        bring(tmp_path, **LIGHTNING)
    found = bring(tmp_path, **{**LIGHTNING, "steps_per_epoch": 4})
    assert found.curves["epoch"].tolist() == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0] * 2


def lightning_log(folder, name, hparams="bias_init: zeros\nseed: 0\n"):
    place = folder / "logs" / name
    place.mkdir(parents=True)
    rows = "epoch,step,val_acc,test_acc\n0,3,0.5,\n1,7,0.75,\n2,11,0.875,\n3,12,,0.75\n"
    (place / "metrics.csv").write_text(rows)
    (place / "hparams.yaml").write_text(hparams)


def test_hyperparameters_that_are_objects_of_python_are_passed_over(tmp_path):
    odd = "seed: 0\nloss: !!python/object:some.module.Loss {a: 1}\nbias_init: "
    for number, scheme in enumerate(("zeros", "'1.0'")):
        lightning_log(tmp_path, f"version_{number}", f"{odd}{scheme}\n")
    assert len(bring(tmp_path, **LIGHTNING).runs) == 2


def wrong_keras(folder):
    (folder / "logs" / "zeros_s0.csv").write_text("a,b\n1,2\n")
    return KERAS


def wrong_number(folder):
    path = folder / "logs" / "zeros_s0.csv"
    path.write_text(path.read_text().replace("0.75", "good"))
    return KERAS


def empty_folder(folder):
    (folder / "empty").mkdir()
    return {**KERAS, "runs_table": "empty"}


def no_lightning(folder):
    return LIGHTNING


def damaged_hparams(folder):
    lightning_log(folder, "version_0", "a: [1")
    return LIGHTNING


CASES = {
    "a CSV file that is no log of Keras": (
        wrong_keras,
        "zeros_s0.csv cannot be read. It has no column 'epoch'. It has a, b.",
    ),
    "a logged value that is no number": (
        wrong_number,
        "'val_accuracy' of row 2 is no number, got 'good'. Mend it.",
    ),
    "a folder without logs of Keras": (
        empty_folder,
        "There are no runs of the format 'keras' in it. Name the folder with the CSV files that "
        "Keras' CSVLogger wrote",
    ),
    "a folder without logs of Lightning": (
        no_lightning,
        "There are no runs of the format 'lightning' in it. Name the folder below which CSVLogger",
    ),
    "damaged hyperparameters of Lightning": (
        damaged_hparams,
        "hparams.yaml cannot be read. It is damaged (",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_of_csv_loggers(case, logs):
    make, expected = CASES[case]
    keys = make(logs)
    with pytest.raises(RunsTableError, match=re.escape(expected)):
        bring(logs, **keys)
