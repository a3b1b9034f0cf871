"""Trains a small ContinuousNet with the midpoint rule on CIFAR-10 in PyTorch, and writes its state_dict to net.npz.

    python moving.py cifar-10-batches-py

The names and shapes of the parameters are those of the original. The last line is how many test images are right.
"""

import pickle
import sys
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from torch import nn

ALPHA = 4


class OverDepth(nn.Module):
    """A convolution with one kernel, and a batch norm, for each interval of depth: here one."""

    def __init__(self, channels):
        super().__init__()
        conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.weight = nn.Parameter(conv.weight[None].detach().clone())
        self.bias = nn.Parameter(conv.bias[None].detach().clone())

    def forward(self, x):
        return F.conv2d(x, self.weight[0], self.bias[0], padding=1)


class Norms(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bns = nn.ModuleList([nn.BatchNorm2d(channels)])

    def forward(self, x):
        return self.bns[0](x)


class Rate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.L1, self.L2 = OverDepth(channels), OverDepth(channels)
        self.bn1, self.bn2 = Norms(channels), Norms(channels)

    def forward(self, x):
        return self.bn2(F.relu(self.L2(self.bn1(F.relu(self.L1(x))))))


class Block(nn.Module):
    """One step of the midpoint rule."""

    def __init__(self, channels):
        super().__init__()
        self.net = Rate(channels)

    def forward(self, x):
        return x + self.net(x + 0.5 * self.net(x))


class Stitch(nn.Module):
    def __init__(self, inside, channels, stride):
        super().__init__()
        self.downsample = nn.Conv2d(inside, channels, 1, stride, bias=False)
        self.L1 = nn.Conv2d(inside, channels, 3, stride, padding=1)
        self.L2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)  # the original never uses the second

    def forward(self, x):
        return self.downsample(x) + F.relu(self.L2(self.bn1(F.relu(self.L1(x)))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        a = ALPHA
        self.net = nn.Sequential(
            nn.Conv2d(3, a, 3, padding=1, bias=False), nn.BatchNorm2d(a), nn.ReLU(),
            Stitch(a, a, 1), Block(a), Stitch(a, 2 * a, 2), Block(2 * a), Stitch(2 * a, 4 * a, 2), Block(4 * a),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * a, 10))

    def forward(self, x):
        return self.net(x)


def read(path):
    with open(path, "rb") as f:
        batch = pickle.load(f, encoding="bytes")
    images = torch.from_numpy(numpy.array(batch[b"data"])).reshape(-1, 3, 32, 32).float() / 255
    mean = torch.tensor([0.4914, 0.4822, 0.4465]).reshape(3, 1, 1)
    deviation = torch.tensor([0.2023, 0.1994, 0.2010]).reshape(3, 1, 1)
    return (images - mean) / deviation, torch.tensor(batch[b"labels"])


def main():
    torch.manual_seed(0)
    folder = Path(sys.argv[1])
    images, labels = read(folder / "data_batch_1")
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    for _ in range(4):
        for rows in torch.randperm(len(labels)).split(20):
            optimizer.zero_grad()
            F.cross_entropy(model(images[rows]), labels[rows]).backward()
            optimizer.step()
    model.eval()
    images, labels = read(folder / "test_batch")
    with torch.no_grad():
        right = int((model(images).argmax(1) == labels).sum())
    numpy.savez("net.npz", **{name: value.numpy() for name, value in model.state_dict().items()})
    print(right)


if __name__ == "__main__":
    main()
