"""A residual network as a user writes it, of PyTorch's own layers (He et al. 2015, section 4.2).

A first 3×3 convolution, then three stages of n blocks with 16, 32 and 64 channels (times a width)
on images of full, half and a quarter of the side, a mean over positions and a linear layer: 6n + 2
weighted layers. A block is conv, norm, ReLU, conv, norm, plus the block's input, ReLU; where the
channels double, the input is subsampled and filled up with channels of zeros (option A), so that
skips have no parameters and no biases.
"""

from torch import Tensor, nn
from torch.nn import functional

STAGES = 3


class Block(nn.Module):
    """Two convolutions and the identity beside them."""

    def __init__(self, inputs: int, channels: int, *, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.filled = channels - inputs
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, images: Tensor) -> Tensor:
        """Return (batch, channels, height / stride, width / stride)."""
        inner = functional.relu(self.norm1(self.conv1(images)))
        beside = images[:, :, :: self.stride, :: self.stride]
        if self.filled:
            before = self.filled // 2
            beside = functional.pad(beside, (0, 0, 0, 0, before, self.filled - before))
        return functional.relu(self.norm2(self.conv2(inner)) + beside)


class ResNet(nn.Module):
    """A residual network with 6n + 2 weighted layers.

    Args:
        channels: of the images.
        classes: of the logits.
        blocks: n, in each of the three stages.
        width: channels of the first stage; the others have two and four times as many.

    """

    def __init__(self, *, channels: int, classes: int, blocks: int, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        stages, inputs = [], width
        for stage in range(STAGES):
            outputs = width * 2**stage
            stride = 1 if stage == 0 else 2
            parts = [Block(inputs, outputs, stride=stride)]
            parts += [Block(outputs, outputs, stride=1) for _ in range(blocks - 1)]
            stages.append(nn.Sequential(*parts))
            inputs = outputs
        self.stages = nn.Sequential(*stages)
        self.output = nn.Linear(inputs, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, classes) of images (batch, channels, height, width)."""
        features = self.stages(functional.relu(self.norm(self.conv(images))))
        logits: Tensor = self.output(features.mean((2, 3)))
        return logits
