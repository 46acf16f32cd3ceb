"""One run in a process of its own, as most studies are made: train, evaluate, write a line.

Plain PyTorch, data resident, the same network, data, epochs and measurements as a run of the
default study.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from peers import plain_digits
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def main() -> None:
    seed, output = int(sys.argv[1]), Path(sys.argv[2])
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 1, 8, 8).astype(np.float32) / 16
    rest, test = train_test_split(
        np.arange(len(labels)), test_size=597, stratify=labels, random_state=0
    )
    train, validation = train_test_split(rest, test_size=100, stratify=labels[rest], random_state=0)
    pixels = torch.from_numpy((images - images[train].mean()) / images[train].std())
    pixels = pixels.to(memory_format=torch.channels_last)
    classes = torch.from_numpy(labels)
    network = plain_digits().to(memory_format=torch.channels_last)
    for layer in network:
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            torch.nn.init.kaiming_normal_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.02, momentum=0.9, fused=True)
    x, y = pixels[train], classes[train]

    def accuracy(chosen: np.ndarray) -> float:
        with torch.no_grad():
            return float((network(pixels[chosen]).argmax(1) == classes[chosen]).float().mean())

    curve = []
    batch, epochs = 32, 12
    steps = len(train) // batch
    for epoch in range(epochs):
        points = {-(-part * steps // 4) for part in range(1, 5)} if epoch < 8 else {steps}
        order = torch.randperm(len(train))
        for step in range(1, steps + 1):
            chosen = order[(step - 1) * batch : step * batch]
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(x[chosen]), y[chosen]).backward()
            optimizer.step()
            if step in points:
                curve.append(accuracy(validation))
        if epoch >= epochs - 3:
            final = accuracy(test)
    output.write_text(json.dumps({"seed": seed, "accuracy": final, "curve": curve}))


if __name__ == "__main__":
    main()
